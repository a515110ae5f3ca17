/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/sys.h"

/*
 * Which parameters belong to which namespace (documentation of the kernel: admin-guide/sysctl/,
 * ipc/ and net/ in its source). A name that ends in '/' stands for all below it.
 */
static const struct {
	const char *path;
	enum namespace_type type;
} namespaced[] = {
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

/* The key as a path: as in sysctl.d(5) the first separator decides what the other means. */
static char *key_path(struct arena *arena, const char *key)
{
	char *path = arena_strdup(arena, key), *separator = strpbrk(path, "./");

	if (!separator || *separator == '/')
		return path;
	for (char *c = path; *c; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return path;
}

/* No empty part, "." or "..": nothing that leads elsewhere than it reads. */
static bool is_plain(const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 0 || (length == 1 && path[0] == '.') ||
		    (length == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += length;
		if (*path && !*++path)
			return false;
	}
	return true;
}

static bool find_namespace(const char *path, enum namespace_type *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(namespaced); i++) {
		const char *name = namespaced[i].path;
		size_t length = strlen(name);

		if (name[length - 1] == '/' ? !strncmp(path, name, length) : !strcmp(path, name)) {
			*type = namespaced[i].type;
			return true;
		}
	}
	return false;
}

static bool has_namespace(const struct spec_linux *spec, enum namespace_type type)
{
	for (size_t i = 0; i < spec->namespaces.count; i++)
		if (spec->namespaces.items[i].type == (int)type)
			return true;
	return false;
}

int sysctl_plan(struct arena *arena, const struct spec_linux *spec, struct sysctl_plan *plan,
		struct error *err)
{
	*plan = (struct sysctl_plan){ 0 };
	if (!spec)
		return 0;
	plan->items = arena_array(arena, struct sysctl, spec->sysctl.count);
	for (size_t i = 0; i < spec->sysctl.count; i++) {
		const struct string_pair *pair = &spec->sysctl.items[i];
		char *path = key_path(arena, pair->key);
		enum namespace_type type;

		if (!is_plain(path))
			return fail(err, EINVAL, "linux.sysctl['%s']: not a name", pair->key);
		if (!strcmp(path, "kernel/hostname"))
			return fail(err, EINVAL, "linux.sysctl['%s']: use the member hostname",
				    pair->key);
		if (!find_namespace(path, &type))
			return fail(err, EPERM,
				    "linux.sysctl['%s']: belongs to the whole machine, not to a "
				    "namespace of the container",
				    pair->key);
		if (!has_namespace(spec, type))
			return fail(err, EPERM,
				    "linux.sysctl['%s']: would change the host: the container has "
				    "no %s namespace of its own",
				    pair->key, namespace_name(type));
		if (strpbrk(pair->value, "\n\r"))
			return fail(err, EINVAL, "linux.sysctl['%s']: a value is one line",
				    pair->key);
		plan->items[plan->count++] = (struct sysctl){
			.name = pair->key,
			.value = pair->value,
			.path = arena_printf(arena, "sys/%s", path),
		};
	}
	return 0;
}

/* CVE-2025-52881: what is written must be procfs itself, whatever was mounted over it. */
static int open_parameter(int proc, const char *path)
{
	struct open_how how = {
		.flags = O_WRONLY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
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

int sysctl_apply(const struct sysctl_plan *plan, int proc, struct error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct sysctl *item = &plan->items[i];
		cleanup_fd int fd = open_parameter(proc, item->path);

		if (fd < 0 || write(fd, item->value, strlen(item->value)) < 0)
			return fail_errno(err, "linux.sysctl['%s']: write '%.100s'", item->name,
					  item->value);
	}
	return 0;
}
