/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a spec may ask for and this build does not do. Nothing that would change the isolation of
 * a container is passed over in silence; zeros, which engines write for "not set", ask for nothing.
 */
#include "base/macro.h"
#include "specs/validate.h"

static bool is_asked(struct opt_uint option)
{
	return option.set && option.value != 0;
}

int validate_v1_only(const struct validation *validation)
{
	const struct spec_linux *linux_spec = validation->spec->linux;
	const struct spec_resources *resources = linux_spec ? linux_spec->resources : NULL;
	static const struct spec_network_class no_network;
	static const struct spec_memory no_memory;
	static const struct spec_cpu no_cpu;
	const struct spec_network_class *network =
		resources && resources->network ? resources->network : &no_network;
	const struct spec_memory *memory = resources && resources->memory ? resources->memory
									  : &no_memory;
	const struct spec_cpu *cpu = resources && resources->cpu ? resources->cpu : &no_cpu;
	const struct {
		const char *member;
		bool asked;
	} members[] = {
		{ "network.classID", is_asked(network->class_id) },
		{ "network.priorities", network->priorities.count > 0 },
		{ "memory.kernel", memory->kernel.value > 0 },
		{ "memory.kernelTCP", memory->kernel_tcp.value > 0 },
		{ "cpu.realtimeRuntime", cpu->realtime_runtime.value != 0 },
		{ "cpu.realtimePeriod", is_asked(cpu->realtime_period) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (members[i].asked)
			return refuse(
				validation,
				"linux.resources.%s: cgroup v1 only, there is no such limit in "
				"cgroup v2",
				members[i].member);
	}
	return 0;
}
