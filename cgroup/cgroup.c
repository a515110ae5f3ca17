/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/user_namespace.h"
#include "cgroup/controllers.h"
#include "cgroup/events.h"
#include "cgroup/process.h"

/* What cgroup_apply() has made so far, to be removed when it fails. */
struct made {
	char path[PATH_MAX]; /* below the mount, without the first slash */
	size_t keep;	     /* so many bytes of path were there before; the whole: all */
};

/* Removes the directories from the end of path up to those that were there. */
static void undo(int root, struct made *made)
{
	for (size_t end = strlen(made->path); end > made->keep;) {
		if (unlinkat(root, made->path, AT_REMOVEDIR) < 0)
			return; /* somebody has put something there: theirs now */
		while (end > made->keep && made->path[--end] != '/')
			continue;
		made->path[end] = '\0';
	}
}

static int make_dir(int root, const char *path, size_t begin, struct made *made)
{
	if (mkdirat(root, path, 0755) < 0)
		return errno == EEXIST ? 0 : -1;
	if (made->keep > begin)
		made->keep = begin;
	return 0;
}

/* Makes the directory and all above it. */
static int make_dirs(int root, struct made *made)
{
	char *path = made->path;
	const char *last = strrchr(path, '/');

	if (make_dir(root, path, last ? (size_t)(last - path) : 0, made) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
		int result;
		size_t begin;

		*slash = '\0';
		last = strrchr(path, '/');
		begin = last ? (size_t)(last - path) : 0;
		result = make_dir(root, path, begin, made);
		*slash = '/';
		if (result < 0)
			return -1;
	}
	last = strrchr(path, '/');
	return make_dir(root, path, last ? (size_t)(last - path) : 0, made);
}

static size_t count_processes(int dirfd)
{
	cleanup_arena struct arena arena = { 0 };
	struct process_list list = { 0 };
	struct error ignored;

	return cgroup_processes(&arena, dirfd, true, &list, &ignored) < 0 ? 0 : list.count;
}

/* In the words that engines look for. */
static int fail_frozen(struct error *err)
{
	return fail(err, EBUSY,
		    "container's cgroup unexpectedly frozen: it or one above it; thaw that first");
}

/* A new cgroup below a frozen one says "frozen 1" from its beginning: one look is enough. */
static int check_usable(int dirfd, bool has_companion, struct error *err)
{
	struct cgroup_events events;

	if (cgroup_events_read(dirfd, &events, err) < 0)
		return -1;
	/* engines look for these words */
	if (events.populated && !has_companion)
		return fail(err, EBUSY,
			    "container's cgroup is not empty: %zu process(es) found; another "
			    "container's?",
			    count_processes(dirfd));
	return events.frozen ? fail_frozen(err) : 0;
}

int cgroup_check_thawed(const struct cgroup_host *host, const char *path, struct error *err)
{
	char nearest[PATH_MAX];
	struct cgroup_events events;
	char *slash;

	if (strlen(path) >= sizeof(nearest))
		return fail(err, ENAMETOOLONG, "cgroup %s", path);
	memcpy(nearest, path, strlen(path) + 1);
	while ((slash = strrchr(nearest, '/')) && slash[1]) {
		cleanup_fd int dirfd = cgroup_open(host, nearest, err);

		if (dirfd >= 0) {
			if (cgroup_events_read(dirfd, &events, err) < 0)
				return -1;
			return events.frozen ? fail_frozen(err) : 0;
		}
		if (err->errnum != ENOENT)
			return -1;
		*slash = '\0';
	}
	return 0;
}

static int make(int root, const struct cgroup_plan *plan, struct made *made, struct error *err)
{
	cleanup_fd int fd = -1;
	int tries = 10;

	/* another ctr may remove a directory above, that it made, at the same moment */
	while (make_dirs(root, made) < 0)
		if (errno != ENOENT || --tries == 0)
			return fail_errno(err, "create");
	fd = openat(root, made->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open");
	if (check_usable(fd, plan->systemd != NULL, err) < 0 ||
	    controllers_enable(root, made->path, &plan->limits, !plan->systemd, err) < 0 ||
	    limits_apply(fd, &plan->limits, err) < 0)
		return -1;
	if (plan->owner.set && cgroup_delegate(fd, (uid_t)plan->owner.value, err) < 0)
		return -1;
	return take_fd(&fd);
}

int cgroup_apply(const struct cgroup_host *host, const struct cgroup_plan *plan, struct error *err)
{
	struct made made;
	size_t size = strlen(plan->path + 1);
	int fd;

	if (size >= sizeof(made.path))
		return fail(err, ENAMETOOLONG, "linux.cgroupsPath");
	memcpy(made.path, plan->path + 1, size + 1);
	made.keep = size;
	fd = make(host->root, plan, &made, err);
	if (fd >= 0)
		return fd;
	undo(host->root, &made);
	return fail_in(err, "cgroup %s%s", host->mount, plan->path);
}

/*
 * Who has no privileges over the host may load no such program, and needs none: what it may not
 * open outside it may not open inside either.
 */
int cgroup_apply_devices(int cgroup, const struct cgroup_host *host, const struct cgroup_plan *plan,
			 struct error *err)
{
	if (device_program_apply(cgroup, &plan->devices, err) == 0)
		return 0;
	if (err->errnum != EPERM || !in_user_namespace())
		return fail_in(err, "cgroup %s%s", host->mount, plan->path);
	log_debug("%s: left out in a user namespace", err->text);
	return 0;
}

int cgroup_enter(const struct cgroup_host *host, const char *path, pid_t pid, struct error *err)
{
	char file[PATH_MAX + 16], number[16];

	snprintf(file, sizeof(file), "%s/cgroup.procs", path + 1);
	snprintf(number, sizeof(number), "%d", pid);
	if (mkdirat(host->root, path + 1, 0755) < 0 && errno != EEXIST)
		return fail_errno(err, "create cgroup %s%s", host->mount, path);
	return file_write_at(host->root, file, number, err);
}

/* A cgroup that has no such file has no such limit. */
static int write_pids(const struct cgroup_host *host, const char *path, const char *value,
		      struct error *err)
{
	char file[PATH_MAX + 16];

	snprintf(file, sizeof(file), "%s/pids.max", path + 1);
	if (file_write_at(host->root, file, value, err) == 0 || err->errnum == ENOENT)
		return 0;
	return fail_in(err, "linux.resources.pids.limit");
}

int cgroup_make_room(const struct cgroup_host *host, const struct cgroup_plan *plan, bool room,
		     struct error *err)
{
	const char *limit = NULL;

	for (size_t i = 0; plan->systemd && i < plan->limits.count; i++)
		if (strcmp(plan->limits.items[i].file, "pids.max") == 0)
			limit = plan->limits.items[i].value;
	if (!limit)
		return 0;
	if (write_pids(host, plan->systemd->cgroup, room ? "max" : limit, err) < 0)
		return -1;
	return plan->systemd->subgroup ? write_pids(host, plan->path, room ? "max" : limit, err)
				       : 0;
}

bool cgroup_may_make(const struct cgroup_host *host, const char *path)
{
	char above[PATH_MAX], *slash;

	if (strlen(path + 1) >= sizeof(above))
		return false;
	memcpy(above, path + 1, strlen(path + 1) + 1);
	while ((slash = strrchr(above, '/'))) {
		*slash = '\0';
		if (faccessat(host->root, above, F_OK, 0) == 0)
			return faccessat(host->root, above, W_OK, AT_EACCESS) == 0;
	}
	return faccessat(host->root, ".", W_OK, AT_EACCESS) == 0;
}

int cgroup_open(const struct cgroup_host *host, const char *path, struct error *err)
{
	int fd = openat(host->root, path + 1, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? fail_errno(err, "cgroup %s%s", host->mount, path) : fd;
}
