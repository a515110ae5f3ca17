/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* Options of `network reload`. */
struct network_reload_options {
	bool all;
};

extern struct network_reload_options network_reload_options;
