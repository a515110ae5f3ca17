/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/filter.h>

#include "base/arena.h"
#include "base/error.h"
#include "runtime/seccomp_profile.h"

/*
 * For runtime/seccomp.c: compiles a profile with libseccomp, for the architectures that
 * seccomp_tree.h does not know, and as what the unit test compares that with.
 */
int seccomp_library_compile(struct arena *arena, const struct seccomp_profile *profile,
			    struct sock_fprog *program, struct error *err);
