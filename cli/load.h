/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* The options of load, as load_command.c fills them for load.c. */
struct load_options {
	const char *input, *name;
	bool quiet;
};

extern struct load_options load_options;
