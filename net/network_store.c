/* SPDX-License-Identifier: Apache-2.0 */
#include "net/network_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/path.h"

#define DOCUMENT "network.json"
#define LEASES "leases"
/*
 * A folder that is no network yet, or not any more, of who has the lock; no network can be called
 * so.
 */
#define TEMPORARY ".network"

static const int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

/* The last of them tells that all are there. */
static int make_folders(int dir, struct error *err)
{
	static const char names[][12] = { "attachments", "networks", "pending", "ports" };

	if (faccessat(dir, names[ARRAY_SIZE(names) - 1], F_OK, 0) == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (mkdirat(dir, names[i], 0700) < 0 && errno != EEXIST)
			return fail_errno(err, "make %s", names[i]);
	return 0;
}

static int make_store(const char *path, struct error *err)
{
	cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), made = -1;

	if (root < 0)
		return fail_errno(err, "open /");
	made = mkdir_in_root(root, path, 0700, err);
	return made < 0 ? -1 : 0;
}

int network_store_open(const char *data_root, struct network_store *store, struct error *err)
{
	cleanup_fd int dir = -1;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/network", data_root) >= (int)sizeof(path))
		return fail(err, ENAMETOOLONG, "%s: the path of the data root is too long",
			    data_root);
	dir = open(path, folder_flags);
	if (dir < 0 && errno == ENOENT) {
		if (make_store(path, err) < 0)
			return -1;
		dir = open(path, folder_flags);
	}
	if (dir < 0)
		return fail_errno(err, "open %s", path);
	if (make_folders(dir, err) < 0)
		return fail_in(err, "%s", path);
	store->dir = take_fd(&dir);
	return 0;
}

void network_store_close(struct network_store *store)
{
	close_fd(&store->dir);
}

static int fail_missing(const char *name, struct error *err)
{
	return fail(err, ENOENT, "there is no network '%s' ('ctr network create %s' makes it)",
		    name, name);
}

int network_folder(const struct network_store *store, const char *name, struct error *err)
{
	char path[128];
	int folder;

	if (network_name_check(name, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "networks/%s", name);
	folder = openat(store->dir, path, folder_flags);
	if (folder < 0 && errno == ENOENT)
		return fail_missing(name, err);
	return folder < 0 ? fail_errno(err, "open network %s", name) : folder;
}

static int load(const struct network_store *store, struct arena *arena, const char *name,
		struct network *network, struct error *err)
{
	char path[160], *text;
	size_t size;

	snprintf(path, sizeof(path), "networks/%.64s/" DOCUMENT, name);
	if (file_read_at(store->dir, path, NETWORK_DOCUMENT_MAX_SIZE, arena, &text, &size, err) < 0)
		return -1;
	if (network_decode(arena, path, text, size, network, err) < 0)
		return -1;
	if (strcmp(network->name, name) == 0)
		return 0;
	return fail(err, EINVAL, "%s: is of network '%s'", path, network->name);
}

int network_load(const struct network_store *store, struct arena *arena, const char *name,
		 struct network *network, struct error *err)
{
	if (network_name_check(name, err) < 0)
		return -1;
	if (load(store, arena, name, network, err) == 0)
		return 0;
	return err->errnum == ENOENT ? fail_missing(name, err) : -1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct network *)a)->name, ((const struct network *)b)->name);
}

/* Room for one more; lists grow by doubling. */
static void make_room(struct arena *arena, struct network_list *list, size_t *room)
{
	struct network *items = list->items;

	if (list->count < *room)
		return;
	*room = *room ? *room * 2 : 16;
	list->items = arena_array(arena, struct network, *room);
	if (items)
		memcpy(list->items, items, list->count * sizeof(*items));
}

int network_list(const struct network_store *store, struct arena *arena, struct network_list *list,
		 struct error *err)
{
	cleanup_dir DIR *stream = open_dir_at(store->dir, "networks", err);
	struct dirent *entry;
	size_t room = 0;

	*list = (struct network_list){ 0 };
	if (!stream)
		return -1;
	while ((entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		make_room(arena, list, &room);
		if (load(store, arena, arena_strdup(arena, entry->d_name),
			 &list->items[list->count], err) == 0)
			list->count++;
		else if (err->errnum != ENOENT) /* that one is just being removed */
			return -1;
	}
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), by_name);
	return 0;
}

int network_store_lock(const struct network_store *store, struct error *err)
{
	cleanup_fd int networks = openat(store->dir, "networks", folder_flags);

	if (networks < 0)
		return fail_errno(err, "open the folder of networks");
	while (flock(networks, LOCK_EX) < 0)
		if (errno != EINTR)
			return fail_errno(err, "lock the folder of networks");
	return take_fd(&networks);
}

/* A folder with all that a network has, under a name that nobody looks at. */
static int make_temporary(int networks, const char *text, size_t size, struct error *err)
{
	cleanup_fd int folder = -1;

	/* a process that was killed here has left it, and we have the lock */
	if (remove_tree_at(networks, TEMPORARY, err) < 0)
		return -1;
	if (mkdirat(networks, TEMPORARY, 0700) < 0)
		return fail_errno(err, "make " TEMPORARY);
	folder = openat(networks, TEMPORARY, folder_flags);
	if (folder < 0)
		return fail_errno(err, "open " TEMPORARY);
	if (mkdirat(folder, LEASES, 0700) < 0)
		return fail_errno(err, "make " LEASES);
	return file_replace_at(folder, DOCUMENT, text, size, 0600, true, err);
}

int network_add(int locked, struct arena *arena, const struct network *network, struct error *err)
{
	struct error ignored;
	size_t size;
	char *text = network_encode(arena, network, &size);

	if (make_temporary(locked, text, size, err) < 0) {
		remove_tree_at(locked, TEMPORARY, &ignored);
		return fail_in(err, "network %s", network->name);
	}
	if (renameat2(locked, TEMPORARY, locked, network->name, RENAME_NOREPLACE) < 0) {
		fail_errno(err, "network %s", network->name);
		remove_tree_at(locked, TEMPORARY, &ignored);
		return -1;
	}
	return file_sync_parent_at(locked, network->name, err);
}

int network_retire(const struct network_store *store, const char *name, struct error *err)
{
	cleanup_fd int folder = network_folder(store, name, err);

	if (folder < 0)
		return -1;
	if (unlinkat(folder, LEASES, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno == ENOTEMPTY)
		return fail(err, EBUSY, "network '%s' is in use: somebody has an address of it",
			    name);
	return fail_errno(err, "network '%s': remove " LEASES, name);
}

int network_remove(int locked, const char *name, struct error *err)
{
	/* gone as a whole: half a folder would be no network, but in the way of one */
	if (remove_tree_at(locked, TEMPORARY, err) < 0)
		return -1;
	if (renameat(locked, name, locked, TEMPORARY) < 0)
		return fail_errno(err, "remove network '%s'", name);
	if (file_sync_parent_at(locked, TEMPORARY, err) < 0)
		return -1;
	return remove_tree_at(locked, TEMPORARY, err);
}

bool network_is_retired(const struct network_store *store, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "networks/%.64s/" LEASES, name);
	return faccessat(store->dir, path, F_OK, 0) < 0 && errno == ENOENT;
}

int network_store_tidy(const struct network_store *store, struct error *err)
{
	cleanup_fd int locked = -1;

	if (faccessat(store->dir, "networks/" TEMPORARY, F_OK, 0) < 0)
		return 0;
	locked = network_store_lock(store, err);
	return locked < 0 ? -1 : remove_tree_at(locked, TEMPORARY, err);
}
