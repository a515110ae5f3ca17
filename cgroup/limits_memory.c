/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/limits_builder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define MEMORY(member) "linux.resources.memory." member

static int memory_unsupported(const struct spec_memory *memory, struct error *err)
{
	if (limits_not_on_v2(memory->swappiness.set, MEMORY("swappiness"), err) < 0 ||
	    limits_not_on_v2(memory->disable_oom_killer.set && memory->disable_oom_killer.value,
			     MEMORY("disableOOMKiller"), err) < 0 ||
	    limits_not_on_v2(memory->kernel.value > 0, MEMORY("kernel"), err) < 0 ||
	    limits_not_on_v2(memory->kernel_tcp.value > 0, MEMORY("kernelTCP"), err) < 0)
		return -1;
	return 0;
}

/*
 * v1's swap limit counts memory and swap together, v2's only swap. 0 is "not set" for each of
 * these, as in runc.
 */
static int plan_swap(struct limits_builder *builder, int64_t limit, int64_t swap, struct error *err)
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
		value = limits_number(builder, (uint64_t)(swap - limit));
	}
	added = limits_add(builder, CONTROLLER_MEMORY, MEMORY("swap"), "memory.swap.max", value);
	/* a kernel without swap accounting has no such file, and then nothing to forbid */
	added->optional = strcmp(value, "max") == 0 || strcmp(value, "0") == 0;
	return 0;
}

int limits_plan_memory(struct limits_builder *builder, const struct spec_memory *memory,
		       struct error *err)
{
	int64_t limit = memory->limit.value, reservation = memory->reservation.value;

	if (memory_unsupported(memory, err) < 0 ||
	    plan_swap(builder, limit, memory->swap.value, err) < 0)
		return -1;
	if (limit != 0)
		limits_add(builder, CONTROLLER_MEMORY, MEMORY("limit"), "memory.max",
			   limits_number_or_max(builder, limit));
	if (limit > 0 && memory->check_before_update.value)
		builder->limits->memory_check = (uint64_t)limit;
	if (memory->swap.value > 0 && memory->check_before_update.value)
		builder->limits->swap_check = (uint64_t)memory->swap.value;
	if (reservation != 0)
		limits_add(builder, CONTROLLER_MEMORY, MEMORY("reservation"), "memory.low",
			   limits_number_or_max(builder, reservation));
	return 0;
}
