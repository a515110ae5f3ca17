/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/security_label.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
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

static bool is_set(const char *label)
{
	return label && *label;
}

/* Without AppArmor everything is unconfined. */
static bool asks_for_profile(const char *profile)
{
	return is_set(profile) && strcmp(profile, "unconfined") != 0;
}

static bool has_selinux(void)
{
	struct statfs fs;

	return statfs("/sys/fs/selinux", &fs) == 0 && (unsigned int)fs.f_type == SELINUX_MAGIC;
}

int security_label_check(const struct security_labels *labels, struct error *err)
{
	if (asks_for_profile(labels->apparmor_profile) &&
	    access("/proc/self/attr/apparmor/exec", F_OK) < 0)
		return fail(err, ENOTSUP,
			    "process.apparmorProfile: '%.100s': this kernel does not run AppArmor",
			    labels->apparmor_profile);
	if (!is_set(labels->selinux_label) && !is_set(labels->mount_label))
		return 0;
	if (has_selinux())
		return 0;
	return fail(err, ENOTSUP,
		    "%s: selinux label is specified in config, but selinux is disabled or not "
		    "supported",
		    is_set(labels->selinux_label) ? "process.selinuxLabel" : "linux.mountLabel");
}

static int apply_apparmor(const char *profile, int proc, struct error *err)
{
	/* The general file belongs to another module where several are stacked. */
	cleanup_fd int fd = open_attribute(proc, "self/attr/apparmor/exec");
	char text[512];
	int length = snprintf(text, sizeof(text), "exec %s", profile);

	if (fd < 0 && !asks_for_profile(profile))
		return 0;
	if (fd < 0)
		return fail_errno(err, "process.apparmorProfile: open /proc/self/attr/apparmor/"
				       "exec");
	if ((size_t)length >= sizeof(text))
		return fail(err, ENAMETOOLONG, "process.apparmorProfile: too long");
	return write_label(fd, "process.apparmorProfile", text, err);
}

static int apply_selinux(const char *label, const char *file, int proc, struct error *err)
{
	cleanup_fd int fd = open_attribute(proc, file);

	if (fd < 0)
		return fail_errno(err, "process.selinuxLabel: open /proc/%s", file);
	return write_label(fd, "process.selinuxLabel", label, err);
}

int security_label_apply(const char *apparmor_profile, const char *selinux_label, int proc,
			 struct error *err)
{
	if (is_set(apparmor_profile) && apply_apparmor(apparmor_profile, proc, err) < 0)
		return -1;
	if (!is_set(selinux_label))
		return 0;
	return apply_selinux(selinux_label, "self/attr/exec", proc, err);
}

int security_label_keys(const char *selinux_label, int proc, struct error *err)
{
	if (!is_set(selinux_label))
		return 0;
	return apply_selinux(selinux_label, "self/attr/keycreate", proc, err);
}
