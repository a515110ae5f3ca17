/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "base/path.h"
#include "base/sys.h"
#include "fs/mount_label.h"
#include "fs/rootfs.h"

static int plan_propagation(const char *word, uint64_t *propagation, struct error *err)
{
	static const struct {
		const char *name;
		uint64_t propagation;
	} words[] = {
		{ "shared", MS_SHARED },
		{ "slave", MS_SLAVE },
		{ "private", MS_PRIVATE },
		{ "unbindable", MS_UNBINDABLE },
	};

	*propagation = MS_PRIVATE;
	if (!word || !*word)
		return 0;
	/* engines say rshared too; what is mounted below has a propagation of its own */
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(word + (word[0] == 'r'), words[i].name) != 0)
			continue;
		*propagation = words[i].propagation;
		return 0;
	}
	return fail(err, EINVAL,
		    "linux.rootfsPropagation: '%s' is none of shared, slave, private, unbindable",
		    word);
}

static struct overlay_plan *plan_overlay(struct arena *arena, const struct rootfs_options *options)
{
	struct overlay_plan *overlay;

	if (!options->lowers.count)
		return NULL;
	overlay = arena_new(arena, struct overlay_plan);
	overlay->lowers = options->lowers;
	overlay->upper = options->upper;
	overlay->work = options->work;
	overlay->volatile_upper = options->volatile_upper;
	overlay->size = options->upper ? options->size : 0;
	return overlay;
}

static void plan_user_namespace(const struct spec *spec, struct rootfs_plan *plan)
{
	for (size_t i = 0; i < spec->linux->namespaces.count; i++) {
		const struct spec_namespace *namespace = &spec->linux->namespaces.items[i];

		if (namespace->type != NAMESPACE_USER)
			continue;
		plan->user_namespace = true;
		plan->user_namespace_path = namespace->path;
	}
	plan->uids = &spec->linux->uid_mappings;
	plan->gids = &spec->linux->gid_mappings;
}

static int plan_linux(const struct spec *spec, const struct rootfs_options *options,
		      struct rootfs_plan *plan, struct error *err)
{
	plan->propagation = MS_PRIVATE;
	if (!spec->linux)
		return 0;
	plan_user_namespace(spec, plan);
	plan->idmap = options->idmap && plan->user_namespace && plan->overlay;
	plan->masked = spec->linux->masked_paths;
	plan->readonly_paths = spec->linux->readonly_paths;
	return plan_propagation(spec->linux->rootfs_propagation, &plan->propagation, err);
}

int rootfs_plan(struct arena *arena, const struct spec *spec, const struct rootfs_options *options,
		struct rootfs_plan *plan, struct error *err)
{
	struct mount_context context = {
		.bundle = options->bundle,
		.cgroup = options->cgroup,
		.layers = options->mount_layers,
		.volatile_layers = options->volatile_upper,
		.spec = spec,
	};

	*plan = (struct rootfs_plan){
		.overlay = plan_overlay(arena, options),
		.mount_layers = options->mount_layers,
	};
	if (mount_label_plan(arena, spec, &context.label, err) < 0)
		return -1;
	plan->label = context.label;
	if (plan->overlay)
		plan->overlay->label = context.label;
	if (spec->root && spec->root->path && *spec->root->path)
		plan->path = path_clean(arena, path_join(arena, options->bundle, spec->root->path));
	else if (!plan->overlay)
		return fail(err, EINVAL, "root.path: is missing");
	if (!plan->overlay && strcmp(plan->path, "/") != 0)
		context.root = plan->path;
	plan->readonly = spec->root && spec->root->readonly;
	if (plan_linux(spec, options, plan, err) < 0 ||
	    mounts_plan(arena, &context, &plan->mounts, err) < 0 ||
	    devices_plan(arena, spec, &plan->devices, err) < 0)
		return -1;
	return 0;
}

static void print_overlay(FILE *stream, const struct overlay_plan *overlay)
{
	for (size_t i = 0; i < overlay->lowers.count; i++)
		fprintf(stream, "root lower %s\n", overlay->lowers.items[i]);
	if (overlay->label)
		fprintf(stream, "root %s\n", overlay->label);
	if (overlay->upper)
		fprintf(stream, "root upper %s, work %s%s\n", overlay->upper, overlay->work,
			overlay->volatile_upper ? ", volatile" : "");
	if (overlay->size)
		fprintf(stream, "root upper at most %llu bytes\n",
			(unsigned long long)overlay->size);
}

static const char *propagation_name(uint64_t propagation)
{
	switch (propagation) {
	case MS_SHARED:
		return "shared";
	case MS_SLAVE:
		return "slave";
	case MS_UNBINDABLE:
		return "unbindable";
	default:
		return "private";
	}
}

void rootfs_plan_print(FILE *stream, const struct rootfs_plan *plan)
{
	fprintf(stream, "root %s: %s%s %s%s\n", plan->path ? plan->path : "/",
		plan->overlay ? "copy-on-write" : "as it is", plan->readonly ? " read-only" : "",
		propagation_name(plan->propagation), plan->idmap ? " idmapped" : "");
	if (plan->overlay)
		print_overlay(stream, plan->overlay);
	mounts_print(stream, &plan->mounts);
	devices_print(stream, &plan->devices);
	for (size_t i = 0; i < plan->masked.count; i++)
		fprintf(stream, "mask %s\n", plan->masked.items[i]);
	for (size_t i = 0; i < plan->readonly_paths.count; i++)
		fprintf(stream, "read-only %s\n", plan->readonly_paths.items[i]);
}
