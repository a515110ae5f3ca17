/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/memory_policy.h"

#include <string.h>

#include <linux/mempolicy.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct error err;
static struct memory_policy_plan plan;

static int make_plan(const char *mode, const char *nodes, const char *flag)
{
	char *flags[] = { (char *)(uintptr_t)flag, NULL };
	const struct spec_memory_policy spec = {
		.mode = (char *)(uintptr_t)mode,
		.nodes = (char *)(uintptr_t)nodes,
		.flags = { .items = flags, .count = flag ? 1 : 0 },
	};

	return memory_policy_plan(&spec, &plan, &err);
}

TEST(memory_policy_has_mode_flags_and_nodes)
{
	CHECK(make_plan("MPOL_BIND", "0-1,64", "MPOL_F_STATIC_NODES") == 0);
	CHECK(plan.set && plan.has_nodes);
	CHECK_INT(plan.mode, MPOL_BIND | MPOL_F_STATIC_NODES);
	CHECK(plan.nodes[0] == 3 && plan.nodes[1] == 1);
	CHECK(make_plan("MPOL_PREFERRED", "", NULL) == 0);
	CHECK(plan.set && !plan.has_nodes);
}

TEST(memory_policy_is_none_or_has_a_mode)
{
	CHECK(memory_policy_plan(NULL, &plan, &err) == 0);
	CHECK(!plan.set);
	CHECK(make_plan(NULL, NULL, NULL) == -1);
	CHECK(make_plan("", "", NULL) == -1);
	CHECK(strstr(err.text, "linux.memoryPolicy.mode: invalid memory policy mode"));
}

/* The words before the colon of set_mempolicy and of the members are what runc's users look for. */
TEST(memory_policy_errors_name_the_member)
{
	static const struct {
		const char *mode, *nodes, *flag, *error;
	} table[] = {
		{ "INTERLEAVE", "0", NULL, "linux.memoryPolicy.mode: invalid memory policy mode" },
		{ NULL, "0-7", NULL, "linux.memoryPolicy.mode: invalid memory policy mode" },
		{ "MPOL_BIND", "0", "x",
		  "linux.memoryPolicy.flags[0]: invalid memory policy flag" },
		{ "MPOL_BIND", "0-9876543210", NULL,
		  "linux.memoryPolicy.nodes: invalid memory policy node" },
		{ "MPOL_BIND", "all", NULL, "linux.memoryPolicy.nodes" },
		{ "MPOL_BIND", NULL, NULL, "MPOL_BIND needs nodes" },
		{ "MPOL_DEFAULT", "0", NULL, "set_mempolicy: invalid argument: MPOL_DEFAULT" },
		{ "MPOL_LOCAL", NULL, "MPOL_F_STATIC_NODES", "neither nodes nor flags" },
		{ "MPOL_PREFERRED", NULL, "MPOL_F_STATIC_NODES", "flags without nodes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		CHECK(make_plan(table[i].mode, table[i].nodes, table[i].flag) == -1);
		CHECK_CONTAINS(err.text, table[i].error);
	}
}
