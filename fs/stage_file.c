/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/deep_path.h"
#include "fs/stage_work.h"

/* Places ------------------------------------------------------------------------------------- */

/* Opens the directory that holds path below root; *name points into path. -1 with errno. */
static int open_parent(int root, struct stage_path *path, size_t from, const char **name)
{
	char *slash = strrchr(path->text + from, '/');
	size_t end = slash ? (size_t)(slash - path->text) : from;

	*name = slash ? slash + 1 : path->text + from;
	if (!**name)
		*name = "."; /* the layer itself */
	return deep_open_directory(root, path->text + from, end - from);
}

/* Where the file is in the layer: "tree" is the layer itself. */
static int open_upper_parent(struct stage *stage, const struct stage_update *update,
			     struct stage_worker *worker, const char **name, struct error *err)
{
	if (stage_node_path(update->node, false, &worker->path, err) < 0)
		return -1;
	return open_parent(stage->upper, &worker->path, strlen("tree"), name);
}

static int open_stage_parent(struct stage *stage, const struct stage_node *node, bool old,
			     struct stage_worker *worker, const char **name, struct error *err)
{
	int fd;

	if (stage_node_path(node, old, &worker->path, err) < 0)
		return -1;
	fd = open_parent(stage->folder, &worker->path, 0, name);
	return fd < 0 ? fail_errno(err, "stage: open %s", worker->path.text) : fd;
}

static int open_source(int parent, const char *name)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(parent, name, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? openat(parent, name, flags) : fd;
}

/* The older copy of a file, at the place that it has before the waiting changes; or -1. */
int stage_existing_open(struct stage *stage, const struct stage_update *update,
			struct stage_worker *worker, struct error *err)
{
	const struct stage_node *node = update->inode->names;
	cleanup_fd int parent = -1;
	const char *name;
	int fd;

	while (node && node->fresh)
		node = node->next_name;
	if (!update->had || !node)
		return -1;
	parent = open_stage_parent(stage, node, true, worker, &name, err);
	if (parent < 0)
		return -1;
	fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? fail_errno(err, "stage: open %s", worker->path.text) : fd;
}

int stage_target_open(struct stage *stage, const struct stage_update *update,
		      struct stage_worker *worker, struct error *err)
{
	const char *name;
	cleanup_fd int parent = open_stage_parent(stage, update->node, false, worker, &name, err);
	int fd;

	if (parent < 0)
		return -1;
	fd = openat(parent, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == ENOSPC || errno == EDQUOT))
		return stage_no_space(err, worker->path.text);
	return fd < 0 ? fail_errno(err, "stage: make %s", worker->path.text) : fd;
}

/* Attributes --------------------------------------------------------------------------------- */

/* A label is the business of the host's policy: another one is no reason to fail. */
static bool may_differ(const char *name)
{
	return !strcmp(name, "security.selinux");
}

static int set_xattrs(const struct stage_update *update, const char *path,
		      const struct xattrs *have, struct error *err)
{
	for (size_t i = 0; i < have->count; i++)
		if (!xattrs_find(&update->xattrs, have->items[i].name) &&
		    lremovexattr(path, have->items[i].name) < 0 && errno != ENODATA &&
		    !may_differ(have->items[i].name))
			return fail_errno(err, "remove %s", have->items[i].name);
	for (size_t i = 0; i < update->xattrs.count; i++) {
		const struct xattr *wanted = &update->xattrs.items[i];
		const struct xattr *there = xattrs_find(have, wanted->name);

		if (there && there->size == wanted->size &&
		    (!wanted->size || !memcmp(there->value, wanted->value, wanted->size)))
			continue;
		if (lsetxattr(path, wanted->name, wanted->value, wanted->size, 0) < 0 &&
		    !may_differ(wanted->name))
			return fail_errno(err, "set %s", wanted->name);
	}
	return 0;
}

/* Behind the content: writing takes capabilities away, and the time. A directory has its later. */
int stage_set_attributes(struct stage *stage, const struct stage_update *update,
			 struct stage_worker *worker, struct error *err)
{
	const struct stat *look = &update->status;
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, look->st_mtim };
	const char *name;
	cleanup_fd int parent = open_stage_parent(stage, update->node, false, worker, &name, err);
	char path[NAME_MAX + 40];

	if (parent < 0)
		return -1;
	if (fchownat(parent, name, look->st_uid, look->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "stage: change the owner of %s", worker->path.text);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", parent, name);
	if (xattrs_read_at(&worker->have, parent, name, err) < 0 ||
	    set_xattrs(update, path, &worker->have, err) < 0)
		return fail_in(err, "stage: %s", worker->path.text);
	if (!S_ISLNK(look->st_mode) && fchmodat(parent, name, look->st_mode & 07777, 0) < 0)
		return fail_errno(err, "stage: change the mode of %s", worker->path.text);
	if (!S_ISDIR(look->st_mode) && utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "stage: set the time of %s", worker->path.text);
	return 0;
}

/* Sources ------------------------------------------------------------------------------------ */

/* Returns -1. */
static int is_gone(struct stage *stage, struct stage_update *update, const char *path,
		   struct error *err)
{
	update->gone = !stage->frozen;
	update->inode->suspect = true;
	return fail(err, EBUSY, "stage: %s: was changed although its container is frozen", path);
}

/* Whether status is still of what was looked at; frozen, nothing of it may differ. */
static bool is_meant(const struct stage *stage, const struct stage_inode *inode,
		     const struct stat *status)
{
	if (status->st_ino != inode->number || status->st_dev != inode->device ||
	    (status->st_mode & S_IFMT) != (inode->look.st_mode & S_IFMT))
		return false;
	return !stage->frozen || (status->st_ctim.tv_sec == inode->look.st_ctim.tv_sec &&
				  status->st_ctim.tv_nsec == inode->look.st_ctim.tv_nsec);
}

/*
 * Opens the file in the layer, and reads its extended attributes. Returns its descriptor (an O_PATH
 * one of what is no regular file), or -1; with update->gone that is no failure.
 */
int stage_source_open(struct stage *stage, struct stage_update *update, struct stage_worker *worker,
		      struct error *err)
{
	const char *name;
	cleanup_fd int parent = open_upper_parent(stage, update, worker, &name, err);
	cleanup_fd int fd = -1;
	struct stat status;

	if (parent >= 0)
		fd = S_ISREG(update->inode->look.st_mode)
			     ? open_source(parent, name)
			     : openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO))
		return is_gone(stage, update, worker->path.text, err);
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_errno(err, "stage: open %s", worker->path.text);
	if (!is_meant(stage, update->inode, &status))
		return is_gone(stage, update, worker->path.text, err);
	update->status = status;
	if (xattrs_read_at(&update->xattrs, parent, name, err) < 0)
		return fail_in(err, "stage: %s", worker->path.text);
	return take_fd(&fd);
}

int stage_source_reopen(struct stage *stage, const struct stage_update *update,
			struct stage_worker *worker, struct error *err)
{
	const char *name;
	cleanup_fd int parent = open_upper_parent(stage, update, worker, &name, err);
	int fd = parent < 0 ? -1 : open_source(parent, name);

	return fd < 0 ? fail_errno(err, "stage: open %s", worker->path.text) : fd;
}

bool stage_source_changed(struct stage *stage, const struct stage_update *update,
			  struct stage_worker *worker)
{
	const char *name;
	struct error ignored;
	cleanup_fd int parent = open_upper_parent(stage, update, worker, &name, &ignored);
	struct stat status;

	return parent < 0 || fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	       status.st_ino != update->inode->number ||
	       status.st_ctim.tv_sec != update->status.st_ctim.tv_sec ||
	       status.st_ctim.tv_nsec != update->status.st_ctim.tv_nsec;
}
