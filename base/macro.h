/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#define ARRAY_SIZE(array)                                                                          \
	(sizeof(array) / sizeof((array)[0]) +                                                      \
	 sizeof(char[1 - 2 * __builtin_types_compatible_p(__typeof__(array),                       \
							  __typeof__(&(array)[0]))]) -             \
	 1)
