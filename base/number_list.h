/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/*
 * Lists of small numbers as the kernel writes sets of CPUs and memory nodes (cpuset(7), "List
 * format"): "0-3,7". As engines write them, blanks around a number and superfluous commas are
 * passed over; at least one number is needed.
 */

/*
 * Sets a bit in words for each number of the list; bits are the bits that words have, beginning
 * with the lowest of words[0]. EINVAL for what is no list, ERANGE for a number of bits or more.
 * The error's text has no place: the caller puts the member in front with fail_in().
 */
int number_list_parse(const char *text, unsigned long *words, size_t bits, struct error *err);
