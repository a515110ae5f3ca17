/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/string_list.h"

/* The options of `ctr import`; import_command.c is linked into ctr and ctr-image. */
struct import_options {
	struct string_list changes;
	const char *message, *architecture, *os, *variant;
	bool quiet;
};

extern struct import_options import_options;
