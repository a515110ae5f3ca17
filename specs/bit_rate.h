/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* The lowest rate that is worth the name: a packet of 1,500 bytes takes 1.5 seconds. */
#define BIT_RATE_LEAST 8000

/*
 * A rate in bits a second: "1000000", "500k", "100mbit", "2.5Gbit": units are powers of 1000, as
 * tc(8) has them for bits; a "/s" behind it says the same. What tc(8) writes for bytes ("bps") is
 * refused. Returns 0, or -1 with errno: EINVAL (not of this form), ERANGE (too large, or less than
 * BIT_RATE_LEAST).
 */
int bit_rate_parse(const char *text, uint64_t *rate);
