/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "base/error.h"
#include "runtime/credentials.h"
#include "specs/runtime_spec.h"

/*
 * The container's terminal (process.terminal): a pair of pty(7) from the container's own devpts.
 * The child opens it, keeps the slave and hands the master to the parent.
 */

struct terminal_plan {
	bool wanted;
	struct winsize size; /* process.consoleSize; ws_row 0: not given */
};

int terminal_plan(const struct spec_process *process, struct terminal_plan *plan,
		  struct error *err);

/*
 * Child side, with all privileges, when dev/pts is mounted below root: a new pair with ONLCR
 * cleared (output is "a\n", as with runc), of the planned size, the slave owned by the user.
 * The slave comes from the master (TIOCGPTPEER), never from a path (CVE-2025-52565). Both are the
 * caller's.
 */
int terminal_open(const struct terminal_plan *plan, const struct credentials *user, int root,
		  int *master, int *slave, struct error *err);

/* Child side, as leader of its session (process_protect()): the slave becomes the controlling
 * terminal and the standard streams. The slave stays open as well. */
int terminal_make_controlling(int slave, struct error *err);

/* The name of a pty master's slave in its devpts, "/dev/pts/0". */
int terminal_name(int master, char *buffer, size_t size, struct error *err);
