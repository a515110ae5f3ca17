/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "specs/runtime_spec.h"

/* How the kernel schedules the process, and when it kills it for memory. */

/* sched_setattr(2); glibc has no declaration of it before 2.41. */
struct scheduling_attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period; /* nanoseconds */
	uint32_t util_min, util_max;
};

struct scheduling_plan {
	bool has_attributes, has_io_priority, has_initial_cpus, has_final_cpus, has_oom_score_adj;
	struct scheduling_attributes attributes;
	int io_priority; /* ioprio_set(2) */
	cpu_set_t initial_cpus, final_cpus;
	int oom_score_adj; /* -1000..1000 */
};

/*
 * process.scheduler, ioPriority, execCPUAffinity and oomScoreAdj. The affinity counts only for
 * processes that join a running container (joins).
 */
int scheduling_plan(const struct spec_process *process, bool joins, struct scheduling_plan *plan,
		    struct error *err);

/* Parent, before the clone: puts ctr itself, and so the child, on the initial CPUs. */
int scheduling_set_initial_cpus(const struct scheduling_plan *plan, struct error *err);

/*
 * Everything else, and all CPUs where none are asked for, for process pid, 0 being the caller;
 * allocates nothing. Needs the privileges that ctr was started with (CAP_SYS_NICE and
 * CAP_SYS_RESOURCE of the first user namespace), so the parent calls it for a child that was cloned
 * into a user namespace; a child that joins one may call it before that. Without root's privileges
 * it must come before process_protect(), which takes the files of /proc/PID away. proc: an open
 * procfs where pid means that process.
 */
int scheduling_apply(const struct scheduling_plan *plan, int proc, pid_t pid, struct error *err);
