/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/limits_builder.h"

#include <inttypes.h>

#define CPU(member) "linux.resources.cpu." member

static void plan_cpu_share(struct limits_builder *builder, const struct spec_cpu *cpu)
{
	bool idle = cpu->idle.set && cpu->idle.value != 0;

	/* the kernel refuses a weight for an idle group, so the order depends on what is asked */
	if (cpu->idle.set && !idle)
		limits_add(builder, CONTROLLER_CPU, CPU("idle"), "cpu.idle", "0");
	if (cpu->shares.value)
		limits_add(builder, CONTROLLER_CPU, CPU("shares"), "cpu.weight",
			   limits_number(builder, cpu_weight_of_shares(cpu->shares.value)));
	if (idle)
		limits_add(builder, CONTROLLER_CPU, CPU("idle"), "cpu.idle",
			   arena_printf(builder->arena, "%" PRId64, cpu->idle.value));
}

int limits_plan_cpu(struct limits_builder *builder, const struct spec_cpu *cpu, struct error *err)
{
	uint64_t period = cpu->period.value ? cpu->period.value : 100000; /* the kernel's default */

	if (limits_not_on_v2(cpu->realtime_runtime.value != 0, CPU("realtimeRuntime"), err) < 0 ||
	    limits_not_on_v2(cpu->realtime_period.value != 0, CPU("realtimePeriod"), err) < 0)
		return -1;
	plan_cpu_share(builder, cpu);
	if (cpu->quota.value != 0 || cpu->period.value != 0)
		limits_add(builder, CONTROLLER_CPU, cpu->quota.value ? CPU("quota") : CPU("period"),
			   "cpu.max",
			   arena_printf(builder->arena, "%s %" PRIu64,
					cpu->quota.value > 0
						? limits_number(builder, (uint64_t)cpu->quota.value)
						: "max",
					period));
	if (cpu->burst.set)
		limits_add(builder, CONTROLLER_CPU, CPU("burst"), "cpu.max.burst",
			   limits_number(builder, cpu->burst.value));
	if (cpu->cpus && *cpu->cpus)
		limits_add(builder, CONTROLLER_CPUSET, CPU("cpus"), "cpuset.cpus", cpu->cpus);
	if (cpu->mems && *cpu->mems)
		limits_add(builder, CONTROLLER_CPUSET, CPU("mems"), "cpuset.mems", cpu->mems);
	return 0;
}
