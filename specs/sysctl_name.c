/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/sysctl_name.h"

#include <string.h>

#include "base/macro.h"

/* Documentation/admin-guide/sysctl of the kernel. A path with a slash at its end: all below it. */
static const struct {
	const char *path;
	enum namespace_type type;
} separate[] = {
	{ "net/", NAMESPACE_NETWORK },
	{ "fs/mqueue/", NAMESPACE_IPC },
	{ "kernel/auto_msgmni", NAMESPACE_IPC },
	{ "kernel/msg_next_id", NAMESPACE_IPC },
	{ "kernel/msgmax", NAMESPACE_IPC },
	{ "kernel/msgmnb", NAMESPACE_IPC },
	{ "kernel/msgmni", NAMESPACE_IPC },
	{ "kernel/sem", NAMESPACE_IPC },
	{ "kernel/sem_next_id", NAMESPACE_IPC },
	{ "kernel/shm_next_id", NAMESPACE_IPC },
	{ "kernel/shm_rmid_forced", NAMESPACE_IPC },
	{ "kernel/shmall", NAMESPACE_IPC },
	{ "kernel/shmmax", NAMESPACE_IPC },
	{ "kernel/shmmni", NAMESPACE_IPC },
	{ "kernel/domainname", NAMESPACE_UTS },
	{ "user/", NAMESPACE_USER },
};

/* No part is empty, "." or "..": nothing that leads elsewhere than it reads. */
static bool is_plain(const char *path)
{
	for (;;) {
		size_t length = strcspn(path, "/");

		if (length == 0 || (length == 1 && path[0] == '.') ||
		    (length == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += length;
		if (!*path++)
			return true;
	}
}

bool sysctl_name_path(const char *name, char path[SYSCTL_NAME_MAX])
{
	size_t length = strlen(name);

	if (length >= SYSCTL_NAME_MAX)
		return false;
	memcpy(path, name, length + 1);
	if (name[strcspn(name, "./")] == '.')
		for (char *c = path; *c; c++)
			*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return is_plain(path);
}

bool sysctl_name_namespace(const char *path, enum namespace_type *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(separate); i++) {
		const char *one = separate[i].path;
		size_t length = strlen(one);

		if (one[length - 1] == '/' ? !strncmp(path, one, length) : !strcmp(path, one)) {
			*type = separate[i].type;
			return true;
		}
	}
	return false;
}
