/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/* Options of `network disconnect`. */
struct network_disconnect_options {
	bool force;
};

extern struct network_disconnect_options network_disconnect_options;
