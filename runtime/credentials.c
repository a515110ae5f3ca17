/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"

#define DEFAULT_UMASK 0022
#define NO_ID ((uint32_t)-1) /* means "leave it as it is" to the kernel */

static bool has_group(const struct credentials *plan, gid_t gid)
{
	for (size_t i = 0; i < plan->group_count; i++)
		if (plan->groups[i] == gid)
			return true;
	return false;
}

int credentials_plan(struct arena *arena, const struct spec_user *user, struct credentials *plan,
		     struct error *err)
{
	size_t count = user->additional_gids.count;

	*plan = (struct credentials){ .uid = user->uid, .gid = user->gid, .umask = DEFAULT_UMASK };
	if (user->uid == NO_ID)
		return fail(err, EINVAL, "process.user.uid: %u is not an id", user->uid);
	if (user->gid == NO_ID)
		return fail(err, EINVAL, "process.user.gid: %u is not an id", user->gid);
	if (user->umask.set) {
		if (user->umask.value > 0777)
			return fail(err, EINVAL, "process.user.umask: 0%o is above 0777",
				    (unsigned int)user->umask.value);
		plan->umask = (mode_t)user->umask.value;
	}
	if (count > NGROUPS_MAX)
		return fail(err, EINVAL, "process.user.additionalGids: more than %d", NGROUPS_MAX);
	plan->groups = arena_array(arena, gid_t, count);
	for (size_t i = 0; i < count; i++) {
		gid_t gid = user->additional_gids.items[i];

		if (gid == NO_ID)
			return fail(err, EINVAL, "process.user.additionalGids[%zu]: not an id", i);
		if (!has_group(plan, gid))
			plan->groups[plan->group_count++] = gid;
	}
	return 0;
}

int credentials_own_stdio(const struct credentials *plan, struct error *err)
{
	for (int fd = 0; fd <= 2 && !plan->keep_owners; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0) {
			if (errno == EBADF)
				continue;
			return fail_errno(err, "standard stream %d", fd);
		}
		if (st.st_uid == plan->uid)
			continue;
		/* The host's /dev/null is everybody's. */
		if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
			continue;
		/*
		 * Not fatal: EINVAL is a uid that is not mapped, EPERM an owner that is not
		 * mapped or a caller without CAP_CHOWN, EROFS a read-only /dev.
		 */
		if (fchown(fd, plan->uid, (gid_t)-1) < 0 && errno != EINVAL && errno != EPERM &&
		    errno != EROFS && errno != ENOSYS && errno != EBADF)
			return fail_errno(err, "give standard stream %d to user %u", fd, plan->uid);
	}
	return 0;
}

static bool setgroups_denied(int proc)
{
	struct error ignored;
	char text[16];

	return file_read_short_at(proc, "self/setgroups", text, sizeof(text), &ignored) > 0 &&
	       !strcmp(text, "deny");
}

static int set_groups(const struct credentials *plan, int proc, struct error *err)
{
	int errnum;

	if (plan->keep_groups && !plan->group_count)
		return 0;
	/* The raw call: glibc's would tell its other threads, of which there are none. */
	if (syscall(SYS_setgroups, plan->group_count, plan->groups) == 0)
		return 0;
	errnum = errno;
	if (errnum != EPERM || !setgroups_denied(proc)) {
		errno = errnum;
		return fail_errno(err, "process.user.additionalGids: setgroups");
	}
	if (plan->group_count)
		return fail(err, EPERM,
			    "process.user.additionalGids: this user namespace denies setgroups "
			    "(ctr runs without privileges and without newgidmap)");
	return 0;
}

static int fail_id(const char *field, unsigned int id, struct error *err)
{
	if (errno == EINVAL)
		return fail(err, EINVAL, "%s: %u is not mapped in the user namespace", field, id);
	return fail_errno(err, "%s: %u", field, id);
}

int credentials_apply(const struct credentials *plan, int proc, struct error *err)
{
	if (set_groups(plan, proc, err) < 0)
		return -1;
	/* root stays root: nothing is lost; else until execve, which forgets the wish */
	if (plan->uid && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return fail_errno(err, "keep capabilities");
	if (syscall(SYS_setresgid, plan->gid, plan->gid, plan->gid) < 0)
		return fail_id("process.user.gid", plan->gid, err);
	if (syscall(SYS_setresuid, plan->uid, plan->uid, plan->uid) < 0)
		return fail_id("process.user.uid", plan->uid, err);
	umask(plan->umask);
	return 0;
}
