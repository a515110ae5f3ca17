/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "fs/host_plan.h"

/*
 * A commit to the host: everything is prepared in areas beside the targets (fs/host_area.h) and
 * written down (fs/host_journal.h), then all names are exchanged at once, as fast as the kernel can
 * rename. Killed or cut off at any moment it is undone, or done, by the next command: see
 * host_recover().
 */
struct host_commit_request {
	const char *data_root;
	const struct host_part *parts;
	size_t part_count;
	const char *container, *created; /* its ID, and its time of creation (RFC 3339) */
	const char *since;	  /* since when it has seen the host: that, unless it is a clone */
	struct string_list paths; /* of the host, absolute and clean; empty: everything */
	bool force, dry_run;
};

struct host_commit_result {
	struct host_plan plan; /* in the arena, as all else */
	unsigned number;       /* what `ctr undo` knows it by; 0: nothing was to do, or dry_run */
	int64_t exchange_microseconds; /* between the first exchange and the last */
};

int host_commit(const struct host_commit_request *request, struct arena *arena,
		struct host_commit_result *result, struct error *err);

/*
 * Finishes or takes back what a command was killed at. Does nothing while another one is at work.
 * For every command that works with data_root; costs one system call if there is nothing to do.
 */
int host_recover(const char *data_root, struct error *err);
