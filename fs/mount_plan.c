/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/sys.h"
#include "fs/idmap_option.h"
#include "fs/mount.h"
#include "fs/mount_at_once.h"
#include "fs/mount_label.h"

/* fsconfig(2) takes strings of up to 255 bytes; mount(2) a page for all. */
#define FSCONFIG_MAX 255

/*
 * Filesystems that show the container's own namespaces or belong to its user namespace: these the
 * child mounts. fallback: what is bound when a user namespace may not mount it because it does
 * not own the other namespace.
 */
static const struct {
	const char *type, *fallback;
} own_filesystems[] = {
	{ "proc", NULL },   { "sysfs", "/sys" },	 { "tmpfs", NULL },
	{ "devpts", NULL }, { "mqueue", "/dev/mqueue" }, { "ramfs", NULL },
	{ "bpf", NULL },    { "binfmt_misc", NULL },
};

static bool has_namespace(const struct spec *spec, int type)
{
	if (spec->linux)
		for (size_t i = 0; i < spec->linux->namespaces.count; i++)
			if (spec->linux->namespaces.items[i].type == type)
				return true;
	return false;
}

/*
 * Where a bind lies at the same time in the lists of the spec and of the kernel, its writable layer
 * has a number.
 */
static int plan_cow(struct arena *arena, const struct mount_context *context, size_t index,
		    struct mount_plan *plan, struct error *err)
{
	const struct mount_options *options = &plan->options;
	struct overlay_plan *overlay;

	if (!options->copy_on_write)
		return 0;
	if (plan->kind != MOUNT_BIND || options->recursive_bind || options->idmap ||
	    options->recursive_idmap || plan->name)
		return fail(err, EINVAL,
			    "options: cow is for a bind of one mount, without rbind, idmap and "
			    "copy-symlink");
	if (!context->layers)
		return fail(err, EINVAL,
			    "options: cow is for 'run SPEC': a bundle has no place for what is "
			    "written");
	overlay = arena_new(arena, struct overlay_plan);
	overlay->lowers.items = arena_array(arena, char *, 2);
	overlay->lowers.items[0] = path_clean(arena, plan->source);
	overlay->lowers.count = 1;
	overlay->upper = arena_printf(arena, "%s/%zu/upper", context->layers, index);
	overlay->work = arena_printf(arena, "%s/%zu/work", context->layers, index);
	overlay->volatile_upper = context->volatile_layers;
	overlay->label = context->label;
	plan->kind = MOUNT_COW;
	plan->source = overlay->lowers.items[0];
	plan->overlay = overlay;
	return 0;
}

/* destination is clean: it has a slash before its last part, and none behind. */
static void plan_link(struct arena *arena, struct mount_plan *plan)
{
	const char *slash = strrchr(plan->destination, '/');

	plan->parent = slash == plan->destination
			       ? "/"
			       : arena_strndup(arena, plan->destination,
					       (size_t)(slash - plan->destination));
	plan->name = slash + 1;
}

static int plan_bind(struct arena *arena, const struct mount_context *context,
		     const struct spec_mount *mount, struct mount_plan *plan, struct error *err)
{
	struct mount_options *options = &plan->options;

	plan->kind = MOUNT_BIND;
	if (!mount->source || !*mount->source)
		return fail(err, EINVAL, "source: is missing");
	/* a warning, as in runc: engines and old bundles give a bind what is of a tmpfs */
	for (size_t i = 0; i < options->data.count; i++)
		if (strncasecmp(options->data.items[i], "x-", 2) != 0)
			log_warning("mount %s: a bind mount has no option '%s'", plan->destination,
				    options->data.items[i]);
	plan->source = path_join(arena, context->bundle, mount->source);
	plan->type = NULL;
	if (options->copy_symlink)
		plan_link(arena, plan);
	if (!options->propagation) {
		options->propagation = MS_PRIVATE;
		options->recursive_propagation = true;
	}
	return 0;
}

/*
 * Without a cgroup namespace cgroup2 is never mounted anew: that would show the host's whole tree
 * and (cgroups(7)) change the host's own mount options. The container's directory is bound,
 * read-only whatever the options say: its limits are there.
 */
static void plan_cgroup(const struct mount_context *context, struct mount_plan *plan)
{
	const char *directory = context->cgroup ? context->cgroup : "/sys/fs/cgroup";

	plan->shows_cgroup = true;
	plan->options.data.count = 0; /* names of version 1 hierarchies */
	if (has_namespace(context->spec, NAMESPACE_CGROUP)) {
		plan->kind = MOUNT_FILESYSTEM;
		plan->type = "cgroup2";
		plan->source = "cgroup2";
		plan->fallback = directory;
		return;
	}
	plan->kind = MOUNT_BIND;
	plan->type = NULL;
	plan->source = directory;
	plan->options.recursive_bind = true;
	plan->options.attr_set |= MOUNT_ATTR_RDONLY;
	plan->options.attr_clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	plan->options.recursive_attr_set |= MOUNT_ATTR_RDONLY;
	plan->options.propagation = MS_PRIVATE;
	plan->options.recursive_propagation = true;
}

static bool is_too_long(const struct string_list *data)
{
	for (size_t i = 0; i < data->count; i++) {
		const char *value = strchr(data->items[i], '=');

		if (value && strlen(value + 1) > FSCONFIG_MAX)
			return true;
	}
	return false;
}

static int plan_filesystem(struct arena *arena, const struct mount_context *context,
			   const struct spec_mount *mount, struct mount_plan *plan,
			   struct error *err)
{
	struct mount_options *options = &plan->options;

	if (!strcmp(plan->type, "cgroup") || !strcmp(plan->type, "cgroup2")) {
		plan_cgroup(context, plan);
		return 0;
	}
	plan->kind = MOUNT_HOST;
	for (size_t i = 0; i < ARRAY_SIZE(own_filesystems); i++) {
		if (strcmp(plan->type, own_filesystems[i].type) != 0)
			continue;
		plan->kind = MOUNT_FILESYSTEM;
		plan->fallback = own_filesystems[i].fallback;
		if (!strcmp(plan->type, "proc") && !has_namespace(context->spec, NAMESPACE_PID))
			plan->fallback = "/proc";
	}
	plan->source = mount->source ? mount->source : plan->type;
	if (options->copy_up && strcmp(plan->type, "tmpfs") != 0)
		return fail(err, EINVAL, "options: tmpcopyup is for tmpfs only");
	if (options->copy_up_once)
		return fail(err, EINVAL, "options: copyup is for binds only");
	/* mount(2) is the older way, for what fsconfig(2) cannot take */
	if (plan->kind == MOUNT_HOST && (options->version_counter || is_too_long(&options->data)))
		plan->data = string_list_text(arena, &options->data, ",");
	else if (is_too_long(&options->data))
		return fail(err, EINVAL, "options: a value is longer than %d bytes", FSCONFIG_MAX);
	return 0;
}

/* Binds keep the labels of what they show. */
static void plan_label(struct arena *arena, const struct mount_context *context,
		       struct mount_plan *plan)
{
	struct string_list *data = &plan->options.data;

	if (!context->label || !plan->type ||
	    (plan->kind != MOUNT_HOST && plan->kind != MOUNT_FILESYSTEM) ||
	    mount_label_is_given(data))
		return;
	if (!strcmp(plan->type, "mqueue"))
		plan->label = context->label;
	if (!mount_label_fits(plan->type))
		return;
	if (plan->data) {
		const char *value = strchr(context->label, '=') + 1;

		/* a label has commas, which mount(2) takes for the ends of options */
		plan->data = arena_printf(arena, "%s%s%.*s\"%s\"", plan->data,
					  *plan->data ? "," : "", (int)(value - context->label),
					  context->label, value);
		return;
	}
	data->items[data->count++] = arena_strdup(arena, context->label);
}

static int check_idmap(const struct mount_plan *plan, struct error *err)
{
	if (plan->kind == MOUNT_BIND || plan->kind == MOUNT_HOST)
		return 0;
	return fail(err, EINVAL, "options: idmap is for what the host has, not for %s",
		    plan->type ? plan->type : "remount");
}

static int plan_idmap_option(struct arena *arena, const struct mount_context *context, bool mapped,
			     struct mount_plan *plan, struct error *err)
{
	struct spec_id_mappings *uids = arena_new(arena, struct spec_id_mappings);
	struct spec_id_mappings *gids = arena_new(arena, struct spec_id_mappings);

	if (mapped)
		return fail(err, EINVAL, "options: idmap= beside uidMappings and gidMappings");
	if (idmap_option_parse(arena, plan->options.idmap_mappings, context->spec->linux, uids,
			       gids, err) < 0)
		return fail_in(err, "options");
	plan->uids = uids;
	plan->gids = gids;
	return check_idmap(plan, err);
}

static int plan_idmap(struct arena *arena, const struct mount_context *context,
		      const struct spec_mount *mount, struct mount_plan *plan, struct error *err)
{
	bool mapped = mount->uid_mappings.count || mount->gid_mappings.count;

	if (plan->options.idmap_mappings)
		return plan_idmap_option(arena, context, mapped, plan, err);
	if (mapped && !(mount->uid_mappings.count && mount->gid_mappings.count))
		return fail(err, EINVAL, "uidMappings and gidMappings must be given together");
	if (mapped && !plan->options.recursive_idmap)
		plan->options.idmap = true;
	if (!plan->options.idmap && !plan->options.recursive_idmap)
		return 0;
	if (check_idmap(plan, err) < 0)
		return -1;
	if (mapped) {
		plan->uids = &mount->uid_mappings;
		plan->gids = &mount->gid_mappings;
	} else if (!has_namespace(context->spec, NAMESPACE_USER)) {
		return fail(err, EINVAL,
			    "options: idmap needs uidMappings and gidMappings, here or of a user "
			    "namespace");
	}
	return 0;
}

/* A place in the root may also be named by its path on the host, as runc takes it. */
static const char *plan_destination(struct arena *arena, const struct mount_context *context,
				    const char *path)
{
	const char *clean = path_clean(arena, path);
	const char *inside = context->root ? path_behind(clean, context->root) : NULL;

	if (!inside)
		return clean;
	return *inside ? inside : "/";
}

static int plan_mount(struct arena *arena, const struct mount_context *context,
		      const struct spec_mount *mount, struct mount_plan *plan, struct error *err)
{
	const struct mount_options *options = &plan->options;
	const char *type = mount->type ? mount->type : "";
	int result = 0;

	*plan = (struct mount_plan){ 0 };
	if (!mount->destination || !*mount->destination)
		return fail(err, EINVAL, "destination: is missing");
	plan->destination = plan_destination(arena, context, mount->destination);
	mount_options_parse(arena, &mount->options, &plan->options);
	plan->type = *type ? mount->type : NULL;
	if (options->remount)
		plan->kind = MOUNT_REMOUNT;
	else if (!strcmp(plan->destination, "/"))
		return fail(err, EINVAL, "destination: the root is not for mounts; use root.path");
	else if (options->bind || options->recursive_bind || !strcmp(type, "bind"))
		result = plan_bind(arena, context, mount, plan, err);
	else if (!*type)
		return fail(err, EINVAL, "type: is missing (and it is no bind mount)");
	else
		result = plan_filesystem(arena, context, mount, plan, err);
	if (result < 0 || plan_idmap(arena, context, mount, plan, err) < 0)
		return -1;
	plan->ordinary_directory = !strcmp(type, "proc") || !strcmp(type, "sysfs") ||
				   !strcmp(plan->destination, "/proc") ||
				   !strcmp(plan->destination, "/sys");
	plan_label(arena, context, plan);
	return 0;
}

/*
 * A bind of what an earlier mount of the spec shows in the root: that can be seen only from inside,
 * and not before its turn.
 */
static void plan_inside(struct arena *arena, const char *root, struct mount_list *plan,
			size_t index)
{
	struct mount_plan *mount = &plan->items[index];
	const char *source = NULL;

	if (mount->kind == MOUNT_BIND && root && !mount->name && !mount->shows_cgroup &&
	    !path_has_dot_dot(mount->source))
		source = path_behind(path_clean(arena, mount->source), root);
	if (!source)
		return;
	if (!*source)
		source = "/";
	for (size_t i = 0; i < index; i++) {
		const char *earlier = plan->items[i].destination;

		if (plan->items[i].kind == MOUNT_REMOUNT ||
		    (!path_behind(source, earlier) &&
		     !(mount->options.recursive_bind && path_behind(earlier, source))))
			continue;
		mount->kind = MOUNT_INSIDE;
		mount->source = source;
		return;
	}
}

/*
 * A new tmpfs has nothing in it: what the spec mounts below, and devices in /dev, must find
 * their place before it becomes read-only.
 */
static void plan_tmpfs(struct mount_list *plan, size_t index)
{
	struct mount_plan *mount = &plan->items[index];

	if (mount->kind != MOUNT_FILESYSTEM || strcmp(mount->type, "tmpfs") != 0)
		return;
	mount->holds_others = !strcmp(mount->destination, "/dev");
	for (size_t i = index + 1; i < plan->count; i++) {
		const char *below = path_behind(plan->items[i].destination, mount->destination);

		if (below && *below)
			mount->holds_others = true;
	}
	mount->readonly_at_end = mount->holds_others &&
				 (mount->options.attr_set & MOUNT_ATTR_RDONLY);
	if (mount->readonly_at_end)
		mount->options.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
}

int mounts_plan(struct arena *arena, const struct mount_context *context, struct mount_list *plan,
		struct error *err)
{
	const struct spec *spec = context->spec;

	plan->count = spec->mounts.count;
	plan->items = arena_array(arena, struct mount_plan, plan->count + 1);
	for (size_t i = 0; i < plan->count; i++) {
		if (plan_mount(arena, context, &spec->mounts.items[i], &plan->items[i], err) < 0 ||
		    plan_cow(arena, context, i, &plan->items[i], err) < 0)
			return fail_in(err, "mounts[%zu]", i);
		plan_inside(arena, context->root, plan, i);
	}
	for (size_t i = 0; i < plan->count; i++) {
		plan_tmpfs(plan, i);
		mount_at_once_plan(arena, &plan->items[i]);
	}
	return 0;
}

void mounts_move_cgroup(struct mount_list *plan, const char *directory)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct mount_plan *mount = &plan->items[i];

		if (!mount->shows_cgroup)
			continue;
		if (mount->kind == MOUNT_BIND)
			mount->source = directory;
		else
			mount->fallback = directory;
	}
}
