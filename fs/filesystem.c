/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/filesystem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "base/user_namespace.h"

/*
 * Every context keeps the messages of its filesystem, one for each read(2): "e tmpfs: Bad value
 * for 'size'" (e, w or i for error, warning, info). Only the first error counts.
 */
static int fail_filesystem(int context, const char *what, struct error *err)
{
	int errnum = errno;
	char message[256];
	ssize_t length;

	while ((length = read(context, message, sizeof(message) - 1)) > 0) {
		message[length] = '\0';
		message[strcspn(message, "\n")] = '\0';
		if (!strncmp(message, "e ", 2))
			return fail(err, errnum, "%s: %s (%s)", what, message + 2,
				    strerror(errnum));
	}
	errno = errnum;
	return fail_errno(err, "%s", what);
}

int filesystem_open(const char *type, struct error *err)
{
	int context = fsopen(type, FSOPEN_CLOEXEC);

	if (context < 0 && errno == ENODEV)
		return fail(err, ENODEV, "the kernel has no filesystem '%s'", type);
	return context < 0 ? fail_errno(err, "open filesystem '%s'", type) : context;
}

int filesystem_set(int context, const char *key, const char *value, struct error *err)
{
	unsigned int command = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
	char what[128];

	if (fsconfig(context, command, key, value, 0) == 0)
		return 0;
	snprintf(what, sizeof(what), "option %.40s%s%.60s", key, value ? "=" : "",
		 value ? value : "");
	return fail_filesystem(context, what, err);
}

int filesystem_set_words(int context, const struct string_list *words, struct error *err)
{
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i];
		size_t length = strcspn(word, "=");
		char key[256];

		if (length >= sizeof(key))
			return fail(err, EINVAL, "option %.40s...: is too long", word);
		memcpy(key, word, length);
		key[length] = '\0';
		if (filesystem_set(context, key, word[length] ? word + length + 1 : NULL, err) < 0)
			return -1;
	}
	return 0;
}

int filesystem_set_fd(int context, const char *key, int fd, struct error *err)
{
	if (fsconfig(context, FSCONFIG_SET_FD, key, NULL, fd) == 0)
		return 0;
	return fail_filesystem(context, key, err);
}

int filesystem_mount(int context, uint64_t attributes, struct error *err)
{
	int mount;

	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fail_filesystem(context, "make the filesystem", err);
	mount = fsmount(context, FSMOUNT_CLOEXEC, (unsigned int)attributes);
	return mount < 0 ? fail_filesystem(context, "mount the filesystem", err) : mount;
}

int mount_move(int mount, int target, struct error *err)
{
	if (move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) <
	    0)
		return fail_errno(err, "attach");
	return 0;
}

int mount_change(int mount, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive,
		 struct error *err)
{
	struct mount_attr change = {
		.attr_set = set,
		.attr_clr = clear,
		.propagation = propagation,
	};

	if (mount_setattr(mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &change,
			  sizeof(change)) < 0)
		return fail_errno(err, "change mount attributes");
	return 0;
}

int mount_change_own(int mount, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive,
		     struct error *err)
{
	const uint64_t locked = MOUNT_ATTR_RDONLY | MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME;
	bool read_only = set & MOUNT_ATTR_RDONLY;

	if (mount_change(mount, set, clear, propagation, recursive, err) == 0)
		return 0;
	if (err->errnum != EPERM || !in_user_namespace())
		return -1;
	set = (set & ~locked) | (read_only ? MOUNT_ATTR_RDONLY : 0);
	return mount_change(mount, set, clear & ~locked, propagation, recursive, err);
}
