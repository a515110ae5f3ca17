/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/spec_form.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/user_namespace.h"
#include "runtime/connection.h"
#include "runtime/default_seccomp.h"
#include "runtime/image_form.h"
#include "runtime/quota.h"
#include "runtime/rootless.h"
#include "runtime/run_mounts.h"

/* The folder that a spec's relative paths begin at. */
static int find_folder(const char *spec_path, struct arena *arena, char **folder, struct error *err)
{
	char path[PATH_MAX];
	struct stat status;

	/* a pipe has no folder, /dev/fd/N though it may be called */
	if (stat(spec_path, &status) == 0 && S_ISFIFO(status.st_mode))
		return fail(err, EINVAL,
			    "%s: a pipe, not a regular file: write the spec to a file first",
			    spec_path);
	if (!realpath(spec_path, path))
		return fail_errno(err, "%s", spec_path);
	*strrchr(path, '/') = '\0';
	*folder = arena_strdup(arena, path[0] ? path : "/");
	return 0;
}

/* A spec has no entry point: one that is given is the program, the arguments are its own. */
static int set_args(struct arena *arena, const struct container_options *options, struct spec *spec,
		    struct error *err)
{
	struct string_list program;

	if (options->changes && options->changes->entrypoint && spec->process) {
		if (run_changes_entrypoint(arena, options->changes, &program, err) < 0)
			return -1;
		spec->process->args = string_list_join(arena, &program, &options->args);
	} else if (options->args.count) {
		spec->process->args = options->args;
	}
	return 0;
}

/* What options say instead; the folders of volumes lie in the container's own. */
static int apply_changes(const struct settings *settings, const struct run_changes *changes,
			 struct arena *arena, struct prepared *prepared, struct error *err)
{
	static const struct run_changes nothing;
	struct run_mounts mounts = {
		.changes = changes ? changes : &nothing,
		.image_volumes = &prepared->volumes,
		.data = path_join(arena, handle_data_path(arena, settings), prepared->state.id),
	};

	if (!changes && !prepared->volumes.count)
		return 0;
	if (changes &&
	    run_changes_apply(arena, changes, &prepared->exposed, &prepared->spec, err) < 0)
		return -1;
	if (run_mounts_apply(arena, &mounts, &prepared->spec, err) < 0)
		return -1;
	prepared->launch.folders = mounts.folders;
	if (changes && changes->user)
		prepared->user = changes->user;
	if (changes && changes->stop_signal)
		prepared->state.stop_signal = arena_strdup(arena, changes->stop_signal);
	if (changes && changes->restart)
		prepared->state.restart = arena_strdup(arena, changes->restart);
	return 0;
}

int spec_form_read(const struct settings *settings, const struct container_options *options,
		   struct arena *arena, struct prepared *prepared, struct error *err)
{
	const struct run_changes *changes = options->changes;
	struct spec *spec = &prepared->spec;
	const char *name = options->image;

	if (options->image) {
		if (image_form_spec(settings, options->image, &options->args, changes, arena,
				    prepared, err) < 0)
			return -1;
	} else if (options->spec) {
		name = "try";
		*spec = *options->spec;
		prepared->state.bundle = arena_strdup(arena, "/");
		prepared->state.host_view = true;
	} else {
		name = options->spec_path;
		if (find_folder(name, arena, &prepared->state.bundle, err) < 0 ||
		    spec_read(arena, AT_FDCWD, name, spec, NULL, NULL, err) < 0)
			return -1;
	}
	prepared->name = name;
	if (options->args.count && !spec->process)
		return fail(err, EINVAL, "%s: process: is missing", name);
	if (!options->image && set_args(arena, options, spec, err) < 0)
		return -1;
	if (apply_changes(settings, changes, arena, prepared, err) < 0)
		return -1;
	connection_choose(settings, arena, spec);
	if (spec_validate(name, spec, err) < 0)
		return -1;
	return settings->rootless ? rootless_translate(arena, spec, err) : 0;
}

static int choose_lowers(const struct settings *settings, struct arena *arena,
			 struct prepared *prepared, struct string_list *lowers, struct error *err)
{
	const struct spec *spec = &prepared->spec;
	const struct spec_overlay *overlay = spec->overlay;
	const char *bundle = prepared->state.bundle;
	char *image = overlay && overlay->image ? overlay->image : prepared->state.image;

	if (image)
		return image_form_lowers(settings, image, arena, prepared, lowers, err);
	if (overlay && overlay->lower.count) {
		lowers->items = arena_array(arena, char *, overlay->lower.count + 1);
		for (size_t i = 0; i < overlay->lower.count; i++)
			lowers->items[lowers->count++] =
				path_join(arena, bundle, overlay->lower.items[i]);
		return 0;
	}
	lowers->items = arena_array(arena, char *, 2);
	lowers->items[lowers->count++] = path_join(arena, bundle, spec->root->path);
	return 0;
}

/*
 * The root of a view of the host by parts. What differs from it is told beside what the host itself
 * has at the same places.
 */
static void choose_skeleton(struct arena *arena, struct prepared *prepared,
			    struct string_list *lowers)
{
	struct state *state = &prepared->state;
	char **both = arena_array(arena, char *, 3);

	both[0] = path_join(arena, state->data, SKELETON_FOLDER);
	both[1] = arena_strdup(arena, "/");
	state->lowers = (struct string_list){ .items = both, .count = 2 };
	lowers->items = arena_array(arena, char *, 2);
	lowers->items[0] = both[0];
	lowers->count = 1;
}

/* The writable layer: where the spec says, or in the container's own folder. */
static void choose_upper(struct arena *arena, struct prepared *prepared,
			 struct rootfs_options *rootfs)
{
	const struct spec_overlay *overlay = prepared->spec.overlay;
	struct state *state = &prepared->state;

	if (prepared->spec.root && prepared->spec.root->readonly)
		return;
	if (overlay && overlay->upper) {
		rootfs->upper = path_clean(arena, path_join(arena, state->bundle, overlay->upper));
		rootfs->work = arena_printf(arena, "%s.work", rootfs->upper);
	} else {
		rootfs->upper = path_join(arena, state->data, "upper");
		rootfs->work = path_join(arena, state->data, "work");
	}
	state->upper = arena_strdup(arena, rootfs->upper);
}

/* With links resolved, so that one layer inside of another is seen as such. */
static int resolve_lowers(struct arena *arena, struct string_list *lowers, struct error *err)
{
	for (size_t i = 0; i < lowers->count; i++) {
		const char *given = lowers->items[i];
		cleanup_fd int layer = open(given, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (layer < 0 && errno == ENOTDIR)
			return fail(err, ENOTDIR, "lower layer %s: not a directory", given);
		if (layer < 0)
			return fail_errno(err, "lower layer %s", given);
		lowers->items[i] = path_of_fd(arena, layer, err);
		if (!lowers->items[i])
			return fail_in(err, "lower layer %s", given);
	}
	return 0;
}

/* A layer of our own that goes with the container need not be synced when it is unmounted. */
static bool is_volatile(const struct container_options *options, const struct spec_overlay *overlay)
{
	return (options->remove && !(overlay && overlay->upper)) ||
	       (overlay && overlay->volatile_upper);
}

static bool has_user_namespace(const struct spec *spec)
{
	for (size_t i = 0; spec->linux && i < spec->linux->namespaces.count; i++)
		if (spec->linux->namespaces.items[i].type == NAMESPACE_USER)
			return true;
	return false;
}

/* The spec with all that was decided in it, so that it means the same wherever it is read. */
static void encode_config(struct arena *arena, struct prepared *prepared,
			  const struct rootfs_options *rootfs)
{
	struct spec config = prepared->spec;
	struct spec_root root = prepared->spec.root ? *prepared->spec.root
						    : (struct spec_root){ 0 };
	struct spec_overlay overlay = { 0 };

	if (prepared->spec.overlay)
		overlay = *prepared->spec.overlay;
	overlay.lower = rootfs->lowers;
	overlay.image = NULL;
	if (!root.path)
		root.path = rootfs->lowers.items[0];
	root.path = path_join(arena, prepared->state.bundle, root.path);
	config.root = &root;
	config.overlay = &overlay;
	prepared->launch.config = spec_encode(arena, &config, &prepared->launch.config_size);
}

/* Names of users are those of the layers; which capabilities one keeps depends on who it is. */
static int settle_user(const struct container_options *options, const struct string_list *lowers,
		       struct arena *arena, struct prepared *prepared, struct error *err)
{
	struct spec_process *process = prepared->spec.process;
	const struct run_changes *changes = options->changes;

	if (prepared->user &&
	    image_form_user(arena, lowers, prepared->user, &process->user, err) < 0)
		return changes && changes->user ? fail_in(err, "option '--user'")
						: fail_in(err, "%s: config.User", prepared->name);
	prepared->state.user = arena_strdup(arena, prepared->user);
	if (!changes)
		return 0;
	if (run_changes_capabilities(arena, changes, process, err) < 0)
		return -1;
	if (prepared->seccomp && prepared->spec.linux->seccomp == prepared->seccomp)
		default_seccomp(arena, &process->capabilities->bounding, prepared->seccomp);
	return 0;
}

int spec_form_layers(const struct settings *settings, const struct container_options *options,
		     struct arena *arena, struct prepared *prepared, struct rootfs_options *rootfs,
		     struct error *err)
{
	struct launch *launch = &prepared->launch;
	struct state *state = &prepared->state;

	launch->data_parent = handle_data_path(arena, settings);
	state->data = path_join(arena, launch->data_parent, state->id);
	state->keep = !options->remove;
	launch->skeleton = options->skeleton;
	if (launch->skeleton)
		choose_skeleton(arena, prepared, &rootfs->lowers);
	else if (choose_lowers(settings, arena, prepared, &rootfs->lowers, err) < 0 ||
		 resolve_lowers(arena, &rootfs->lowers, err) < 0)
		return -1;
	if (settle_user(options, &rootfs->lowers, arena, prepared, err) < 0)
		return -1;
	if (!launch->skeleton)
		state->lowers = rootfs->lowers;
	choose_upper(arena, prepared, rootfs);
	rootfs->mount_layers = path_join(arena, state->data, "mounts");
	rootfs->volatile_upper = is_volatile(options, prepared->spec.overlay);
	if (quota_plan(&prepared->spec, rootfs->upper, &rootfs->size, err) < 0)
		return fail_in(err, "%s", prepared->name);
	/* who has no privileges over the host may idmap nothing: layers are then as they are */
	rootfs->idmap = has_user_namespace(&prepared->spec) && !in_user_namespace();
	state->idmapped = rootfs->idmap;
	encode_config(arena, prepared, rootfs);
	return 0;
}

int spec_form_rootfs(struct arena *arena, const struct prepared *prepared,
		     struct rootfs_options *rootfs, struct error *err)
{
	const struct spec_overlay *overlay = prepared->spec.overlay;
	const struct state *state = &prepared->state;

	rootfs->lowers = state->lowers;
	rootfs->mount_layers = path_join(arena, state->data, "mounts");
	rootfs->idmap = state->idmapped;
	if (!state->upper)
		return 0;
	rootfs->upper = state->upper;
	rootfs->work = overlay && overlay->upper ? arena_printf(arena, "%s.work", state->upper)
						 : path_join(arena, state->data, "work");
	rootfs->volatile_upper = overlay && overlay->volatile_upper;
	return quota_plan(&prepared->spec, rootfs->upper, &rootfs->size, err);
}
