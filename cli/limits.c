/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The period that --cpus counts in, microseconds: the kernel's own default. */
#define CPU_PERIOD 100000
#define CPU_MOST 1000000.0

int limit_take_unsigned(const char *option, const struct opt_int *from, struct opt_uint *to,
			struct error *err)
{
	if (!from->set)
		return 0;
	if (from->value < 0)
		return fail(err, EINVAL, "option '--%s': may not be below 0", option);
	*to = (struct opt_uint){ .set = true, .value = (uint64_t)from->value };
	return 0;
}

static void take(const struct opt_int *from, struct opt_int *to)
{
	if (from->set)
		*to = *from;
}

static int take_cpu_count(const struct limit_options *options, struct spec_cpu *cpu,
			  struct error *err)
{
	const char *text = options->cpu_count;
	double count;
	char *end;

	if (!text)
		return 0;
	count = strtod(text, &end);
	if (!*text || *end || strspn(text, "0123456789.") != strlen(text) ||
	    count * CPU_PERIOD < 1 || count > CPU_MOST)
		return fail(err, EINVAL,
			    "option '--cpus': a number of processors (1.5) expected, not '%s'",
			    text);
	if (options->quota.set || options->period.set)
		return fail(err, EINVAL,
			    "option '--cpus': says the same as --cpu-quota and --cpu-period");
	cpu->period = (struct opt_uint){ .set = true, .value = CPU_PERIOD };
	cpu->quota = (struct opt_int){ .set = true, .value = (int64_t)(count * CPU_PERIOD) };
	return 0;
}

static int apply_cpu(const struct limit_options *options, struct arena *arena,
		     struct spec_resources *resources, struct error *err)
{
	if (!options->cpu_count && !options->cpus && !options->mems && !options->shares.set &&
	    !options->period.set && !options->quota.set)
		return 0;
	if (!resources->cpu)
		resources->cpu = arena_new(arena, struct spec_cpu);
	take(&options->quota, &resources->cpu->quota);
	if (options->cpus)
		resources->cpu->cpus = arena_strdup(arena, options->cpus);
	if (options->mems)
		resources->cpu->mems = arena_strdup(arena, options->mems);
	return limit_take_unsigned("cpu-shares", &options->shares, &resources->cpu->shares, err) <
				       0 ||
			       limit_take_unsigned("cpu-period", &options->period,
						   &resources->cpu->period, err) < 0
		       ? -1
		       : take_cpu_count(options, resources->cpu, err);
}

int limit_options_apply(const struct limit_options *options, struct arena *arena,
			struct spec_resources *resources, struct error *err)
{
	if (options->memory.set || options->reservation.set || options->swap.set) {
		if (!resources->memory)
			resources->memory = arena_new(arena, struct spec_memory);
		take(&options->memory, &resources->memory->limit);
		take(&options->reservation, &resources->memory->reservation);
		take(&options->swap, &resources->memory->swap);
	}
	if (options->pids.set) {
		if (!resources->pids)
			resources->pids = arena_new(arena, struct spec_pids);
		resources->pids->limit = options->pids;
	}
	if (options->weight.set) {
		if (!resources->block_io)
			resources->block_io = arena_new(arena, struct spec_block_io);
		if (limit_take_unsigned("blkio-weight", &options->weight,
					&resources->block_io->weight, err) < 0)
			return -1;
	}
	return apply_cpu(options, arena, resources, err);
}
