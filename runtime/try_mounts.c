/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/try_mounts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/path.h"
#include "base/sys.h"
#include "base/user_namespace.h"

/* What unmapped ids look like (user_namespaces(7), overflowuid). */
#define OVERFLOW_ID 65534

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

static struct spec_mount *next_mount(struct try_pieces *pieces)
{
	if (pieces->count == pieces->room) {
		size_t room = 2 * pieces->room + 64;
		struct spec_mount *larger = arena_array(pieces->arena, struct spec_mount, room);

		if (pieces->count)
			memcpy(larger, pieces->mounts, pieces->count * sizeof(*larger));
		pieces->mounts = larger;
		pieces->room = room;
	}
	return &pieces->mounts[pieces->count++];
}

/*
 * A mount may go away before it is opened: then it is left out. What overlayfs refuses for reasons
 * that its type does not tell becomes read-only.
 */
void try_add_part(struct try_pieces *pieces, const struct view_part *part)
{
	struct arena *arena = pieces->arena;
	struct spec_mount *mount = next_mount(pieces);

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
static void cover_systemd(struct try_pieces *pieces)
{
	static const struct view_part names = {
		.path = "/run/systemd/resolve",
		.attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};

	if (access("/run/systemd/system", F_OK) < 0)
		return;
	*next_mount(pieces) = cover(pieces->arena, "/run/systemd");
	if (access(names.path, F_OK) == 0)
		try_add_part(pieces, &names);
}

static char *resolve(struct arena *arena, const char *path)
{
	char resolved[PATH_MAX];

	return arena_strdup(arena, realpath(path, resolved) ? resolved : path_clean(arena, path));
}

static const char *parent_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return arena_strndup(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

/*
 * What a user may write to can be below a folder of somebody whom his user namespace has no number
 * for, as root mostly: overlayfs could not copy that up ("Value too large"). Only the top of a part
 * need not be.
 */
static void split_above(struct arena *arena, const char *path, struct host_view *view)
{
	const char *top, *foreign = NULL, *clean = resolve(arena, path);

	if (clean[0] != '/')
		return;
	top = host_view_top(arena, view, clean);
	for (const char *at = clean; strcmp(at, top) != 0;) {
		struct stat status;

		if (stat(at, &status) < 0)
			return;
		if (status.st_uid == OVERFLOW_ID && !foreign)
			/* to be the top of a part itself, or to have one below it */
			foreign = at == clean ? parent_of(arena, at) : at;
		at = parent_of(arena, at);
	}
	if (foreign)
		host_view_split(arena, view, foreign);
}

static void split_for_user(struct arena *arena, const struct spec_process *process,
			   struct host_view *view)
{
	static const char *const names[] = { "HOME", "TMPDIR", "XDG_RUNTIME_DIR" };

	split_above(arena, process->cwd, view);
	split_above(arena, "/var/tmp", view);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (getenv(names[i]))
			split_above(arena, getenv(names[i]), view);
}

/*
 * The place of a part that has one in the skeleton; deeper ones are in other parts. A filesystem
 * that does not answer is not asked.
 */
static void add_stub(struct try_pieces *pieces, const struct view_part *part)
{
	struct stat status = { .st_mode = part->file ? S_IFREG : S_IFDIR | 0755 };

	if (part->kind != VIEW_WRITABLE || stat(part->path, &status) == 0)
		try_add_place(pieces, part->path, &status, NULL);
}

/* All mounts in their order: what the host has, the sandbox's own, and what is covered. */
static void list_mounts(struct try_pieces *pieces, const struct host_view_options *options,
			const struct host_view *view, struct spec *spec)
{
	const struct string_list *hidden = &options->hidden;

	*next_mount(pieces) = remount_root(pieces->arena, options->mounts);
	for (size_t i = 0; i < view->count; i++) {
		const struct view_part *part = &view->items[i];

		if (part->kind == VIEW_FOLDER) {
			try_add_folder(pieces, view, part, hidden);
			continue;
		}
		if (options->locked)
			add_stub(pieces, part);
		if (part->kind != VIEW_LEFT_OUT)
			try_add_part(pieces, part);
	}
	for (size_t i = 0; i < spec->mounts.count; i++) {
		struct spec_mount *mount = next_mount(pieces);

		*mount = spec->mounts.items[i];
		drop_sizes(mount);
	}
	cover_systemd(pieces);
	for (size_t i = 0; i < hidden->count; i++)
		*next_mount(pieces) = cover(pieces->arena, hidden->items[i]);
	spec->mounts.items = pieces->mounts;
	spec->mounts.count = pieces->count;
}

int try_mounts(const struct settings *settings, const struct string_list *writable,
	       struct arena *arena, struct try_plan *plan, struct error *err)
{
	char *hidden[] = {
		resolve(arena, settings->data_root),
		resolve(arena, settings->root),
		NULL,
	};
	struct mount_table table;
	struct host_view_options options = {
		.mounts = &table,
		.locked = in_user_namespace(),
		.hidden = { .items = hidden, .count = ARRAY_SIZE(hidden) - 1 },
	};
	struct try_pieces pieces = { .arena = arena, .skeleton = &plan->skeleton };

	plan->skeleton = (struct skeleton){ 0 };
	if (try_writable(arena, writable, &options.writable, plan->spec.linux, err) < 0 ||
	    mount_table_read(arena, &table, err) < 0)
		return -1;
	mount_table_find_files(&table);
	host_view_plan(arena, &options, &plan->view);
	if (options.locked)
		split_for_user(arena, plan->spec.process, &plan->view);
	list_mounts(&pieces, &options, &plan->view, &plan->spec);
	return 0;
}
