/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/try_mounts.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/path.h"
#include "base/sys.h"

/* Most words that a mount here has. */
#define MAX_OPTIONS 12

static void add_word(struct arena *arena, struct spec_mount *mount, const char *word)
{
	if (!mount->options.items)
		mount->options.items = arena_array(arena, char *, MAX_OPTIONS + 1);
	mount->options.items[mount->options.count++] = arena_strdup(arena, word);
}

static void add_attributes(struct arena *arena, struct spec_mount *mount, uint64_t attributes)
{
	static const struct {
		uint64_t attribute;
		const char *word;
	} words[] = {
		{ MOUNT_ATTR_RDONLY, "ro" },
		{ MOUNT_ATTR_NOSUID, "nosuid" },
		{ MOUNT_ATTR_NODEV, "nodev" },
		{ MOUNT_ATTR_NOEXEC, "noexec" },
		{ MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (attributes & words[i].attribute)
			add_word(arena, mount, words[i].word);
}

static struct spec_mount bind_of(struct arena *arena, const char *path)
{
	return (struct spec_mount){
		.destination = arena_strdup(arena, path),
		.source = arena_strdup(arena, path),
		.type = arena_strdup(arena, "bind"),
	};
}

/*
 * A mount may go away before it is opened: then it is left out. What overlayfs refuses for reasons
 * that its type does not tell becomes read-only.
 */
static void add_part(struct arena *arena, const struct view_part *part, struct spec_mount *mount)
{
	*mount = bind_of(arena, part->path);
	if (part->kind == VIEW_WRITABLE) {
		add_word(arena, mount, "rbind");
		return;
	}
	add_word(arena, mount, "bind");
	if (part->kind == VIEW_COW)
		add_word(arena, mount, "cow");
	add_word(arena, mount, "optional");
	add_attributes(arena, mount, part->attributes);
}

/* An empty folder over what is ctr's own: the layers of this container are in there. */
static struct spec_mount cover(struct arena *arena, const char *path)
{
	struct spec_mount mount = {
		.destination = arena_strdup(arena, path),
		.source = arena_strdup(arena, "tmpfs"),
		.type = arena_strdup(arena, "tmpfs"),
	};

	add_attributes(arena, &mount, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	add_word(arena, &mount, "mode=0755");
	return mount;
}

/* The root's own flags, and that nodes in it are no way to the host's devices. */
static struct spec_mount remount_root(struct arena *arena, const struct mount_table *table)
{
	struct spec_mount mount = { .destination = arena_strdup(arena, "/") };
	uint64_t attributes = 0;

	for (size_t i = 0; i < table->count; i++)
		if (!strcmp(table->items[i].point, "/"))
			attributes = table->items[i].attributes;
	add_word(arena, &mount, "remount");
	add_word(arena, &mount, "bind");
	add_attributes(arena, &mount,
		       (attributes & (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)) | MOUNT_ATTR_NODEV);
	return mount;
}

/* The template's, which are small, are for services; these are as on the host. */
static void drop_sizes(struct spec_mount *mount)
{
	size_t kept = 0;

	for (size_t i = 0; i < mount->options.count; i++)
		if (strncmp(mount->options.items[i], "size=", strlen("size=")) != 0)
			mount->options.items[kept++] = mount->options.items[i];
	mount->options.count = kept;
}

/*
 * With systemd's folder scripts of packages would ask a systemd that does not answer. Without they
 * see what is so: it was not booted here. /etc/resolv.conf may lead into it.
 */
static size_t cover_systemd(struct arena *arena, struct spec_mount *mounts)
{
	static const char folder[] = "/run/systemd", names[] = "/run/systemd/resolve";
	struct stat status;

	if (stat("/run/systemd/system", &status) < 0)
		return 0;
	mounts[0] = cover(arena, folder);
	if (stat(names, &status) < 0)
		return 1;
	mounts[1] = bind_of(arena, names);
	add_word(arena, &mounts[1], "cow");
	add_word(arena, &mounts[1], "optional");
	return 2;
}

static const char *resolve(struct arena *arena, const char *path)
{
	char resolved[PATH_MAX];

	return arena_strdup(arena, realpath(path, resolved) ? resolved : path_clean(arena, path));
}

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

static int resolve_writable(struct arena *arena, const struct string_list *paths,
			    struct string_list *writable, struct spec_linux *spec,
			    struct error *err)
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
	return 0;
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

/* All mounts in their order: what the host has, the sandbox's own, and what is covered. */
static void list_mounts(const struct mount_table *table, const struct string_list *hidden,
			struct arena *arena, struct try_plan *plan)
{
	const struct host_view *view = &plan->view;
	struct spec *spec = &plan->spec;
	struct spec_mount *own = spec->mounts.items, *mounts;
	size_t own_count = spec->mounts.count, count = 0;

	mounts = arena_array(arena, struct spec_mount, view->count + own_count + hidden->count + 3);
	mounts[count++] = remount_root(arena, table);
	for (size_t i = 0; i < view->count; i++)
		if (view->items[i].kind != VIEW_LEFT_OUT)
			add_part(arena, &view->items[i], &mounts[count++]);
	for (size_t i = 0; i < own_count; i++) {
		mounts[count] = own[i];
		drop_sizes(&mounts[count++]);
	}
	count += cover_systemd(arena, mounts + count);
	for (size_t i = 0; i < hidden->count; i++)
		mounts[count++] = cover(arena, hidden->items[i]);
	spec->mounts.items = mounts;
	spec->mounts.count = count;
}

int try_mounts(const struct settings *settings, const struct string_list *writable,
	       struct arena *arena, struct try_plan *plan, struct error *err)
{
	char *hidden[] = {
		(char *)resolve(arena, settings->data_root),
		(char *)resolve(arena, settings->root),
		NULL,
	};
	struct mount_table table;
	struct host_view_options options = {
		.mounts = &table,
		.hidden = { .items = hidden, .count = ARRAY_SIZE(hidden) - 1 },
	};

	if (resolve_writable(arena, writable, &options.writable, plan->spec.linux, err) < 0 ||
	    mount_table_read(arena, &table, err) < 0)
		return -1;
	drop_nested(&options.writable);
	mount_table_find_files(&table);
	host_view_plan(arena, &options, &plan->view);
	list_mounts(&table, &options.hidden, arena, plan);
	return 0;
}
