/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "fs/mount_options.h"
#include "fs/overlay.h"
#include "specs/runtime_spec.h"

/*
 * The mounts of config.json. Where the thing that is mounted comes from decides who opens it:
 * what is the host's (binds, disks, overlays) the parent, before anything is created; what belongs
 * to the container's namespaces (proc, sysfs, mqueue, cgroup2, devpts, tmpfs) the child.
 */

enum mount_kind {
	MOUNT_BIND,	  /* parent: a clone of the source's mount */
	MOUNT_INSIDE,	  /* child: the same of what an earlier mount shows in the root */
	MOUNT_COW,	  /* parent: a copy-on-write view of the source, a folder */
	MOUNT_HOST,	  /* parent: a filesystem mounted with the caller's privileges */
	MOUNT_FILESYSTEM, /* child: a filesystem of the container's namespaces */
	MOUNT_REMOUNT,	  /* child: other flags for what is mounted at the destination already */
};

struct mount_plan {
	enum mount_kind kind;
	const char *destination; /* clean and absolute, inside the root */
	const char *type;	 /* of a filesystem; NULL for binds */
	const char *source;	 /* absolute for binds (in the root for those inside of it); a name
				    or device otherwise */
	struct overlay_plan *overlay; /* of MOUNT_COW */
	const char *fallback; /* a path to bind read-only where the user namespace may not mount */
	struct mount_options options;
	const char *data;	   /* all data as mount(2) takes it; NULL where fsconfig(2) does */
	bool shows_cgroup;	   /* source, or fallback, is the container's cgroup */
	const char *parent, *name; /* of the destination, with copy_symlink */
	const char *label;	   /* mount_label_plan()'s, to be set as an attribute; NULL: none */
	bool readonly_at_end;	   /* when everything below it is there */
	bool holds_others;	   /* later mounts are below it, or devices */
	const char *at_once;	   /* the data for mount(2), which can do it all; NULL: it cannot */
	unsigned long at_once_flags;
	bool ordinary_directory; /* proc and sysfs: no symbolic link may lead to the destination */
	const struct spec_id_mappings *uids,
		*gids; /* of an idmapped mount; NULL: the container's */
};

/* What rootfs_open() makes of one of these. */
struct mount_source {
	int mount;	/* the detached mount; -1: the child makes it */
	int mappings;	/* the user namespace of an idmapped one that the child makes; else -1 */
	bool directory; /* what kind of mount point it needs */
	bool left_out;	/* an optional one that could not be opened */
	char *link;	/* what the source, a symbolic link, says: made anew; NULL: mounted */
};

struct mount_list {
	struct mount_plan *items;
	size_t count;
};

struct mount_context {
	const char *bundle; /* absolute: sources of binds are relative to it */
	const char *root; /* clean, where the root is on the host; NULL: it is an overlay, or "/" */
	const char *layers; /* absolute: where copy-on-write mounts have theirs; NULL: nowhere */
	bool volatile_layers;
	const char *cgroup; /* the container's directory in the cgroup2 mount; may be NULL */
	const struct spec *spec;
	const char *label; /* mount_label_plan() */
};

/* Plans spec->mounts. Errors name the member. Pure. */
int mounts_plan(struct arena *arena, const struct mount_context *context, struct mount_list *plan,
		struct error *err);

/*
 * Makes the writable layers of copy-on-write mounts, in the folder mount_context.layers, whose
 * parent must be there. Parent side, before mount_source_open().
 */
int mounts_prepare(const struct mount_list *plan, const char *layers, struct error *err);

/* The container's cgroup came to be another directory than mount_context.cgroup. */
void mounts_move_cgroup(struct mount_list *plan, const char *directory);

/* Prints the plan, a line for each mount. */
void mounts_print(FILE *stream, const struct mount_list *plan);

/*
 * Parent side, before clone: opens what a mount of the host shows. userns: the user namespace
 * whose mappings an idmapped mount without its own takes, or -1. user_namespace: the container has
 * one, so that a shared bind sends no mount events to the host. The descriptor is the caller's.
 */
int mount_source_open(struct arena *arena, const struct mount_plan *plan, int userns,
		      bool user_namespace, struct mount_source *source, struct error *err);

/*
 * Child side, allocates nothing: the same at the turn of a MOUNT_INSIDE; root: the container's,
 * attached. Whatever links there say, it is found inside of the root.
 */
int mount_source_open_inside(const struct mount_plan *plan, int root, struct mount_source *source,
			     struct error *err);

/*
 * Child side, allocates nothing: puts every mount at its place below root, an fd of the attached
 * root mount. The sources' descriptors stay the caller's.
 */
int mounts_apply(const struct mount_list *plan, struct mount_source *sources, int root,
		 struct error *err);

/* Child side, when everything is in place: makes read-only what is to be so in the end. */
int mounts_protect(const struct mount_list *plan, int root, struct error *err);
