/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/resource_limit.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"

#define LIMIT(name) [RLIMIT_##name] = "RLIMIT_" #name

static const char *const names[] = {
	LIMIT(CPU),	 LIMIT(FSIZE), LIMIT(DATA),   LIMIT(STACK),
	LIMIT(CORE),	 LIMIT(RSS),   LIMIT(NPROC),  LIMIT(NOFILE),
	LIMIT(MEMLOCK),	 LIMIT(AS),    LIMIT(LOCKS),  LIMIT(SIGPENDING),
	LIMIT(MSGQUEUE), LIMIT(NICE),  LIMIT(RTPRIO), LIMIT(RTTIME),
};
_Static_assert(ARRAY_SIZE(names) == RLIMIT_NLIMITS, "a limit of getrlimit(2) has no name here");

static int find_resource(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

int resource_limits_plan(struct arena *arena, const struct spec_process *process,
			 struct resource_limits *plan, struct error *err)
{
	size_t count = process->rlimits.count;
	unsigned int seen = 0;

	*plan = (struct resource_limits){ .items = arena_array(arena, struct resource_limit, count),
					  .count = count };
	for (size_t i = 0; i < count; i++) {
		const struct spec_rlimit *spec = &process->rlimits.items[i];
		int resource = find_resource(spec->type);

		if (resource < 0)
			return fail(err, EINVAL, "process.rlimits[%zu].type: unknown value '%s'", i,
				    spec->type);
		if (seen & 1U << resource)
			return fail(err, EINVAL, "process.rlimits[%zu].type: %s is there twice", i,
				    spec->type);
		if (spec->soft > spec->hard)
			return fail(err, EINVAL,
				    "process.rlimits[%zu].soft: above the hard limit of %s", i,
				    spec->type);
		seen |= 1U << resource;
		plan->items[i] = (struct resource_limit){
			.resource = resource,
			.name = names[resource],
			.index = i,
			.limit = { .rlim_cur = spec->soft, .rlim_max = spec->hard },
		};
	}
	return 0;
}

static int fail_limit(const struct resource_limit *item, struct error *err)
{
	if (errno == EPERM)
		return fail(err, EPERM,
			    "process.rlimits[%zu]: raising %s to %llu needs CAP_SYS_RESOURCE (for "
			    "RLIMIT_NOFILE also fs.nr_open), which ctr does not have",
			    item->index, item->name, (unsigned long long)item->limit.rlim_max);
	return fail_errno(err, "process.rlimits[%zu]: set %s", item->index, item->name);
}

int resource_limits_raise(const struct resource_limits *plan, pid_t pid, struct error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct resource_limit *item = &plan->items[i];
		struct rlimit limit;

		if (prlimit(0, item->resource, NULL, &limit) < 0)
			return fail_limit(item, err);
		if (item->limit.rlim_max <= limit.rlim_max)
			continue;
		limit.rlim_max = item->limit.rlim_max;
		if (prlimit(pid, item->resource, &limit, NULL) < 0)
			return fail_limit(item, err);
	}
	return 0;
}

int resource_limits_apply(const struct resource_limits *plan, struct error *err)
{
	for (size_t i = 0; i < plan->count; i++)
		if (prlimit(0, plan->items[i].resource, &plan->items[i].limit, NULL) < 0)
			return fail_limit(&plan->items[i], err);
	return 0;
}
