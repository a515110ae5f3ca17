/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "cgroup/device_program.h"

/* By this name our program is found again among those of others; the kernel keeps 15 bytes. */
#define PROGRAM_NAME "ctr_devices"

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
		.prog_name = PROGRAM_NAME,
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

static int load_for(const struct device_program *program, struct error *err)
{
	int fd = load_with_memlock(program);

	if (fd >= 0)
		return fd;
	return fail_errno(err, "linux.resources.devices: load the eBPF program%s",
			  errno == EPERM ? " (needs CAP_BPF or CAP_SYS_ADMIN on the host)" : "");
}

/* former: the program to replace, -1: none. */
static int attach(int dirfd, int program, int former, struct error *err)
{
	union bpf_attr attributes = {
		.target_fd = (uint32_t)dirfd,
		.attach_bpf_fd = (uint32_t)program,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};

	if (former >= 0) {
		attributes.attach_flags |= BPF_F_REPLACE;
		attributes.replace_bpf_fd = (uint32_t)former;
	}
	if (sys_bpf(BPF_PROG_ATTACH, &attributes) < 0)
		return fail_errno(err, "linux.resources.devices: attach the eBPF program");
	return 0;
}

int device_program_apply(int dirfd, const struct device_program *program, struct error *err)
{
	cleanup_fd int fd = -1;

	if (!program->instructions)
		return 0;
	fd = load_for(program, err);
	return fd < 0 ? -1 : attach(dirfd, fd, -1, err);
}

static bool is_ours(int program)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attributes = {
		.info = {
			.bpf_fd = (uint32_t)program,
			.info_len = sizeof(info),
			.info = (uintptr_t)&info,
		},
	};

	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes) == 0 &&
	       strcmp(info.name, PROGRAM_NAME) == 0;
}

/* Sets *former to a descriptor of our program in the cgroup, -1: there is none. */
static int find_former(int dirfd, int *former, struct error *err)
{
	uint32_t ids[64] = { 0 }; /* as many as the kernel attaches to one cgroup */
	union bpf_attr attributes = {
		.query = {
			.target_fd = (uint32_t)dirfd,
			.attach_type = BPF_CGROUP_DEVICE,
			.prog_ids = (uintptr_t)ids,
			.prog_cnt = sizeof(ids) / sizeof(ids[0]),
		},
	};

	*former = -1;
	if (sys_bpf(BPF_PROG_QUERY, &attributes) < 0)
		return fail_errno(err, "linux.resources.devices: look for the present program");
	for (uint32_t i = 0; i < attributes.query.prog_cnt; i++) {
		union bpf_attr open = { .prog_id = ids[i] };
		cleanup_fd int fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &open);

		if (fd < 0 && errno != ENOENT)
			return fail_errno(err, "linux.resources.devices: open the present program");
		if (fd < 0 || !is_ours(fd))
			continue;
		*former = take_fd(&fd);
		return 0;
	}
	return 0;
}

int device_program_replace(int dirfd, const struct device_program *program, struct error *err)
{
	cleanup_fd int fd = -1, former = -1;
	union bpf_attr detach = {
		.target_fd = (uint32_t)dirfd,
		.attach_type = BPF_CGROUP_DEVICE,
	};

	if (find_former(dirfd, &former, err) < 0)
		return -1;
	if (program->instructions) {
		fd = load_for(program, err);
		return fd < 0 ? -1 : attach(dirfd, fd, former, err);
	}
	detach.attach_bpf_fd = (uint32_t)former;
	if (former >= 0 && sys_bpf(BPF_PROG_DETACH, &detach) < 0)
		return fail_errno(err, "linux.resources.devices: detach the eBPF program");
	return 0;
}
