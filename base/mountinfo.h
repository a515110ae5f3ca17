/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

/* The mounts of a mount namespace as /proc/PID/mountinfo tells them (proc_pid_mountinfo(5)). */

struct mount_line {
	int id, parent;
	const char *device;  /* of its filesystem: "254:16" */
	const char *root;    /* what of the filesystem is mounted */
	const char *point;   /* where, as seen from that process's root */
	const char *flags;   /* of the mount: "rw,nosuid" */
	const char *type;    /* of the filesystem */
	const char *options; /* of the filesystem, not of the mount */
};

/* Reads the file at path ("/proc/self/mountinfo") into the arena. */
int mountinfo_read(struct arena *arena, const char *path, char **text, struct error *err);

/*
 * Takes the next line off *text, which it changes: the strings of *mount are parts of it. Returns
 * false at the end. A line that makes no sense has empty strings.
 */
bool mountinfo_next(char **text, struct mount_line *mount);
