/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/restart_policy.h"

#include "unit.h"

static struct error err;

static struct restart_policy policy(const char *text)
{
	struct restart_policy result;

	CHECK(restart_policy_parse(text, &result, &err) == 0);
	return result;
}

TEST(restart_policies_are_podmans_words)
{
	static const char *const bad[] = { "",
					   "yes",
					   "on-failure:",
					   "on-failure:x",
					   "on-failure:-1",
					   "on-failure:1x",
					   "always:3",
					   "on-failure:99999999999",
					   "on-failures" };
	struct restart_policy parsed;

	CHECK_INT(policy("no").when, RESTART_NO);
	CHECK_INT(policy("always").when, RESTART_ALWAYS);
	CHECK_INT(policy("unless-stopped").when, RESTART_ALWAYS);
	CHECK_INT(policy("on-failure").when, RESTART_ON_FAILURE);
	CHECK_INT(policy("on-failure").most, 0);
	CHECK_INT(policy("on-failure:3").most, 3);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(restart_policy_parse(bad[i], &parsed, &err) == -1);
}

TEST(restart_pauses_double_up_to_a_minute_and_begin_anew_after_a_good_run)
{
	const struct restart_policy always = policy("always");
	struct restart_record record = { 0 };

	for (uint32_t expected = 100; expected < 51200; expected *= 2) {
		CHECK(restart_plan(&always, 0, 5, &record));
		CHECK_INT(record.delay, expected);
	}
	record.delay = 51200;
	CHECK(restart_plan(&always, 1, 9999, &record));
	CHECK_INT(record.delay, 60000);
	CHECK(restart_plan(&always, 1, 0, &record));
	CHECK_INT(record.delay, 60000);
	CHECK(restart_plan(&always, 1, 10000, &record));
	CHECK_INT(record.delay, 100);
	record.stopped = true;
	CHECK(!restart_plan(&always, 1, 10000, &record));
}

TEST(restart_on_failure_counts_and_success_ends_it)
{
	const struct restart_policy twice = policy("on-failure:2"), failure = policy("on-failure");
	struct restart_record record = { 0 };

	CHECK(!restart_plan(&twice, 0, 0, &record));
	CHECK(restart_plan(&twice, 1, 0, &record));
	CHECK(restart_plan(&twice, 137, 0, &record));
	CHECK(!restart_plan(&twice, 1, 0, &record));
	CHECK_INT(record.count, 2);
	CHECK(restart_plan(&failure, 1, 0, &record));
	CHECK(!restart_plan(&(struct restart_policy){ 0 }, 1, 0, &(struct restart_record){ 0 }));
}
