/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/limits.h"
#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "runtime/container.h"

struct update_options {
	struct limit_options limits;
	const char *resources, *kernel_memory, *kernel_memory_tcp;
	const char *l3_cache, *memory_bandwidth;
	struct opt_int burst, idle, rt_period, rt_runtime;
};

static struct update_options options;

static const struct option rows[] = {
	OPTION_STRING('r', "resources", "FILE", struct update_options, resources,
		      "take the limits from FILE, linux.resources of a config.json; - is "
		      "standard input"),
	LIMIT_ROWS(struct update_options, limits),
	OPTION_NUMBER(0, "cpu-share", "N", struct update_options, limits.shares,
		      "the same as --cpu-shares"),
	OPTION_NUMBER(0, "cpu-burst", "USEC", struct update_options, burst,
		      "unused CPU time that later periods may use"),
	OPTION_NUMBER(0, "cpu-idle", "0|1", struct update_options, idle,
		      "1: run only when the CPU is idle otherwise"),
	OPTION_NUMBER(0, "cpu-rt-period", "USEC", struct update_options, rt_period,
		      "refused: cgroup v2 has no such limit"),
	OPTION_NUMBER(0, "cpu-rt-runtime", "USEC", struct update_options, rt_runtime,
		      "refused: cgroup v2 has no such limit"),
	OPTION_STRING(0, "l3-cache-schema", "SCHEMA", struct update_options, l3_cache,
		      "the share of the L3 cache: L3:0=ff;1=f"),
	OPTION_STRING(0, "mem-bw-schema", "SCHEMA", struct update_options, memory_bandwidth,
		      "the share of memory bandwidth: MB:0=50;1=70"),
	OPTION_STRING(0, "kernel-memory", "BYTES", struct update_options, kernel_memory,
		      "ignored: the kernel has no such limit any more"),
	OPTION_STRING(0, "kernel-memory-tcp", "BYTES", struct update_options, kernel_memory_tcp,
		      "ignored: the kernel has no such limit any more"),
};

const struct command update_command = {
	.name = "update",
	.group = GROUP_OCI,
	.summary = HELP("Change the limits of a container while it runs"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description =
		HELP("What is not given stays as it is. All that is given holds afterwards, or "
		     "after an error\n"
		     "none of it.\n"),
	.examples = HELP("ctr update --memory 512m --memory-swap 1g web\n"
			 "ctr update --resources limits.json web\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_OCI,
};

static int read_resources(struct arena *arena, const char *path, struct spec_resources *resources,
			  struct error *err)
{
	const char *name = strcmp(path, "-") ? path : "standard input";
	cleanup_fd int opened = -1;
	char *text;
	size_t size;

	if (strcmp(path, "-")) {
		opened = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
		if (opened < 0)
			return fail_errno(err, "--resources %s", path);
	}
	if (file_read_stream(opened < 0 ? STDIN_FILENO : opened, name, SPEC_MAX_SIZE, arena, &text,
			     &size, err) < 0 ||
	    spec_resources_decode(arena, name, text, size, resources, err) < 0)
		return fail_in(err, "--resources");
	return 0;
}

/* The options, over what the file says. */
static int add_options(struct arena *arena, struct spec_resources *resources, struct error *err)
{
	struct spec_cpu *cpu;

	if (options.kernel_memory || options.kernel_memory_tcp)
		log_warning("update: --kernel-memory is ignored: the kernel has no such limit any "
			    "more");
	if (!resources->cpu)
		resources->cpu = arena_new(arena, struct spec_cpu);
	cpu = resources->cpu;
	if (options.idle.set)
		cpu->idle = options.idle;
	if (options.rt_runtime.set)
		cpu->realtime_runtime = options.rt_runtime;
	if (limit_take_unsigned("cpu-burst", &options.burst, &cpu->burst, err) < 0 ||
	    limit_take_unsigned("cpu-rt-period", &options.rt_period, &cpu->realtime_period, err) <
		    0)
		return -1;
	return limit_options_apply(&options.limits, arena, resources, err);
}

int cmd_update(struct invocation *invocation, struct error *err)
{
	struct spec_resources resources = { 0 };
	const struct spec_intel_rdt intel_rdt = {
		.l3_cache_schema = (char *)options.l3_cache,
		.mem_bw_schema = (char *)options.memory_bandwidth,
	};
	bool has_intel_rdt = options.l3_cache || options.memory_bandwidth;

	if (options.resources &&
	    read_resources(invocation->arena, options.resources, &resources, err) < 0)
		return -1;
	if (add_options(invocation->arena, &resources, err) < 0)
		return -1;
	return container_update(&invocation->settings, invocation->arguments[0], &resources,
				has_intel_rdt ? &intel_rdt : NULL, err);
}
