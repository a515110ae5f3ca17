/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Members of documents whose absence means something else than zero or false. */

struct opt_int {
	bool set;
	int64_t value;
};

struct opt_uint {
	bool set;
	uint64_t value;
};

struct opt_bool {
	bool set, value;
};
