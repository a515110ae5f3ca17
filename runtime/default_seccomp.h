/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "specs/runtime_spec.h"

/*
 * The seccomp profile of containers made from an image, whose config has none: everything is
 * allowed but what reaches the kernel as a whole (modules, clocks, swap, kexec, the keyrings),
 * what makes or joins namespaces and mounts, and interfaces that have had many holes (io_uring,
 * userfaultfd, bpf, perf). A capability of the bounding set gives back the calls that are what it
 * is for. Refused calls fail with EPERM; clone3(2), whose flags a filter cannot see, with ENOSYS,
 * so that C libraries use clone(2).
 */
void default_seccomp(struct arena *arena, const struct string_list *bounding,
		     struct spec_seccomp *profile);
