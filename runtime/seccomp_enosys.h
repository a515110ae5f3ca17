/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/filter.h>
#include <seccomp.h>
#include <stddef.h>

#include "base/arena.h"
#include "runtime/seccomp_profile.h"

/*
 * For runtime/seccomp_library.c. A profile lists the system calls of its time, and refuses newer
 * ones with its default action, mostly EPERM. C libraries try the newest call first and fall back
 * to an older one on ENOSYS only. So calls with numbers above all that the profile names get ENOSYS
 * (the idea is runc's "patchbpf").
 */

/*
 * Makes the instructions that go before libseccomp's and fall through into them. Returns their
 * number; 0 and NULL when the profile names no system call.
 */
size_t seccomp_enosys_head(struct arena *arena, scmp_filter_ctx filter,
			   const struct seccomp_profile *profile, struct sock_filter **head);
