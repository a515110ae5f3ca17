/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macro.h"
#include "cgroup/limits_builder.h"

static const struct {
	const char *name, *v1_name;
} controllers[] = {
	[CONTROLLER_CPUSET] = { "cpuset", "cpuset" },
	[CONTROLLER_CPU] = { "cpu", "cpu" },
	[CONTROLLER_IO] = { "io", "blkio" },
	[CONTROLLER_MEMORY] = { "memory", "memory" },
	[CONTROLLER_HUGETLB] = { "hugetlb", "hugetlb" },
	[CONTROLLER_PIDS] = { "pids", "pids" },
	[CONTROLLER_RDMA] = { "rdma", "rdma" },
	[CONTROLLER_MISC] = { "misc", "misc" },
	[CONTROLLER_DMEM] = { "dmem", "dmem" },
	[CONTROLLER_PERF_EVENT] = { "perf_event", "perf_event" },
};
_Static_assert(sizeof(controllers) / sizeof(controllers[0]) == CONTROLLER_COUNT,
	       "every controller has a name");

const char *controller_name(enum controller controller)
{
	return controllers[controller].name;
}

const char *controller_v1_name(enum controller controller)
{
	return controllers[controller].v1_name;
}

struct limit *limits_add(struct limits_builder *builder, enum controller controller,
			 const char *member, const char *file, const char *value)
{
	struct limits *limits = builder->limits;
	struct limit *limit;

	if (limits->count == builder->room) {
		struct limit *items = limits->items;

		builder->room = builder->room ? 2 * builder->room : 16;
		limits->items = arena_array(builder->arena, struct limit, builder->room);
		if (limits->count)
			memcpy(limits->items, items, limits->count * sizeof(*items));
	}
	limit = &limits->items[limits->count++];
	*limit = (struct limit){ .file = file, .value = value, .member = member };
	/* no limit is what a new cgroup has: that is granted without the controller, too */
	if (strcmp(value, "max") == 0)
		limit->optional = true;
	else
		limits->controllers |= UINT32_C(1) << controller;
	return limit;
}

const char *limits_number(struct limits_builder *builder, uint64_t value)
{
	return arena_printf(builder->arena, "%" PRIu64, value);
}

const char *limits_number_or_max(struct limits_builder *builder, int64_t value)
{
	return value < 0 ? "max" : limits_number(builder, (uint64_t)value);
}

int limits_not_on_v2(bool asked, const char *member, struct error *err)
{
	if (!asked)
		return 0;
	return fail(err, ENOTSUP, "%s: cgroup v2 has no such limit", member);
}

static void plan_pids(struct limits_builder *builder, const struct spec_pids *pids)
{
	if (!pids->limit.set)
		return;
	/* the init process itself counts, so that 0 can only mean 1 */
	limits_add(builder, CONTROLLER_PIDS, "linux.resources.pids.limit", "pids.max",
		   pids->limit.value == 0 ? "1" : limits_number_or_max(builder, pids->limit.value));
}

/* "2MB" as in hugetlb.2MB.max. It becomes part of a file's name, so it may be nothing else. */
static bool is_page_size(const char *text)
{
	size_t digits = text ? strspn(text, "0123456789") : 0;

	return digits && text[0] != '0' && strchr("KMG", text[digits]) && text[digits] &&
	       strcmp(text + digits + 1, "B") == 0;
}

static int plan_hugetlb(struct limits_builder *builder, const struct spec_resources *resources,
			struct error *err)
{
	for (size_t i = 0; i < resources->hugepage_limits.count; i++) {
		const struct spec_hugepage_limit *page = &resources->hugepage_limits.items[i];
		const char *member =
			arena_printf(builder->arena, "linux.resources.hugepageLimits[%zu]", i);
		const char *value = limits_number(builder, page->limit);
		struct limit *reserved;

		if (!is_page_size(page->page_size))
			return fail(err, EINVAL, "%s.pageSize: '%s' is not like 2MB or 1GB", member,
				    page->page_size ? page->page_size : "");
		limits_add(builder, CONTROLLER_HUGETLB, member,
			   arena_printf(builder->arena, "hugetlb.%s.max", page->page_size), value);
		reserved = limits_add(
			builder, CONTROLLER_HUGETLB, member,
			arena_printf(builder->arena, "hugetlb.%s.rsvd.max", page->page_size),
			value);
		reserved->optional = true; /* kernels before 5.7 have not that file */
	}
	return 0;
}

static int plan_rdma(struct limits_builder *builder, const struct spec_resources *resources,
		     struct error *err)
{
	for (size_t i = 0; i < resources->rdma.count; i++) {
		const struct spec_rdma *rdma = &resources->rdma.items[i];
		const char *member =
			arena_printf(builder->arena, "linux.resources.rdma.%s", rdma->device);
		char *line = arena_strdup(builder->arena, rdma->device);

		if (!*line || strpbrk(line, " \t\n"))
			return fail(err, EINVAL, "%s: not a device's name", member);
		if (rdma->hca_handles.set)
			line = arena_printf(builder->arena, "%s hca_handle=%" PRIu64, line,
					    rdma->hca_handles.value);
		if (rdma->hca_objects.set)
			line = arena_printf(builder->arena, "%s hca_object=%" PRIu64, line,
					    rdma->hca_objects.value);
		if (rdma->hca_handles.set || rdma->hca_objects.set)
			limits_add(builder, CONTROLLER_RDMA, member, "rdma.max", line);
	}
	return 0;
}

/*
 * Files of the cgroup core that a spec may set. The others would move processes, stop or kill
 * them, or take the cgroup's structure out of ctr's hands.
 */
static const char *const core_files[] = { "cgroup.max.depth", "cgroup.max.descendants",
					  "cgroup.pressure" };

static int unified_controller(const char *member, const char *file, uint32_t *mask,
			      struct error *err)
{
	const char *dot = strchr(file, '.');

	if (!dot || dot == file || !dot[1] || strchr(file, '/'))
		return fail(err, EINVAL, "%s: not a file like memory.high", member);
	for (size_t i = 0; i < ARRAY_SIZE(core_files); i++)
		if (strcmp(file, core_files[i]) == 0)
			return 0;
	for (size_t i = 0; i < CONTROLLER_COUNT; i++)
		if (strncmp(file, controllers[i].name, (size_t)(dot - file)) == 0 &&
		    !controllers[i].name[dot - file]) {
			*mask = UINT32_C(1) << i;
			return 0;
		}
	if (strncmp(file, "cgroup.", strlen("cgroup.")) == 0)
		return fail(err, EPERM, "%s: this file is the runtime's own", member);
	return fail(err, EINVAL, "%s: unknown controller '%.*s'", member, (int)(dot - file), file);
}

/* The kernel takes one device of io.max and its like a write. */
static void add_lines(struct limits_builder *builder, const char *member,
		      const struct string_pair *pair)
{
	char *rest = arena_strdup(builder->arena, pair->value), *line;
	size_t before = builder->limits->count;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			limits_add(builder, 0, member, pair->key, line);
	if (builder->limits->count == before)
		limits_add(builder, 0, member, pair->key, pair->value);
}

/* Last, so that what is said in v2's own words wins. */
static int plan_unified(struct limits_builder *builder, const struct string_map *unified,
			struct error *err)
{
	for (size_t i = 0; i < unified->count; i++) {
		const struct string_pair *pair = &unified->items[i];
		const char *member =
			arena_printf(builder->arena, "linux.resources.unified.%s", pair->key);
		uint32_t others = builder->limits->controllers, mask = 0;

		if (unified_controller(member, pair->key, &mask, err) < 0)
			return -1;
		add_lines(builder, member, pair);
		builder->limits->controllers = others | mask;
	}
	return 0;
}

int limits_plan(struct arena *arena, const struct spec_resources *resources, struct limits *limits,
		struct error *err)
{
	struct limits_builder builder = { .arena = arena, .limits = limits };

	*limits = (struct limits){ 0 };
	if (!resources)
		return 0;
	if (resources->network && limits_not_on_v2(resources->network->class_id.value ||
							   resources->network->priorities.count,
						   "linux.resources.network", err) < 0)
		return -1;
	if (resources->memory && limits_plan_memory(&builder, resources->memory, err) < 0)
		return -1;
	if (resources->cpu && limits_plan_cpu(&builder, resources->cpu, err) < 0)
		return -1;
	if (resources->pids)
		plan_pids(&builder, resources->pids);
	if (resources->block_io && limits_plan_io(&builder, resources->block_io, err) < 0)
		return -1;
	if (plan_hugetlb(&builder, resources, err) < 0 || plan_rdma(&builder, resources, err) < 0)
		return -1;
	return plan_unified(&builder, &resources->unified, err);
}

char *limits_print(struct arena *arena, const struct limits *limits)
{
	char *text = arena_strdup(arena, "");

	for (size_t i = 0; i < limits->count; i++) {
		const struct limit *limit = &limits->items[i];

		text = arena_printf(arena, "%s%s %s", text, limit->file, limit->value);
		if (limit->other_file)
			text = arena_printf(arena, "%s, or %s %s", text, limit->other_file,
					    limit->other_value);
		text = arena_printf(arena, "%s%s (%s)\n", text,
				    limit->optional ? ", if there is such a file" : "",
				    limit->member);
	}
	return text;
}

/* The words are runc's, which its users look for. */
int limits_check(int dirfd, const struct limits *limits, struct error *err)
{
	char text[32];
	uint64_t usage;

	if (!limits->memory_check && !limits->swap_check)
		return 0;
	if (file_read_short_at(dirfd, "memory.current", text, sizeof(text), err) < 0)
		return fail_in(err, "linux.resources.memory.checkBeforeUpdate");
	usage = strtoull(text, NULL, 10);
	if (limits->swap_check && limits->swap_check <= usage)
		return fail(err, EBUSY,
			    "linux.resources.memory.swap: rejecting memory+swap limit %" PRIu64
			    " <= usage %" PRIu64,
			    limits->swap_check, usage);
	if (limits->memory_check && limits->memory_check <= usage)
		return fail(err, EBUSY,
			    "linux.resources.memory.limit: rejecting memory limit %" PRIu64
			    " <= usage %" PRIu64,
			    limits->memory_check, usage);
	return 0;
}

/* Returns 1 when there is no such file. */
static int write_limit(int dirfd, const char *file, const char *value, struct error *err)
{
	struct error other;

	if (file_write_at(dirfd, file, value, &other) == 0)
		return 0;
	if (other.errnum == ENOENT && faccessat(dirfd, file, F_OK, 0) < 0)
		return 1;
	*err = other;
	return -1;
}

int limits_apply_one(int dirfd, const struct limit *limit, struct error *err)
{
	int result = write_limit(dirfd, limit->file, limit->value, err);

	if (result > 0 && limit->other_file)
		result = write_limit(dirfd, limit->other_file, limit->other_value, err);
	if (result > 0 && limit->optional)
		return 0;
	if (result > 0)
		return fail(err, ENOENT, "%s: this kernel has no %s%s%s", limit->member,
			    limit->file, limit->other_file ? " and no " : "",
			    limit->other_file ? limit->other_file : "");
	return result < 0 ? fail_in(err, "%s", limit->member) : 0;
}

int limits_apply(int dirfd, const struct limits *limits, struct error *err)
{
	if (limits_check(dirfd, limits, err) < 0)
		return -1;
	for (size_t i = 0; i < limits->count; i++)
		if (limits_apply_one(dirfd, &limits->items[i], err) < 0)
			return -1;
	return 0;
}
