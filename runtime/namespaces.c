/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/namespaces.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "specs/sysctl_name.h"

/* The member that would change something in the namespaces of a kind, NULL if none does. */
static const char *find_change(const struct spec *spec, enum namespace_type type)
{
	const struct string_map *sysctl = &spec->linux->sysctl;

	if (type == NAMESPACE_UTS && spec->hostname && *spec->hostname)
		return "hostname";
	if (type == NAMESPACE_UTS && spec->domainname && *spec->domainname)
		return "domainname";
	if (type == NAMESPACE_NETWORK && spec->linux->net_devices.count)
		return "linux.netDevices";
	for (size_t i = 0; i < sysctl->count; i++) {
		char path[SYSCTL_NAME_MAX];
		enum namespace_type owner;

		if (sysctl_name_path(sysctl->items[i].key, path) &&
		    sysctl_name_namespace(path, &owner) && owner == type)
			return "linux.sysctl";
	}
	return NULL;
}

void namespaces_plan(const struct spec *spec, struct namespaces_plan *plan)
{
	const struct spec_linux *linux_spec = spec->linux;
	bool host_network = spec->network && spec->network->mode &&
			    !strcmp(spec->network->mode, "host");

	*plan = (struct namespaces_plan){ .clone_flags = CLONE_NEWNS };
	if (!linux_spec)
		return;
	for (size_t i = 0; i < linux_spec->namespaces.count; i++) {
		const struct spec_namespace *item = &linux_spec->namespaces.items[i];

		if (item->type == NAMESPACE_NETWORK && host_network)
			continue;
		if (item->path) {
			plan->path[item->type] = item->path;
			plan->changed_by[item->type] = find_change(spec, item->type);
		} else {
			plan->own[item->type] = true;
		}
	}
	for (int type = 0; type < NAMESPACE_COUNT; type++)
		if (plan->own[type] && type != NAMESPACE_CGROUP && type != NAMESPACE_TIME)
			plan->clone_flags |= namespace_flag(type);
	if (plan->own[NAMESPACE_USER]) {
		plan->uid_mappings = &linux_spec->uid_mappings;
		plan->gid_mappings = &linux_spec->gid_mappings;
	}
	if (plan->own[NAMESPACE_TIME] && linux_spec->time_offsets.count)
		plan->time_offsets_of = linux_spec;
}

static int open_namespace(const char *path, enum namespace_type type, struct error *err)
{
	cleanup_fd int fd = openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int kind;

	if (fd < 0)
		return fail_errno(err, "linux.namespaces: join %s namespace %s",
				  namespace_name(type), path);
	kind = ioctl(fd, NS_GET_NSTYPE);
	if (kind < 0)
		return fail(err, EINVAL, "linux.namespaces: %s: not a namespace", path);
	if ((uint64_t)kind != namespace_flag(type))
		return fail(err, EINVAL, "linux.namespaces: %s: not a %s namespace", path,
			    namespace_name(type));
	return take_fd(&fd);
}

static bool is_own(int fd, enum namespace_type type)
{
	struct stat own, theirs;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", namespace_file(type));
	return stat(path, &own) == 0 && fstat(fd, &theirs) == 0 && own.st_dev == theirs.st_dev &&
	       own.st_ino == theirs.st_ino;
}

int namespaces_open(const struct namespaces_plan *plan, struct namespaces_fds *fds,
		    struct error *err)
{
	for (int type = 0; type < NAMESPACE_COUNT; type++) {
		if (!plan->path[type])
			continue;
		fds->fds[type] = open_namespace(plan->path[type], type, err);
		if (fds->fds[type] < 0)
			return -1;
		if (plan->changed_by[type] && is_own(fds->fds[type], type))
			return fail(err, EPERM,
				    "%s: would change the host: the %s namespace %s is the "
				    "host's own",
				    plan->changed_by[type], namespace_name(type), plan->path[type]);
		/* who is in a user namespace cannot enter it (setns(2)) */
		if (type == NAMESPACE_USER && is_own(fds->fds[type], type))
			close_fd(&fds->fds[type]);
	}
	if (plan->own[NAMESPACE_MOUNT])
		return 0;
	fds->settle = fds->fds[NAMESPACE_MOUNT] >= 0
			      ? take_fd(&fds->fds[NAMESPACE_MOUNT])
			      : open_namespace("/proc/self/ns/mnt", NAMESPACE_MOUNT, err);
	return fds->settle < 0 ? -1 : 0;
}

static int write_time_offsets(const struct spec_linux *linux_spec, struct error *err)
{
	char text[256];
	size_t used = 0;

	for (size_t i = 0; i < linux_spec->time_offsets.count; i++) {
		const struct spec_time_offset *offset = &linux_spec->time_offsets.items[i];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %lld %u\n",
					 offset->clock, (long long)offset->secs, offset->nanosecs);
		if (used >= sizeof(text))
			return fail(err, E2BIG, "linux.timeOffsets: too many");
	}
	if (file_write_at(AT_FDCWD, "/proc/self/timens_offsets", text, err) < 0)
		return fail_in(err, "linux.timeOffsets");
	return 0;
}

const char *namespace_file(enum namespace_type type)
{
	static const char *const names[NAMESPACE_COUNT] = {
		[NAMESPACE_USER] = "user",     [NAMESPACE_PID] = "pid",
		[NAMESPACE_NETWORK] = "net",   [NAMESPACE_MOUNT] = "mnt",
		[NAMESPACE_IPC] = "ipc",       [NAMESPACE_UTS] = "uts",
		[NAMESPACE_CGROUP] = "cgroup", [NAMESPACE_TIME] = "time",
	};

	return names[type];
}

static int open_own(enum namespace_type type, struct namespaces_fds *fds, struct error *err)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", namespace_file(type));
	fds->own[type] = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	return fds->own[type] < 0 ? fail_errno(err, "open %s", path) : 0;
}

/*
 * Into a pid namespace one can only be born. Beside a user namespace the others must be
 * entered before it: from inside of it there is no privilege over what is the host's.
 */
static bool is_for_parent(const struct namespaces_plan *plan, enum namespace_type type)
{
	bool user = plan->own[NAMESPACE_USER] || plan->path[NAMESPACE_USER];

	return type == NAMESPACE_PID || (user && type != NAMESPACE_USER);
}

bool namespaces_need_preparation(const struct namespaces_plan *plan)
{
	for (int type = 0; type < NAMESPACE_COUNT; type++)
		if (plan->path[type] && is_for_parent(plan, type))
			return true;
	return plan->own[NAMESPACE_TIME];
}

int namespaces_prepare(const struct namespaces_plan *plan, struct namespaces_fds *fds,
		       struct error *err)
{
	for (int type = 0; type < NAMESPACE_COUNT; type++) {
		if (fds->fds[type] < 0 || !is_for_parent(plan, type))
			continue;
		if (open_own(type, fds, err) < 0)
			return -1;
		if (setns(fds->fds[type], (int)namespace_flag(type)) < 0)
			return fail_errno(err, "linux.namespaces: join %s namespace %s",
					  namespace_name(type), plan->path[type]);
	}
	if (!plan->own[NAMESPACE_TIME])
		return 0;
	if (open_own(NAMESPACE_TIME, fds, err) < 0)
		return -1;
	if (unshare(CLONE_NEWTIME) < 0)
		return fail_errno(err, "linux.namespaces: new time namespace");
	return plan->time_offsets_of ? write_time_offsets(plan->time_offsets_of, err) : 0;
}

int namespaces_restore(struct namespaces_fds *fds, struct error *err)
{
	for (int type = 0; type < NAMESPACE_COUNT; type++) {
		if (fds->own[type] >= 0 && setns(fds->own[type], (int)namespace_flag(type)) < 0)
			return fail_errno(err, "go back to the own %s namespace",
					  namespace_name(type));
		close_fd(&fds->own[type]);
	}
	return 0;
}

void namespaces_close(struct namespaces_fds *fds)
{
	for (int type = 0; type < NAMESPACE_COUNT; type++) {
		close_fd(&fds->fds[type]);
		close_fd(&fds->own[type]);
	}
	close_fd(&fds->settle);
}

void namespaces_join_early(struct namespaces_fds *fds)
{
	for (int type = NAMESPACE_USER + 1; type < NAMESPACE_COUNT; type++)
		if (fds->fds[type] >= 0 && fds->own[type] < 0 &&
		    setns(fds->fds[type], (int)namespace_flag(type)) == 0)
			close_fd(&fds->fds[type]);
}

int namespaces_join(const struct namespaces_fds *fds, struct error *err)
{
	/* the user namespace comes first: it gives the privileges over the others */
	static const enum namespace_type order[] = {
		NAMESPACE_USER, NAMESPACE_NETWORK, NAMESPACE_IPC,
		NAMESPACE_UTS,	NAMESPACE_TIME,	   NAMESPACE_CGROUP,
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		/* where the parent has gone in before the clone, we are in already */
		int fd = fds->own[order[i]] < 0 ? fds->fds[order[i]] : -1;

		if (fd >= 0 && setns(fd, (int)namespace_flag(order[i])) < 0)
			return fail_errno(err, "join the %s namespace", namespace_name(order[i]));
	}
	return 0;
}

int namespaces_unshare_cgroup(const struct namespaces_plan *plan, struct error *err)
{
	if (plan->own[NAMESPACE_CGROUP] && unshare(CLONE_NEWCGROUP) < 0)
		return fail_errno(err, "linux.namespaces: new cgroup namespace");
	return 0;
}

int namespaces_settle(const struct namespaces_fds *fds, struct error *err)
{
	cleanup_fd int root = -1;

	if (fds->settle < 0)
		return 0;
	root = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (root < 0)
		return fail_errno(err, "linux.namespaces: clone the root");
	if (setns(fds->settle, CLONE_NEWNS) < 0)
		return fail_errno(err, "linux.namespaces: go into the mount namespace");
	if (fchdir(root) < 0 || chroot(".") < 0)
		return fail_errno(err, "linux.namespaces: take the root along");
	return 0;
}
