/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_view.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/path.h"
#include "base/sys.h"

/* The sandbox has its own of what is here. */
static const char *const own_folders[] = { "/proc", "/sys", "/dev" };

/*
 * What shows the kernel and not files: a procfs of the host would even be a way out, by the roots
 * of the host's processes.
 */
static const char *const kernel_types[] = {
	"binfmt_misc", "bpf",	    "cgroup",	"cgroup2", "configfs",	"debugfs",
	"devpts",      "devtmpfs",  "efivarfs", "fusectl", "hugetlbfs", "mqueue",
	"nfsd",	       "nsfs",	    "proc",	"pstore",  "resctrl",	"rpc_pipefs",
	"securityfs",  "selinuxfs", "smackfs",	"sysfs",   "tracefs",
};

/* Images, which nobody can write to anyhow. */
static const char *const image_types[] = { "cramfs", "erofs", "iso9660", "romfs", "squashfs" };

/* Names that differ in case alone are one: overlayfs does not take these. */
static const char *const caseless_types[] = { "adfs",	 "affs",  "exfat", "hfs",
					      "hfsplus", "msdos", "vfat" };

/* A mount of the table on its way into the plan. */
struct candidate {
	const struct table_mount *mount;
	bool covered; /* another mount of its parent is above it */
	bool topped;  /* another mount is on its own root */
};

struct candidates {
	struct candidate *items; /* sorted by parent, then by point */
	struct candidate **by_id;
	size_t count;
};

static bool has_type(const char *const *types, size_t count, const char *type)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(types[i], type))
			return true;
	return false;
}

#define IS_ONE_OF(types, type) has_type(types, ARRAY_SIZE(types), type)

static bool is_below(const struct string_list *folders, const char *path)
{
	for (size_t i = 0; i < folders->count; i++)
		if (path_behind(path, folders->items[i]))
			return true;
	return false;
}

static bool is_own(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_folders); i++)
		if (path_behind(path, own_folders[i]))
			return true;
	return false;
}

static int compare_candidates(const void *left, const void *right)
{
	const struct table_mount *a = ((const struct candidate *)left)->mount;
	const struct table_mount *b = ((const struct candidate *)right)->mount;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return path_compare(a->point, b->point);
}

static int compare_ids(const void *left, const void *right)
{
	uint64_t a = (*(struct candidate *const *)left)->mount->id;
	uint64_t b = (*(struct candidate *const *)right)->mount->id;

	return a < b ? -1 : a > b;
}

static struct candidate *find_id(const struct candidates *all, uint64_t id)
{
	const struct table_mount mount = { .id = id };
	struct candidate wanted = { .mount = &mount }, *key = &wanted, **found;

	found = bsearch(&key, all->by_id, all->count, sizeof(struct candidate *), compare_ids);
	return found ? *found : NULL;
}

/*
 * Of two mounts with one parent, where one's place is above the other's, the upper one hides the
 * lower one, whichever was there first: had the lower one been mounted later, its parent would be
 * the upper one.
 */
static void find_covered(struct candidates *all)
{
	const struct table_mount *above = NULL;

	for (size_t i = 0; i < all->count; i++) {
		const struct table_mount *mount = all->items[i].mount;
		struct candidate *parent = find_id(all, mount->parent);

		if (parent == &all->items[i])
			continue; /* the first of all mounts */
		if (above && above->parent == mount->parent &&
		    path_behind(mount->point, above->point))
			all->items[i].covered = true;
		else
			above = mount;
		if (parent && !strcmp(parent->mount->point, mount->point))
			parent->topped = true;
	}
}

/* Whether it, and all that it is mounted on, can be seen. */
static bool is_visible(const struct candidates *all, const struct candidate *candidate)
{
	for (size_t depth = 0; candidate && depth <= all->count; depth++) {
		struct candidate *parent = find_id(all, candidate->mount->parent);

		if (candidate->covered)
			return false;
		if (parent == candidate)
			return true;
		candidate = parent;
	}
	return !candidate;
}

static void sort_candidates(struct arena *arena, const struct mount_table *table,
			    struct candidates *all)
{
	all->items = arena_array(arena, struct candidate, table->count + 1);
	all->by_id = arena_array(arena, struct candidate *, table->count + 1);
	all->count = table->count;
	for (size_t i = 0; i < all->count; i++) {
		all->items[i].mount = &table->items[i];
		all->by_id[i] = &all->items[i];
	}
	if (!all->count)
		return;
	qsort(all->items, all->count, sizeof(*all->items), compare_candidates);
	qsort(all->by_id, all->count, sizeof(*all->by_id), compare_ids);
	find_covered(all);
}

/* A place that was deleted since, of which only a name for the eye is left. */
static bool is_deleted(const char *point)
{
	const char *mark = "//deleted";
	size_t length = strlen(point);

	return length >= strlen(mark) && !strcmp(point + length - strlen(mark), mark);
}

/* The devices of the host are not for the sandbox, whoever makes nodes for them. */
static uint64_t keep_attributes(const struct table_mount *mount)
{
	uint64_t kept = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC |
			MOUNT_ATTR_NOSYMFOLLOW;

	return (mount->attributes & kept) | (mount->read_only ? MOUNT_ATTR_RDONLY : 0) |
	       MOUNT_ATTR_NODEV;
}

static struct view_part plan_part(const struct table_mount *mount)
{
	struct view_part part = {
		.path = mount->point,
		.type = mount->type,
		.attributes = keep_attributes(mount),
		.file = mount->file,
	};

	if (IS_ONE_OF(kernel_types, mount->type)) {
		part.kind = VIEW_LEFT_OUT;
		part.note = "it shows the kernel and not files";
	} else if (!strcmp(mount->type, "autofs")) {
		part.kind = VIEW_LEFT_OUT;
		part.note = "what is not mounted yet is not mounted in here";
	} else if (IS_ONE_OF(image_types, mount->type)) {
		part.kind = VIEW_READ_ONLY;
	} else if (IS_ONE_OF(caseless_types, mount->type)) {
		part.kind = VIEW_READ_ONLY;
		part.note = "overlayfs takes no filesystem that ignores case";
	} else if (mount->file) {
		part.kind = VIEW_READ_ONLY;
		part.note = "a single file is mounted here, of which there is no overlay";
	}
	if (part.kind == VIEW_READ_ONLY)
		part.attributes |= MOUNT_ATTR_RDONLY;
	return part;
}

static int compare_parts(const void *left, const void *right)
{
	return path_compare(((const struct view_part *)left)->path,
			    ((const struct view_part *)right)->path);
}

static bool is_elsewhere(const struct host_view_options *options, const char *path)
{
	return is_own(path) || is_below(&options->hidden, path) ||
	       is_below(&options->writable, path);
}

static struct view_part *find_part(struct host_view *view, const char *path)
{
	for (size_t i = 0; i < view->count; i++)
		if (!strcmp(view->items[i].path, path))
			return &view->items[i];
	return NULL;
}

static void add_folder(struct arena *arena, const char *path, const struct table_mount *mount,
		       size_t *room, struct host_view *view)
{
	struct view_part *there = find_part(view, path), *larger;

	if (there) {
		/* another mount may have covered the folder: that one is seen */
		if (!strcmp(there->path, mount->point) && there->kind != VIEW_LEFT_OUT)
			there->kind = VIEW_FOLDER;
		return;
	}
	if (view->count == *room) {
		larger = arena_array(arena, struct view_part, *room = 2 * *room + 1);
		memcpy(larger, view->items, view->count * sizeof(*larger));
		view->items = larger;
	}
	view->items[view->count++] = (struct view_part){
		.path = path,
		.type = mount->type,
		.kind = VIEW_FOLDER,
		.attributes = keep_attributes(mount),
	};
}

/* All folders of one mount that have another mount somewhere below them, be it seen or not. */
static void add_folders(struct arena *arena, const struct host_view_options *options,
			const struct candidates *all, size_t *room, struct host_view *view)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct candidate *parent = find_id(all, all->items[i].mount->parent);
		char *path = arena_strdup(arena, all->items[i].mount->point), *slash;

		if (!parent || parent == &all->items[i] || parent->topped ||
		    !is_visible(all, parent) || is_deleted(path))
			continue;
		while ((slash = strrchr(path, '/')) && path[1]) {
			path = arena_strndup(arena, path,
					     slash == path ? 1 : (size_t)(slash - path));
			if (!path_behind(path, parent->mount->point))
				break;
			if (!is_elsewhere(options, path))
				add_folder(arena, path, parent->mount, room, view);
		}
	}
}

void host_view_plan(struct arena *arena, const struct host_view_options *options,
		    struct host_view *view)
{
	size_t room = options->mounts->count + options->writable.count + 1;
	struct candidates all;

	*view = (struct host_view){ .items = arena_array(arena, struct view_part, room) };
	sort_candidates(arena, options->mounts, &all);
	for (size_t i = 0; i < all.count; i++) {
		const struct candidate *candidate = &all.items[i];
		const char *point = candidate->mount->point;

		if (candidate->topped || !strcmp(point, "/") || is_deleted(point) ||
		    is_elsewhere(options, point) || !is_visible(&all, candidate))
			continue;
		view->items[view->count++] = plan_part(candidate->mount);
	}
	for (size_t i = 0; i < options->writable.count; i++)
		view->items[view->count++] = (struct view_part){
			.path = options->writable.items[i],
			.kind = VIEW_WRITABLE,
		};
	if (options->locked)
		add_folders(arena, options, &all, &room, view);
	if (view->count)
		qsort(view->items, view->count, sizeof(*view->items), compare_parts);
}

const char *host_view_top(struct arena *arena, const struct host_view *view, const char *path)
{
	const struct view_part *part = NULL;
	const char *rest;

	/* sorted: the last one that is above is the nearest */
	for (size_t i = 0; i < view->count; i++)
		if (path_behind(path, view->items[i].path))
			part = &view->items[i];
	if (!part)
		return "/";
	rest = path_behind(path, part->path);
	if (part->kind != VIEW_FOLDER || !*rest)
		return part->path;
	return arena_strndup(arena, path, (size_t)(rest - path) + 1 + strcspn(rest + 1, "/"));
}

void host_view_split(struct arena *arena, struct host_view *view, const char *path)
{
	size_t room = view->count;
	const char *top = host_view_top(arena, view, path);

	for (;;) {
		struct view_part *there = find_part(view, path);
		struct table_mount mount = { .point = path };
		const struct view_part *above = NULL;

		for (size_t i = 0; i < view->count; i++)
			if (path_behind(path, view->items[i].path))
				above = &view->items[i];
		if (above) {
			mount.type = above->type;
			mount.attributes = above->attributes;
		}
		if (there && there->kind != VIEW_COW)
			return;
		add_folder(arena, path, &mount, &room, view);
		qsort(view->items, view->count, sizeof(*view->items), compare_parts);
		if (!strcmp(path, top))
			return;
		path = arena_strndup(arena, path, (size_t)(strrchr(path, '/') - path));
	}
}

void host_view_print(FILE *stream, const struct host_view *view)
{
	static const char *const kinds[] = {
		[VIEW_COW] = "copy-on-write",
		[VIEW_READ_ONLY] = "read-only",
		[VIEW_WRITABLE] = "the host's own, writable",
		[VIEW_FOLDER] = "name by name",
		[VIEW_LEFT_OUT] = "left out",
	};
	static const struct {
		uint64_t attribute;
		const char *word;
	} attributes[] = {
		{ MOUNT_ATTR_RDONLY, "ro" },
		{ MOUNT_ATTR_NOSUID, "nosuid" },
		{ MOUNT_ATTR_NODEV, "nodev" },
		{ MOUNT_ATTR_NOEXEC, "noexec" },
		{ MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow" },
	};

	for (size_t i = 0; i < view->count; i++) {
		const struct view_part *part = &view->items[i];

		fprintf(stream, "%s: %s", part->path, kinds[part->kind]);
		if (part->type)
			fprintf(stream, ", %s", part->type);
		for (size_t j = 0; part->kind != VIEW_LEFT_OUT && j < ARRAY_SIZE(attributes); j++)
			if (part->attributes & attributes[j].attribute)
				fprintf(stream, " %s", attributes[j].word);
		fprintf(stream, part->note ? " (%s)\n" : "\n", part->note);
	}
}
