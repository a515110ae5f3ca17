/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_area.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"

int host_realm_of(int fd, struct host_realm *realm, struct error *err)
{
	struct fsxattr attributes;
	struct statx extended;
	struct stat status;

	if (fstat(fd, &status) < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &extended) < 0)
		return fail_errno(err, "status");
	*realm = (struct host_realm){
		.device = status.st_dev,
		.encrypted = extended.stx_attributes & STATX_ATTR_ENCRYPTED,
	};
	if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) == 0 &&
	    (attributes.fsx_xflags & FS_XFLAG_PROJINHERIT))
		realm->project = attributes.fsx_projid;
	return 0;
}

int host_realm_check(const struct host_realm *realm, int dir, const char *name, struct error *err)
{
	struct fsxattr attributes;
	cleanup_fd int fd = -1;
	struct stat status;

	if (!realm->project)
		return 0;
	if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
		return 0; /* of the others nobody can ask */
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, FS_IOC_FSGETXATTR, &attributes) < 0)
		return fail_errno(err, "its project");
	if (attributes.fsx_projid == realm->project)
		return 0;
	return fail(
		err, EXDEV,
		"it is of project %u, and its directory hands on project %u: once moved it could "
		"not come back (see chattr(1), -p)",
		attributes.fsx_projid, realm->project);
}

bool host_realm_equal(const struct host_realm *one, const struct host_realm *other)
{
	return one->device == other->device && one->project == other->project &&
	       one->encrypted == other->encrypted;
}

/* The folder .ctr-undo of an area: its path without the last component. */
static int open_above(int root, const char *name)
{
	char *above = strndup(name, (size_t)(strrchr(name, '/') - name));
	int fd = -1;

	if (above)
		fd = host_open_directory(root, above);
	free(above);
	return fd;
}

/* Whoever made it, it has to be ours alone. */
static int check_private(int fd, const char *name, struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return fail_errno(err, "%s", name);
	if (status.st_uid != geteuid() || (status.st_mode & 077))
		return fail(err, EPERM, "%s: is not ours alone (owner %u, mode %03o): remove it",
			    name, status.st_uid, status.st_mode & 0777);
	return 0;
}

const char *host_area_folder(int directory, char buffer[HOST_FOLDER_SIZE])
{
	cleanup_fd int fd = openat(directory, HOST_UNDO_FOLDER,
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	unsigned long random = (unsigned long)getpid();
	struct error ignored;

	snprintf(buffer, HOST_FOLDER_SIZE, HOST_UNDO_FOLDER);
	if (fd < 0 ? errno == ENOENT : check_private(fd, buffer, &ignored) == 0)
		return buffer;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (unsigned long)getpid();
	snprintf(buffer, HOST_FOLDER_SIZE, HOST_UNDO_FOLDER "-%lx", random);
	return buffer;
}

size_t host_area_above(const char *name)
{
	const char *end = strrchr(name, '/');

	end = end ? memrchr(name, '/', (size_t)(end - name)) : NULL;
	return end ? (size_t)(end - name) : 0;
}

/* Of a directory with a default ACL a new one inherits more than its mode says. */
static int make_private(int dir, const char *name, struct error *err)
{
	cleanup_fd int fd = -1;

	if (mkdirat(dir, name, 0700) < 0)
		return fail_errno(err, "make %s", name);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open %s", name);
	/* the owner of dir may have put another one there */
	if (check_private(fd, name, err) < 0)
		return -1;
	if (((fremovexattr(fd, "system.posix_acl_default") < 0 ||
	      fremovexattr(fd, "system.posix_acl_access") < 0) &&
	     errno != ENODATA && errno != ENOTSUP) ||
	    fchmod(fd, 0700) < 0)
		return fail_errno(err, "protect %s", name);
	return take_fd(&fd);
}

static int check_exchange(int area, struct error *err)
{
	int result = 0;

	if (mknodat(area, "a", S_IFREG | 0600, 0) < 0 || mknodat(area, "b", S_IFREG | 0600, 0) < 0)
		return fail_errno(err, "make a file");
	if (renameat2(area, "a", area, "b", RENAME_EXCHANGE) < 0)
		result = fail_errno(err, "this filesystem cannot exchange two names");
	unlinkat(area, "a", 0);
	unlinkat(area, "b", 0);
	return result;
}

/* That the folder comes and goes is no change of the directory that it is in. */
static void keep_time(int dir, const struct stat *before)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, before->st_mtim };

	futimens(dir, times);
}

/* Makes .ctr-undo and opens it; folder is its path. */
static int make_above(int root, const char *folder, struct error *err)
{
	struct host_place place = HOST_PLACE(root);
	const char *last;
	int dir = host_place_go(&place, folder, &last), fd;
	struct stat before;

	if (dir < 0 || fstat(dir, &before) < 0) {
		fd = fail_errno(err, "open the directory of %s", folder);
	} else {
		fd = make_private(dir, last, err);
		keep_time(dir, &before);
	}
	host_place_free(&place);
	return fd;
}

int host_area_make(int root, const char *name, struct error *err)
{
	const char *last = strrchr(name, '/') + 1;
	cleanup_fd int above = open_above(root, name), area = -1;

	if (above < 0 && errno == ENOENT) {
		char *folder = strndup(name, (size_t)(last - 1 - name));

		above = folder ? make_above(root, folder, err) : fail(err, ENOMEM, "out of memory");
		free(folder);
		if (above < 0)
			return fail_in(err, "%s", name);
	}
	if (above < 0)
		return fail_errno(err, "open the directory of %s", name);
	if (check_private(above, name, err) < 0)
		return -1;
	area = make_private(above, last, err);
	if (area < 0 || check_exchange(area, err) < 0)
		return fail_in(err, "%s", name);
	return take_fd(&area);
}

int host_area_open(int root, const char *name)
{
	cleanup_fd int fd = host_open_directory(root, name);
	struct error ignored;

	if (fd >= 0 && check_private(fd, name, &ignored) < 0) {
		errno = ignored.errnum;
		return -1;
	}
	return take_fd(&fd);
}

int host_area_remove(int root, const char *name, struct error *err)
{
	cleanup_fd int above = open_above(root, name);
	struct host_place place = HOST_PLACE(root);
	struct stat before;
	char *folder;
	const char *last;
	int dir;

	if (above < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : fail_errno(err, "open %s", name);
	if (check_private(above, name, err) < 0)
		return 0; /* another's: it was refused, and has nothing of ours */
	if (remove_tree_at(above, strrchr(name, '/') + 1, err) < 0)
		return fail_in(err, "%s", name);
	/* another commit may have its area here, or make it just now */
	folder = strndup(name, (size_t)(strrchr(name, '/') - name));
	dir = folder ? host_place_go(&place, folder, &last) : -1;
	if (dir >= 0 && fstat(dir, &before) == 0 && unlinkat(dir, last, AT_REMOVEDIR) == 0)
		keep_time(dir, &before);
	host_place_free(&place);
	free(folder);
	return 0;
}
