/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/sys.h"
#include "fs/filesystem.h"
#include "fs/idmap.h"
#include "fs/mount.h"
#include "fs/private_namespace.h"

/*
 * Here we are the parent: on the host, before the clone, with the caller's privileges. Nothing is
 * attached; closing the descriptors undoes all.
 */

static int open_bind(const struct mount_plan *plan, struct error *err)
{
	const struct mount_options *options = &plan->options;
	unsigned int flags = (options->recursive_bind ? AT_RECURSIVE : 0) |
			     (options->source_nofollow ? AT_SYMLINK_NOFOLLOW : 0);
	int mount = open_tree(AT_FDCWD, plan->source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);

	return mount < 0 ? fail_errno(err, "source %s", plan->source) : mount;
}

static int open_filesystem(const struct mount_plan *plan, struct error *err)
{
	const struct mount_options *options = &plan->options;
	cleanup_fd int context = filesystem_open(plan->type, err);

	if (context < 0 || filesystem_set(context, "source", plan->source, err) < 0 ||
	    filesystem_set_words(context, &options->flags, err) < 0 ||
	    filesystem_set_words(context, &options->data, err) < 0)
		return -1;
	/* a disk that cannot be written needs more than a read-only mount of it */
	if ((options->attr_set & MOUNT_ATTR_RDONLY) && filesystem_set(context, "ro", NULL, err) < 0)
		return -1;
	return filesystem_mount(context, 0, err);
}

/*
 * mount(2) can only attach: it does so where nobody sees it, on a directory that is always there
 * (not "/": what is mounted on the root of a process is not found by its path), and a detached
 * clone is handed out.
 */
static int mount_and_clone(void *context, struct error *err)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} flags[] = {
		{ "sync", MS_SYNCHRONOUS },
		{ "dirsync", MS_DIRSYNC },
		{ "mand", MS_MANDLOCK },
		{ "lazytime", MS_LAZYTIME },
	};
	const struct mount_plan *plan = context;
	unsigned long set = plan->options.version_counter ? MS_I_VERSION : 0;
	int mounted;

	for (size_t i = 0; i < plan->options.flags.count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(flags); j++)
			if (!strcmp(plan->options.flags.items[i], flags[j].name))
				set |= flags[j].flag;
	if (plan->options.attr_set & MOUNT_ATTR_RDONLY)
		set |= MS_RDONLY;
	if (mount(plan->source, "/proc", plan->type, set, plan->data) < 0)
		return fail_errno(err, "mount filesystem '%s'", plan->type);
	mounted = open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return mounted < 0 ? fail_errno(err, "clone the mount") : mounted;
}

static int open_mount(const struct mount_plan *plan, struct error *err)
{
	if (plan->kind == MOUNT_BIND)
		return open_bind(plan, err);
	if (plan->kind == MOUNT_COW)
		return overlay_open(plan->overlay, NULL, err);
	if (plan->data) {
		struct mount_plan copy = *plan;

		return private_namespace_run(mount_and_clone, &copy, err);
	}
	return open_filesystem(plan, err);
}

/* The user namespace of an idmapped mount, the caller's; -1 without an error: it is not one. */
static int open_mappings(const struct mount_plan *plan, int userns, int *mappings,
			 struct error *err)
{
	*mappings = -1;
	if (!plan->options.idmap && !plan->options.recursive_idmap)
		return 0;
	*mappings = plan->uids ? idmap_userns_fd(plan->uids, plan->gids, err)
			       : fcntl(userns, F_DUPFD_CLOEXEC, 0);
	if (*mappings < 0)
		return plan->uids ? -1 : fail_errno(err, "keep the user namespace");
	return 0;
}

/*
 * A clone is a peer of its source when that is shared. As the kernel does for mounts that a user
 * namespace inherits, a container with one only receives events: a slave first, then shared with
 * others.
 */
static int apply_shared(const struct mount_options *options, bool user_namespace, int mount,
			struct error *err)
{
	if ((user_namespace || (options->propagation & MS_SLAVE)) &&
	    mount_change(mount, 0, 0, MS_SLAVE, options->recursive_bind, err) < 0)
		return -1;
	return mount_change(mount, 0, 0, MS_SHARED, options->recursive_propagation, err);
}

/*
 * First what is said of the whole tree, then what is said of its top. Any propagation but shared
 * goes for the whole tree: no mount below stays a peer of the host's by accident. A bind of one
 * mount takes one call.
 */
static int apply_options(const struct mount_options *options, bool user_namespace, int mount,
			 struct error *err)
{
	uint64_t propagation = options->propagation;
	uint64_t set = options->attr_set, clear = options->attr_clear;

	if (propagation & MS_SHARED) {
		if (apply_shared(options, user_namespace, mount, err) < 0)
			return -1;
		propagation = 0;
	}
	if (options->recursive_bind) {
		if ((options->recursive_attr_set || options->recursive_attr_clear || propagation) &&
		    mount_change_own(mount, options->recursive_attr_set,
				     options->recursive_attr_clear, propagation, true, err) < 0)
			return -1;
		propagation = 0;
	} else {
		set |= options->recursive_attr_set & ~clear;
		clear |= options->recursive_attr_clear & ~options->attr_set;
	}
	if (!set && !clear && !propagation)
		return 0;
	return mount_change_own(mount, set, clear, propagation, false, err);
}

/* All that is said of a mount before it has its place. */
static int set_up(const struct mount_plan *plan, int mount, int mappings, bool user_namespace,
		  struct mount_source *source, struct error *err)
{
	struct stat status;

	if (fstat(mount, &status) < 0)
		return fail_errno(err, "source %s", plan->source);
	source->directory = S_ISDIR(status.st_mode);
	if (mappings >= 0 &&
	    idmap_mount(mount, mappings, plan->options.recursive_idmap, plan->source, err) < 0)
		return -1;
	return apply_options(&plan->options, user_namespace, mount, err);
}

static int open_source(const struct mount_plan *plan, int userns, bool user_namespace,
		       struct mount_source *source, struct error *err)
{
	cleanup_fd int mount = open_mount(plan, err);
	cleanup_fd int mappings = -1;

	if (mount < 0 || open_mappings(plan, userns, &mappings, err) < 0 ||
	    set_up(plan, mount, mappings, user_namespace, source, err) < 0)
		return -1;
	source->mount = take_fd(&mount);
	return 0;
}

/* With copy-symlink: what the source says, if it is a symbolic link. */
static int read_link(struct arena *arena, const struct mount_plan *plan,
		     struct mount_source *source, struct error *err)
{
	char text[PATH_MAX];
	ssize_t length = readlink(plan->source, text, sizeof(text));

	if (length < 0 && errno != EINVAL)
		return fail_errno(err, "source %s", plan->source);
	if (length == sizeof(text))
		return fail(err, ENAMETOOLONG, "source %s: a link to a longer path", plan->source);
	if (length > 0)
		source->link = arena_strndup(arena, text, (size_t)length);
	return 0;
}

/*
 * What overlayfs does not take (a filesystem that ignores case, too many views one on top of the
 * other) is shown read-only, and what went away since it was listed not at all.
 */
static int open_optional(const struct mount_plan *plan, struct mount_source *source,
			 const struct error *reason)
{
	struct mount_plan bind = *plan;
	struct error ignored;

	bind.kind = MOUNT_BIND;
	bind.options.attr_set |= MOUNT_ATTR_RDONLY;
	bind.options.attr_clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	source->left_out = (plan->kind != MOUNT_COW && plan->kind != MOUNT_BIND) ||
			   open_source(&bind, -1, false, source, &ignored) < 0;
	log_debug("mount %s is %s: %s", plan->destination,
		  source->left_out ? "left out" : "read-only", reason->text);
	return 0;
}

int mount_source_open(struct arena *arena, const struct mount_plan *plan, int userns,
		      bool user_namespace, struct mount_source *source, struct error *err)
{
	*source = (struct mount_source){ .mount = -1, .mappings = -1, .directory = true };
	if (plan->kind == MOUNT_INSIDE && open_mappings(plan, userns, &source->mappings, err) < 0)
		return fail_in(err, "mount %s", plan->destination);
	if (plan->kind != MOUNT_BIND && plan->kind != MOUNT_HOST && plan->kind != MOUNT_COW)
		return 0;
	if (plan->name && read_link(arena, plan, source, err) < 0)
		return fail_in(err, "mount %s", plan->destination);
	if (source->link)
		return 0;
	if (open_source(plan, userns, user_namespace, source, err) == 0)
		return 0;
	return plan->options.optional ? open_optional(plan, source, err)
				      : fail_in(err, "mount %s", plan->destination);
}

/* The folder of the layers, and in it one for each mount. */
static int make_layers(const struct mount_plan *mount, const char *layers, struct error *err)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(mount->overlay->upper, '/');
	int length = snprintf(folder, sizeof(folder), "%.*s", (int)(slash - mount->overlay->upper),
			      mount->overlay->upper);

	if (length >= (int)sizeof(folder))
		return fail(err, ENAMETOOLONG, "layer %s", mount->overlay->upper);
	if ((mkdir(layers, 0700) < 0 && errno != EEXIST) ||
	    (mkdir(folder, 0700) < 0 && errno != EEXIST))
		return fail_errno(err, "make directory %s", folder);
	return overlay_prepare(mount->overlay, err);
}

int mounts_prepare(const struct mount_list *plan, const char *layers, struct error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct mount_plan *mount = &plan->items[i];

		/* one that has no layers shows when it is opened */
		if (mount->kind == MOUNT_COW && make_layers(mount, layers, err) < 0 &&
		    !mount->options.optional)
			return fail_in(err, "mount %s", mount->destination);
	}
	return 0;
}

/*
 * Here we are the child. That the container has a user namespace is no matter: what is shared here
 * is shared with its own mounts.
 */
int mount_source_open_inside(const struct mount_plan *plan, int root, struct mount_source *source,
			     struct error *err)
{
	const struct mount_options *options = &plan->options;
	int nofollow = options->source_nofollow ? O_NOFOLLOW : 0;
	unsigned int recursive = options->recursive_bind ? AT_RECURSIVE : 0;
	cleanup_fd int mappings = take_fd(&source->mappings);
	cleanup_fd int place = open_in_root(root, plan->source, O_PATH | nofollow, 0, err);
	cleanup_fd int mount = -1;

	if (place < 0)
		return fail_in(err, "source");
	mount = open_tree(place, "",
			  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | recursive);
	if (mount < 0)
		return fail_errno(err, "source %s", plan->source);
	if (set_up(plan, mount, mappings, false, source, err) < 0)
		return mappings >= 0 && err->errnum == EPERM
			       ? fail_in(err, "the source is inside of the root, where a user "
					      "namespace maps only filesystems of its own")
			       : -1;
	source->mount = take_fd(&mount);
	return 0;
}
