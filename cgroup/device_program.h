/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/bpf.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * linux.resources.devices as an eBPF program of type BPF_PROG_TYPE_CGROUP_DEVICE (bpf(2)).
 *
 * Each of read, write and mknod is decided by itself, by the last rule that matches the device
 * and has that letter; a request is allowed when all its letters are. Without a match: denied.
 * Behind the rules of the spec stand those that runc has: mknod of everything, and rwm on null,
 * zero, full, random, urandom, tty, ptmx and pts/N. /dev/console is a pts in a container; the
 * host's (5:1) is not opened to it.
 *
 * A rule without type, major, minor or access is one for all of them.
 */

struct device_program {
	struct bpf_insn *instructions; /* NULL: everything is allowed, no program is needed */
	size_t count;
};

/*
 * Compiles rules. No rules at all, and rules that allow everything in the end (privileged
 * containers), make an empty program. Pure.
 */
int device_program_plan(struct arena *arena, const struct spec_device_rule *rules, size_t count,
			struct device_program *program, struct error *err);

/* The instructions, one a line. */
char *device_program_print(struct arena *arena, const struct device_program *program);

/*
 * Loads the program and attaches it to cgroup dirfd (BPF_F_ALLOW_MULTI: programs of the cgroups
 * above hold as well). It goes away with the cgroup. An empty program: nothing is done.
 */
int device_program_apply(int dirfd, const struct device_program *program, struct error *err);

/*
 * The same for a cgroup that may have such a program already: this one takes its place in one
 * step, so that no moment is without rules. An empty one takes the former away.
 */
int device_program_replace(int dirfd, const struct device_program *program, struct error *err);
