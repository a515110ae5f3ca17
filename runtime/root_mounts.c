/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/root_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "fs/filesystem.h"
#include "fs/mount_options.h"
#include "fs/private_namespace.h"

struct mounting {
	int view;
	const struct spec *spec;
	const char *bundle;
	bool write;
	struct arena arena;
};

/* A bind of the host's that is meant to be written to, or read, as it is. */
static bool is_volume(const struct spec_mount *mount, const struct mount_options *options)
{
	return (options->bind || options->recursive_bind) && !options->remount &&
	       !options->copy_on_write && mount->source && *mount->source;
}

/* Where to mount: -1 with *err, and ENOENT when it is missing and not to be made. */
static int open_target(const struct mounting *mounting, const char *path, bool directory,
		       struct error *err)
{
	int fd = open_in_root(mounting->view, path, O_PATH, 0, err);

	if (fd >= 0 || err->errnum != ENOENT || !mounting->write)
		return fd;
	return directory ? mkdir_in_root(mounting->view, path, 0755, err)
			 : mkfile_in_root(mounting->view, path, 0644, err);
}

static int mount_one(struct mounting *mounting, const struct spec_mount *mount, struct error *err)
{
	struct mount_options options = { 0 };
	cleanup_fd int source = -1, target = -1;
	struct stat status;
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;

	mount_options_parse(&mounting->arena, &mount->options, &options);
	if (!is_volume(mount, &options))
		return 0;
	if (options.recursive_bind)
		flags |= AT_RECURSIVE;
	source = open_tree(AT_FDCWD, path_join(&mounting->arena, mounting->bundle, mount->source),
			   flags);
	/* without it the container will not start; that is no reason not to look into it */
	if (source < 0 && errno == ENOENT)
		return 0;
	if (source < 0 || fstat(source, &status) < 0)
		return fail_errno(err, "open %s", mount->source);
	if ((options.attr_set & MOUNT_ATTR_RDONLY) &&
	    mount_change(source, MOUNT_ATTR_RDONLY, 0, 0, false, err) < 0)
		return -1;
	target = open_target(mounting, mount->destination, S_ISDIR(status.st_mode), err);
	if (target < 0)
		return err->errnum == ENOENT && !mounting->write ? 0 : -1;
	return mount_move(source, target, err);
}

/* Here we have a mount namespace of our own, which ends with us. */
static int mount_all(void *context, struct error *err)
{
	struct mounting *mounting = context;
	cleanup_fd int root = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (root < 0)
		return fail_errno(err, "open /");
	if (mount_move(mounting->view, root, err) < 0)
		return -1;
	for (size_t i = 0; i < mounting->spec->mounts.count; i++) {
		const struct spec_mount *mount = &mounting->spec->mounts.items[i];

		if (mount_one(mounting, mount, err) < 0)
			return fail_in(err, "mounts[%zu] (%s)", i, mount->destination);
	}
	fd = open_tree(mounting->view, "",
		       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
	return fd < 0 ? fail_errno(err, "clone the mounts") : fd;
}

int root_mounts_open(int view, const struct spec *spec, const char *bundle, bool write,
		     struct error *err)
{
	struct mounting mounting = { .view = view, .spec = spec, .bundle = bundle, .write = write };

	/* the arena is of the child, which ends with it */
	return private_namespace_run(mount_all, &mounting, err);
}
