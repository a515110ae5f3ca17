/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The options of `ctr unpack`; unpack_command.c is linked into ctr and ctr-image. */
struct unpack_verb_options {
	uint64_t max_size;
	int max_ratio, jobs;
	bool quiet;
};

extern struct unpack_verb_options unpack_verb_options;
