/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/overlay_layers.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fs/filesystem.h"
#include "fs/idmap.h"

void overlay_layers_close(struct overlay_layers *layers)
{
	for (size_t i = 0; i < layers->lower_count; i++)
		close_fd(&layers->lowers[i]);
	for (size_t i = 0; i < layers->detached_count; i++)
		close_fd(&layers->detached[i]);
	close_fd(&layers->upper);
	close_fd(&layers->work);
}

static int open_directory(int dirfd, const char *path, struct error *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* who may not list it may still go through it, and no more he may in the view */
	if (fd < 0 && errno == EACCES)
		fd = openat(dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? fail_errno(err, "layer %s", path) : fd;
}

/*
 * Hands a detached mount (or -1) to layers. In a namespace of our own it is attached: one over the
 * other on "/", which is still found as before by the processes that have it as root.
 */
static int keep(struct overlay_layers *layers, const struct overlay_request *request, int mount,
		struct error *err)
{
	if (mount < 0)
		return -1;
	layers->detached[layers->detached_count++] = mount;
	if (request->attach && move_mount(mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fail_errno(err, "attach a layer");
	return mount;
}

/* A clone of the mount at path, idmapped; layers keep it. */
static int add_clone(struct overlay_layers *layers, const struct overlay_request *request,
		     const char *path, struct error *err)
{
	cleanup_fd int mount = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (mount < 0)
		return fail_errno(err, "layer %s", path);
	if (idmap_mount(mount, request->userns, false, path, err) < 0)
		return -1;
	return keep(layers, request, take_fd(&mount), err);
}

/*
 * The kernel refuses a lower layer that is inside of another one (ELOOP), as those of the store
 * are when the host's root is a lower layer too. A view of the outer one is another filesystem,
 * of which nothing else is a part; layers keep it.
 */
static int add_view(struct overlay_layers *layers, const struct overlay_request *request,
		    char *path, struct error *err)
{
	char *lowers[] = { path, NULL };
	const struct overlay_plan plan = { .lowers = { lowers, 1 }, .scratch = true };
	struct overlay_request inner = *request;

	inner.plan = &plan;
	return keep(layers, request, overlay_mount(&inner, err), err);
}

static bool has_another_inside(const struct string_list *lowers, size_t index)
{
	const char *outer = lowers->items[index];
	size_t length = strcmp(outer, "/") ? strlen(outer) : 0;

	for (size_t i = 0; i < lowers->count; i++) {
		const char *inner = lowers->items[i];

		if (i != index && !strncmp(inner, outer, length) && inner[length] == '/' &&
		    inner[length + 1])
			return true;
	}
	return false;
}

static int open_lower(struct overlay_layers *layers, const struct overlay_request *request,
		      size_t index, struct error *err)
{
	const struct string_list *lowers = &request->plan->lowers;
	char *path = lowers->items[index];
	int mount;

	if (has_another_inside(lowers, index))
		mount = add_view(layers, request, path, err);
	else if (request->userns >= 0)
		mount = add_clone(layers, request, path, err);
	else
		return open_directory(AT_FDCWD, path, err);
	return mount < 0 ? -1 : open_directory(mount, ".", err);
}

static int open_lowers(struct overlay_layers *layers, const struct overlay_request *request,
		       struct error *err)
{
	size_t count = request->plan->lowers.count;

	if (count > OVERLAY_MAX_LOWERS)
		return fail(err, E2BIG, "%zu lower layers are too many (at most %d)", count,
			    OVERLAY_MAX_LOWERS);
	for (size_t i = 0; i < count; i++) {
		layers->lowers[i] = open_lower(layers, request, i, err);
		if (layers->lowers[i] < 0)
			return -1;
		layers->lower_count++;
	}
	return 0;
}

/* Upper and work must be on one mount: when idmapped, on one clone of the folder they are in. */
static int open_upper(struct overlay_layers *layers, const struct overlay_request *request,
		      struct error *err)
{
	const struct overlay_plan *plan = request->plan;
	char folder[PATH_MAX], other[PATH_MAX], upper[PATH_MAX], work[PATH_MAX];
	const char *parent;
	int mount;

	if (request->userns < 0) {
		layers->upper = open_directory(AT_FDCWD, plan->upper, err);
		layers->work = layers->upper < 0 ? -1 : open_directory(AT_FDCWD, plan->work, err);
		return layers->work < 0 ? -1 : 0;
	}
	if (strlen(plan->upper) >= PATH_MAX || strlen(plan->work) >= PATH_MAX)
		return fail(err, ENAMETOOLONG, "layer %s", plan->upper);
	/* dirname(3) and basename(3) write to their argument */
	snprintf(upper, sizeof(upper), "%s", plan->upper);
	snprintf(work, sizeof(work), "%s", plan->work);
	snprintf(folder, sizeof(folder), "%s", plan->upper);
	snprintf(other, sizeof(other), "%s", plan->work);
	parent = dirname(folder);
	if (strcmp(parent, dirname(other)) != 0)
		return fail(err, EINVAL, "%s and %s must be in one folder to be idmapped",
			    plan->upper, plan->work);
	mount = add_clone(layers, request, parent, err);
	if (mount < 0)
		return -1;
	layers->upper = open_directory(mount, basename(upper), err);
	layers->work = layers->upper < 0 ? -1 : open_directory(mount, basename(work), err);
	return layers->work < 0 ? -1 : 0;
}

/*
 * An upper layer in memory for a view that nobody may write: mount points that the layers lack are
 * made in it, before the view becomes read-only, instead of in somebody's layer.
 */
static int open_scratch(struct overlay_layers *layers, const struct overlay_request *request,
			struct error *err)
{
	cleanup_fd int context = filesystem_open("tmpfs", err);
	struct stat status;
	int mount;

	if (context < 0 || filesystem_set(context, "mode", "700", err) < 0)
		return -1;
	mount = keep(layers, request, filesystem_mount(context, 0, err), err);
	if (mount < 0)
		return -1;
	if (fstat(layers->lowers[0], &status) < 0 || mkdirat(mount, "upper", 0700) < 0 ||
	    mkdirat(mount, "work", 0700) < 0)
		return fail_errno(err, "make a layer in memory");
	layers->upper = open_directory(mount, "upper", err);
	layers->work = layers->upper < 0 ? -1 : open_directory(mount, "work", err);
	if (layers->work < 0)
		return -1;
	if (fchown(layers->upper, status.st_uid, status.st_gid) < 0 ||
	    fchmod(layers->upper, status.st_mode & 07777) < 0)
		return fail_errno(err, "make a layer in memory");
	return 0;
}

int overlay_layers_open(struct overlay_layers *layers, const struct overlay_request *request,
			struct error *err)
{
	layers->lower_count = layers->detached_count = 0;
	layers->upper = layers->work = -1;
	if (open_lowers(layers, request, err) < 0)
		return -1;
	if (request->plan->upper)
		return open_upper(layers, request, err);
	return request->plan->scratch ? open_scratch(layers, request, err) : 0;
}
