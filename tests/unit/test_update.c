/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/update.h"

#include "tests/unit/unit.h"

static struct arena arena;
static struct update_plan plan;
static struct error err;

static struct spec_resources resources(const char *json)
{
	struct spec_resources result = { 0 };

	if (spec_resources_decode(&arena, "test", json, strlen(json), &result, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	return result;
}

/* The writes of a change to a container that was made with before. */
static const char *writes(const char *before, const char *change)
{
	struct spec_resources old = resources(before), new = resources(change);
	const char *text = "";

	if (update_plan(&arena, &old, &new, true, &plan, &err) < 0)
		return err.text;
	for (size_t i = 0; i < plan.limits.count; i++)
		text = arena_printf(&arena, "%s%s=%s;", text, plan.limits.items[i].file,
				    plan.limits.items[i].value);
	return text;
}

static const char *remembered(void)
{
	return spec_resources_encode(&arena, &plan.resources, NULL);
}

TEST(update_writes_only_what_the_change_speaks_of)
{
	CHECK_STRING(writes("{\"memory\":{\"limit\":1000},\"pids\":{\"limit\":5}}",
			    "{\"pids\":{\"limit\":7}}"),
		     "pids.max=7;");
	CHECK_STRING(remembered(), "{\"memory\":{\"limit\":1000},\"pids\":{\"limit\":7}}");
	CHECK_STRING(writes("{\"memory\":{\"limit\":1000}}", "{}"), "");
	CHECK_INT(plan.has_devices, false);
}

TEST(update_of_a_quota_or_a_period_keeps_the_other)
{
	const char *before = "{\"cpu\":{\"quota\":500000,\"period\":1000000,\"shares\":100}}";

	CHECK_STRING(writes(before, "{\"cpu\":{\"period\":900000}}"), "cpu.max=500000 900000;");
	CHECK_STRING(writes(before, "{\"cpu\":{\"quota\":600000}}"), "cpu.max=600000 1000000;");
	CHECK_STRING(writes(before, "{\"cpu\":{\"quota\":-1}}"), "cpu.max=max 1000000;");
	CHECK_STRING(writes(before, "{\"cpu\":{\"quota\":0}}"), "cpu.max=max 1000000;");
	CHECK_STRING(writes("{}", "{\"cpu\":{\"period\":50000}}"), "cpu.max=max 50000;");
	CHECK_STRING(writes("{}", "{\"cpu\":{\"quota\":30000}}"), "cpu.max=30000 100000;");
}

TEST(update_counts_swap_together_with_the_memory_of_before)
{
	const char *before = "{\"memory\":{\"limit\":30,\"swap\":50}}";

	CHECK_STRING(writes(before, "{\"memory\":{\"limit\":40}}"),
		     "memory.swap.max=10;memory.max=40;");
	CHECK_STRING(writes(before, "{\"memory\":{\"swap\":80}}"),
		     "memory.swap.max=50;memory.max=30;");
	CHECK_STRING(writes(before, "{\"memory\":{\"limit\":-1}}"),
		     "memory.swap.max=max;memory.max=max;");
	CHECK_STRING(writes(before, "{\"memory\":{\"swap\":-1}}"), "memory.swap.max=max;");
	CHECK_CONTAINS(writes(before, "{\"memory\":{\"limit\":60}}"),
		       "linux.resources.memory.swap");
	CHECK_CONTAINS(writes("{}", "{\"memory\":{\"swap\":60}}"),
		       "linux.resources.memory.swap: needs");
}

TEST(update_forgets_the_check_of_an_earlier_update)
{
	writes("{\"memory\":{\"limit\":30,\"checkBeforeUpdate\":true}}",
	       "{\"memory\":{\"limit\":40}}");
	CHECK_INT(plan.limits.memory_check, 0);
	writes("{}", "{\"memory\":{\"limit\":40,\"swap\":90,\"checkBeforeUpdate\":true}}");
	CHECK_INT(plan.limits.memory_check, 40);
	CHECK_INT(plan.limits.swap_check, 90);
	CHECK_STRING(remembered(), "{\"memory\":{\"limit\":40,\"swap\":90}}");
}

TEST(update_of_the_weight_ends_idle_and_not_with_it)
{
	const char *idle = "{\"cpu\":{\"idle\":1}}";

	CHECK_STRING(writes(idle, "{\"cpu\":{\"shares\":1024}}"), "cpu.idle=0;cpu.weight=100;");
	CHECK_STRING(writes(idle, "{\"cpu\":{\"shares\":1024,\"idle\":1}}"), "cpu.idle=1;");
	CHECK_STRING(writes(idle, "{\"cpu\":{\"period\":10000}}"), "cpu.max=max 10000;");
	CHECK_STRING(writes("{}", "{\"cpu\":{\"shares\":1024,\"idle\":1}}"),
		     "cpu.weight=100;cpu.idle=1;");
}

TEST(update_to_no_processes_is_what_the_version_says)
{
	struct spec_resources none = { 0 }, zero = resources("{\"pids\":{\"limit\":0}}");

	CHECK_INT(update_plan(&arena, &none, &zero, true, &plan, &err), 0);
	CHECK_STRING(plan.limits.items[0].value, "1");
	CHECK_INT(update_plan(&arena, &none, &zero, false, &plan, &err), 0);
	CHECK_STRING(plan.limits.items[0].value, "max");
}

TEST(update_with_device_rules_has_a_program)
{
	writes("{\"devices\":[{\"allow\":false}]}", "{\"devices\":[{\"allow\":false},"
						    "{\"allow\":true,\"type\":\"c\",\"major\":10,"
						    "\"minor\":229,\"access\":\"rw\"}]}");
	CHECK_INT(plan.has_devices, true);
	CHECK(plan.devices.count > 0);
	writes("{\"devices\":[{\"allow\":false}]}", "{\"devices\":[{\"allow\":true}]}");
	CHECK_INT(plan.has_devices, true);
	CHECK_INT(plan.devices.count, 0);
}

TEST(update_refuses_what_v2_has_not_by_name)
{
	CHECK_STRING(writes("{}", "{\"cpu\":{\"realtimePeriod\":1000}}"),
		     "linux.resources.cpu.realtimePeriod: cgroup v2 has no such limit");
	CHECK_CONTAINS(writes("{}", "{\"blockIO\":{\"weight\":7}}"),
		       "linux.resources.blockIO.weight");
}
