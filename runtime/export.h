/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/progress.h"
#include "runtime/settings.h"

struct export_request {
	const char *id;
	int output; /* the file descriptor that the archive is written to */
	bool pause; /* one that runs stands still meanwhile, so that all of it is of one moment */
	struct progress *progress; /* NULL: nobody looks */
};

/*
 * Writes the root of a container, as it sees that but without what is mounted in it, as an
 * uncompressed tar archive. Of a user namespace the owners are those that the container sees.
 */
int container_export(const struct settings *settings, const struct export_request *request,
		     struct error *err);
