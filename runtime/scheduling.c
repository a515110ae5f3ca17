/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/scheduling.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/number_list.h"
#include "base/user_namespace.h"

/* Of a cpu_set_t; musl's CPU_SETSIZE is another number. */
#define CPU_BITS (sizeof(cpu_set_t) * CHAR_BIT)

struct name {
	const char *name;
	uint64_t value;
};

static const struct name policies[] = {
	{ "SCHED_OTHER", SCHED_NORMAL },
	{ "SCHED_FIFO", SCHED_FIFO },
	{ "SCHED_RR", SCHED_RR },
	{ "SCHED_BATCH", SCHED_BATCH },
	{ "SCHED_ISO", 4 /* reserved */ },
	{ "SCHED_IDLE", SCHED_IDLE },
	{ "SCHED_DEADLINE", SCHED_DEADLINE },
};

static const struct name flags[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK },
	{ "SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM },
	{ "SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN },
	{ "SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY },
	{ "SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS },
	{ "SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX },
};

static const struct name classes[] = {
	{ "IOPRIO_CLASS_RT", IOPRIO_CLASS_RT },
	{ "IOPRIO_CLASS_BE", IOPRIO_CLASS_BE },
	{ "IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE },
};

static const struct name *find(const struct name *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i].name, name))
			return &names[i];
	return NULL;
}

static int plan_attributes(const struct spec_scheduler *spec, struct scheduling_attributes *plan,
			   struct error *err)
{
	const struct name *found;

	if (!spec->policy)
		return fail(err, EINVAL, "process.scheduler.policy: missing");
	found = find(policies, ARRAY_SIZE(policies), spec->policy);
	if (!found)
		return fail(err, EINVAL, "process.scheduler.policy: unknown value '%s'",
			    spec->policy);
	if (spec->nice < -20 || spec->nice > 19)
		return fail(err, EINVAL, "process.scheduler.nice: %d is not from -20 to 19",
			    spec->nice);
	if (spec->priority < 0 || spec->priority > 99)
		return fail(err, EINVAL, "process.scheduler.priority: %d is not from 0 to 99",
			    spec->priority);
	*plan = (struct scheduling_attributes){
		/* Kernels that know more fields take the shorter structure as well. */
		.size = sizeof(*plan),
		.policy = (uint32_t)found->value,
		.nice = spec->nice,
		.priority = (uint32_t)spec->priority,
		.runtime = spec->runtime.value,
		.deadline = spec->deadline.value,
		.period = spec->period.value,
	};
	for (size_t i = 0; i < spec->flags.count; i++) {
		found = find(flags, ARRAY_SIZE(flags), spec->flags.items[i]);
		if (!found)
			return fail(err, EINVAL, "process.scheduler.flags[%zu]: unknown value '%s'",
				    i, spec->flags.items[i]);
		plan->flags |= found->value;
	}
	return 0;
}

static int plan_io_priority(const struct spec_io_priority *spec, int *plan, struct error *err)
{
	const struct name *found;

	if (!spec->class)
		return fail(err, EINVAL, "process.ioPriority.class: missing");
	found = find(classes, ARRAY_SIZE(classes), spec->class);
	if (!found)
		return fail(err, EINVAL, "process.ioPriority.class: unknown value '%s'",
			    spec->class);
	if (spec->priority < 0 || spec->priority >= IOPRIO_BE_NR)
		return fail(err, EINVAL, "process.ioPriority.priority: %d is not from 0 to 7",
			    spec->priority);
	*plan = (int)IOPRIO_PRIO_VALUE(found->value, spec->priority);
	return 0;
}

static int parse_cpus(const char *text, const char *field, cpu_set_t *cpus, struct error *err)
{
	if (number_list_parse(text, cpus->__bits, CPU_BITS, err) < 0)
		return fail_in(err, "process.execCPUAffinity.%s", field);
	return 0;
}

static int plan_affinity(const struct spec_exec_cpu_affinity *spec, struct scheduling_plan *plan,
			 struct error *err)
{
	if (spec->initial && *spec->initial) {
		plan->has_initial_cpus = true;
		if (parse_cpus(spec->initial, "initial", &plan->initial_cpus, err) < 0)
			return -1;
	}
	if (spec->final && *spec->final) {
		plan->has_final_cpus = true;
		if (parse_cpus(spec->final, "final", &plan->final_cpus, err) < 0)
			return -1;
	}
	return 0;
}

int scheduling_plan(const struct spec_process *process, bool joins, struct scheduling_plan *plan,
		    struct error *err)
{
	*plan = (struct scheduling_plan){
		.has_attributes = process->scheduler,
		.has_io_priority = process->io_priority,
		.has_oom_score_adj = process->oom_score_adj.set,
	};
	if (process->scheduler && plan_attributes(process->scheduler, &plan->attributes, err) < 0)
		return -1;
	if (process->io_priority &&
	    plan_io_priority(process->io_priority, &plan->io_priority, err) < 0)
		return -1;
	if (process->exec_cpu_affinity && plan_affinity(process->exec_cpu_affinity, plan, err) < 0)
		return -1;
	/* what a later exec will need is read when the container is made, and refused then */
	plan->has_initial_cpus &= joins;
	plan->has_final_cpus &= joins;
	if (plan->has_oom_score_adj) {
		int64_t value = process->oom_score_adj.value;

		if (value < -1000 || value > 1000)
			return fail(err, ERANGE,
				    "process.oomScoreAdj: %lld is not from -1000 to 1000",
				    (long long)value);
		plan->oom_score_adj = (int)value;
	}
	return 0;
}

/* In the words of runc and youki, which tests look for: nothing else shows what was set here. */
static void tell_affinity(const cpu_set_t *cpus)
{
	char text[CPU_BITS / 4 + 1];
	size_t length = 0;

	if (!log_is_debug())
		return;
	for (int cpu = (int)CPU_BITS - 4; cpu >= 0; cpu -= 4) {
		unsigned int digit = 0;

		for (int bit = 3; bit >= 0; bit--)
			digit = digit << 1 | (CPU_ISSET(cpu + bit, cpus) != 0);
		if (digit || length)
			text[length++] = "0123456789abcdef"[digit];
	}
	text[length] = 0;
	log_debug("nsexec: affinity: 0x%s", text);
}

int scheduling_set_initial_cpus(const struct scheduling_plan *plan, struct error *err)
{
	if (!plan->has_initial_cpus)
		return 0;
	if (sched_setaffinity(0, sizeof(plan->initial_cpus), &plan->initial_cpus) < 0)
		return fail_errno(err, "process.execCPUAffinity.initial");
	tell_affinity(&plan->initial_cpus);
	return 0;
}

static int set_oom_score_adj(int value, int proc, pid_t pid, struct error *err)
{
	char path[64] = "self/oom_score_adj", text[16], now[16];
	struct error other;

	if (pid)
		snprintf(path, sizeof(path), "%d/oom_score_adj", pid);
	snprintf(text, sizeof(text), "%d", value);
	if (file_write_at(proc, path, text, &other) == 0)
		return 0;
	/* Not allowed, but as it is already: that is how rootless engines ask for it. */
	if (file_read_short_at(proc, path, now, sizeof(now), err) >= 0 && !strcmp(now, text))
		return 0;
	/* Only a privilege over the host lowers it below what was inherited: as runc, it is left.
	 */
	if (other.errnum == EACCES && in_user_namespace())
		return 0;
	*err = other;
	return fail_in(err, "process.oomScoreAdj");
}

/*
 * All CPUs that its cgroup has: what ctr was confined to (taskset, CPUAffinity= of a service) is
 * not the container's. The kernel leaves out what is not there, and a refusal changes nothing.
 */
static void reset_affinity(pid_t pid)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(pid, sizeof(all), &all);
}

static int set_attributes(const struct scheduling_plan *plan, pid_t pid, struct error *err)
{
	if (!plan->has_attributes || syscall(SYS_sched_setattr, pid, &plan->attributes, 0) == 0)
		return 0;
	if (errno == EPERM && plan->attributes.policy == SCHED_DEADLINE)
		return fail(err, EPERM,
			    "process.scheduler: process scheduler can't be used together with "
			    "AllowedCPUs: a deadline needs all CPUs, and CAP_SYS_NICE");
	return fail_errno(err, "process.scheduler");
}

int scheduling_apply(const struct scheduling_plan *plan, int proc, pid_t pid, struct error *err)
{
	if (plan->has_oom_score_adj && set_oom_score_adj(plan->oom_score_adj, proc, pid, err) < 0)
		return -1;
	if (plan->has_final_cpus &&
	    sched_setaffinity(pid, sizeof(plan->final_cpus), &plan->final_cpus) < 0)
		return fail_errno(err, "process.execCPUAffinity.final");
	if (!plan->has_final_cpus && !plan->has_initial_cpus)
		reset_affinity(pid);
	if (plan->has_io_priority &&
	    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, plan->io_priority) < 0)
		return fail_errno(err, "process.ioPriority");
	return set_attributes(plan, pid, err);
}
