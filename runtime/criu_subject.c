/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/criu_subject.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/mountinfo.h"
#include "base/path.h"
#include "base/sys.h"
#include "fs/mount_point.h"

struct mount_lines {
	struct mount_line *items;
	size_t count;
};

static int read_lines(struct arena *arena, const char *path, struct mount_lines *lines,
		      struct error *err)
{
	struct mount_line line;
	size_t most = 1;
	char *text;

	if (mountinfo_read(arena, path, &text, err) < 0)
		return -1;
	for (const char *at = text; *at; at++)
		most += *at == '\n';
	lines->items = arena_array(arena, struct mount_line, most);
	for (lines->count = 0; mountinfo_next(&text, &line);)
		if (*line.point)
			lines->items[lines->count++] = line;
	return 0;
}

static const struct mount_line *find_point(const struct mount_lines *lines, const char *point)
{
	for (size_t i = lines->count; i-- > 0;)
		if (!strcmp(lines->items[i].point, point))
			return &lines->items[i];
	return NULL;
}

/* Where destination is when the links on the way have been followed inside of root. */
static char *real_point(struct arena *arena, int fd, const char *destination)
{
	char real[PATH_MAX];
	ssize_t length = readlink(arena_printf(arena, "/proc/self/fd/%d", fd), real, sizeof(real));

	if (length <= 0 || length == sizeof(real) || real[0] != '/')
		return arena_strdup(arena, destination);
	return arena_strndup(arena, real, (size_t)length);
}

static void add_mount(struct arena *arena, struct criu_mounts *mounts, const char *point,
		      const char *source)
{
	struct criu_mount *items = arena_array(arena, struct criu_mount, mounts->count + 1);

	if (mounts->count)
		memcpy(items, mounts->items, mounts->count * sizeof(*items));
	items[mounts->count++] = (struct criu_mount){ point, source };
	mounts->items = items;
}

/*
 * What is mounted below the source of a recursive bind is in the container too. lines: its
 * mounts, by which one is known to be the same; NULL: it does not run. place: where that source
 * is for criu.
 */
static void add_submounts(struct arena *arena, const struct mount_lines *host,
			  const struct mount_lines *lines, const char *point, const char *source,
			  const char *place, struct criu_mounts *mounts)
{
	char real[PATH_MAX];

	if (!realpath(source, real))
		return;
	for (size_t i = 0; i < host->count; i++) {
		const char *rest = path_behind(host->items[i].point, real);
		const struct mount_line *line;
		const char *below;

		if (!rest || !*rest)
			continue;
		below = arena_printf(arena, "%s%s", strcmp(point, "/") ? point : "", rest);
		line = lines ? find_point(lines, below) : NULL;
		if (!lines || (line && !strcmp(line->device, host->items[i].device)))
			add_mount(arena, mounts, below, arena_printf(arena, "%s%s", place, rest));
	}
}

static bool is_external(const struct mount_plan *mount)
{
	return mount->kind == MOUNT_BIND || mount->kind == MOUNT_HOST;
}

/* The files under /dev/null, as the running container has them. */
static void find_masked(struct arena *arena, const struct rootfs_plan *plan, int root,
			struct criu_subject *subject)
{
	subject->masked.items = arena_array(arena, char *, plan->masked.count + 1);
	for (size_t i = 0; i < plan->masked.count; i++) {
		char *path = plan->masked.items[i];
		struct error ignored;
		struct stat status;
		cleanup_fd int fd = open_in_root(root, path, O_PATH, 0, &ignored);

		if (fd >= 0 && fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
		    status.st_rdev == makedev(1, 3))
			subject->masked.items[subject->masked.count++] =
				real_point(arena, fd, path);
	}
}

int criu_subject_running(struct arena *arena, const struct rootfs_plan *plan,
			 struct criu_subject *subject, struct error *err)
{
	const char *process = arena_printf(arena, "/proc/%d", subject->pid);
	cleanup_fd int root = open(path_join(arena, process, "root"), O_PATH | O_CLOEXEC);
	struct mount_lines lines, host;

	if (root < 0)
		return fail_errno(err, "open the container's root");
	if (read_lines(arena, path_join(arena, process, "mountinfo"), &lines, err) < 0 ||
	    read_lines(arena, "/proc/self/mountinfo", &host, err) < 0)
		return -1;
	if (!plan->overlay)
		add_submounts(arena, &host, &lines, "/", plan->path, "", &subject->mounts);
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct mount_plan *mount = &plan->mounts.items[i];
		struct error ignored;
		cleanup_fd int fd = -1;
		const char *point;

		if (!is_external(mount))
			continue;
		fd = open_in_root(root, mount->destination, O_PATH, 0, &ignored);
		point = fd < 0 ? mount->destination : real_point(arena, fd, mount->destination);
		if (!find_point(&lines, point))
			continue; /* unmounted since */
		add_mount(arena, &subject->mounts, point, NULL);
		if (mount->kind == MOUNT_BIND)
			add_submounts(arena, &host, &lines, point, mount->source, "",
				      &subject->mounts);
	}
	for (size_t i = 0; i < plan->devices.count; i++)
		if (plan->devices.items[i].bind && find_point(&lines, plan->devices.items[i].path))
			add_mount(arena, &subject->mounts, plan->devices.items[i].path, NULL);
	find_masked(arena, plan, root, subject);
	return 0;
}

/* The number behind "mnt_id:" of a descriptor's fdinfo (proc_pid_fdinfo(5)); -1: none. */
static int mount_id(const char *fdinfo)
{
	const char *line = strstr(fdinfo, "mnt_id:");

	return line ? atoi(line + strlen("mnt_id:")) : -1;
}

static bool has_mount(const struct mount_lines *lines, int id)
{
	for (size_t i = 0; i < lines->count; i++)
		if (lines->items[i].id == id)
			return true;
	return false;
}

static char *stream_key(struct arena *arena, const struct mount_lines *lines, int pid, int number)
{
	const char *path = arena_printf(arena, "/proc/%d/fd/%d", pid, number);
	char text[PATH_MAX], info[1024];
	ssize_t length = readlink(path, text, sizeof(text) - 1);
	struct stat status;
	struct error ignored;

	if (length < 0 || stat(path, &status) < 0)
		return arena_strdup(arena, "");
	text[length] = '\0';
	if (text[0] != '/' ||
	    file_read_short_at(AT_FDCWD, arena_printf(arena, "/proc/%d/fdinfo/%d", pid, number),
			       info, sizeof(info), &ignored) < 0 ||
	    has_mount(lines, mount_id(info)))
		return arena_strdup(arena, text);
	return arena_printf(arena, "file[%x:%" PRIx64 "]", (unsigned int)mount_id(info),
			    (uint64_t)status.st_ino);
}

int criu_subject_streams(struct arena *arena, struct criu_subject *subject, struct error *err)
{
	struct mount_lines lines;

	if (read_lines(arena, arena_printf(arena, "/proc/%d/mountinfo", subject->pid), &lines,
		       err) < 0)
		return -1;
	subject->stdio.items = arena_array(arena, char *, 4);
	for (int i = 0; i < 3; i++)
		subject->stdio.items[subject->stdio.count++] =
			stream_key(arena, &lines, subject->pid, i);
	return 0;
}

int criu_subject_namespaces(const struct namespaces_plan *plan, struct criu_subject *subject,
			    struct error *err)
{
	subject->namespaces.count = 0;
	for (int type = 0; type < NAMESPACE_COUNT; type++) {
		struct stat status;

		if (!plan->path[type])
			continue;
		if (stat(plan->path[type], &status) < 0)
			return fail_errno(err, "linux.namespaces: %s", plan->path[type]);
		subject->namespaces.items[subject->namespaces.count++] = (struct criu_namespace){
			.type = (enum namespace_type)type,
			.path = plan->path[type],
			.inode = status.st_ino,
			.fd = -1,
		};
	}
	return 0;
}

/* The last mount before number that lies over its destination; -1: none, it is in the root. */
static ssize_t find_cover(const struct mount_list *mounts, size_t number)
{
	for (size_t i = number; i-- > 0;)
		if (path_behind(mounts->items[number].destination, mounts->items[i].destination))
			return (ssize_t)i;
	return -1;
}

/*
 * Makes the mount point, in the root or in the mount of the host that lies over it there, and says
 * where it is. What is in a filesystem that criu makes it fills itself. points: those before it.
 */
static int prepare_point(struct arena *arena, const struct rootfs *rootfs, size_t number,
			 char **points, struct error *err)
{
	const struct mount_list *mounts = &rootfs->plan->mounts;
	const struct mount_plan *mount = &mounts->items[number];
	bool directory = rootfs->mounts[number].mount < 0 || rootfs->mounts[number].directory;
	ssize_t cover = find_cover(mounts, number);
	const char *path = mount->destination;
	cleanup_fd int fd = -1;

	points[number] = arena_strdup(arena, path);
	if (cover >= 0 && rootfs->mounts[cover].mount < 0)
		return 0;
	if (cover >= 0)
		path = path_behind(path, mounts->items[cover].destination);
	if (!*path) /* upon that mount itself */
		return 0;
	fd = mount_point_open(cover < 0 ? rootfs->root : rootfs->mounts[cover].mount, path,
			      directory, mount->ordinary_directory, err);
	if (fd < 0)
		return fail_in(err, "mount point %s", mount->destination);
	path = real_point(arena, fd, path);
	points[number] = cover < 0 ? arena_strdup(arena, path)
				   : arena_printf(arena, "%s%s", points[cover], path);
	return 0;
}

int criu_subject_opened(struct arena *arena, const struct rootfs *rootfs, const char *places,
			struct criu_subject *subject, struct error *err)
{
	const struct rootfs_plan *plan = rootfs->plan;
	char **points = arena_array(arena, char *, plan->mounts.count + 1);
	struct mount_lines host;

	if (read_lines(arena, "/proc/self/mountinfo", &host, err) < 0)
		return -1;
	subject->root = path_join(arena, places, "root");
	if (!plan->overlay)
		add_submounts(arena, &host, NULL, "/", plan->path, subject->root, &subject->mounts);
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct mount_plan *mount = &plan->mounts.items[i];
		char *place = arena_printf(arena, "%s/%zu", places, i);

		if (mount->kind == MOUNT_REMOUNT)
			continue;
		if (prepare_point(arena, rootfs, i, points, err) < 0)
			return -1;
		if (rootfs->mounts[i].mount < 0)
			continue;
		add_mount(arena, &subject->mounts, points[i], place);
		if (mount->kind == MOUNT_BIND)
			add_submounts(arena, &host, NULL, points[i], mount->source, place,
				      &subject->mounts);
	}
	for (size_t i = 0; i < plan->devices.count; i++)
		if (rootfs->devices[i] >= 0)
			add_mount(arena, &subject->mounts, plan->devices.items[i].path,
				  arena_printf(arena, "%s/d%zu", places, i));
	subject->masked = plan->masked;
	return 0;
}

static int make_place(int places, const char *name, bool directory, struct error *err)
{
	if ((directory ? mkdirat(places, name, 0700) : mknodat(places, name, S_IFREG | 0600, 0)) <
	    0)
		return fail_errno(err, "make %s for criu", name);
	return 0;
}

int criu_places_make(const struct rootfs *rootfs, int places, struct error *err)
{
	char name[32];

	if (make_place(places, "root", true, err) < 0)
		return -1;
	for (size_t i = 0; i < rootfs->plan->mounts.count; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		if (rootfs->mounts[i].mount >= 0 &&
		    make_place(places, name, rootfs->mounts[i].directory, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < rootfs->plan->devices.count; i++) {
		snprintf(name, sizeof(name), "d%zu", i);
		if (rootfs->devices[i] >= 0 && make_place(places, name, false, err) < 0)
			return -1;
	}
	return 0;
}

static int attach(int mount, int places, const char *name, struct error *err)
{
	if (mount >= 0 && move_mount(mount, "", places, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fail_errno(err, "attach %s for criu", name);
	return 0;
}

int criu_places_attach(const struct rootfs *rootfs, int places, struct error *err)
{
	char name[32];

	if (attach(rootfs->root, places, "root", err) < 0)
		return -1;
	for (size_t i = 0; i < rootfs->plan->mounts.count; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		if (attach(rootfs->mounts[i].mount, places, name, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < rootfs->plan->devices.count; i++) {
		snprintf(name, sizeof(name), "d%zu", i);
		if (attach(rootfs->devices[i], places, name, err) < 0)
			return -1;
	}
	return 0;
}
