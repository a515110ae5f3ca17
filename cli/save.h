/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* The options of save, as save_command.c fills them for save.c. */
struct save_options {
	const char *output;
	int format; /* enum image_format */
	bool quiet, multi;
};

extern struct save_options save_options;
