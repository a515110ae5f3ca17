/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "cli/option.h"
#include "specs/runtime_spec.h"

/* The limits that `run` and `update` take as options: their rows and what they become. */

struct limit_options {
	const char *cpu_count; /* --cpus */
	const char *cpus, *mems;
	struct opt_int memory, reservation, swap, pids;
	struct opt_int shares, period, quota, weight;
};

/* Rows for an option table whose structure type has a struct limit_options named member. */
/* clang-format off */
#define LIMIT_ROWS(type, member) \
	OPTION_LIMIT('m', "memory", "BYTES", type, member.memory, "memory; -1: no limit"), \
	OPTION_LIMIT(0, "memory-reservation", "BYTES", type, member.reservation, \
		     "memory that is not taken away while others have more to give"), \
	OPTION_LIMIT(0, "memory-swap", "BYTES", type, member.swap, \
		     "memory and swap together; -1: no limit on swap"), \
	OPTION_NUMBER(0, "pids-limit", "N", type, member.pids, \
		      "processes and threads; -1: no limit"), \
	OPTION_STRING(0, "cpus", "NUMBER", type, member.cpu_count, \
		      "CPU time as a number of processors: 1.5"), \
	OPTION_NUMBER(0, "cpu-shares", "N", type, member.shares, \
		      "weight against other containers, 2 to 262144"), \
	OPTION_NUMBER(0, "cpu-quota", "USEC", type, member.quota, \
		      "CPU time in each period; -1: no limit"), \
	OPTION_NUMBER(0, "cpu-period", "USEC", type, member.period, "length of a period"), \
	OPTION_STRING(0, "cpuset-cpus", "LIST", type, member.cpus, "CPUs: 0-3,7"), \
	OPTION_STRING(0, "cpuset-mems", "LIST", type, member.mems, "memory nodes: 0"), \
	OPTION_NUMBER(0, "blkio-weight", "N", type, member.weight, \
		      "weight of its I/O, 10 to 1000")
/* clang-format on */

/*
 * Puts what was given over *resources; objects that nothing was given for are not made. Errors
 * (EINVAL) name the option.
 */
int limit_options_apply(const struct limit_options *options, struct arena *arena,
			struct spec_resources *resources, struct error *err);

/* An option that the specification has as an unsigned number. */
int limit_take_unsigned(const char *option, const struct opt_int *from, struct opt_uint *to,
			struct error *err);
