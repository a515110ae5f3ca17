/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_cache.h"

#include <string.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct arena arena;

static struct sock_filter program[] = { { 0x20, 0, 0, 4 }, { 0x15, 0, 1, 9 }, { 6, 0, 0, 7 } };

static const struct seccomp_plan plan = { .program = { 3, program },
					  .flags = 12,
					  .listener = true };

static struct spec_seccomp decode(const char *json)
{
	struct error err;
	struct spec spec;
	const char *text =
		arena_printf(&arena, "{\"ociVersion\":\"1.3.0\",\"linux\":{\"seccomp\":%s}}", json);

	if (spec_decode(&arena, "spec.json", text, strlen(text), &spec, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	return *spec.linux->seccomp;
}

TEST(seccomp_cache_what_is_written_is_read)
{
	struct seccomp_key key = { "key" };
	struct seccomp_plan found;
	size_t size;
	void *bytes = seccomp_cache_encode(&arena, &key, &plan, &size);

	CHECK(seccomp_cache_decode(&arena, bytes, size, &key, &found));
	CHECK_INT(found.program.len, 3);
	CHECK(memcmp(found.program.filter, program, sizeof(program)) == 0);
	CHECK_INT(found.flags, 12);
	CHECK(found.listener);
	arena_free(&arena);
}

TEST(seccomp_cache_no_bit_and_no_length_may_differ)
{
	struct seccomp_key key = { "key" }, other = { "kez" };
	struct seccomp_plan found;
	size_t size;
	unsigned char *bytes = seccomp_cache_encode(&arena, &key, &plan, &size);

	for (size_t i = 0; i < 8 * size; i++) {
		bytes[i / 8] ^= (unsigned char)(1 << i % 8);
		CHECK(!seccomp_cache_decode(&arena, bytes, size, &key, &found));
		bytes[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	for (size_t less = 0; less < size; less++)
		CHECK(!seccomp_cache_decode(&arena, bytes, less, &key, &found));
	CHECK(!seccomp_cache_decode(&arena, bytes, size, &other, &found));
	CHECK(seccomp_cache_decode(&arena, bytes, size, &key, &found));
	arena_free(&arena);
}

TEST(seccomp_cache_profiles_that_differ_have_other_keys)
{
	static const char *const profiles[] = {
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\"}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":0}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86\"]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":[]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_ALLOW\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_LOG\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"rea\",\"d\"],"
		"\"action\":\"SCMP_ACT_ALLOW\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"read\"],\"action\":\"SCMP_ACT_"
		"ALLOW\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":1,"
		"\"op\":\"SCMP_CMP_EQ\"}]}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":1,\"value\":1,"
		"\"op\":\"SCMP_CMP_EQ\"}]}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":2,"
		"\"op\":\"SCMP_CMP_EQ\"}]}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":1,\"valueTwo\":1,"
		"\"op\":\"SCMP_CMP_EQ\"}]}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":1,"
		"\"op\":\"SCMP_CMP_NE\"}]}]}",
	};
	struct seccomp_key keys[ARRAY_SIZE(profiles) + 1], again;
	struct spec_seccomp profile;

	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		profile = decode(profiles[i]);
		seccomp_cache_key(&profile, &keys[i]);
		seccomp_cache_key(&profile, &again);
		CHECK(memcmp(&again, &keys[i], sizeof(again)) == 0);
	}
	profile.fail_unknown = true;
	seccomp_cache_key(&profile, &keys[ARRAY_SIZE(profiles)]);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (size_t j = 0; j < i; j++)
			CHECK(memcmp(&keys[i], &keys[j], sizeof(keys[i])) != 0);
	arena_free(&arena);
}
