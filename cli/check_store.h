/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/command.h"

/*
 * `ctr check --store` reads archives and digests, so ctr-image does it: under the same name and
 * with these options, for which ctr's own `check` executes it.
 */
struct check_options {
	int format; /* enum format */
	bool store, repair;
};

extern const struct command check_store_command;
command_function cmd_check_store;
