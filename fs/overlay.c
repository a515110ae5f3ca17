/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "fs/filesystem.h"
#include "fs/idmap.h"
#include "fs/private_namespace.h"

/* OVL_MAX_STACK of the kernel */
#define MAX_LOWERS 500

/*
 * The layers as descriptors. Those that are detached mounts (idmapped clones, a scratch tmpfs)
 * are also in detached: kernels before 6.15 take a mount as a layer only when it is attached in
 * the caller's mount namespace.
 */
struct layers {
	int lowers[MAX_LOWERS], detached[MAX_LOWERS + 1];
	size_t lower_count, detached_count;
	int upper, work;
	bool volatile_upper;
};

#define LAYERS_NONE(plan)                                                                          \
	{                                                                                          \
		.upper = -1, .work = -1,                                                           \
		.volatile_upper = (plan)->volatile_upper || (plan)->scratch                        \
	}

static void close_layers(struct layers *layers)
{
	for (size_t i = 0; i < layers->lower_count; i++)
		close_fd(&layers->lowers[i]);
	for (size_t i = 0; i < layers->detached_count; i++)
		close_fd(&layers->detached[i]);
	close_fd(&layers->upper);
	close_fd(&layers->work);
}

struct request;
static int open_view(const struct request *request, struct error *err);

static int open_directory(int dirfd, const char *path, struct error *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? fail_errno(err, "layer %s", path) : fd;
}

/* Adds a detached clone of the mount at path, idmapped, and returns its fd (of layers). */
static int add_clone(struct layers *layers, const char *path, int userns, struct error *err)
{
	int *mount = &layers->detached[layers->detached_count];

	*mount = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (*mount < 0)
		return fail_errno(err, "layer %s", path);
	layers->detached_count++;
	return idmap_mount(*mount, userns, false, path, err) < 0 ? -1 : *mount;
}

/* What a view is made of, as private_namespace_run() hands it on. */
struct request {
	const struct overlay_plan *plan;
	int userns; /* -1: not idmapped */
};

/*
 * The kernel refuses a lower layer that is inside of another one (ELOOP), as those of the store
 * are when the host's root is a lower layer too. A view of the outer one is another filesystem,
 * of which nothing else is a part. Returns a detached mount, which is layers'.
 */
static int add_view(struct layers *layers, const char *path, int userns, struct error *err)
{
	char *lowers[] = { (char *)path, NULL };
	const struct overlay_plan plan = { .lowers = { lowers, 1 }, .scratch = true };
	struct request request = { .plan = &plan, .userns = userns };
	int view = open_view(&request, err);

	if (view >= 0)
		layers->detached[layers->detached_count++] = view;
	return view;
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

static int open_lower(struct layers *layers, const struct request *request, size_t index,
		      struct error *err)
{
	const struct string_list *lowers = &request->plan->lowers;
	const char *path = lowers->items[index];
	int mount;

	if (has_another_inside(lowers, index))
		mount = add_view(layers, path, request->userns, err);
	else if (request->userns >= 0)
		mount = add_clone(layers, path, request->userns, err);
	else
		return open_directory(AT_FDCWD, path, err);
	return mount < 0 ? -1 : open_directory(mount, ".", err);
}

static int open_lowers(struct layers *layers, const struct request *request, struct error *err)
{
	const struct overlay_plan *plan = request->plan;

	if (plan->lowers.count > MAX_LOWERS)
		return fail(err, E2BIG, "%zu lower layers are too many (at most %d)",
			    plan->lowers.count, MAX_LOWERS);
	for (size_t i = 0; i < plan->lowers.count; i++) {
		layers->lowers[i] = open_lower(layers, request, i, err);
		if (layers->lowers[i] < 0)
			return -1;
		layers->lower_count++;
	}
	return 0;
}

/* Upper and work must be on one mount: when idmapped, on one clone of the folder they are in. */
static int open_upper(struct layers *layers, const struct overlay_plan *plan, int userns,
		      struct error *err)
{
	char folder[PATH_MAX], other[PATH_MAX], upper[PATH_MAX], work[PATH_MAX];
	const char *parent;
	int mount;

	if (userns < 0) {
		layers->upper = open_directory(AT_FDCWD, plan->upper, err);
		layers->work = layers->upper < 0 ? -1 : open_directory(AT_FDCWD, plan->work, err);
		return layers->work < 0 ? -1 : 0;
	}
	if (strlen(plan->upper) >= PATH_MAX || strlen(plan->work) >= PATH_MAX)
		return fail(err, ENAMETOOLONG, "layer %s", plan->upper);
	/* dirname(3) and basename(3) write to their argument */
	strcpy(upper, plan->upper);
	strcpy(work, plan->work);
	parent = dirname(strcpy(folder, plan->upper));
	if (strcmp(parent, dirname(strcpy(other, plan->work))) != 0)
		return fail(err, EINVAL, "%s and %s must be in one folder to be idmapped",
			    plan->upper, plan->work);
	mount = add_clone(layers, parent, userns, err);
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
static int open_scratch(struct layers *layers, struct error *err)
{
	cleanup_fd int context = filesystem_open("tmpfs", err);
	struct stat status;
	int mount;

	if (context < 0 || filesystem_set(context, "mode", "700", err) < 0)
		return -1;
	mount = filesystem_mount(context, 0, err);
	if (mount < 0)
		return -1;
	layers->detached[layers->detached_count++] = mount;
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

/*
 * A layer by its descriptor where the kernel takes that (6.13), else by the short path of the
 * descriptor: neither needs escapes, and both stay below the 256 bytes of a parameter.
 */
static int set_layer(int context, const char *key, int layer, struct error *err)
{
	struct error by_fd;
	char path[64];

	if (filesystem_set_fd(context, key, layer, &by_fd) == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", layer);
	return filesystem_set(context, key, path, err);
}

/* A filesystem mounted in a user namespace may not have trusted.* attributes (user_namespaces(7)).
 */
static bool in_user_namespace(void)
{
	const ino_t initial = 0xEFFFFFFDU; /* PROC_USER_INIT_INO */
	struct stat status;

	return stat("/proc/self/ns/user", &status) == 0 && status.st_ino != initial;
}

/*
 * The upper layer is to hold plain whole files, which diff and commit read and other tools
 * understand, whatever the module's defaults are on this host: no redirect_dir (a renamed
 * directory would be an empty one with an attribute; with "off" rename(2) says EXDEV and mv(1)
 * copies), no metacopy (a file of which only the owner changed would have no contents), no index
 * (hard links would be kept by an index that only this pair of layers understands), no uuid
 * (another attribute, written and journalled at the first mount). userxattr implies the first two,
 * and refuses to be told. xino stays the host's default: nothing of it is on disk.
 */
static int set_upper(int context, const struct layers *layers, struct error *err)
{
	if (set_layer(context, "upperdir", layers->upper, err) < 0 ||
	    set_layer(context, "workdir", layers->work, err) < 0)
		return -1;
	if (layers->volatile_upper && filesystem_set(context, "volatile", NULL, err) < 0)
		return -1;
	if (in_user_namespace())
		return filesystem_set(context, "userxattr", NULL, err);
	if (filesystem_set(context, "redirect_dir", "off", err) < 0 ||
	    filesystem_set(context, "metacopy", "off", err) < 0 ||
	    filesystem_set(context, "index", "off", err) < 0 ||
	    filesystem_set(context, "uuid", "off", err) < 0)
		return -1;
	return 0;
}

static int mount_view(const struct layers *layers, struct error *err)
{
	cleanup_fd int context = filesystem_open("overlay", err);

	if (context < 0 || filesystem_set(context, "source", "overlay", err) < 0)
		return -1;
	for (size_t i = 0; i < layers->lower_count; i++)
		if (set_layer(context, "lowerdir+", layers->lowers[i], err) < 0)
			return -1;
	if (layers->upper >= 0 && set_upper(context, layers, err) < 0)
		return -1;
	return filesystem_mount(context, 0, err);
}

/*
 * Kernels before 6.7 want all lowers as one string. It has more room in mount(2), one page, and
 * with /proc/self/fd as the working directory a layer's name is its number: 500 fit.
 */
static int mount_view_by_numbers(const struct layers *layers, struct error *err)
{
	char data[4096];
	size_t used = 0;
	int view;

	for (size_t i = 0; i < layers->lower_count; i++) {
		used += (size_t)snprintf(data + used, sizeof(data) - used, "%s%d",
					 i ? ":" : "lowerdir=", layers->lowers[i]);
		if (used > sizeof(data) - 128) /* room for the rest */
			return fail(err, E2BIG, "%zu layers are too many for this kernel",
				    layers->lower_count);
	}
	if (layers->upper >= 0)
		snprintf(data + used, sizeof(data) - used, ",upperdir=%d,workdir=%d%s%s",
			 layers->upper, layers->work, layers->volatile_upper ? ",volatile" : "",
			 in_user_namespace() ? ",userxattr"
					     : ",redirect_dir=off,metacopy=off,index=off,uuid=off");
	if (chdir("/proc/self/fd") < 0)
		return fail_errno(err, "enter /proc/self/fd");
	if (mount("overlay", "/proc", "overlay", 0, data) < 0)
		return fail_errno(err, "mount(2) of %zu layers", layers->lower_count);
	view = open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return view < 0 ? fail_errno(err, "clone the view") : view;
}

static int open_layers(struct layers *layers, const struct request *request, struct error *err)
{
	const struct overlay_plan *plan = request->plan;

	if (open_lowers(layers, request, err) < 0)
		return -1;
	if (plan->upper)
		return open_upper(layers, plan, request->userns, err);
	return plan->scratch ? open_scratch(layers, err) : 0;
}

static int open_view(const struct request *request, struct error *err)
{
	struct layers layers = LAYERS_NONE(request->plan);
	int view = open_layers(&layers, request, err);

	if (view == 0)
		view = mount_view(&layers, err);
	close_layers(&layers);
	return view;
}

/*
 * In a private mount namespace, where layers that are detached can be attached without being seen:
 * one over the other on "/", which is still found as before by the processes that have it as root.
 */
static int open_view_the_old_way(void *context, struct error *err)
{
	const struct request *request = context;
	struct layers layers = LAYERS_NONE(request->plan);
	int view = open_layers(&layers, request, err);
	struct error newer;

	for (size_t i = 0; view == 0 && i < layers.detached_count; i++)
		if (move_mount(layers.detached[i], "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
			view = fail_errno(err, "attach a layer");
	if (view == 0) {
		view = mount_view(&layers, &newer);
		if (view < 0)
			view = mount_view_by_numbers(&layers, err);
	}
	close_layers(&layers);
	return view;
}

/* The mark of a volatile view that was used: without it the kernel says EINVAL and no more. */
static int fail_view(const struct overlay_plan *plan, const struct error *reason, struct error *err)
{
	char mark[PATH_MAX];

	*err = *reason;
	if (!plan->work || reason->errnum != EINVAL)
		return -1;
	snprintf(mark, sizeof(mark), "%s/work/incompat/volatile", plan->work);
	if (access(mark, F_OK) < 0)
		return -1;
	return fail(
		err, EINVAL,
		"%s was written as a volatile layer, which is for one use; after a crash it may "
		"be incomplete (if there was none: remove %s)",
		plan->upper, mark);
}

/* EINVAL says that the kernel is too old for the direct way, or that something is really wrong. */
static int open_view_either_way(struct request *request, struct error *err)
{
	struct error newer, older;
	int view = open_view(request, &newer);

	if (view < 0 && newer.errnum == EINVAL)
		view = private_namespace_run(open_view_the_old_way, request, &older);
	return view < 0 ? fail_view(request->plan, &newer, err) : view;
}

/* Effective capabilities as permitted: setfsuid(2) has just taken those for files away. */
static int raise_capabilities(struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return fail_errno(err, "read capabilities");
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = data[i].permitted;
	if (syscall(SYS_capset, &header, data) < 0)
		return fail_errno(err, "raise capabilities");
	return 0;
}

/*
 * overlayfs keeps the credentials of who mounts it and works on the layers with them. Files of the
 * host's root have no owner in an idmapped layer (EOVERFLOW), so for the mount we are the
 * container's root, with our own capabilities.
 */
static int open_view_as_owner(struct request *request, const struct overlay_idmap *idmap,
			      struct error *err)
{
	gid_t gid = (gid_t)setfsgid(idmap->gid);
	uid_t uid = (uid_t)setfsuid(idmap->uid);
	int view = raise_capabilities(err);

	if (view == 0)
		view = open_view_either_way(request, err);
	setfsuid(uid);
	setfsgid(gid);
	return view;
}

/* overlayfs wants two layers at least. */
static int open_single(const char *lower, int userns, struct error *err)
{
	cleanup_fd int mount = open_tree(AT_FDCWD, lower, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct stat status;

	if (mount < 0 || fstat(mount, &status) < 0)
		return fail_errno(err, "layer %s", lower);
	if (!S_ISDIR(status.st_mode))
		return fail(err, ENOTDIR, "layer %s: is not a directory", lower);
	if ((userns >= 0 && idmap_mount(mount, userns, false, lower, err) < 0) ||
	    mount_change(mount, MOUNT_ATTR_RDONLY, 0, MS_PRIVATE, false, err) < 0)
		return -1;
	return take_fd(&mount);
}

int overlay_open(const struct overlay_plan *plan, const struct overlay_idmap *idmap,
		 struct error *err)
{
	struct request request = { .plan = plan, .userns = idmap ? idmap->userns : -1 };
	int view;

	if (!plan->upper && !plan->scratch && plan->lowers.count == 1)
		return open_single(plan->lowers.items[0], request.userns, err);
	view = idmap ? open_view_as_owner(&request, idmap, err)
		     : open_view_either_way(&request, err);
	return view < 0 ? fail_in(err, "overlay") : view;
}

/*
 * The kernel marks a layer that was mounted volatile, and refuses it from then on: it may have
 * lost data in a crash. Who mounts it volatile again has said that this does not matter.
 */
static int remove_volatile_mark(const char *work, struct error *err)
{
	cleanup_fd int dir = open_directory(AT_FDCWD, work, err);

	return dir < 0 ? -1 : remove_tree_at(dir, "work/incompat/volatile", err);
}

int overlay_prepare(const struct overlay_plan *plan, struct error *err)
{
	cleanup_fd int upper = -1;
	struct stat status;

	if (!plan->upper)
		return 0;
	if (mkdir(plan->work, 0700) < 0 && errno != EEXIST)
		return fail_errno(err, "make directory %s", plan->work);
	if (plan->volatile_upper && remove_volatile_mark(plan->work, err) < 0)
		return -1;
	if (mkdir(plan->upper, 0700) < 0)
		return errno == EEXIST ? 0 : fail_errno(err, "make directory %s", plan->upper);
	upper = open_directory(AT_FDCWD, plan->upper, err);
	if (upper < 0)
		return -1;
	if (stat(plan->lowers.items[0], &status) < 0)
		return fail_errno(err, "layer %s", plan->lowers.items[0]);
	if (fchown(upper, status.st_uid, status.st_gid) < 0 ||
	    fchmod(upper, status.st_mode & 07777) < 0)
		return fail_errno(err, "set up %s", plan->upper);
	return 0;
}
