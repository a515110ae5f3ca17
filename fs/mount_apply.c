/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "base/user_namespace.h"
#include "fs/copy_up.h"
#include "fs/filesystem.h"
#include "fs/mount.h"
#include "fs/mount_at_once.h"
#include "fs/mount_label.h"
#include "fs/mount_point.h"

/*
 * Here we are the child: root of the container's namespaces, the root is attached, the host's
 * root is still there. Nothing may be allocated.
 */

static int set_mode_beneath(int context, int target, struct error *err)
{
	struct stat status;
	char mode[16];

	if (fstat(target, &status) < 0)
		return fail_errno(err, "look at the mount point");
	snprintf(mode, sizeof(mode), "%o", status.st_mode & 07777);
	return filesystem_set(context, "mode", mode, err);
}

/* All data but what begins with leave_out (NULL: nothing). */
static int set_data(const struct mount_plan *plan, int context, const char *leave_out,
		    struct error *err)
{
	const struct string_list *data = &plan->options.data;

	for (size_t i = 0; i < data->count; i++) {
		struct string_list word = { .items = data->items + i, .count = 1 };

		if ((!leave_out || strncmp(data->items[i], leave_out, strlen(leave_out)) != 0) &&
		    filesystem_set_words(context, &word, err) < 0)
			return -1;
	}
	return 0;
}

static int try_filesystem(const struct mount_plan *plan, int target, bool mode_beneath,
			  const char *leave_out, struct error *err)
{
	const struct mount_options *options = &plan->options;
	uint64_t attributes = options->attr_set |
			      (options->recursive_attr_set & ~options->attr_clear);
	cleanup_fd int context = filesystem_open(plan->type, err);
	cleanup_fd int mount = -1;

	if (context < 0 || filesystem_set(context, "source", plan->source, err) < 0 ||
	    filesystem_set_words(context, &options->flags, err) < 0 ||
	    set_data(plan, context, leave_out, err) < 0)
		return -1;
	if (mode_beneath && set_mode_beneath(context, target, err) < 0)
		return -1;
	/* what is copied up must be written before the mount is read-only */
	mount = filesystem_mount(context, options->copy_up ? 0 : attributes, err);
	if (mount < 0)
		return -1;
	if (options->copy_up && (copy_up(target, mount, err) < 0 ||
				 mount_change(mount, attributes, 0, 0, false, err) < 0))
		return fail_in(err, "tmpcopyup");
	return take_fd(&mount);
}

/*
 * A group that has no mapping, as gid=5 of the engines' devpts where one id alone is mapped, is
 * nobody's in there: the terminals then belong to the group of who opens them.
 */
static int make_filesystem(const struct mount_plan *plan, int target, bool mode_beneath,
			   struct error *err)
{
	int mount = try_filesystem(plan, target, mode_beneath, NULL, err);

	if (mount >= 0 || err->errnum != EINVAL || strcmp(plan->type, "devpts") != 0 ||
	    !in_user_namespace())
		return mount;
	return try_filesystem(plan, target, mode_beneath, "gid=", err);
}

/*
 * A user namespace that does not own the network, IPC, pid or cgroup namespace may not mount what
 * shows it. What the host has is bound then, read-only; but processes write to their own procfs.
 */
static int bind_fallback(const struct mount_plan *plan, struct error *err)
{
	uint64_t set = plan->options.attr_set;
	cleanup_fd int mount = open_tree(AT_FDCWD, plan->fallback,
					 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (mount < 0)
		return fail_errno(err, "bind %s instead", plan->fallback);
	if (strcmp(plan->type, "proc") != 0)
		set |= MOUNT_ATTR_RDONLY;
	if (mount_change(mount, set, 0, MS_PRIVATE, true, err) < 0)
		return fail_in(err, "bind %s instead", plan->fallback);
	return take_fd(&mount);
}

static int make_or_bind(const struct mount_plan *plan, int target, bool mode_beneath,
			struct error *err)
{
	struct error refused;
	int mount = make_filesystem(plan, target, mode_beneath, &refused);

	if (mount >= 0)
		return mount;
	if (plan->fallback && (refused.errnum == EPERM || refused.errnum == EBUSY))
		return bind_fallback(plan, err);
	*err = refused;
	return -1;
}

/* Any propagation of its own that the spec wants: a new mount is private. */
static int set_propagation(const struct mount_plan *plan, int mount, struct error *err)
{
	uint64_t propagation = plan->options.propagation;

	if (plan->kind != MOUNT_FILESYSTEM || !propagation || propagation == MS_PRIVATE)
		return 0;
	if (propagation & MS_SHARED)
		propagation = MS_SHARED;
	return mount_change(mount, 0, 0, propagation, false, err);
}

/* A tmpfs without a mode has that of the directory beneath, if there is one: /tmp stays 1777. */
static bool takes_mode_beneath(const struct mount_plan *plan)
{
	const struct string_list *data = &plan->options.data;

	if (strcmp(plan->type, "tmpfs") != 0)
		return false;
	for (size_t i = 0; i < data->count; i++)
		if (!strncmp(data->items[i], "mode=", 5))
			return false;
	return true;
}

/*
 * The tmpfs that came last, as long as no mount has gone where links could have led it into that:
 * what is made in it is as we have made it, and needs not be resolved.
 */
struct fresh {
	const char *path; /* where it is mounted */
	int fd;		  /* its root; -1: there is none */
	bool entered;	  /* it is the working directory */
};

/* The name that the mount has directly in it; NULL: it has none. */
static const char *name_in_fresh(const struct fresh *fresh, const struct mount_plan *plan)
{
	const char *name = fresh->fd < 0 ? NULL : path_behind(plan->destination, fresh->path);

	return name && *name && !strchr(name + 1, '/') ? name + 1 : NULL;
}

static bool mount_in_fresh(struct fresh *fresh, const struct mount_plan *plan)
{
	const char *name = name_in_fresh(fresh, plan);

	if (!name || !plan->at_once || mkdirat(fresh->fd, name, 0755) < 0)
		return false;
	if (!fresh->entered && fchdir(fresh->fd) < 0)
		return false;
	fresh->entered = true;
	return mount_at_once(plan, name);
}

/* A mount has been made, by a way that an image may have laid. mount: it, -1: not known. */
static void renew(struct fresh *fresh, const struct mount_plan *plan, int *mount)
{
	fresh->entered = false;
	/* without links to it it has gone where its path says */
	if (*mount < 0 && plan->ordinary_directory && fresh->fd >= 0 &&
	    !path_behind(fresh->path, plan->destination))
		return;
	close_fd(&fresh->fd);
	if (*mount < 0 || !plan->holds_others)
		return;
	fresh->path = plan->destination;
	fresh->fd = take_fd(mount);
}

static int apply_filesystem(const struct mount_plan *plan, int root, struct fresh *fresh,
			    struct error *err)
{
	cleanup_fd int target = -1, mount = -1;
	struct error missing;
	bool mode_beneath = false;

	if (mount_in_fresh(fresh, plan))
		return 0;

	if (takes_mode_beneath(plan)) {
		target = open_in_root(root, plan->destination, O_PATH | O_DIRECTORY, 0, &missing);
		mode_beneath = target >= 0;
	}
	if (target < 0)
		target = mount_point_open(root, plan->destination, true, plan->ordinary_directory,
					  err);
	if (target < 0)
		return -1;
	if (!mount_at_once_on(plan, target)) {
		mount = make_or_bind(plan, target, mode_beneath, err);
		if (mount < 0 || (plan->label && mount_label_set(mount, plan->label, err) < 0) ||
		    mount_move(mount, target, err) < 0 || set_propagation(plan, mount, err) < 0)
			return -1;
	}
	renew(fresh, plan, &mount);
	return 0;
}

/* A link that says the same already will do, as in a root that is used again. */
static int make_link(const struct mount_plan *plan, const char *link, int root, struct error *err)
{
	cleanup_fd int parent = mkdir_in_root(root, plan->parent, 0755, err);
	char text[PATH_MAX];
	ssize_t length;

	if (parent < 0)
		return -1;
	if (symlinkat(link, parent, plan->name) == 0)
		return 0;
	if (errno != EEXIST)
		return fail_errno(err, "make a symbolic link");
	length = readlinkat(parent, plan->name, text, sizeof(text));
	if (length >= 0 && (size_t)length == strlen(link) && !memcmp(text, link, (size_t)length))
		return 0;
	return fail(err, EEXIST, "copy-symlink: something else is there already");
}

static int open_target(const struct mount_plan *plan, const struct mount_source *source, int root,
		       struct error *err)
{
	struct error missing;
	int there = -1;

	if (plan->options.destination_nofollow)
		there = open_in_root(root, plan->destination, O_PATH | O_NOFOLLOW, 0, &missing);
	if (there >= 0)
		return there;
	return mount_point_open(root, plan->destination, source->directory,
				plan->ordinary_directory, err);
}

/* The mount stays open in the child until it closes all that is not needed any more, at once. */
static int apply_source(const struct mount_plan *plan, struct mount_source *source, int root,
			struct error *err)
{
	cleanup_fd int target = -1;

	if (source->link)
		return make_link(plan, source->link, root, err);
	target = open_target(plan, source, root, err);
	if (target < 0)
		return -1;
	/* a volume begins with what the image has at its place */
	if (plan->options.copy_up_once && source->directory &&
	    copy_up_once(target, source->mount, err) < 0)
		return fail_in(err, "copyup");
	return mount_move(source->mount, target, err);
}

static int apply_inside(const struct mount_plan *plan, struct mount_source *source, int root,
			struct error *err)
{
	if (mount_source_open_inside(plan, root, source, err) < 0)
		return -1;
	return apply_source(plan, source, root, err);
}

/* New superblock flags and data for the filesystem that is mounted at target. */
static int reconfigure(const struct mount_options *options, int target, struct error *err)
{
	cleanup_fd int context = fspick(target, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);

	if (context < 0)
		return fail_errno(err, "open the filesystem");
	if (filesystem_set_words(context, &options->flags, err) < 0 ||
	    filesystem_set_words(context, &options->data, err) < 0)
		return -1;
	if (fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		return fail_errno(err, "reconfigure the filesystem");
	return 0;
}

/*
 * Only what the options name is changed: flags that the user namespace may not clear (those of a
 * mount that it inherited) stay without being asked for.
 */
static int apply_remount(const struct mount_plan *plan, int root, struct error *err)
{
	const struct mount_options *options = &plan->options;
	cleanup_fd int target = open_in_root(root, plan->destination, O_PATH, 0, err);

	if (target < 0)
		return -1;
	if (!options->bind && (options->flags.count || options->data.count) &&
	    reconfigure(options, target, err) < 0)
		return -1;
	if ((options->recursive_attr_set || options->recursive_attr_clear) &&
	    mount_change_own(target, options->recursive_attr_set, options->recursive_attr_clear, 0,
			     true, err) < 0)
		return -1;
	if ((options->attr_set || options->attr_clear) &&
	    mount_change_own(target, options->attr_set, options->attr_clear, 0, false, err) < 0)
		return -1;
	if (!options->propagation)
		return 0;
	return mount_change(target, 0, 0, options->propagation, options->recursive_propagation,
			    err);
}

int mounts_protect(const struct mount_list *plan, int root, struct error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct mount_plan *mount = &plan->items[i];
		cleanup_fd int target = -1;

		if (!mount->readonly_at_end)
			continue;
		target = open_in_root(root, mount->destination, O_PATH, 0, err);
		if (target < 0 || mount_change(target, MOUNT_ATTR_RDONLY, 0, 0, false, err) < 0)
			return fail_in(err, "mount %s read-only", mount->destination);
	}
	return 0;
}

static int apply(const struct mount_plan *plan, struct mount_source *source, int root,
		 struct fresh *fresh, struct error *err)
{
	if (plan->kind == MOUNT_FILESYSTEM)
		return apply_filesystem(plan, root, fresh, err);
	close_fd(&fresh->fd);
	if (plan->kind == MOUNT_REMOUNT)
		return apply_remount(plan, root, err);
	if (plan->kind == MOUNT_INSIDE)
		return apply_inside(plan, source, root, err);
	return apply_source(plan, source, root, err);
}

int mounts_apply(const struct mount_list *plan, struct mount_source *sources, int root,
		 struct error *err)
{
	struct fresh fresh = { .fd = -1 };
	int result = 0;

	for (size_t i = 0; i < plan->count && result == 0; i++) {
		const struct mount_plan *mount = &plan->items[i];

		if (!sources[i].left_out && apply(mount, &sources[i], root, &fresh, err) < 0)
			result = fail_in(err, "mount %s", mount->destination);
	}
	close_fd(&fresh.fd);
	return result;
}
