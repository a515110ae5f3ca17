/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Named whole numbers, as JSON documents have them; see base/string_list.h for named strings. */

struct uint_pair {
	char *key;
	uint64_t value;
};

struct uint_map {
	struct uint_pair *items; /* in the order of the document */
	size_t count;
};
