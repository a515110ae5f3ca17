/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/handle.h"

/*
 * Opens and locks a container of the spec form, for what changes its layers or runs it again. What
 * the end of its process has left to be tidied up, since whoever should have was killed, is. The
 * handle of one that has stopped has no state folder then.
 */
int lifecycle_open(const struct settings *settings, const char *id, struct arena *arena,
		   struct handle *handle, struct error *err);
