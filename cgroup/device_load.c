/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "cgroup/device_program.h"

static int sys_bpf(int command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int load(const struct device_program *program)
{
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)program->instructions,
		.insn_cnt = (uint32_t)program->count,
		.license = (uintptr_t) "Apache-2.0",
		.prog_name = "ctr_devices",
	};

	return sys_bpf(BPF_PROG_LOAD, &attributes);
}

/* Kernels before 5.11 count programs against RLIMIT_MEMLOCK and answer EPERM. */
static int load_with_memlock(const struct device_program *program)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit before;
	int fd = load(program);

	if (fd >= 0 || errno != EPERM || getrlimit(RLIMIT_MEMLOCK, &before) < 0 ||
	    setrlimit(RLIMIT_MEMLOCK, &unlimited) < 0)
		return fd;
	fd = load(program);
	setrlimit(RLIMIT_MEMLOCK, &before);
	return fd;
}

int device_program_apply(int dirfd, const struct device_program *program, struct error *err)
{
	union bpf_attr attributes = {
		.target_fd = (uint32_t)dirfd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};
	cleanup_fd int fd = -1;

	if (!program->instructions)
		return 0;
	fd = load_with_memlock(program);
	if (fd < 0)
		return fail_errno(err, "linux.resources.devices: load the eBPF program%s",
				  errno == EPERM ? " (needs CAP_BPF or CAP_SYS_ADMIN on the host)"
						 : "");
	attributes.attach_bpf_fd = (uint32_t)fd;
	if (sys_bpf(BPF_PROG_ATTACH, &attributes) < 0)
		return fail_errno(err, "linux.resources.devices: attach the eBPF program");
	return 0;
}
