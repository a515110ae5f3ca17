/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/memory_policy.h"

#include <errno.h>
#include <limits.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/number_list.h"
#include "base/sys.h"

/* Which nodes a mode goes with. */
enum nodes { NODES_NONE, NODES_SOME, NODES_ANY };

static const struct {
	const char *name;
	int mode;
	enum nodes nodes;
} modes[] = {
	{ "MPOL_DEFAULT", MPOL_DEFAULT, NODES_NONE },
	{ "MPOL_PREFERRED", MPOL_PREFERRED, NODES_ANY },
	{ "MPOL_BIND", MPOL_BIND, NODES_SOME },
	{ "MPOL_INTERLEAVE", MPOL_INTERLEAVE, NODES_SOME },
	{ "MPOL_LOCAL", MPOL_LOCAL, NODES_NONE },
	{ "MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY, NODES_SOME },
	{ "MPOL_WEIGHTED_INTERLEAVE", SYS_MPOL_WEIGHTED_INTERLEAVE, NODES_SOME },
};

static const struct {
	const char *name;
	int flag;
} flags[] = {
	{ "MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING },
	{ "MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES },
	{ "MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES },
};

static int plan_flags(const struct string_list *words, struct memory_policy_plan *plan,
		      struct error *err)
{
	for (size_t i = 0; i < words->count; i++) {
		size_t j = 0;

		while (j < ARRAY_SIZE(flags) && strcmp(words->items[i], flags[j].name) != 0)
			j++;
		if (j == ARRAY_SIZE(flags))
			return fail(err, EINVAL,
				    "linux.memoryPolicy.flags[%zu]: invalid memory policy flag "
				    "'%.100s'",
				    i, words->items[i]);
		plan->mode |= flags[j].flag;
	}
	return 0;
}

static int plan_nodes(const char *nodes, struct memory_policy_plan *plan, struct error *err)
{
	plan->has_nodes = nodes && *nodes;
	if (plan->has_nodes && number_list_parse(nodes, plan->nodes, MEMORY_POLICY_NODES, err) < 0)
		return fail_in(err, "linux.memoryPolicy.nodes: invalid memory policy node");
	return 0;
}

/* What the kernel would refuse with a bare EINVAL. */
static int check_nodes(const struct memory_policy_plan *plan, enum nodes nodes, struct error *err)
{
	static const char where[] = "linux.memoryPolicy: set_mempolicy: invalid argument";
	bool has_flags = plan->mode & MPOL_MODE_FLAGS;

	if (nodes == NODES_NONE && (plan->has_nodes || has_flags))
		return fail(err, EINVAL, "%s: %s takes neither nodes nor flags", where, plan->name);
	if (nodes == NODES_SOME && !plan->has_nodes)
		return fail(err, EINVAL, "%s: %s needs nodes", where, plan->name);
	if (!plan->has_nodes && has_flags)
		return fail(err, EINVAL, "%s: flags without nodes", where);
	if ((plan->mode & MPOL_F_STATIC_NODES) && (plan->mode & MPOL_F_RELATIVE_NODES))
		return fail(err, EINVAL,
			    "%s: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other",
			    where);
	return 0;
}

int memory_policy_plan(const struct spec_memory_policy *spec, struct memory_policy_plan *plan,
		       struct error *err)
{
	const char *mode = spec && spec->mode ? spec->mode : "";
	size_t i = 0;

	*plan = (struct memory_policy_plan){ 0 };
	if (!spec)
		return 0;
	while (i < ARRAY_SIZE(modes) && strcmp(mode, modes[i].name) != 0)
		i++;
	if (i == ARRAY_SIZE(modes))
		return fail(err, EINVAL,
			    "linux.memoryPolicy.mode: invalid memory policy mode '%.100s'", mode);
	plan->set = true;
	plan->mode = modes[i].mode;
	plan->name = modes[i].name;
	if (plan_flags(&spec->flags, plan, err) < 0 || plan_nodes(spec->nodes, plan, err) < 0)
		return -1;
	return check_nodes(plan, modes[i].nodes, err);
}

int memory_policy_apply(const struct memory_policy_plan *plan, struct error *err)
{
	if (!plan->set)
		return 0;
	/* the kernel takes one bit less than it is told */
	if (syscall(SYS_set_mempolicy, plan->mode, plan->has_nodes ? plan->nodes : NULL,
		    plan->has_nodes ? MEMORY_POLICY_NODES + 1UL : 0UL) == 0)
		return 0;
	if (errno == ENOSYS)
		return fail(err, ENOTSUP, "linux.memoryPolicy: this kernel is built without NUMA");
	if (errno == EINVAL)
		return fail(
			err, EINVAL,
			"linux.memoryPolicy: set_mempolicy: invalid argument: %s: is a node of "
			"linux.memoryPolicy.nodes there, allowed by the cpuset, and with memory "
			"(/sys/devices/system/node/has_memory)?",
			plan->name);
	return fail_errno(err, "linux.memoryPolicy: set_mempolicy");
}

const char *const *memory_policy_modes(void)
{
	static const char *names[ARRAY_SIZE(modes) + 1];

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		names[i] = modes[i].name;
	return names;
}

const char *const *memory_policy_flags(void)
{
	static const char *names[ARRAY_SIZE(flags) + 1];

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		names[i] = flags[i].name;
	return names;
}
