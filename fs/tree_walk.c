/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/tree_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/macro.h"
#include "fs/deep_path.h"
#include "fs/lower_lookup.h"
#include "fs/name_list.h"

/* of <linux/magic.h> in kernels newer than the headers of the oldest distribution, or only there */
#define MQUEUE_MAGIC 0x19800202
#define CONFIGFS_MAGIC 0x62656570
#define FUSECTL_MAGIC 0x65735543

#define MAX_OPEN 64

/* A directory on the way down to where we are. */
struct level {
	int fd; /* -1: closed since we are too far below it */
	dev_t device;
	size_t path_length; /* of walk.path */
	struct name_list names;
	size_t next; /* of names, to be looked at */
};

struct tree_walk {
	int root;
	bool open_files;
	diff_callback *callback;
	void *context;
	struct level *levels; /* as many as the walk was ever deep: their buffers are kept */
	size_t depth, room;
	char *path;
	size_t path_room;
	struct xattrs xattrs;
};

static int grow(void **items, size_t *room, size_t needed, size_t size, struct error *err)
{
	size_t larger = *room ? *room : 32;
	void *moved;

	if (needed <= *room)
		return 0;
	while (larger < needed)
		larger *= 2;
	moved = reallocarray(*items, larger, size);
	if (!moved)
		return fail(err, ENOMEM, "out of memory");
	*items = moved;
	*room = larger;
	return 0;
}

static int set_path(struct tree_walk *walk, size_t length, const char *name, struct error *err)
{
	size_t size = strlen(name) + 1;

	if (grow((void **)&walk->path, &walk->path_room, length + 1 + size, 1, err) < 0)
		return -1;
	walk->path[length] = '/';
	memcpy(walk->path + length + 1, name, size);
	return 0;
}

/* Levels ------------------------------------------------------------------------------------- */

/* Goes into the directory fd, which becomes the walk's. */
static int push(struct tree_walk *walk, int fd, size_t path_length, dev_t device, struct error *err)
{
	size_t room = walk->room;
	struct level *level;

	if (grow((void **)&walk->levels, &room, walk->depth + 1, sizeof(*level), err) < 0) {
		close_fd(&fd);
		return -1;
	}
	for (; walk->room < room; walk->room++)
		walk->levels[walk->room] = (struct level){ .fd = -1 };
	if (walk->depth >= MAX_OPEN)
		close_fd(&walk->levels[walk->depth - MAX_OPEN].fd);
	level = &walk->levels[walk->depth++];
	level->fd = fd;
	level->device = device;
	level->path_length = path_length;
	level->next = 0;
	name_list_clear(&level->names);
	if (name_list_read(&level->names, fd, false, err) < 0)
		return err->errnum == ENOENT ? 0 : -1; /* removed, and empty by that */
	name_list_sort(&level->names);
	return 0;
}

/* Back to the directory above; it may have to be opened again. -1 with errno. */
static int pop(struct tree_walk *walk)
{
	struct level *level = &walk->levels[--walk->depth];

	close_fd(&level->fd);
	if (!walk->depth)
		return 0;
	level--;
	if (level->fd < 0)
		level->fd = deep_open_directory(walk->root, walk->path, level->path_length);
	return level->fd < 0 ? -1 : 0;
}

/* Things ------------------------------------------------------------------------------------- */

static bool is_kernels_own(int fd)
{
	static const __fsword_t types[] = {
		PROC_SUPER_MAGIC,     SYSFS_MAGIC,    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
		DEVPTS_SUPER_MAGIC,   DEBUGFS_MAGIC,  TRACEFS_MAGIC,	  SECURITYFS_MAGIC,
		BPF_FS_MAGIC,	      PSTOREFS_MAGIC, EFIVARFS_MAGIC,	  BINFMTFS_MAGIC,
		SELINUX_MAGIC,	      MQUEUE_MAGIC,   CONFIGFS_MAGIC,	  FUSECTL_MAGIC,
		RDTGROUP_SUPER_MAGIC,
	};
	struct statfs status;

	if (fstatfs(fd, &status) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (status.f_type == types[i])
			return true;
	return false;
}

static int call(struct tree_walk *walk, const struct diff_entry *entry, struct error *err)
{
	marks_drop(&walk->xattrs);
	return walk->callback(entry, walk->context, err) < 0 ? -1 : 0;
}

static int call_by_name(struct tree_walk *walk, int parent, const char *name,
			const struct stat *status, struct error *err)
{
	const struct diff_entry entry = {
		.path = walk->path,
		.kind = DIFF_ADDED,
		.status = *status,
		.parent = parent,
		.name = name,
		.data_parent = parent,
		.data_name = name,
		.xattrs = &walk->xattrs,
	};

	if (xattrs_read_at(&walk->xattrs, parent, name, err) < 0)
		return fail_in(err, "%s", walk->path);
	return call(walk, &entry, err);
}

/*
 * A regular file, opened once for all that is asked of it. Returns 1 if it is not what the
 * directory said: gone or replaced meanwhile.
 */
static int call_opened(struct tree_walk *walk, int parent, const char *name, struct error *err)
{
	cleanup_fd int fd =
		openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct diff_entry entry = {
		.path = walk->path,
		.kind = DIFF_ADDED,
		.parent = parent,
		.name = name,
		.data_parent = parent,
		.data_name = name,
		.opened = true,
		.content = fd,
		.xattrs = &walk->xattrs,
	};

	if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENXIO))
		return 1;
	if (fd < 0 || fstat(fd, &entry.status) < 0)
		return fail_errno(err, "open %s", walk->path);
	if (!S_ISREG(entry.status.st_mode))
		return 1;
	if (xattrs_read_fd(&walk->xattrs, fd, err) < 0)
		return fail_in(err, "%s", walk->path);
	return call(walk, &entry, err);
}

/* walk->path is the directory's. */
static int enter(struct tree_walk *walk, const struct level *level, const char *name,
		 struct stat *status, struct error *err)
{
	cleanup_fd int fd =
		openat(level->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dev_t above = level->device;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0; /* gone or replaced meanwhile */
	/* the directory that was opened counts, not the one that was looked at before */
	if (fd < 0 || fstat(fd, status) < 0)
		return fail_errno(err, "open %s", walk->path);
	if (call_by_name(walk, fd, ".", status, err) < 0)
		return -1;
	if (status->st_dev != above && is_kernels_own(fd))
		return 0;
	if (push(walk, take_fd(&fd), strlen(walk->path), status->st_dev, err) < 0)
		return fail_in(err, "%s", walk->path);
	return 0;
}

static int visit(struct tree_walk *walk, struct error *err)
{
	struct level *level = &walk->levels[walk->depth - 1];
	const char *name = name_list_name(&level->names, level->next);
	unsigned char kind = name_list_kind(&level->names, level->next);
	struct stat status;
	int result = 1;

	level->next++;
	if (set_path(walk, level->path_length, name, err) < 0)
		return -1;
	if (kind == DT_REG && walk->open_files)
		result = call_opened(walk, level->fd, name, err);
	if (result <= 0)
		return result;
	if (fstatat(level->fd, name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0) {
		if (errno == ENOENT)
			return 0;
		return fail_errno(err, "%s", walk->path);
	}
	if (S_ISDIR(status.st_mode))
		return enter(walk, level, name, &status, err);
	return call_by_name(walk, level->fd, name, &status, err);
}

int tree_walk(int root, unsigned needs, diff_callback *callback, void *context, struct error *err)
{
	struct tree_walk walk = {
		.root = root,
		.open_files = needs & DIFF_CONTENT,
		.callback = callback,
		.context = context,
	};
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		fail_errno(err, "open the directory");
		close_fd(&fd);
		return -1;
	}
	result = push(&walk, fd, 0, status.st_dev, err);
	while (result == 0 && walk.depth) {
		struct level *level = &walk.levels[walk.depth - 1];

		if (level->next < level->names.count)
			result = visit(&walk, err);
		else if (pop(&walk) < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			result = fail_errno(err, "open %.*s", (int)(level - 1)->path_length,
					    walk.path);
		else if (walk.depth && walk.levels[walk.depth - 1].fd < 0)
			/* gone meanwhile, with all that was not looked at yet */
			walk.levels[walk.depth - 1].next = walk.levels[walk.depth - 1].names.count;
	}
	for (size_t i = 0; i < walk.room; i++) {
		close_fd(&walk.levels[i].fd);
		name_list_free(&walk.levels[i].names);
	}
	free(walk.levels);
	free(walk.path);
	xattrs_free(&walk.xattrs);
	return result;
}
