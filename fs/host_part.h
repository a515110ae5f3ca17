/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "fs/layer_stack.h"

/*
 * Directories of the host that a container has a copy-on-write view of, one for each mount: what
 * `commit --to-host` writes into.
 */
struct host_part {
	const char *target; /* its path on the host, without symbolic links */
	int dir;	    /* it, as layer_open() opens it; all renames are made below this one */
	struct layer_stack stack; /* the lowest of the lower layers is the same directory */
};

/* The folder of old files at the top of a part (host_area.h); never part of a difference. */
#define HOST_UNDO_FOLDER ".ctr-undo"

/*
 * Opens the target of a part as layer_open() does, but through no link: the target had none, and
 * whoever owns a directory on the way could have made one that leads to another tree. ELOOP.
 */
int host_part_open(const char *target, struct error *err);

/*
 * The directory below a root that was asked for last is kept open: one thing after the other is
 * mostly in the same. Starts as HOST_PLACE(root), ends with host_place_free().
 */
struct host_place {
	int root; /* the caller's */
	int fd;	  /* -1: none yet */
	char *path;
	size_t length, room;
};

#define HOST_PLACE(directory) ((struct host_place){ .root = (directory), .fd = -1 })

/*
 * Opens the directory that the last component of path ("/a/b") is in, through no link and not out
 * of the root (openat2(2)), and sets *name to that component ("." for the root, "" or "/"). Returns
 * a descriptor that stays the place's, or -1 with errno, without struct error.
 */
int host_place_go(struct host_place *place, const char *path, const char **name);

/* Opens the directory path itself. Returns an O_RDONLY descriptor, the caller's; -1 with errno. */
int host_open_directory(int root, const char *path);

void host_place_free(struct host_place *place);

/* What is mounted on the host, sorted by bytes: the mount points of this mount namespace. */
int host_mounts_read(struct arena *arena, struct string_list *mounts, struct error *err);
