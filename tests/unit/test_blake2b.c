/* SPDX-License-Identifier: Apache-2.0 */
#include "base/blake2b.h"

#include <stdio.h>

#include "tests/unit/unit.h"

struct text {
	char bytes[2 * BLAKE2B_SIZE + 1];
};

/* Of bytes that count up, added in two parts. */
static struct text digest_of(size_t size, size_t first)
{
	unsigned char bytes[512], digest[BLAKE2B_SIZE];
	struct blake2b hash;
	struct text text;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)i;
	blake2b_begin(&hash);
	blake2b_add(&hash, bytes, first);
	blake2b_add(&hash, bytes + first, size - first);
	blake2b_end(&hash, digest);
	for (size_t i = 0; i < BLAKE2B_SIZE; i++)
		snprintf(text.bytes + 2 * i, 3, "%02x", digest[i]);
	return text;
}

/* The expected ones are of `b2sum -l 256`. */
TEST(blake2b_is_what_coreutils_say)
{
	CHECK_STRING(digest_of(0, 0).bytes,
		     "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
	CHECK_STRING(digest_of(1, 0).bytes,
		     "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314");
	CHECK_STRING(digest_of(128, 0).bytes,
		     "c3582f71ebb2be66fa5dd750f80baae97554f3b015663c8be377cfcb2488c1d1");
	CHECK_STRING(digest_of(129, 0).bytes,
		     "f7f3c46ba2564ff4c4c162da1f5b605f9f1c4aa6a20652a9f9a337c1a2f5b9c9");
	CHECK_STRING(digest_of(511, 0).bytes,
		     "3b174a60f0012c255e694bbb3a1ce32f89d858b1cc87777feb540be3c9718393");
}

TEST(blake2b_parts_do_not_matter)
{
	const struct text whole = digest_of(384, 0);

	for (size_t first = 0; first <= 384; first++)
		CHECK_STRING(digest_of(384, first).bytes, whole.bytes);
}
