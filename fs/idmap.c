/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"

/* The kernel takes a map in one write of less than a page. */
#define MAP_SIZE 4096

static int write_map(pid_t pid, const char *name, const struct spec_id_mappings *mappings,
		     struct error *err)
{
	char path[64], map[MAP_SIZE];
	size_t used = 0;

	for (size_t i = 0; i < mappings->count; i++) {
		const struct spec_id_mapping *row = &mappings->items[i];
		int length = snprintf(map + used, sizeof(map) - used, "%u %u %u\n",
				      row->container_id, row->host_id, row->size);

		used += (size_t)length;
		if (used >= sizeof(map))
			return fail(err, E2BIG, "%s: %zu mappings are too many", name,
				    mappings->count);
	}
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return file_write_at(AT_FDCWD, path, map, err);
}

static int map_and_open(pid_t pid, const struct spec_id_mappings *uids,
			const struct spec_id_mappings *gids, struct error *err)
{
	char path[64];
	int fd;

	if (write_map(pid, "uid_map", uids, err) < 0 || write_map(pid, "gid_map", gids, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fail_errno(err, "open %s", path) : fd;
}

int idmap_userns_fd(const struct spec_id_mappings *uids, const struct spec_id_mappings *gids,
		    struct error *err)
{
	const struct clone_args args = { .flags = CLONE_NEWUSER };
	int gate[2], fd;
	pid_t pid;
	char byte;

	if (!uids->count || !gids->count)
		return fail(err, EINVAL, "idmapped mounts need uidMappings and gidMappings");
	if (pipe2(gate, O_CLOEXEC) < 0)
		return fail_errno(err, "make a pipe");
	pid = sys_clone3(&args);
	if (pid == 0) {
		/* here we only hold the namespace, until the parent has it or is dead */
		close(gate[1]);
		while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	close(gate[0]);
	if (pid < 0) {
		fd = fail_errno(err, "make a user namespace for idmapped mounts");
		close(gate[1]);
		return fd;
	}
	fd = map_and_open(pid, uids, gids, err);
	close(gate[1]);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return fd;
}

/* In a child: becomes root of the namespace, tells by a byte, and stays to be looked at. */
static _Noreturn void become_root_of(int userns, int sock)
{
	char byte = 0;

	if (setns(userns, CLONE_NEWUSER) < 0 || sys_become_root() < 0)
		_exit(1);
	if (write(sock, &byte, 1) == 1)
		while (read(sock, &byte, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

/* The first number of line "Uid:" or "Gid:" of /proc/PID/status, as our namespace numbers it. */
static int read_id(const char *status, const char *line, unsigned int *id)
{
	const char *found = strstr(status, line);

	return found && sscanf(found + strlen(line), "%u", id) == 1 ? 0 : -1;
}

int idmap_userns_root(int userns, uid_t *uid, gid_t *gid, struct error *err)
{
	const struct clone_args args = { 0 };
	char path[32], status[4096], byte;
	int pair[2], result = 0;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(err, "make a socket pair");
	pid = sys_clone3(&args);
	if (pid == 0) {
		close(pair[0]);
		become_root_of(userns, pair[1]);
	}
	close(pair[1]);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (pid < 0)
		result = fail_errno(err, "clone");
	else if (read(pair[0], &byte, 1) != 1)
		result = fail(err, EINVAL, "become root of the user namespace: is ID 0 mapped?");
	else if (file_read_short_at(AT_FDCWD, path, status, sizeof(status), err) < 0)
		result = -1;
	else if (read_id(status, "\nUid:", uid) < 0 || read_id(status, "\nGid:", gid) < 0)
		result = fail(err, EPROTO, "%s: no Uid and Gid in it", path);
	close(pair[0]);
	while (pid > 0 && waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return result;
}

int idmap_mount(int mount, int userns, bool recursive, const char *name, struct error *err)
{
	struct mount_attr change = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)userns,
	};

	if (mount_setattr(mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &change,
			  sizeof(change)) == 0)
		return 0;
	if (errno == EINVAL || errno == EOPNOTSUPP)
		return fail(
			err, errno,
			"%s: its filesystem has no idmapped mounts on this kernel (ext4, xfs, "
			"btrfs have them since Linux 5.12-5.15, tmpfs since 6.3, overlay never): "
			"keep it on one of these, or change its owner and run without idmap",
			name);
	return fail_errno(err, "idmap %s", name);
}
