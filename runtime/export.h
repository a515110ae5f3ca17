/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/progress.h"
#include "runtime/settings.h"

#include "base/error.h"

/*
 * Writes the root of a container, as it sees that but without what is mounted in it, as an
 * uncompressed tar archive to the file descriptor output. One that runs goes on meanwhile. Of a
 * user namespace the owners are those that the container sees.
 */
int container_export(const struct settings *settings, const char *id, int output,
		     struct progress *progress, struct error *err);
