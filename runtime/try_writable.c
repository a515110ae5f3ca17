/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/try_mounts.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/macro.h"
#include "base/path.h"

/* A device of the host's /dev: the sandbox's own has a node of it. */
static void add_device(struct arena *arena, const char *path, const struct stat *status,
		       struct spec_linux *spec)
{
	size_t devices = spec->devices.count;
	struct spec_device *items = arena_array(arena, struct spec_device, devices + 1);
	struct spec_device_rule *rules;
	const char *type = S_ISBLK(status->st_mode) ? "b" : "c";

	if (devices)
		memcpy(items, spec->devices.items, devices * sizeof(*items));
	items[devices] = (struct spec_device){
		.path = arena_strdup(arena, path),
		.type = arena_strdup(arena, type),
		.major = major(status->st_rdev),
		.minor = minor(status->st_rdev),
		.file_mode = { true, status->st_mode & 07777 },
		.uid = { true, status->st_uid },
		.gid = { true, status->st_gid },
	};
	spec->devices.items = items;
	spec->devices.count = devices + 1;
	if (!spec->resources)
		return;
	rules = arena_array(arena, struct spec_device_rule, spec->resources->devices.count + 1);
	memcpy(rules, spec->resources->devices.items,
	       spec->resources->devices.count * sizeof(*rules));
	rules[spec->resources->devices.count++] = (struct spec_device_rule){
		.allow = true,
		.type = items[devices].type,
		.major = { true, items[devices].major },
		.minor = { true, items[devices].minor },
		.access = arena_strdup(arena, "rwm"),
	};
	spec->resources->devices.items = rules;
}

/* One that is below another one is in it already. */
static void drop_nested(struct string_list *paths)
{
	size_t kept = 0;

	for (size_t i = 0; i < paths->count; i++) {
		bool nested = false;

		for (size_t j = 0; j < paths->count && !nested; j++) {
			const char *behind = path_behind(paths->items[i], paths->items[j]);

			nested = behind && i != j && (*behind || j < i);
		}
		if (!nested)
			paths->items[kept++] = paths->items[i];
	}
	paths->count = kept;
}

int try_writable(struct arena *arena, const struct string_list *paths, struct string_list *writable,
		 struct spec_linux *spec, struct error *err)
{
	static const char *const own[] = { "/proc", "/sys", "/dev" };

	writable->items = arena_array(arena, char *, paths->count + 1);
	for (size_t i = 0; i < paths->count; i++) {
		char path[PATH_MAX];
		struct stat status;

		if (!realpath(paths->items[i], path) || stat(path, &status) < 0)
			return fail_errno(err, "--rw %s", paths->items[i]);
		if (!strcmp(path, "/"))
			return fail(err, EINVAL, "--rw /: nothing would be left to try");
		if ((S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) &&
		    path_behind(path, "/dev")) {
			add_device(arena, path, &status, spec);
			continue;
		}
		for (size_t j = 0; j < ARRAY_SIZE(own); j++)
			if (path_behind(path, own[j]))
				return fail(err, EINVAL,
					    "--rw %s: %s is the sandbox's own (of /dev single "
					    "devices can be had)",
					    paths->items[i], own[j]);
		writable->items[writable->count++] = arena_strdup(arena, path);
	}
	drop_nested(writable);
	return 0;
}
