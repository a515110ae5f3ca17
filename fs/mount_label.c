/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/mount_label.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/macro.h"

/* What fsconfig(2) takes. */
#define LABEL_MAX 255

static const char *const kinds[] = { "context", "fscontext", "defcontext", "rootcontext" };

static const char *find_kind(const char *word, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i]) == length && !strncmp(kinds[i], word, length))
			return kinds[i];
	return NULL;
}

int mount_label_plan(struct arena *arena, const struct spec *spec, const char **option,
		     struct error *err)
{
	const char *label = spec->linux ? spec->linux->mount_label : NULL;
	const char *word = string_map_get(&spec->annotations, "run.oci.mount_context_type");
	const char *kind = word ? find_kind(word, strlen(word)) : kinds[0];

	*option = NULL;
	if (!label || !*label)
		return 0;
	if (!kind)
		return fail(err, EINVAL,
			    "annotations[\"run.oci.mount_context_type\"]: '%.100s' is none of "
			    "context, fscontext, defcontext, rootcontext",
			    word);
	if (strlen(label) > LABEL_MAX || strpbrk(label, "\"\n"))
		return fail(err, EINVAL, "linux.mountLabel: '%.100s' is no label", label);
	*option = arena_printf(arena, "%s=%s", kind, label);
	return 0;
}

bool mount_label_fits(const char *type)
{
	static const char *const without[] = { "proc", "sysfs", "mqueue", "cgroup", "cgroup2" };

	for (size_t i = 0; i < ARRAY_SIZE(without); i++)
		if (!strcmp(type, without[i]))
			return false;
	return true;
}

bool mount_label_is_given(const struct string_list *options)
{
	for (size_t i = 0; i < options->count; i++) {
		const char *option = options->items[i], *value = strchr(option, '=');

		if (value && find_kind(option, (size_t)(value - option)))
			return true;
	}
	return false;
}

int mount_label_set(int mount, const char *option, struct error *err)
{
	const char *label = strchr(option, '=') + 1;
	cleanup_fd int root = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0 || fsetxattr(root, "security.selinux", label, strlen(label), 0) < 0)
		return fail_errno(err, "linux.mountLabel: label the root of the mount");
	return 0;
}
