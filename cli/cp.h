/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* The options of `ctr cp`; cp_command.c is linked into ctr and ctr-image. */
struct cp_options {
	bool archive, follow_link, overwrite, quiet;
};

extern struct cp_options cp_options;
