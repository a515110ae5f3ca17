/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file_user.h"

#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Effective capabilities as permitted: setfsuid(2) has just taken those for files away. */
static int raise_capabilities(struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return fail_errno(err, "read capabilities");
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = data[i].permitted;
	if (syscall(SYS_capset, &header, data) < 0)
		return fail_errno(err, "raise capabilities");
	return 0;
}

int file_user_enter(const struct file_user *user, struct file_user *before, struct error *err)
{
	before->gid = (gid_t)setfsgid(user->gid);
	before->uid = (uid_t)setfsuid(user->uid);
	return raise_capabilities(err);
}

void file_user_leave(const struct file_user *before)
{
	setfsuid(before->uid);
	setfsgid(before->gid);
}
