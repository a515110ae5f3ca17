/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/string_list.h"

/* Options of `network connect`. */
struct network_connect_options {
	const char *ip, *ip6, *mac;
	struct string_list aliases;
};

extern struct network_connect_options network_connect_options;
