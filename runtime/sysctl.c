/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "specs/sysctl_name.h"

int sysctl_plan(struct arena *arena, const struct spec_linux *spec, struct sysctl_plan *plan,
		struct error *err)
{
	*plan = (struct sysctl_plan){ 0 };
	if (!spec)
		return 0;
	plan->items = arena_array(arena, struct sysctl, spec->sysctl.count);
	for (size_t i = 0; i < spec->sysctl.count; i++) {
		const struct string_pair *pair = &spec->sysctl.items[i];
		char path[SYSCTL_NAME_MAX];

		if (!sysctl_name_path(pair->key, path))
			return fail(err, EINVAL, "linux.sysctl['%.80s']: is no name of a parameter",
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
