/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "runtime/hook_state.h"
#include "runtime/seccomp.h"

/*
 * Parent side: hands the descriptor of a seccomp notify listener to the socket that the spec
 * names (linux.seccomp.listenerPath), with the container process state of the runtime
 * specification (config-linux.md, "containerprocessstate"). Takes fd.
 */
int listener_send(const struct seccomp_plan *plan, const struct hook_state *state, pid_t pid,
		  int fd, struct error *err);
