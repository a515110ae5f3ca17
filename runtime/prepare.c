/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/timestamp.h"
#include "runtime/connection.h"
#include "runtime/launch_scope.h"
#include "runtime/rootless.h"
#include "runtime/run_changes.h"
#include "runtime/security_label.h"
#include "runtime/spec_form.h"

char *prepare_make_id(struct arena *arena)
{
	unsigned char bytes[6];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort(); /* cannot happen for so few bytes (getrandom(2)) */
	return arena_printf(arena, "%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2],
			    bytes[3], bytes[4], bytes[5]);
}

/*
 * systemd's socket activation (sd_listen_fds(3)): the descriptors from 3 on are handed through,
 * and the variables that announce them, if they are meant for us.
 */
static int pass_listen_fds(struct arena *arena, struct spec_process *process)
{
	const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	const char *names = getenv("LISTEN_FDNAMES");
	struct string_list env;
	int number = count ? atoi(count) : 0;

	if (number <= 0 || (pid && atoi(pid) != getpid()))
		return 0;
	env.items = arena_array(arena, char *, process->env.count + 4);
	env.count = process->env.count;
	if (env.count)
		memcpy(env.items, process->env.items, env.count * sizeof(char *));
	env.items[env.count++] = arena_printf(arena, "LISTEN_FDS=%d", number);
	env.items[env.count++] = arena_strdup(arena, "LISTEN_PID=1");
	if (names)
		env.items[env.count++] = arena_printf(arena, "LISTEN_FDNAMES=%s", names);
	process->env = env;
	return number;
}

static int check_terminal(const struct spec *spec, const struct container_options *options,
			  struct error *err)
{
	bool detached = options->detach;
	bool terminal = spec->process && spec->process->terminal;

	if (options->console_socket && !terminal)
		return fail(err, EINVAL,
			    "--console-socket: process.terminal is false, there is no console");
	if (options->console_socket && !detached)
		return fail(
			err, EINVAL,
			"--console-socket: only with --detach: else the terminal is shown here");
	if (terminal && detached && options->form == FORM_OCI && !options->console_socket)
		return fail(err, EINVAL,
			    "process.terminal: a detached container needs --console-socket for it");
	return 0;
}

static int check_labels(const struct prepared *prepared, struct error *err)
{
	const struct spec *spec = &prepared->spec;
	const struct security_labels labels = {
		.apparmor_profile = spec->process ? spec->process->apparmor_profile : NULL,
		.selinux_label = spec->process ? spec->process->selinux_label : NULL,
		.mount_label = spec->linux ? spec->linux->mount_label : NULL,
	};

	return security_label_check(&labels, err);
}

static int read_bundle(const struct container_options *options, struct arena *arena,
		       struct prepared *prepared, struct error *err)
{
	char bundle[PATH_MAX], *config, *text;
	struct launch *launch = &prepared->launch;

	if (!realpath(options->bundle, bundle))
		return fail_errno(err, "bundle %s", options->bundle);
	config = path_join(arena, bundle, options->config ?: CONFIG_FILE);
	if (spec_read(arena, AT_FDCWD, config, &prepared->spec, &text, &launch->config_size, err) <
		    0 ||
	    spec_validate(config, &prepared->spec, err) < 0)
		return -1;
	if (launch->settings->rootless && rootless_translate(arena, &prepared->spec, err) < 0)
		return fail_in(err, "%s", config);
	if (prepared->spec.overlay)
		return fail(err, ENOTSUP,
			    "%s: overlay: only for 'run SPEC': in the bundle form root.path is "
			    "used as it is",
			    config);
	launch->config = text;
	prepared->name = config;
	prepared->state.bundle = arena_strdup(arena, bundle);
	return 0;
}

/* What the rest of ctr will know of the container, apart from its process. */
static void fill_state(struct arena *arena, struct prepared *prepared)
{
	struct state *state = &prepared->state;
	const struct spec *spec = &prepared->spec;
	char now[TIMESTAMP_SIZE];

	state->oci_version = spec->oci_version;
	state->created = arena_strdup(arena, timestamp_now(now));
	state->owner = state_owner(arena, prepared->launch.settings->user);
	if (spec->process) {
		struct string_list command = run_changes_command(&spec->process->args);

		state->command = string_list_text(arena, &command, " ");
	}
	state->annotations = spec->annotations;
	/* crun's name for what --pidfd-socket says */
	if (!prepared->launch.pidfd_socket)
		prepared->launch.pidfd_socket =
			string_map_get(&spec->annotations, "run.oci.pidfd_receiver");
	state->needs_spec = spec->hooks || connection_is_attached(spec) ||
			    connection_has_pasta(spec);
	if (spec->root)
		state->rootfs = path_join(arena, state->bundle, spec->root->path);
}

static int compare_parts(const void *left, const void *right)
{
	const struct state_part *a = left, *b = right;

	return path_compare(a->target, b->target);
}

/*
 * With links resolved: a commit to the host goes through none that others make later. Those of a
 * view of the host are places of mounts, without any.
 */
static char *part_host(struct arena *arena, const struct state *state, const char *source)
{
	char path[PATH_MAX];

	return arena_strdup(arena, !state->host_view && realpath(source, path) ? path : source);
}

/* The copy-on-write mounts, which diff and commit will want to find. */
static void fill_parts(struct arena *arena, const struct mount_list *mounts, struct state *state)
{
	state->parts.items = arena_array(arena, struct state_part, mounts->count + 1);
	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount_plan *mount = &mounts->items[i];

		if (mount->kind == MOUNT_COW)
			state->parts.items[state->parts.count++] = (struct state_part){
				.target = arena_strdup(arena, mount->destination),
				.host = part_host(arena, state, mount->source),
				.upper = arena_strdup(arena, mount->overlay->upper),
			};
	}
	if (state->parts.count)
		qsort(state->parts.items, state->parts.count, sizeof(*state->parts.items),
		      compare_parts);
}

/* A seccomp program that was compiled before. */
static void find_seccomp(const struct settings *settings, struct arena *arena,
			 struct plan_options *options, struct prepared *prepared)
{
	const struct spec_linux *linux_spec = prepared->spec.linux;
	struct seccomp_plan *seccomp;

	if (!linux_spec || !linux_spec->seccomp)
		return;
	seccomp = arena_new(arena, struct seccomp_plan);
	seccomp_cache_key(linux_spec->seccomp, &prepared->seccomp_key);
	if (seccomp_cache_find(arena, settings->root, &prepared->seccomp_key, linux_spec->seccomp,
			       seccomp))
		options->seccomp = seccomp;
	else
		prepared->seccomp_root = settings->root;
}

void prepared_keep(const struct prepared *prepared)
{
	if (prepared->seccomp_root)
		seccomp_cache_add(prepared->seccomp_root, &prepared->seccomp_key,
				  &prepared->plan.seccomp);
}

static int make_plan(const struct settings *settings, struct arena *arena,
		     struct plan_options *options, struct prepared *prepared, struct error *err)
{
	struct state *state = &prepared->state;

	options->id = state->id;
	options->bundle = state->bundle;
	options->last_capability = capability_last();
	if (!settings->no_cgroup) {
		if (settings->systemd_cgroup) {
			options->systemd = launch_scope_options(arena, err);
			if (!options->systemd)
				return -1;
		}
		if (cgroup_host_open(arena, &prepared->launch.cgroup_host, err) < 0 ||
		    (!options->systemd && cgroup_plan_needs_own(prepared->spec.linux) &&
		     cgroup_own(arena, &options->own_cgroup, err) < 0))
			return -1;
		options->cgroup_mount = prepared->launch.cgroup_host.mount;
	}
	options->network = prepared->network;
	find_seccomp(settings, arena, options, prepared);
	if (plan_make(arena, &prepared->spec, options, &prepared->plan, err) < 0)
		return fail_in(err, "%s", prepared->name);
	fill_parts(arena, &prepared->plan.rootfs.mounts, state);
	if (prepared->plan.has_cgroup)
		state->cgroup = arena_strdup(arena, prepared->plan.cgroup.path);
	if (prepared->plan.cgroup.systemd) {
		state->systemd_unit = arena_strdup(arena, prepared->plan.cgroup.systemd->unit);
		state->systemd_user = prepared->plan.cgroup.systemd->user;
	}
	return 0;
}

/* What every container needs once its spec is known, in its first run as in a later one. */
static int settle(const struct settings *settings, struct arena *arena, struct prepared *prepared,
		  struct error *err)
{
	struct launch *launch = &prepared->launch;
	struct notify *notify = &launch->notify;

	if (check_labels(prepared, err) < 0 ||
	    (prepared->spec.network &&
	     connection_settle(settings, arena, prepared->state.id, &prepared->spec,
			       &prepared->network, &launch->joined_network, err) < 0))
		return fail_in(err, "%s", prepared->name);
	id_map_complete(arena, &prepared->spec);
	notify_find(notify);
	notify_plan(arena, path_join(arena, settings->root, prepared->state.id), &prepared->spec,
		    notify);
	return 0;
}

int prepare(const struct settings *settings, const struct container_options *options,
	    struct arena *arena, struct prepared *prepared, struct error *err)
{
	struct plan_options plan_options = {
		.no_pivot = options->no_pivot,
		.no_new_keyring = options->no_new_keyring,
		.preserve_fds = options->preserve_fds,
		.as_caller = options->spec != NULL,
	};

	*prepared = (struct prepared){
		.layers_lock = -1,
		.launch = {
			LAUNCH_NONE,
			.settings = settings,
			.plan = &prepared->plan,
			.state = &prepared->state,
			.arena = arena,
			.pid_file = options->pid_file,
			.console_socket = options->console_socket,
			.pidfd_socket = options->pidfd_socket,
		},
	};
	if (options->id && handle_check_name(options->id, err) < 0)
		return -1;
	prepared->state.id = options->id ? arena_strdup(arena, options->id)
					 : prepare_make_id(arena);
	if (options->form == FORM_OCI) {
		if (read_bundle(options, arena, prepared, err) < 0)
			return -1;
		fill_state(arena, prepared);
	} else {
		if (spec_form_read(settings, options, arena, prepared, err) < 0)
			return -1;
		fill_state(arena, prepared);
		if (spec_form_layers(settings, options, arena, prepared, &plan_options.rootfs,
				     err) < 0)
			return -1;
	}
	if (check_terminal(&prepared->spec, options, err) < 0 ||
	    settle(settings, arena, prepared, err) < 0)
		return -1;
	if (prepared->spec.process)
		plan_options.preserve_fds += pass_listen_fds(arena, prepared->spec.process);
	return make_plan(settings, arena, &plan_options, prepared, err);
}

/* The spec of data/config.json, where all paths are absolute and ids translated already. */
static int read_again(struct arena *arena, struct prepared *prepared, struct error *err)
{
	struct launch *launch = &prepared->launch;
	char *text;

	prepared->name = path_join(arena, prepared->state.data, CONFIG_FILE);
	if (spec_read(arena, launch->data_dir, CONFIG_FILE, &prepared->spec, &text,
		      &launch->config_size, err) < 0 ||
	    spec_validate(prepared->name, &prepared->spec, err) < 0)
		return fail_in(err, "%s", prepared->state.id);
	launch->config = text;
	if (!launch->pidfd_socket)
		launch->pidfd_socket =
			string_map_get(&prepared->spec.annotations, "run.oci.pidfd_receiver");
	return 0;
}

int prepare_again(const struct settings *settings, struct handle *handle, struct arena *arena,
		  struct prepared *prepared, struct error *err)
{
	struct plan_options options = { 0 };
	struct state *state = &prepared->state;

	*prepared = (struct prepared){
		.layers_lock = -1,
		.state = handle->state,
		.launch = {
			LAUNCH_NONE,
			.settings = settings,
			.plan = &prepared->plan,
			.state = &prepared->state,
			.arena = arena,
			.data_parent = handle_data_path(arena, settings),
			.again = true,
		},
	};
	prepared->launch.data_dir = take_fd(&handle->data);
	state_forget_process(state);
	state->parts.count = 0; /* the plan finds them again */
	if (read_again(arena, prepared, err) < 0)
		return -1;
	if (spec_form_rootfs(arena, prepared, &options.rootfs, err) < 0 ||
	    settle(settings, arena, prepared, err) < 0)
		return fail_in(err, "%s", state->id);
	return make_plan(settings, arena, &options, prepared, err);
}

/* The cgroup of a container whose making was interrupted before it was recorded. */
static int guess_cgroup(const struct settings *settings, struct arena *arena,
			struct prepared *prepared, struct error *err)
{
	struct state *state = &prepared->state, scope;
	struct cgroup_plan plan;
	const char *own = NULL;

	if (state_load(arena, prepared->launch.state_dir, SCOPE_FILE, &scope, err) == 0) {
		state->cgroup = scope.cgroup;
		state->systemd_unit = scope.systemd_unit;
		state->systemd_cgroup = scope.systemd_cgroup;
		state->systemd_user = scope.systemd_user;
		return 0;
	}
	if (err->errnum != ENOENT)
		return -1;
	if (settings->no_cgroup)
		return 0;
	if (cgroup_plan_needs_own(prepared->spec.linux) && cgroup_own(arena, &own, err) < 0)
		return -1;
	if (cgroup_plan(arena, prepared->spec.linux, prepared->state.id, own, &plan, err) < 0)
		return -1;
	state->cgroup = arena_strdup(arena, plan.path);
	return 0;
}

/* The same of a resctrl group. Where there is none, or no resctrl, nothing needs to be removed. */
static void guess_resctrl(struct arena *arena, struct prepared *prepared)
{
	const struct spec_linux *linux_spec = prepared->spec.linux;
	struct resctrl_plan plan;
	struct error ignored;
	char *mount;

	if (linux_spec && linux_spec->intel_rdt &&
	    resctrl_plan(arena, linux_spec->intel_rdt, prepared->state.id, &plan, &ignored) == 0 &&
	    resctrl_find(arena, &mount, &ignored) == 0)
		prepared->state.resctrl = resctrl_guess(arena, &plan, mount);
}

static int read_existing(const struct settings *settings, const struct handle *handle,
			 struct arena *arena, struct prepared *prepared, struct error *err)
{
	struct state *state = &prepared->state;

	if (!handle->incomplete && !state->needs_spec)
		return 0;
	if (spec_read(arena, prepared->launch.state_dir, CONFIG_FILE, &prepared->spec, NULL, NULL,
		      err) < 0) {
		/* interrupted before it was written: then no cgroup is ours, and no process */
		return handle->incomplete && err->errnum == ENOENT ? 0 : -1;
	}
	prepared->launch.network_kept = connection_is_attached(&prepared->spec);
	prepared->launch.has_pasta = connection_has_pasta(&prepared->spec);
	if (handle->incomplete) {
		state->bundle = arena_strdup(arena, "/");
		guess_resctrl(arena, prepared);
		return guess_cgroup(settings, arena, prepared, err);
	}
	prepared->launch.plan = &prepared->plan;
	return plan_existing(arena, &prepared->spec, state->id, state->bundle, &prepared->plan,
			     err);
}

int prepare_existing(const struct settings *settings, struct handle *handle, struct arena *arena,
		     struct prepared *prepared, struct error *err)
{
	struct launch *launch = &prepared->launch;

	*prepared = (struct prepared){
		.layers_lock = -1,
		.state = handle->state,
		.launch = {
			LAUNCH_NONE,
			.settings = settings,
			.state = &prepared->state,
			.arena = arena,
		},
	};
	launch->state_dir = take_fd(&handle->dir);
	launch->state_dir_made = launch->state_dir >= 0;
	launch->data_dir = take_fd(&handle->data);
	launch->data_parent = launch->data_dir >= 0 ? handle_data_path(arena, settings) : NULL;
	launch->pidfd = take_fd(&handle->pidfd);
	launch->hooks_begun = handle->state.init.pid != 0;
	if (launch->state_dir >= 0 && read_existing(settings, handle, arena, prepared, err) < 0)
		return -1;
	/* of a unit only while it can be there: another container's may have its name later */
	launch->cgroup_path = !prepared->state.systemd_unit ? prepared->state.cgroup
			      : launch->state_dir >= 0	    ? prepared->state.systemd_cgroup
							    : NULL;
	if (launch->cgroup_path && cgroup_host_open(arena, &launch->cgroup_host, err) < 0)
		return -1;
	return 0;
}

void prepared_close(struct prepared *prepared)
{
	launch_close(&prepared->launch);
	close_fd(&prepared->layers_lock);
}
