/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/store_check.h"
#include "runtime/settings.h"

/*
 * Looks at the data folders of all containers of the spec form: the record and the spec can be
 * read, the writable layer and the lower ones are there. Adds findings to those of the store and
 * sets *count to how many containers it looked at.
 */
int container_check(const struct settings *settings, struct store_check *check, size_t *count,
		    struct error *err);
