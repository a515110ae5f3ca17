/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "runtime/criu_message.h"

/* The installed criu, run as `criu swrk` for one request (runtime/criu_message.h). */

/* What descriptors of criu are: its folders, and from the last one on struct criu's inherit. */
#define CRIU_IMAGES_FD 4
#define CRIU_WORK_FD 5
#define CRIU_INHERIT_FD 6
#define CRIU_INHERIT_MAX 16

struct criu {
	const char *program;	   /* criu_find() */
	const char *images, *work; /* the paths of its folders */
	int log_folder;		   /* work, opened already */
	int cgroup;		   /* where it runs; -1: here */
	int stdio[3];		   /* -1: /dev/null */
	const int *inherit;
	size_t inherit_count; /* at most CRIU_INHERIT_MAX */
	/* In the new process, before it becomes criu; NULL: nothing. */
	int (*prepare)(void *context, struct error *err);
	/*
	 * A moment of which criu tells; it goes on when this returns, and gives up on -1. fd (-1:
	 * none) comes with "orphan-pts-master" and is closed behind it unless it is taken.
	 */
	int (*notify)(void *context, const struct criu_response *moment, int *fd,
		      struct error *err);
	void *context;
};

/* Where criu is: program, or NULL: criu in the PATH. ENOENT names the package. */
int criu_find(struct arena *arena, const char *program, const char **found, struct error *err);

/*
 * The administrator's settings for criu under ctr, or under runc when there are none of ours: they
 * overrule the request.
 */
const char *criu_config_file(void);

/*
 * Has criu do it and waits for its end. When it refuses, the error quotes its own reason from its
 * log. Dies with ctr.
 */
int criu_run(struct arena *arena, const struct criu *criu, enum criu_type type,
	     const struct criu_options *options, struct criu_response *response, struct error *err);

/*
 * The errors of a log of criu that tell why: the first ones, without time and place, and without
 * those that say but that it failed. "" when there are none. Pure.
 */
char *criu_log_reasons(struct arena *arena, const char *text);
