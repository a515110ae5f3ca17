/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/security_label.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

/* Opens a file below proc itself, without links and mounts on the way. */
static int open_attribute(int proc, const char *path)
{
	struct open_how how = {
		.flags = O_WRONLY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};
	struct statfs fs;
	cleanup_fd int fd = sys_openat2(proc, path, &how);

	if (fd < 0)
		return -1;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC) {
		errno = EXDEV;
		return -1;
	}
	return take_fd(&fd);
}

static int write_label(int fd, const char *field, const char *text, struct error *err)
{
	if (write(fd, text, strlen(text)) < 0)
		return fail_errno(err, "%s: '%s' is not known to this kernel", field, text);
	return 0;
}

static int apply_apparmor(const char *profile, int proc, struct error *err)
{
	/* The general file belongs to another module where several are stacked. */
	cleanup_fd int fd = open_attribute(proc, "self/attr/apparmor/exec");
	char text[512];
	int length = snprintf(text, sizeof(text), "exec %s", profile);

	if (fd < 0)
		return fail(err, ENOTSUP,
			    "process.apparmorProfile: this kernel does not run AppArmor");
	if ((size_t)length >= sizeof(text))
		return fail(err, ENAMETOOLONG, "process.apparmorProfile: too long");
	return write_label(fd, "process.apparmorProfile", text, err);
}

int security_label_apply(const char *apparmor_profile, const char *selinux_label, int proc,
			 struct error *err)
{
	if (apparmor_profile && *apparmor_profile &&
	    apply_apparmor(apparmor_profile, proc, err) < 0)
		return -1;
	if (selinux_label && *selinux_label) {
		cleanup_fd int fd = open_attribute(proc, "self/attr/exec");

		if (fd < 0)
			return fail_errno(err, "process.selinuxLabel");
		return write_label(fd, "process.selinuxLabel", selinux_label, err);
	}
	return 0;
}
