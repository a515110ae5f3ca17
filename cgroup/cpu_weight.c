/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v1's cpu.shares as v2's cpu.weight, in integers: the formula needs logarithms, and the start
 * path is a static program which would carry libm's several versions of them for this alone.
 */
#include "cgroup/limits.h"

#define FRACTION_BITS 48
#define ONE ((uint64_t)1 << FRACTION_BITS)

/* log2(10) and the slack under which two logarithms count as equal. */
#define LOG2_OF_10 (uint64_t)(3.32192809488736234787 * (double)ONE)
#define SLACK ((uint64_t)1 << 20)

/* log2(value) in fixed point, value 1..2^32, by the squaring method: one bit a round. */
static uint64_t log2_fixed(uint64_t value)
{
	unsigned int whole = 63 - (unsigned int)__builtin_clzll(value);
	__uint128_t mantissa = (__uint128_t)value << (62 - whole); /* 1 <= mantissa / 2^62 < 2 */
	uint64_t fraction = 0;

	for (int bit = FRACTION_BITS - 1; bit >= 0; bit--) {
		mantissa = mantissa * mantissa >> 62;
		if (mantissa >> 63) {
			mantissa >>= 1;
			fraction |= (uint64_t)1 << bit;
		}
	}
	return ((uint64_t)whole << FRACTION_BITS) + fraction;
}

uint64_t cpu_weight_of_shares(uint64_t shares)
{
	uint64_t low = 1, high = 10000;
	__uint128_t l, power, log2_of_weight;

	if (shares <= 2)
		return shares ? 1 : 0;
	if (shares >= 262144)
		return 10000;
	/* (l^2 + 125 l) / 612 - 7 / 34 is (l^2 + 125 l - 126) / 612 */
	l = log2_fixed(shares);
	power = ((l * l >> FRACTION_BITS) + 125 * l - 126 * (__uint128_t)ONE) / 612;
	log2_of_weight = (power * LOG2_OF_10) >> FRACTION_BITS;
	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (log2_fixed(middle) + SLACK < log2_of_weight)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
