/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "cgroup/cgroup.h"
#include "cgroup/controllers.h"

int cgroup_delegate(int dirfd, uid_t owner, struct error *err)
{
	char list[1024], *rest = list, *file;

	if (fchownat(dirfd, "", owner, (gid_t)-1, AT_EMPTY_PATH) < 0)
		return fail_errno(err, "give it to user %u", owner);
	/* one name a line: cgroup.procs, cgroup.subtree_control and the like */
	if (file_read_short_at(AT_FDCWD, "/sys/kernel/cgroup/delegate", list, sizeof(list), err) <
	    0)
		return -1;
	while ((file = strsep(&rest, "\n")))
		if (*file && fchownat(dirfd, file, owner, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno != ENOENT)
			return fail_errno(err, "give %s to user %u", file, owner);
	return 0;
}

int cgroup_enter_delegate(const struct cgroup_host *host, const struct cgroup_plan *plan, pid_t pid,
			  struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	char *path = arena_printf(&arena, "%s/%s", plan->path, plan->delegate);
	cleanup_fd int above = cgroup_open(host, plan->path, err), dirfd = -1;
	struct cgroup_host here = { above, plan->path };
	struct limits all = { 0 };

	if (above < 0 || cgroup_enter(host, path, pid, err) < 0 ||
	    cgroup_controllers(&here, &all.controllers, err) < 0 ||
	    controllers_enable(host->root, path + 1, &all, false, err) < 0)
		return -1;
	if (!plan->delegate_owner.set)
		return 0;
	dirfd = cgroup_open(host, path, err);
	return dirfd < 0 ? -1 : cgroup_delegate(dirfd, (uid_t)plan->delegate_owner.value, err);
}
