/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "base/user_namespace.h"
#include "fs/filesystem.h"
#include "fs/overlay_layers.h"

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

/*
 * The upper layer is to hold plain whole files, which diff and commit read and other tools
 * understand, whatever the module's defaults are on this host: no redirect_dir (a renamed
 * directory would be an empty one with an attribute; with "off" rename(2) says EXDEV and mv(1)
 * copies), no metacopy (a file of which only the owner changed would have no contents), no index
 * (hard links would be kept by an index that only this pair of layers understands), no uuid
 * (another attribute, written and journalled at the first mount). userxattr implies the first two,
 * and refuses to be told. xino stays the host's default: nothing of it is on disk.
 */
static int set_upper(int context, const struct overlay_layers *layers, bool volatile_upper,
		     struct error *err)
{
	if (set_layer(context, "upperdir", layers->upper, err) < 0 ||
	    set_layer(context, "workdir", layers->work, err) < 0)
		return -1;
	if (volatile_upper && filesystem_set(context, "volatile", NULL, err) < 0)
		return -1;
	/* without privileges over the host trusted.* attributes are refused (user_namespaces(7)) */
	if (in_user_namespace())
		return filesystem_set(context, "userxattr", NULL, err);
	if (filesystem_set(context, "redirect_dir", "off", err) < 0 ||
	    filesystem_set(context, "metacopy", "off", err) < 0 ||
	    filesystem_set(context, "index", "off", err) < 0 ||
	    filesystem_set(context, "uuid", "off", err) < 0)
		return -1;
	return 0;
}

/* All lowers as one string, which is what kernels before 6.7 know: about 13 of them fit. */
static int set_lowers_as_one(int context, const struct overlay_layers *layers, struct error *err)
{
	char value[256];
	size_t used = 0;

	for (size_t i = 0; i < layers->lower_count; i++) {
		used += (size_t)snprintf(value + used, sizeof(value) - used, "%s/proc/self/fd/%d",
					 i ? ":" : "", layers->lowers[i]);
		if (used >= sizeof(value))
			return fail(err, EINVAL, "%zu layers are too many for fsconfig(2)",
				    layers->lower_count);
	}
	return filesystem_set(context, "lowerdir", value, err);
}

static int set_lowers(int context, const struct overlay_layers *layers, struct error *err)
{
	struct error newer;

	for (size_t i = 0; i < layers->lower_count; i++) {
		if (set_layer(context, "lowerdir+", layers->lowers[i], &newer) == 0)
			continue;
		if (i == 0 && newer.errnum == EINVAL)
			return set_lowers_as_one(context, layers, err);
		*err = newer;
		return -1;
	}
	return 0;
}

static int mount_view(const struct overlay_layers *layers, const char *label, bool volatile_upper,
		      struct error *err)
{
	const struct string_list words = {
		.items = &(char *){ (char *)(uintptr_t)label },
		.count = label ? 1 : 0,
	};
	cleanup_fd int context = filesystem_open("overlay", err);

	if (context < 0 || filesystem_set(context, "source", "overlay", err) < 0 ||
	    set_lowers(context, layers, err) < 0 || filesystem_set_words(context, &words, err) < 0)
		return -1;
	if (layers->upper >= 0 && set_upper(context, layers, volatile_upper, err) < 0)
		return -1;
	return filesystem_mount(context, 0, err);
}

/*
 * The one string has more room in mount(2), a page, and with /proc/self/fd as the working directory
 * a layer's name is its number: 500 fit.
 */
static int mount_view_by_numbers(const struct overlay_layers *layers, const char *label,
				 bool volatile_upper, struct error *err)
{
	char data[4096];
	size_t used = 0;
	int view;

	for (size_t i = 0; i < layers->lower_count; i++) {
		used += (size_t)snprintf(data + used, sizeof(data) - used, "%s%d",
					 i ? ":" : "lowerdir=", layers->lowers[i]);
		if (used > sizeof(data) - 512) /* room for the rest */
			return fail(err, E2BIG, "%zu layers are too many for this kernel",
				    layers->lower_count);
	}
	if (label)
		used += (size_t)snprintf(data + used, sizeof(data) - used, ",%.*s\"%s\"",
					 (int)(strchr(label, '=') + 1 - label), label,
					 strchr(label, '=') + 1);
	if (layers->upper >= 0)
		snprintf(data + used, sizeof(data) - used, ",upperdir=%d,workdir=%d%s%s",
			 layers->upper, layers->work, volatile_upper ? ",volatile" : "",
			 in_user_namespace() ? ",userxattr"
					     : ",redirect_dir=off,metacopy=off,index=off,uuid=off");
	if (chdir("/proc/self/fd") < 0)
		return fail_errno(err, "enter /proc/self/fd");
	if (mount("overlay", "/proc", "overlay", 0, data) < 0)
		return fail_errno(err, "mount(2) of %zu layers", layers->lower_count);
	view = open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (view < 0)
		return fail_errno(err, "clone the view");
	umount2("/proc", MNT_DETACH); /* the next view needs /proc/self/fd again */
	return view;
}

int overlay_mount(const struct overlay_request *request, struct error *err)
{
	/* what is in memory is gone after a crash anyhow */
	bool volatile_upper = request->plan->volatile_upper || !request->plan->upper;
	const char *label = request->plan->label;
	struct overlay_layers layers;
	struct error newer;
	int view = overlay_layers_open(&layers, request, err);

	if (view == 0 && request->attach) {
		view = mount_view(&layers, label, volatile_upper, &newer);
		if (view < 0)
			view = mount_view_by_numbers(&layers, label, volatile_upper, err);
	} else if (view == 0) {
		view = mount_view(&layers, label, volatile_upper, err);
	}
	overlay_layers_close(&layers);
	return view;
}
