/* SPDX-License-Identifier: Apache-2.0 */
/* Where cgroups are on this machine: cgroup2's mount, v1's hierarchies, our own cgroup. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/mountinfo.h"
#include "cgroup/cgroup.h"
#include "cgroup/controllers.h"

/* Of /proc/self/cgroup: a line for each hierarchy. */
#define MAX_OWN ((size_t)1 << 20)

static const char *const usual_places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

static bool is_cgroup2(const struct statfs *status)
{
	return status->f_type == CGROUP2_SUPER_MAGIC;
}

/* Returns an O_PATH descriptor of path if it is a directory of cgroup2, or -1. */
static int open_cgroup2(const char *path, int flags)
{
	cleanup_fd int fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC | flags);
	struct statfs status;

	if (fd < 0)
		return -1;
	errno = ENOENT;
	return fstatfs(fd, &status) < 0 || !is_cgroup2(&status) ? -1 : take_fd(&fd);
}

int cgroup_host_open(struct arena *arena, struct cgroup_host *host, struct error *err)
{
	struct mount_line mount;
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(usual_places); i++) {
		*host = (struct cgroup_host){ open_cgroup2(usual_places[i], 0), usual_places[i] };
		if (host->root >= 0)
			return 0;
	}
	if (mountinfo_read(arena, "/proc/self/mountinfo", &text, err) < 0)
		return -1;
	while (mountinfo_next(&text, &mount)) {
		if (strcmp(mount.type, "cgroup2") != 0)
			continue;
		*host = (struct cgroup_host){ open_cgroup2(mount.point, 0), mount.point };
		if (host->root >= 0)
			return 0;
	}
	return fail(err, ENOENT,
		    "cgroup v2 is not mounted here (mount -t cgroup2 cgroup2 /sys/fs/cgroup)");
}

int cgroup_find(struct arena *arena, const char *path, struct error *err)
{
	struct cgroup_host host;
	int fd;

	/* without looking for the mount first: what is there and of that type is below it */
	for (size_t i = 0; i < ARRAY_SIZE(usual_places); i++) {
		const char *whole = arena_printf(arena, "%s%s", usual_places[i], path);
		struct statfs status;

		fd = open_cgroup2(whole, O_NOFOLLOW);
		if (fd >= 0)
			return fd;
		fail_errno(err, "cgroup %s", whole);
		if (statfs(usual_places[i], &status) == 0 && is_cgroup2(&status))
			return -1;
	}
	if (cgroup_host_open(arena, &host, err) < 0)
		return -1;
	fd = cgroup_open(&host, path, err);
	cgroup_host_close(&host);
	return fd;
}

void cgroup_host_close(struct cgroup_host *host)
{
	close_fd(&host->root);
}

static int read_own(struct arena *arena, int proc, const char *file, const char **path,
		    struct error *err)
{
	char *text, *line;

	if (file_read_at(proc, file, MAX_OWN, arena, &text, NULL, err) < 0)
		return -1;
	while ((line = strsep(&text, "\n")))
		if (strncmp(line, "0::/", strlen("0::/")) == 0) {
			*path = line + strlen("0::");
			return 0;
		}
	return fail(err, ENOENT, "%s: no line of cgroup v2", file);
}

int cgroup_own(struct arena *arena, const char **path, struct error *err)
{
	return read_own(arena, AT_FDCWD, "/proc/self/cgroup", path, err);
}

int cgroup_of_process(struct arena *arena, int proc, int pid, const char **path, struct error *err)
{
	return read_own(arena, proc, arena_printf(arena, "%d/cgroup", pid), path, err);
}

int cgroup_controllers(const struct cgroup_host *host, uint32_t *available, struct error *err)
{
	char text[256];

	if (file_read_short_at(host->root, "cgroup.controllers", text, sizeof(text), err) < 0)
		return fail_in(err, "%s", host->mount);
	*available = controllers_in(text);
	return 0;
}

static bool has_option(const char *options, const char *name)
{
	size_t size = strlen(name);

	for (; *options; options += *options == ',') {
		size_t length = strcspn(options, ",");

		if (length == size && strncmp(options, name, size) == 0)
			return true;
		options += length;
	}
	return false;
}

int cgroup_v1_mount(struct arena *arena, enum controller controller, const char **path,
		    struct error *err)
{
	struct mount_line mount;
	char *text;

	*path = NULL;
	if (mountinfo_read(arena, "/proc/self/mountinfo", &text, err) < 0)
		return -1;
	while (!*path && mountinfo_next(&text, &mount))
		if (strcmp(mount.type, "cgroup") == 0 &&
		    has_option(mount.options, controller_v1_name(controller)))
			*path = mount.point;
	return 0;
}
