/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/rootless.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/sys.h"
#include "runtime/handle.h"
#include "runtime/id_map.h"
#include "runtime/passwd.h"
#include "runtime/sync.h"
#include "runtime/user_map.h"

#define MAX_SUB_IDS ((size_t)16 << 20)
#define MAX_ID_MAP ((size_t)64 << 10)

/* More levels than the kernel has (user_namespaces(7)). */
#define MAX_DEPTH 40

static int read_ranges(struct arena *arena, const char *path, const char *name,
		       struct sub_id_ranges *ranges, struct error *err)
{
	char *text;

	*ranges = (struct sub_id_ranges){ 0 };
	if (file_read_at(AT_FDCWD, path, MAX_SUB_IDS, arena, &text, NULL, err) < 0)
		return err->errnum == ENOENT ? 0 : fail_in(err, "%s", path);
	/* both files name users, not groups */
	sub_ids_parse(arena, text, name, getuid(), ranges);
	return 0;
}

static int read_own_ranges(struct arena *arena, struct sub_id_ranges *uids,
			   struct sub_id_ranges *gids, struct error *err)
{
	cleanup_fd int root = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *name = passwd_name(arena, root, getuid());

	if (read_ranges(arena, "/etc/subuid", name, uids, err) < 0)
		return -1;
	return read_ranges(arena, "/etc/subgid", name, gids, err);
}

static uint64_t count_ids(const struct sub_id_ranges *ranges)
{
	uint64_t count = 0;

	for (size_t i = 0; i < ranges->count; i++)
		count += ranges->items[i].count;
	return count;
}

int rootless_count_ids(struct arena *arena, uint64_t *uids, uint64_t *gids, struct error *err)
{
	struct sub_id_ranges uid_ranges, gid_ranges;

	if (read_own_ranges(arena, &uid_ranges, &gid_ranges, err) < 0)
		return -1;
	*uids = count_ids(&uid_ranges);
	*gids = count_ids(&gid_ranges);
	return 0;
}

static int plan_own_maps(struct arena *arena, struct id_map *map, struct error *err)
{
	struct sub_id_ranges uids, gids;
	struct spec_id_mappings uid_map, gid_map;

	if (read_own_ranges(arena, &uids, &gids, err) < 0)
		return -1;
	if (uids.count && gids.count && !id_map_helpers_exist()) {
		log_warning("newuidmap and newgidmap are missing (package uidmap): user %u is "
			    "alone in its containers",
			    getuid());
		uids.count = 0;
	}
	if (!uids.count || !gids.count)
		uids.count = gids.count = 0;
	user_map_plan(arena, geteuid(), &uids, &uid_map);
	user_map_plan(arena, getegid(), &gids, &gid_map);
	return id_map_plan(arena, &uid_map, &gid_map, map, err);
}

/* Whether container id 0 is the caller, so that it stays who it is. */
static bool is_root_caller(const struct spec_id_mappings *map, uint32_t caller)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->items[i].container_id == 0)
			return map->items[i].host_id == caller;
	return false;
}

/*
 * A spec's user namespace can be the one that is entered if the caller is root in it. Layers may
 * have other ids than it maps.
 */
static bool is_enough(const struct spec *spec)
{
	return spec && spec->linux && !spec->overlay &&
	       is_root_caller(&spec->linux->uid_mappings, geteuid()) &&
	       is_root_caller(&spec->linux->gid_mappings, getegid());
}

static int plan_maps(struct arena *arena, const struct spec *spec, struct id_map *map,
		     struct error *err)
{
	if (!is_enough(spec))
		return plan_own_maps(arena, map, err);
	return id_map_plan(arena, &spec->linux->uid_mappings, &spec->linux->gid_mappings, map, err);
}

/* Outside: only there are newuidmap(1)'s privileges of use. */
static _Noreturn void write_maps(const struct id_map *map, pid_t pid, int sock)
{
	cleanup_fd int proc = openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct sync_message message;
	struct error err;

	if (sync_expect(sock, SYNC_START, &message, &err) < 0)
		_exit(1); /* it was refused the namespace, and says so itself */
	if (id_map_write(map, proc, pid, &err) < 0)
		sync_send_error(sock, &err, 0);
	else
		sync_send(sock, SYNC_MAPPED, 0, -1, &err);
	_exit(0);
}

static int fail_unshare(struct error *err)
{
	if (errno == ENOSPC || errno == EUSERS)
		return fail(err, errno,
			    "make a user namespace: no more are allowed "
			    "(user.max_user_namespaces)");
	if (errno == EPERM || errno == EACCES)
		return fail(err, errno,
			    "make a user namespace: this host does not let ordinary users "
			    "(kernel.unprivileged_userns_clone, "
			    "kernel.apparmor_restrict_unprivileged_userns)");
	return fail_errno(err, "make a user namespace");
}

static int enter_mapped(int sock, struct error *err)
{
	struct sync_message message;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return fail_unshare(err);
	if (sync_send(sock, SYNC_START, 0, -1, err) < 0)
		return -1;
	return sync_expect(sock, SYNC_MAPPED, &message, err);
}

static int enter_new(struct arena *arena, const struct spec *spec, struct error *err)
{
	struct id_map map;
	int pair[2], result;
	pid_t helper;

	if (plan_maps(arena, spec, &map, err) < 0 || sync_pair(pair, err) < 0)
		return -1;
	helper = fork();
	if (helper == 0) {
		close_fd(&pair[0]);
		write_maps(&map, getppid(), pair[1]);
	}
	close_fd(&pair[1]);
	result = helper < 0 ? fail_errno(err, "fork") : enter_mapped(pair[0], err);
	close_fd(&pair[0]);
	while (helper > 0 && waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}

static ino_t inode_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) < 0 ? 0 : status.st_ino;
}

/* The ancestor of user namespace fd right below ours, where we own it and so have all power. */
static int find_below_own(int fd, struct error *err)
{
	cleanup_fd int own = openat(AT_FDCWD, "/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	cleanup_fd int below = fd;

	if (own < 0)
		return fail_errno(err, "open the own user namespace");
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		cleanup_fd int parent = ioctl(below, NS_GET_PARENT);

		if (parent < 0)
			break;
		if (inode_of(parent) == inode_of(own))
			return take_fd(&below);
		close_fd(&below);
		below = take_fd(&parent);
	}
	return fail(err, EPERM, "the container's user namespace is not one of the caller's");
}

static int enter_existing(int namespace, struct error *err)
{
	if (setns(namespace, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0)
		return fail_errno(err, "enter the user namespace of another container");
	return 0;
}

/* The user namespace right below ours that this namespace is part of; -1: there is none. */
static int find_owner(const char *path)
{
	cleanup_fd int namespace =
		openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct error ignored;

	if (namespace < 0)
		return -1;
	if (ioctl(namespace, NS_GET_NSTYPE) != CLONE_NEWUSER) {
		int owner = ioctl(namespace, NS_GET_USERNS);

		close_fd(&namespace);
		namespace = owner;
	}
	return namespace < 0 ? -1 : find_below_own(take_fd(&namespace), &ignored);
}

int rootless_enter(struct arena *arena, const struct spec *spec, struct error *err)
{
	for (size_t i = 0; spec && spec->linux && i < spec->linux->namespaces.count; i++) {
		const char *path = spec->linux->namespaces.items[i].path;
		cleanup_fd int owner = path ? find_owner(path) : -1;

		if (owner >= 0)
			return enter_existing(owner, err);
	}
	return enter_new(arena, spec, err);
}

int rootless_join(const struct settings *settings, const char *id, struct arena *arena,
		  struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	cleanup_fd int namespace = -1;
	char path[64];

	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, &handle, err) < 0)
		return -1;
	if (handle.pidfd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)handle.state.init.pid);
	namespace = find_owner(path);
	/* it may have ended meanwhile, and the pid be somebody else's */
	if (identity_wait_end(handle.pidfd, 0))
		return 0;
	if (namespace < 0)
		return fail(err, EPERM, "%s: its user namespace is not one of user %u", id,
			    settings->user);
	return enter_existing(namespace, err);
}

static int read_map(struct arena *arena, const char *path, struct spec_id_mappings *map,
		    struct error *err)
{
	char *text;

	if (file_read_at(AT_FDCWD, path, MAX_ID_MAP, arena, &text, NULL, err) < 0)
		return -1;
	return user_map_parse(arena, text, map, err);
}

static bool has_mappings(const struct spec *spec)
{
	if (spec->linux && spec->linux->uid_mappings.count)
		return true;
	for (size_t i = 0; i < spec->mounts.count; i++)
		if (spec->mounts.items[i].uid_mappings.count)
			return true;
	return false;
}

static bool has_row(const struct spec_id_mappings *map, const struct spec_id_mapping *row)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->items[i].container_id == row->container_id &&
		    map->items[i].host_id == row->host_id && map->items[i].size == row->size)
			return true;
	return false;
}

/* The kernel may show the rows in another order. */
static bool is_same(const struct spec_id_mappings *left, const struct spec_id_mappings *right)
{
	if (left->count != right->count)
		return false;
	for (size_t i = 0; i < left->count; i++)
		if (!has_row(right, &left->items[i]))
			return false;
	return true;
}

/* What the spec asks for is what we are in. */
static void drop_user_namespace(struct spec_linux *spec)
{
	size_t kept = 0;

	for (size_t i = 0; i < spec->namespaces.count; i++)
		if (spec->namespaces.items[i].type != NAMESPACE_USER)
			spec->namespaces.items[kept++] = spec->namespaces.items[i];
	spec->namespaces.count = kept;
	spec->uid_mappings.count = spec->gid_mappings.count = 0;
}

int rootless_translate(struct arena *arena, struct spec *spec, struct error *err)
{
	struct spec_id_mappings uids, gids;

	if (!has_mappings(spec))
		return 0;
	if (read_map(arena, "/proc/self/uid_map", &uids, err) < 0 ||
	    read_map(arena, "/proc/self/gid_map", &gids, err) < 0)
		return -1;
	if (spec->linux && is_same(&spec->linux->uid_mappings, &uids) &&
	    is_same(&spec->linux->gid_mappings, &gids))
		drop_user_namespace(spec->linux);
	if (spec->linux && (user_map_translate(arena, &uids, "linux.uidMappings",
					       &spec->linux->uid_mappings, err) < 0 ||
			    user_map_translate(arena, &gids, "linux.gidMappings",
					       &spec->linux->gid_mappings, err) < 0))
		return -1;
	for (size_t i = 0; i < spec->mounts.count; i++) {
		struct spec_mount *mount = &spec->mounts.items[i];

		if (user_map_translate(arena, &uids, "uidMappings", &mount->uid_mappings, err) <
			    0 ||
		    user_map_translate(arena, &gids, "gidMappings", &mount->gid_mappings, err) < 0)
			return fail_in(err, "mounts[%zu]", i);
	}
	return 0;
}

/* In a child: whoever calls goes on as the user that it is. */
static _Noreturn void remove_inside(struct arena *arena, int parent, const char *name, int sock)
{
	struct error err;

	if (enter_new(arena, NULL, &err) < 0 || remove_tree_at(parent, name, &err) < 0)
		sync_send_error(sock, &err, 0);
	else
		sync_send(sock, SYNC_READY, 0, -1, &err);
	_exit(0);
}

int rootless_remove_tree(struct arena *arena, int parent, const char *name, struct error *err)
{
	struct sync_message message;
	int pair[2], result;
	pid_t child;

	if (remove_tree_at(parent, name, err) == 0)
		return 0;
	if (geteuid() == 0 || (err->errnum != EACCES && err->errnum != EPERM))
		return -1;
	if (sync_pair(pair, err) < 0)
		return -1;
	child = fork();
	if (child == 0) {
		close_fd(&pair[0]);
		remove_inside(arena, parent, name, pair[1]);
	}
	close_fd(&pair[1]);
	result = child < 0 ? fail_errno(err, "fork")
			   : sync_expect(pair[0], SYNC_READY, &message, err);
	close_fd(&pair[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}
