/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/uppers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/path.h"
#include "fs/xattrs.h"
#include "runtime/rootless.h"
#include "runtime/snapshot_list.h"

int uppers_open(struct uppers *uppers, const struct settings *settings, bool exclusive,
		struct arena *arena, struct error *err)
{
	*uppers = UPPERS_NONE;
	uppers->path = path_join(arena, settings->data_root, UPPERS_FOLDER);
	if (mkdir(uppers->path, 0700) < 0 && errno != EEXIST)
		return fail_errno(err, "make %s", uppers->path);
	uppers->dir = open(uppers->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (uppers->dir < 0)
		return fail_errno(err, "open %s", uppers->path);
	while (flock(uppers->dir, exclusive ? LOCK_EX : LOCK_SH) < 0)
		if (errno != EINTR)
			return fail_errno(err, "lock %s", uppers->path);
	return 0;
}

void uppers_close(struct uppers *uppers)
{
	close_fd(&uppers->dir);
}

int uppers_check(const struct handle *handle, struct error *err)
{
	if (handle->state.parts.count)
		return fail(err, ENOTSUP,
			    "%s: has copy-on-write mounts, whose writable layers would have to be "
			    "the same moment's: it can be neither cloned nor remembered",
			    handle->state.id);
	return 0;
}

int uppers_make(const struct uppers *uppers, struct arena *arena, char **path, struct error *err)
{
	for (;;) {
		unsigned long number;
		char name[24];
		int dir;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return fail_errno(err, "make up a name");
		snprintf(name, sizeof(name), "%016lx", number);
		if (mkdirat(uppers->dir, name, 0700) < 0) {
			if (errno == EEXIST)
				continue;
			return fail_errno(err, "make %s/%s", uppers->path, name);
		}
		dir = openat(uppers->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir < 0)
			return fail_errno(err, "open %s/%s", uppers->path, name);
		*path = arena_printf(arena, "%s/%s", uppers->path, name);
		return dir;
	}
}

int uppers_copy_root(int from, int to, struct error *err)
{
	cleanup_xattrs struct xattrs xattrs = { 0 };
	struct stat status;

	if (fstat(from, &status) < 0 || fchown(to, status.st_uid, status.st_gid) < 0 ||
	    fchmod(to, status.st_mode & 07777) < 0)
		return fail_errno(err, "make the layer's root as it was");
	if (xattrs_read_at(&xattrs, from, ".", err) < 0)
		return -1;
	xattrs_drop(&xattrs, "trusted.overlay.");
	xattrs_drop(&xattrs, "user.overlay.");
	for (size_t i = 0; i < xattrs.count; i++)
		if (fsetxattr(to, xattrs.items[i].name, xattrs.items[i].value, xattrs.items[i].size,
			      0) < 0)
			return fail_errno(err, "set %s of the layer's root", xattrs.items[i].name);
	return 0;
}

/* Counting ----------------------------------------------------------------------------------- */

/* The layers that documents name. */
struct used {
	struct arena *arena;
	struct string_list names;
	size_t room;
};

/* By their names: the data root may be reached by more than one path. */
static void add_all(struct used *used, char *const *paths, size_t count)
{
	struct string_list *names = &used->names;

	if (names->count + count > used->room) {
		size_t room = 2 * (names->count + count) + 64;
		char **larger = arena_array(used->arena, char *, room);

		if (names->count)
			memcpy(larger, names->items, names->count * sizeof(*larger));
		names->items = larger;
		used->room = room;
	}
	for (size_t i = 0; i < count; i++)
		names->items[names->count++] = strrchr(paths[i], '/') + 1;
}

static int add_container(struct used *used, int data, struct error *err)
{
	struct snapshot_list list;
	struct state state;

	if (state_load(used->arena, data, RECORD_FILE, &state, err) < 0)
		return err->errnum == ENOENT ? 0 : -1; /* half made: it has none yet */
	add_all(used, state.lowers.items, (size_t)state.own_layers);
	if (snapshot_list_load(used->arena, data, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.snapshots.count; i++)
		add_all(used, list.snapshots.items[i].layers.items,
			list.snapshots.items[i].layers.count);
	return 0;
}

static int find_used(const struct settings *settings, struct used *used, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(AT_FDCWD, handle_data_path(used->arena, settings), err);
	struct dirent *entry;

	if (!dir)
		return err->errnum == ENOENT ? 0 : -1;
	while (errno = 0, (entry = readdir(dir))) {
		cleanup_fd int data = -1;

		if (!path_is_plain_name(entry->d_name))
			continue;
		data = openat(dirfd(dir), entry->d_name,
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (data >= 0 && add_container(used, data, err) < 0)
			return fail_in(err, "which layers %s has", entry->d_name);
	}
	return errno ? fail_errno(err, "read the containers' folder") : 0;
}

int uppers_release(const struct settings *settings, const struct string_list *paths,
		   struct arena *arena, struct error *err)
{
	cleanup_uppers struct uppers uppers = UPPERS_NONE;
	struct used used = { .arena = arena };

	if (!paths->count)
		return 0;
	if (uppers_open(&uppers, settings, true, arena, err) < 0 ||
	    find_used(settings, &used, err) < 0)
		return -1;
	for (size_t i = 0; i < paths->count; i++) {
		const char *name = strrchr(paths->items[i], '/') + 1;

		if (!string_list_has(&used.names, name) &&
		    rootless_remove_tree(arena, uppers.dir, name, err) < 0)
			return fail_in(err, "%s", uppers.path);
	}
	return 0;
}

int uppers_prune(const struct settings *settings, size_t *removed, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_uppers struct uppers uppers = UPPERS_NONE;
	cleanup_dir DIR *dir = NULL;
	struct used used = { .arena = &arena };
	struct dirent *entry;

	*removed = 0;
	if (access(path_join(&arena, settings->data_root, UPPERS_FOLDER), F_OK) < 0)
		return 0;
	if (uppers_open(&uppers, settings, true, &arena, err) < 0 ||
	    find_used(settings, &used, err) < 0)
		return -1;
	dir = open_dir_at(uppers.dir, ".", err);
	if (!dir)
		return -1;
	while (errno = 0, (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    string_list_has(&used.names, entry->d_name))
			continue;
		if (rootless_remove_tree(&arena, uppers.dir, entry->d_name, err) < 0)
			return fail_in(err, "%s", uppers.path);
		(*removed)++;
	}
	return errno ? fail_errno(err, "read %s", uppers.path) : 0;
}
