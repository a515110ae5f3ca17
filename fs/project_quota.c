/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/project_quota.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/quota.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"

/* of <linux/quota.h>, which does not go with <sys/quota.h> */
#define PROJECT_QUOTA 2

#define FIRST_ID 0x40000000U
#define ID_COUNT 0x40000000U

/* Twenty ids that are all taken by chance: there is something else that is wrong. */
#define MAX_TRIES 20

static int quota_call(int fd, unsigned command, uint32_t id, void *data)
{
	return (int)syscall(SYS_quotactl_fd, fd, QCMD(command, PROJECT_QUOTA), id, data);
}

/* The directory at path, or the first one above it that is there. */
static int open_existing(const char *path, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	char *at = path_clean(&arena, path);

	for (;;) {
		int dir = open(*at ? at : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir >= 0 || errno != ENOENT || !*at)
			return dir < 0 ? fail_errno(err, "open %s", at) : dir;
		*strrchr(at, '/') = '\0';
	}
}

static int fail_disabled(int dir, const char *path, struct error *err)
{
	struct statfs status;

	if (fstatfs(dir, &status) < 0)
		return fail_errno(err, "%s", path);
	if (status.f_type == EXT4_SUPER_MAGIC)
		return fail(err, ENOTSUP,
			    "%s is on ext4 without project quotas: 'tune2fs -O project,quota "
			    "DEVICE' while it is not mounted, and the mount option prjquota, "
			    "enable them",
			    path);
	if (status.f_type == XFS_SUPER_MAGIC)
		return fail(err, ENOTSUP,
			    "%s is on xfs without project quotas: the mount option prjquota "
			    "enables them (of the root file system: rootflags=prjquota of the "
			    "kernel)",
			    path);
	return fail(err, ENOTSUP,
		    "%s is on a file system without project quotas: ext4 and xfs have them", path);
}

int project_quota_check(const char *path, struct error *err)
{
	cleanup_fd int dir = open_existing(path, err);
	struct fs_quota_statv status = { .qs_version = FS_QSTATV_VERSION1 };

	if (dir < 0)
		return -1;
	if (quota_call(dir, Q_XGETQSTATV, 0, &status) < 0) {
		if (errno == EPERM)
			return fail(err, EPERM, "only root can limit how much is written to %s",
				    path);
		return fail_disabled(dir, path, err);
	}
	return status.qs_flags & FS_QUOTA_PDQ_ENFD ? 0 : fail_disabled(dir, path, err);
}

/* Whether nobody has this id. */
static int is_free(int dir, uint32_t id, struct error *err)
{
	struct dqblk quota = { 0 };

	if (quota_call(dir, Q_GETQUOTA, id, &quota) < 0) {
		if (errno == ENOENT) /* xfs has never heard of it */
			return 1;
		return fail_errno(err, "look for a project id");
	}
	return !quota.dqb_bhardlimit && !quota.dqb_bsoftlimit && !quota.dqb_ihardlimit &&
	       !quota.dqb_isoftlimit && !quota.dqb_curspace && !quota.dqb_curinodes;
}

static int set_limit(int dir, uint32_t id, uint64_t bytes, struct error *err)
{
	struct dqblk quota = {
		.dqb_bhardlimit = (bytes + 1023) / 1024, /* QIF_DQBLKSIZE */
		.dqb_bsoftlimit = (bytes + 1023) / 1024,
		.dqb_valid = QIF_BLIMITS,
	};

	if (quota_call(dir, Q_SETQUOTA, id, &quota) < 0)
		return fail_errno(err, "limit project %u", id);
	return 0;
}

static int choose_id(int dir, uint64_t bytes, uint32_t *id, struct error *err)
{
	for (int i = 0; i < MAX_TRIES; i++) {
		uint32_t number;
		int found;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return fail_errno(err, "choose a project id");
		number = FIRST_ID + number % ID_COUNT;
		found = is_free(dir, number, err);
		if (found < 0)
			return -1;
		if (!found)
			continue;
		*id = number;
		return set_limit(dir, number, bytes, err);
	}
	return fail(err, EBUSY, "no free project id was found");
}

int project_quota_join(int dir, uint32_t id, struct error *err)
{
	struct fsxattr attributes;

	if (ioctl(dir, FS_IOC_FSGETXATTR, &attributes) < 0)
		return fail_errno(err, "read a directory's project id");
	attributes.fsx_projid = id;
	attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	if (ioctl(dir, FS_IOC_FSSETXATTR, &attributes) < 0)
		return fail_errno(err, "set a directory's project id");
	return 0;
}

int project_quota_apply(int lock, const int *dirs, size_t count, uint64_t bytes, uint32_t *id,
			struct error *err)
{
	cleanup_fd int held = openat(lock, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (held < 0)
		return fail_errno(err, "lock the project ids");
	while (flock(held, LOCK_EX) < 0)
		if (errno != EINTR)
			return fail_errno(err, "lock the project ids");
	if (choose_id(dirs[0], bytes, id, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (project_quota_join(dirs[i], *id, err) < 0)
			return -1;
	return 0;
}

uint32_t project_quota_id(int dir)
{
	struct fsxattr attributes;

	if (ioctl(dir, FS_IOC_FSGETXATTR, &attributes) < 0 ||
	    !(attributes.fsx_xflags & FS_XFLAG_PROJINHERIT) || attributes.fsx_projid < FIRST_ID ||
	    attributes.fsx_projid >= FIRST_ID + ID_COUNT)
		return 0;
	return attributes.fsx_projid;
}

int project_quota_free(int dir, uint32_t id, struct error *err)
{
	return set_limit(dir, id, 0, err);
}
