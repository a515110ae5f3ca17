/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/command.h"
#include "runtime/host_commit.h"

/*
 * Commits to the host and prints what was done and what was not, in this enum format. Returns the
 * exit status: 1 if a conflict left something out; or -1.
 */
int host_commit_and_print(struct invocation *invocation,
			  const struct container_host_commit *request, int format,
			  struct error *err);

/* "A path", "C path" or "D path" as `diff` prints it, and behind it ": why not" if that is given.
 */
void host_print_line(enum diff_kind kind, const char *path, const char *why_not);

/* One item of a JSON array of such changes, with the comma before it unless it is the first. */
void host_print_json(bool first, enum diff_kind kind, const char *path, bool done,
		     const char *conflict);
