/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/id_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"
#include "runtime/spawn.h"

#define LINE_LENGTH (3 * 11 + 1) /* three numbers of 32 bits, blanks and a newline */
#define PID_LENGTH 16

static bool overlap(uint32_t a, uint32_t b, const struct spec_id_mapping *left,
		    const struct spec_id_mapping *right)
{
	return a < (uint64_t)b + right->size && b < (uint64_t)a + left->size;
}

static int check(const struct spec_id_mappings *maps, const char *field, struct error *err)
{
	if (maps->count > ID_MAP_MAX_LINES)
		return fail(err, E2BIG, "linux.%s: %zu mappings, the kernel takes %d", field,
			    maps->count, ID_MAP_MAX_LINES);
	for (size_t i = 0; i < maps->count; i++) {
		const struct spec_id_mapping *map = &maps->items[i];

		if (map->size == 0)
			return fail(err, EINVAL, "linux.%s[%zu].size: 0 ids", field, i);
		if ((uint64_t)map->container_id + map->size > UINT32_MAX ||
		    (uint64_t)map->host_id + map->size > UINT32_MAX)
			return fail(err, ERANGE, "linux.%s[%zu].size: leads above id 4294967294",
				    field, i);
		for (size_t j = 0; j < i; j++) {
			const struct spec_id_mapping *other = &maps->items[j];

			if (overlap(map->container_id, other->container_id, map, other) ||
			    overlap(map->host_id, other->host_id, map, other))
				return fail(err, EINVAL, "linux.%s[%zu]: overlaps with [%zu]",
					    field, i, j);
		}
	}
	return 0;
}

static char *make_text(struct arena *arena, const struct spec_id_mappings *maps)
{
	size_t room = maps->count * LINE_LENGTH + 1, used = 0;
	char *text;

	if (!maps->count)
		return NULL;
	text = arena_alloc(arena, room);
	for (size_t i = 0; i < maps->count; i++)
		used += (size_t)snprintf(text + used, room - used, "%u %u %u\n",
					 maps->items[i].container_id, maps->items[i].host_id,
					 maps->items[i].size);
	return text;
}

static char **make_argv(struct arena *arena, const char *program,
			const struct spec_id_mappings *maps)
{
	char **argv = arena_array(arena, char *, 3 + 3 * maps->count), **next = argv;

	*next++ = arena_strdup(arena, program);
	*next++ = arena_alloc(arena, PID_LENGTH);
	for (size_t i = 0; i < maps->count; i++) {
		*next++ = arena_printf(arena, "%u", maps->items[i].container_id);
		*next++ = arena_printf(arena, "%u", maps->items[i].host_id);
		*next++ = arena_printf(arena, "%u", maps->items[i].size);
	}
	return argv;
}

static bool is_own(const struct spec_id_mappings *maps, uint32_t id)
{
	return maps->count == 1 && maps->items[0].size == 1 && maps->items[0].host_id == id;
}

int id_map_plan(struct arena *arena, const struct spec_id_mappings *uids,
		const struct spec_id_mappings *gids, struct id_map *map, struct error *err)
{
	*map = (struct id_map){ 0 };
	if (check(uids, "uidMappings", err) < 0 || check(gids, "gidMappings", err) < 0)
		return -1;
	if (!uids->count != !gids->count)
		return fail(err, EINVAL, "linux.%s: missing while linux.%s is there",
			    uids->count ? "gidMappings" : "uidMappings",
			    uids->count ? "uidMappings" : "gidMappings");
	map->uid_text = make_text(arena, uids);
	map->gid_text = make_text(arena, gids);
	map->uid_argv = make_argv(arena, "newuidmap", uids);
	map->gid_argv = make_argv(arena, "newgidmap", gids);
	map->own_uid = is_own(uids, geteuid());
	map->own_gid = is_own(gids, getegid());
	return 0;
}

/* newuidmap(1) is set-uid: it gets an environment that we know, and is never searched in PATH. */
static bool find_helper(const char *name, char *path, size_t size)
{
	static const char *const folders[] = { "/usr/bin", "/bin", "/usr/local/bin", "/sbin" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		snprintf(path, size, "%s/%s", folders[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static void add_one(struct arena *arena, struct spec_id_mappings *mappings, uint32_t host_id)
{
	mappings->items = arena_array(arena, struct spec_id_mapping, 1);
	mappings->items[0] = (struct spec_id_mapping){ .host_id = host_id, .size = 1 };
	mappings->count = 1;
}

void id_map_complete(struct arena *arena, struct spec *spec)
{
	struct spec_linux *linux_spec = spec->linux;

	if (!linux_spec || linux_spec->uid_mappings.count || linux_spec->gid_mappings.count)
		return;
	for (size_t i = 0; i < linux_spec->namespaces.count; i++) {
		const struct spec_namespace *item = &linux_spec->namespaces.items[i];

		if (item->type != NAMESPACE_USER || item->path)
			continue;
		add_one(arena, &linux_spec->uid_mappings, geteuid());
		add_one(arena, &linux_spec->gid_mappings, getegid());
	}
}

bool id_map_helpers_exist(void)
{
	char path[64];

	return find_helper("newuidmap", path, sizeof(path)) &&
	       find_helper("newgidmap", path, sizeof(path));
}

static int run_helper(char **argv, pid_t pid, struct error *err)
{
	static char *const environment[] = { NULL };
	char path[64];
	struct spawn spawn = {
		.path = path,
		.argv = argv,
		.env = environment,
		.input = -1,
		.output = -1,
		.error = -1,
		.directory = -1,
		.timeout = 30000,
	};

	snprintf(argv[ID_MAP_PID], PID_LENGTH, "%d", pid);
	if (!find_helper(argv[0], path, sizeof(path)))
		return fail(err, ENOENT, "%s: not found (package uidmap)", argv[0]);
	return spawn_run(&spawn, err);
}

static int write_one(int dir, pid_t pid, bool gid, const struct id_map *map, struct error *err)
{
	const char *file = gid ? "gid_map" : "uid_map";
	const char *field = gid ? "linux.gidMappings" : "linux.uidMappings";
	char **argv = gid ? map->gid_argv : map->uid_argv;

	if (file_write_at(dir, file, gid ? map->gid_text : map->uid_text, err) == 0)
		return 0;
	if (err->errnum != EPERM)
		return fail_in(err, "%s", field);
	if (gid ? map->own_gid : map->own_uid) {
		/* Without a privileged helper a gid_map is taken only when this is denied. */
		if (gid && file_write_at(dir, "setgroups", "deny", err) < 0)
			return fail_in(err, "%s", field);
		if (file_write_at(dir, file, gid ? map->gid_text : map->uid_text, err) < 0)
			return fail_in(err, "%s", field);
		return 0;
	}
	if (run_helper(argv, pid, err) < 0)
		return fail_in(err, "%s: %s (are the ranges in /etc/%s?)", field, argv[0],
			       gid ? "subgid" : "subuid");
	return 0;
}

int id_map_write(const struct id_map *map, int proc, pid_t pid, struct error *err)
{
	cleanup_fd int dir = -1;
	char name[16];

	if (!map->uid_text)
		return 0;
	snprintf(name, sizeof(name), "%d", pid);
	dir = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail_errno(err, "open /proc/%d", pid);
	if (write_one(dir, pid, true, map, err) < 0)
		return -1;
	return write_one(dir, pid, false, map, err);
}
