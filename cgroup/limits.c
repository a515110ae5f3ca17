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

/* What the functions below share: the list grows as they find something to limit. */
struct builder {
	struct arena *arena;
	struct limits *limits;
	size_t room;
};

static struct limit *add(struct builder *builder, enum controller controller, const char *member,
			 const char *file, const char *value)
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
	limits->controllers |= UINT32_C(1) << controller;
	limit = &limits->items[limits->count++];
	*limit = (struct limit){ .file = file, .value = value, .member = member };
	return limit;
}

static const char *number(struct builder *builder, uint64_t value)
{
	return arena_printf(builder->arena, "%" PRIu64, value);
}

/* v1 wrote -1 for "no limit". */
static const char *number_or_max(struct builder *builder, int64_t value)
{
	return value < 0 ? "max" : number(builder, (uint64_t)value);
}

static int not_on_v2(bool asked, const char *member, struct error *err)
{
	if (!asked)
		return 0;
	return fail(err, ENOTSUP, "%s: cgroup v2 has no such limit", member);
}

#define MEMORY(member) "linux.resources.memory." member

static int memory_unsupported(const struct spec_memory *memory, struct error *err)
{
	if (not_on_v2(memory->swappiness.set, MEMORY("swappiness"), err) < 0 ||
	    not_on_v2(memory->disable_oom_killer.set && memory->disable_oom_killer.value,
		      MEMORY("disableOOMKiller"), err) < 0 ||
	    not_on_v2(memory->kernel.value > 0, MEMORY("kernel"), err) < 0 ||
	    not_on_v2(memory->kernel_tcp.value > 0, MEMORY("kernelTCP"), err) < 0)
		return -1;
	return 0;
}

/*
 * v1's swap limit counts memory and swap together, v2's only swap. 0 is "not set" for each of
 * these, as in runc.
 */
static int plan_swap(struct builder *builder, int64_t limit, int64_t swap, struct error *err)
{
	const char *value;
	struct limit *added;

	if (swap == 0 && limit < 0)
		swap = -1; /* v1: memory without limit frees swap too */
	if (swap == 0)
		return 0;
	if (swap < 0) {
		value = "max";
	} else if (limit <= 0) {
		return fail(err, EINVAL,
			    MEMORY("swap") ": needs " MEMORY(
				    "limit") ", of which it is the sum with swap");
	} else if (swap < limit) {
		return fail(err, EINVAL,
			    MEMORY("swap") ": %" PRId64 " is less than " MEMORY(
				    "limit") " %" PRId64 " (it limits memory and swap together)",
			    swap, limit);
	} else {
		value = number(builder, (uint64_t)(swap - limit));
	}
	added = add(builder, CONTROLLER_MEMORY, MEMORY("swap"), "memory.swap.max", value);
	/* a kernel without swap accounting has no such file, and then nothing to forbid */
	added->optional = strcmp(value, "max") == 0 || strcmp(value, "0") == 0;
	return 0;
}

static int plan_memory(struct builder *builder, const struct spec_memory *memory, struct error *err)
{
	int64_t limit = memory->limit.value, reservation = memory->reservation.value;

	if (memory_unsupported(memory, err) < 0 ||
	    plan_swap(builder, limit, memory->swap.value, err) < 0)
		return -1;
	if (limit != 0)
		add(builder, CONTROLLER_MEMORY, MEMORY("limit"), "memory.max",
		    number_or_max(builder, limit));
	if (limit > 0 && memory->check_before_update.value)
		builder->limits->memory_check = (uint64_t)limit;
	if (reservation != 0)
		add(builder, CONTROLLER_MEMORY, MEMORY("reservation"), "memory.low",
		    number_or_max(builder, reservation));
	return 0;
}

#define CPU(member) "linux.resources.cpu." member

static void plan_cpu_share(struct builder *builder, const struct spec_cpu *cpu)
{
	bool idle = cpu->idle.set && cpu->idle.value != 0;

	/* the kernel refuses a weight for an idle group, so the order depends on what is asked */
	if (cpu->idle.set && !idle)
		add(builder, CONTROLLER_CPU, CPU("idle"), "cpu.idle", "0");
	if (cpu->shares.value)
		add(builder, CONTROLLER_CPU, CPU("shares"), "cpu.weight",
		    number(builder, cpu_weight_of_shares(cpu->shares.value)));
	if (idle)
		add(builder, CONTROLLER_CPU, CPU("idle"), "cpu.idle",
		    arena_printf(builder->arena, "%" PRId64, cpu->idle.value));
}

static int plan_cpu(struct builder *builder, const struct spec_cpu *cpu, struct error *err)
{
	uint64_t period = cpu->period.value ? cpu->period.value : 100000; /* the kernel's default */

	if (not_on_v2(cpu->realtime_runtime.value != 0, CPU("realtimeRuntime"), err) < 0 ||
	    not_on_v2(cpu->realtime_period.value != 0, CPU("realtimePeriod"), err) < 0)
		return -1;
	plan_cpu_share(builder, cpu);
	if (cpu->quota.value != 0 || cpu->period.value != 0)
		add(builder, CONTROLLER_CPU, cpu->quota.value ? CPU("quota") : CPU("period"),
		    "cpu.max",
		    arena_printf(builder->arena, "%s %" PRIu64,
				 cpu->quota.value > 0 ? number(builder, (uint64_t)cpu->quota.value)
						      : "max",
				 period));
	if (cpu->burst.set)
		add(builder, CONTROLLER_CPU, CPU("burst"), "cpu.max.burst",
		    number(builder, cpu->burst.value));
	if (cpu->cpus && *cpu->cpus)
		add(builder, CONTROLLER_CPUSET, CPU("cpus"), "cpuset.cpus", cpu->cpus);
	if (cpu->mems && *cpu->mems)
		add(builder, CONTROLLER_CPUSET, CPU("mems"), "cpuset.mems", cpu->mems);
	return 0;
}

static void plan_pids(struct builder *builder, const struct spec_pids *pids)
{
	if (!pids->limit.set)
		return;
	/* the init process itself counts, so that 0 can only mean 1 */
	add(builder, CONTROLLER_PIDS, "linux.resources.pids.limit", "pids.max",
	    pids->limit.value == 0 ? "1" : number_or_max(builder, pids->limit.value));
}

#define BLOCK_IO(member) "linux.resources.blockIO." member

/* BFQ takes v1's 10..1000 as they are; io.weight (io.cost) has 1..10000. */
static int add_io_weight(struct builder *builder, const char *member, const char *device,
			 uint64_t weight, struct error *err)
{
	struct limit *limit;

	if (weight == 0)
		return 0;
	if (weight < 10 || weight > 1000)
		return fail(err, ERANGE, "%s: %" PRIu64 " is not between 10 and 1000", member,
			    weight);
	limit = add(builder, CONTROLLER_IO, member, "io.bfq.weight",
		    arena_printf(builder->arena, "%s%" PRIu64, device, weight));
	limit->other_file = "io.weight";
	limit->other_value =
		arena_printf(builder->arena, "%s%" PRIu64, device, 1 + (weight - 10) * 9999 / 990);
	return 0;
}

static const struct {
	const char *member, *key;
	size_t offset; /* of the list in struct spec_block_io */
} throttles[] = {
	{ BLOCK_IO("throttleReadBpsDevice"), "rbps",
	  offsetof(struct spec_block_io, throttle_read_bps_device) },
	{ BLOCK_IO("throttleWriteBpsDevice"), "wbps",
	  offsetof(struct spec_block_io, throttle_write_bps_device) },
	{ BLOCK_IO("throttleReadIOPSDevice"), "riops",
	  offsetof(struct spec_block_io, throttle_read_iops_device) },
	{ BLOCK_IO("throttleWriteIOPSDevice"), "wiops",
	  offsetof(struct spec_block_io, throttle_write_iops_device) },
};

static const struct spec_throttle_list *throttle_list(const struct spec_block_io *io, size_t index)
{
	return (const struct spec_throttle_list *)((const char *)io + throttles[index].offset);
}

/* Whether a device was met in an earlier list, or earlier in this one. */
static bool throttle_seen(const struct spec_block_io *io, size_t index, size_t position)
{
	const struct spec_throttle_device *device = &throttle_list(io, index)->items[position];

	for (size_t i = 0; i <= index; i++) {
		const struct spec_throttle_list *list = throttle_list(io, i);
		size_t end = i == index ? position : list->count;

		for (size_t j = 0; j < end; j++)
			if (list->items[j].major == device->major &&
			    list->items[j].minor == device->minor)
				return true;
	}
	return false;
}

/* One line of io.max: all that the four lists say of one device; 0 is "no limit", as in v1. */
static char *throttle_line(struct builder *builder, const struct spec_block_io *io, int64_t major,
			   int64_t minor)
{
	char *line = arena_printf(builder->arena, "%" PRId64 ":%" PRId64, major, minor);

	for (size_t i = 0; i < ARRAY_SIZE(throttles); i++) {
		const struct spec_throttle_list *list = throttle_list(io, i);
		const struct spec_throttle_device *last = NULL;

		for (size_t j = 0; j < list->count; j++)
			if (list->items[j].major == major && list->items[j].minor == minor)
				last = &list->items[j];
		if (last)
			line = arena_printf(builder->arena, "%s %s=%s", line, throttles[i].key,
					    last->rate ? number(builder, last->rate) : "max");
	}
	return line;
}

static int plan_io(struct builder *builder, const struct spec_block_io *io, struct error *err)
{
	if (not_on_v2(io->leaf_weight.value != 0, BLOCK_IO("leafWeight"), err) < 0 ||
	    add_io_weight(builder, BLOCK_IO("weight"), "", io->weight.value, err) < 0)
		return -1;
	for (size_t i = 0; i < io->weight_device.count; i++) {
		const struct spec_weight_device *device = &io->weight_device.items[i];
		const char *member = arena_printf(builder->arena, BLOCK_IO("weightDevice[%zu]"), i);

		if (not_on_v2(device->leaf_weight.value != 0, member, err) < 0 ||
		    add_io_weight(builder, member,
				  arena_printf(builder->arena, "%" PRId64 ":%" PRId64 " ",
					       device->major, device->minor),
				  device->weight.value, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(throttles); i++) {
		const struct spec_throttle_list *list = throttle_list(io, i);

		for (size_t j = 0; j < list->count; j++)
			if (!throttle_seen(io, i, j))
				add(builder, CONTROLLER_IO,
				    arena_printf(builder->arena, "%s[%zu]", throttles[i].member, j),
				    "io.max",
				    throttle_line(builder, io, list->items[j].major,
						  list->items[j].minor));
	}
	return 0;
}

/* "2MB" as in hugetlb.2MB.max. It becomes part of a file's name, so it may be nothing else. */
static bool is_page_size(const char *text)
{
	size_t digits = text ? strspn(text, "0123456789") : 0;

	return digits && text[0] != '0' && strchr("KMG", text[digits]) && text[digits] &&
	       strcmp(text + digits + 1, "B") == 0;
}

static int plan_hugetlb(struct builder *builder, const struct spec_resources *resources,
			struct error *err)
{
	for (size_t i = 0; i < resources->hugepage_limits.count; i++) {
		const struct spec_hugepage_limit *page = &resources->hugepage_limits.items[i];
		const char *member =
			arena_printf(builder->arena, "linux.resources.hugepageLimits[%zu]", i);
		const char *value = number(builder, page->limit);
		struct limit *reserved;

		if (!is_page_size(page->page_size))
			return fail(err, EINVAL, "%s.pageSize: '%s' is not like 2MB or 1GB", member,
				    page->page_size ? page->page_size : "");
		add(builder, CONTROLLER_HUGETLB, member,
		    arena_printf(builder->arena, "hugetlb.%s.max", page->page_size), value);
		reserved = add(builder, CONTROLLER_HUGETLB, member,
			       arena_printf(builder->arena, "hugetlb.%s.rsvd.max", page->page_size),
			       value);
		reserved->optional = true; /* kernels before 5.7 have not that file */
	}
	return 0;
}

static int plan_rdma(struct builder *builder, const struct spec_resources *resources,
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
			add(builder, CONTROLLER_RDMA, member, "rdma.max", line);
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

/* Last, so that what is said in v2's own words wins. */
static int plan_unified(struct builder *builder, const struct string_map *unified,
			struct error *err)
{
	for (size_t i = 0; i < unified->count; i++) {
		const struct string_pair *pair = &unified->items[i];
		const char *member =
			arena_printf(builder->arena, "linux.resources.unified.%s", pair->key);
		uint32_t others = builder->limits->controllers, mask = 0;

		if (unified_controller(member, pair->key, &mask, err) < 0)
			return -1;
		add(builder, 0, member, pair->key, pair->value);
		builder->limits->controllers = others | mask;
	}
	return 0;
}

int limits_plan(struct arena *arena, const struct spec_resources *resources, struct limits *limits,
		struct error *err)
{
	struct builder builder = { .arena = arena, .limits = limits };

	*limits = (struct limits){ 0 };
	if (!resources)
		return 0;
	if (resources->network &&
	    not_on_v2(resources->network->class_id.value || resources->network->priorities.count,
		      "linux.resources.network", err) < 0)
		return -1;
	if (resources->memory && plan_memory(&builder, resources->memory, err) < 0)
		return -1;
	if (resources->cpu && plan_cpu(&builder, resources->cpu, err) < 0)
		return -1;
	if (resources->pids)
		plan_pids(&builder, resources->pids);
	if (resources->block_io && plan_io(&builder, resources->block_io, err) < 0)
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

static int check_memory(int dirfd, uint64_t limit, struct error *err)
{
	char text[32];

	if (file_read_short_at(dirfd, "memory.current", text, sizeof(text), err) < 0)
		return fail_in(err, MEMORY("checkBeforeUpdate"));
	if (strtoull(text, NULL, 10) > limit)
		return fail(err, EBUSY,
			    MEMORY("limit") ": %" PRIu64 " is below the present usage, %s", limit,
			    text);
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

static int apply_one(int dirfd, const struct limit *limit, struct error *err)
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
	if (limits->memory_check && check_memory(dirfd, limits->memory_check, err) < 0)
		return -1;
	for (size_t i = 0; i < limits->count; i++)
		if (apply_one(dirfd, &limits->items[i], err) < 0)
			return -1;
	return 0;
}
