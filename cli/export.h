/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* The options of `ctr export`; export_command.c is linked into ctr and ctr-image. */
struct export_options {
	const char *output;
	bool pause, quiet;
};

extern struct export_options export_options;
