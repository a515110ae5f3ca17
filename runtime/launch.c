/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/step.h"
#include "base/sys.h"
#include "fs/skeleton.h"
#include "runtime/console_socket.h"
#include "runtime/handle.h"
#include "runtime/launch_cgroup.h"
#include "runtime/launch_clone.h"
#include "runtime/launch_hooks.h"
#include "runtime/launch_network.h"
#include "runtime/launch_pasta.h"
#include "runtime/launch_resctrl.h"
#include "runtime/launch_scope.h"
#include "runtime/launch_serve.h"
#include "runtime/pid_file.h"
#include "runtime/quota.h"
#include "runtime/restore.h"
#include "runtime/rootless.h"
#include "runtime/signals.h"
#include "runtime/start_socket.h"
#include "runtime/sync.h"

/* How long killed processes may take to go. */
#define REMOVE_TIMEOUT_MS 10000

/* The spec form: what stays until `rm`. One that runs again has it all. */
static int make_data_folder(struct launch *launch, struct error *err)
{
	const struct overlay_plan *overlay = launch->plan->rootfs.overlay;

	if (!launch->data_parent)
		return 0;
	if (launch->again)
		return rootfs_prepare(&launch->plan->rootfs, err);
	launch->data_dir = handle_make_folder(launch->data_parent, launch->state->id, err);
	if (launch->data_dir < 0)
		return -1;
	launch->remove_data = true;
	for (size_t i = 0; i < launch->folders.count; i++)
		if (mkdirat(launch->data_dir, launch->folders.items[i], 0755) < 0)
			return fail_errno(err, "make the folder %s", launch->folders.items[i]);
	if (launch->skeleton &&
	    skeleton_make(launch->skeleton, launch->data_dir, SKELETON_FOLDER, err) < 0)
		return -1;
	if (rootfs_prepare(&launch->plan->rootfs, err) < 0)
		return -1;
	if (overlay && overlay->size &&
	    quota_apply(launch->settings, launch->state, overlay->work, overlay->size, err) < 0)
		return -1;
	if (file_replace_at(launch->data_dir, CONFIG_FILE, launch->config, launch->config_size,
			    0600, false, err) < 0)
		return -1;
	return state_save(launch->arena, launch->data_dir, RECORD_FILE, launch->state, false, err);
}

static int remove_data_folder(struct launch *launch, struct error *err)
{
	cleanup_fd int parent = -1, quota = -1;

	if (!launch->data_parent || !launch->remove_data)
		return 0;
	parent = openat(AT_FDCWD, launch->data_parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open %s", launch->data_parent);
	quota = quota_open(launch->state, launch->data_dir);
	/* without it the rest is a crash's: half a writable layer is never taken for a whole one */
	if (launch->data_dir >= 0 && unlinkat(launch->data_dir, RECORD_FILE, 0) < 0 &&
	    errno != ENOENT)
		return fail_errno(err, "%s: remove %s", launch->state->id, RECORD_FILE);
	if (rootless_remove_tree(launch->arena, parent, launch->state->id, err) < 0)
		return fail_in(err, "%s", launch->data_parent);
	launch->remove_data = false;
	return quota_remove(quota, launch->state, err);
}

static int open_namespaces(struct launch *launch, struct error *err)
{
	return namespaces_open(&launch->plan->namespaces, &launch->namespaces, err);
}

static int close_namespaces(struct launch *launch, struct error *err)
{
	(void)err;
	namespaces_close(&launch->namespaces);
	return 0;
}

static int open_rootfs(struct launch *launch, struct error *err)
{
	return rootfs_open(launch->arena, &launch->plan->rootfs, &launch->rootfs, err);
}

static int close_rootfs(struct launch *launch, struct error *err)
{
	(void)err;
	rootfs_close(&launch->rootfs);
	return 0;
}

/*
 * Hooks of the moment when the mounts are done look at the host's, and mount below root.path; an
 * initramfs cannot be left. Without a launchpad the start takes longer and is the same.
 */
static int open_launchpad(struct launch *launch, struct error *err)
{
	const struct plan *plan = launch->plan;
	bool user_namespace = plan->namespaces.own[NAMESPACE_USER] ||
			      plan->namespaces.path[NAMESPACE_USER];
	struct error reason;
	(void)err;

	if (!plan->mount_hooks && !plan->no_pivot && launchpad_pays() &&
	    launchpad_open(launch->settings->root, user_namespace, &launch->launchpad, &reason) < 0)
		log_debug("no launchpad: %s", reason.text);
	return 0;
}

static int close_launchpad(struct launch *launch, struct error *err)
{
	(void)err;
	launchpad_close(&launch->launchpad);
	return 0;
}

static int make_state_folder(struct launch *launch, struct error *err)
{
	launch->state_dir = handle_make_folder(launch->settings->root, launch->state->id, err);
	if (launch->state_dir < 0)
		return -1;
	launch->state_dir_made = true;
	/* not to be tidied up in between (XDG Base Directory Specification) */
	if (launch->settings->sticky_root &&
	    fchmodat(AT_FDCWD, launch->settings->root, S_ISVTX | 0700, 0) < 0)
		return fail_errno(err, "%s: set the sticky bit", launch->settings->root);
	return notify_make_folder(&launch->notify, launch->state_dir, err);
}

static int remove_state_folder(struct launch *launch, struct error *err)
{
	cleanup_fd int parent = -1;

	if (!launch->state_dir_made)
		return 0;
	if (launch->cgroup_path)
		return fail(err, EBUSY, "state folder: kept while the cgroup is there");
	parent = openat(AT_FDCWD, launch->settings->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open %s", launch->settings->root);
	/* mostly that is all, and no need to read the folder */
	unlinkat(launch->state_dir, STATE_FILE, 0);
	unlinkat(launch->state_dir, CONFIG_FILE, 0);
	if (unlinkat(parent, launch->state->id, AT_REMOVEDIR) < 0 && errno != ENOENT &&
	    remove_tree_at(parent, launch->state->id, err) < 0)
		return fail_in(err, "state folder");
	launch->state_dir_made = false;
	return 0;
}

static int open_sockets(struct launch *launch, struct error *err)
{
	int pair[2];

	if (launch->plan->spec->hooks && launch_open_hook_output(launch, err) < 0)
		return -1;
	if (launch->console_socket) {
		launch->console_sock = console_socket_connect(launch->console_socket, err);
		if (launch->console_sock < 0)
			return -1;
	}
	if (launch->start_socket) {
		launch->start_listener = start_socket_listen(launch->state_dir, err);
		if (launch->start_listener < 0)
			return -1;
	}
	if (sync_pair(pair, err) < 0)
		return -1;
	launch->sync = pair[0];
	launch->child_sync = pair[1];
	return 0;
}

static int close_sockets(struct launch *launch, struct error *err)
{
	(void)err;
	close_fd(&launch->console_sock);
	close_fd(&launch->start_listener);
	close_fd(&launch->sync);
	close_fd(&launch->child_sync);
	return 0;
}

/*
 * The spec comes into the state folder when the cgroup is ours, not before: who finds the folder
 * without a state, since we were killed, knows by it that what is in that cgroup may be killed.
 */
static int make_cgroup(struct launch *launch, struct error *err)
{
	if (launch->plan->has_cgroup && launch_cgroup_make(launch, err) < 0)
		return -1;
	return file_replace_at(launch->state_dir, CONFIG_FILE, launch->config, launch->config_size,
			       0600, false, err);
}

static int remove_cgroup(struct launch *launch, struct error *err)
{
	close_fd(&launch->cgroup);
	if (!launch->cgroup_path)
		return 0;
	launch_scope_stop(launch);
	if (cgroup_remove(&launch->cgroup_host, launch->cgroup_path, REMOVE_TIMEOUT_MS, err) < 0)
		return -1;
	launch->cgroup_path = NULL;
	return 0;
}

static int map_ids(struct launch *launch, struct error *err)
{
	const struct plan *plan = launch->plan;

	if (plan->namespaces.own[NAMESPACE_USER] &&
	    id_map_write(&plan->id_map, launch->proc, launch->pid, err) < 0)
		return -1;
	if (resource_limits_raise(&plan->process.resource_limits, launch->pid, err) < 0 ||
	    scheduling_apply(&plan->process.scheduling, launch->proc, launch->pid, err) < 0)
		return -1;
	return sync_send_mapped(launch->sync, launch->pid, signals_ignored(launch->proc), err);
}

static int wait_ready(struct launch *launch, struct error *err)
{
	return launch_serve(launch, SYNC_READY, err);
}

static int hand_out_pidfd(struct launch *launch, struct error *err)
{
	return console_socket_send_pidfd(launch->pidfd_socket, launch->pidfd, "standard", err);
}

/*
 * While the child mounts, as it is the slower one. But nobody else is to see the container before it
 * has its own root: who enters its mount namespace by then is at the host's.
 */
static int write_state(struct launch *launch, struct error *err)
{
	struct state *state = launch->state;

	state->started = !launch->start_socket;
	state->own_pids = launch->plan->namespaces.own[NAMESPACE_PID];
	if (identity_get(launch->pidfd, launch->pid, &state->init, err) < 0)
		return -1;
	return state_prepare(launch->arena, launch->state_dir, STATE_FILE, state,
			     launch->state_file, sizeof(launch->state_file), err);
}

static int save_state(struct launch *launch, struct error *err)
{
	if (renameat(launch->state_dir, launch->state_file, launch->state_dir, STATE_FILE) < 0)
		return fail_errno(err, "rename %s to %s", launch->state_file, STATE_FILE);
	if (pid_file_write(launch->pid_file, launch->pid, err) < 0)
		return -1;
	/* how it ended before is not how this run ends */
	if (launch->again && unlinkat(launch->data_dir, EXIT_FILE, 0) < 0 && errno != ENOENT)
		return fail_errno(err, "remove %s", EXIT_FILE);
	return launch->start_socket ? sync_tell(launch->sync, SYNC_SAVED, &launch->exit_status, err)
				    : 0;
}

STEPS(launch);

static const struct launch_step create_steps[] = {
	{ "poststop hooks", NULL, launch_poststop_hooks },
	{ "network", launch_network_begin, launch_network_end },
	{ "pasta ports", launch_pasta_reserve, NULL },
	{ "namespaces", open_namespaces, close_namespaces },
	{ "data folder", make_data_folder, remove_data_folder },
	{ "state folder", make_state_folder, remove_state_folder },
	{ "network files", launch_network_files, NULL },
	{ "sockets", open_sockets, close_sockets },
	{ "cgroup", make_cgroup, remove_cgroup },
	{ "resctrl", launch_resctrl_make, launch_resctrl_remove },
	{ "rootfs", open_rootfs, close_rootfs },
	{ "launchpad", open_launchpad, close_launchpad },
	{ "network reservation", launch_network_reserve, launch_network_detach },
	{ "pasta end", NULL, launch_pasta_stop },
	{ "clone", launch_clone, launch_kill },
	{ "network namespace", launch_network_enter, NULL },
	{ "pasta", launch_pasta_start, NULL },
	{ "scope", launch_scope_settle, NULL },
	{ "resctrl tasks", launch_resctrl_enter, NULL },
	{ "network devices", launch_network_devices, NULL },
	{ "id maps", map_ids, NULL },
	{ "device rules", launch_cgroup_devices, NULL },
	{ "state file", write_state, NULL },
	{ "ready", wait_ready, NULL },
	{ "delegated cgroup", launch_cgroup_delegate, NULL },
	{ "network interfaces", launch_network_attach, NULL },
	{ "pidfd socket", hand_out_pidfd, NULL },
	{ "state", save_state, NULL },
	{ "network kept", launch_network_keep, NULL },
};

/* The same with processes from images: no child of ours sets itself up, criu does it all. */
static const struct launch_step restore_steps[] = {
	{ "poststop hooks", NULL, launch_poststop_hooks },
	{ "namespaces", open_namespaces, close_namespaces },
	{ "state folder", make_state_folder, remove_state_folder },
	{ "sockets", open_sockets, close_sockets },
	{ "cgroup", make_cgroup, remove_cgroup },
	{ "device rules", launch_cgroup_devices, NULL },
	{ "rootfs", open_rootfs, close_rootfs },
	{ "processes", restore_processes, launch_kill },
	{ "scope", launch_scope_settle, NULL },
	{ "state file", write_state, NULL },
	{ "pidfd socket", hand_out_pidfd, NULL },
	{ "state", save_state, NULL },
};

int launch_create(struct launch *launch, struct error *err)
{
	return launch_run(create_steps, ARRAY_SIZE(create_steps), launch, err);
}

int launch_remove(struct launch *launch, struct error *err)
{
	return launch_undo(create_steps, ARRAY_SIZE(create_steps), launch, err);
}

static int bind_notify_socket(struct launch *launch, struct error *err)
{
	launch->notify.pid = launch->pid;
	return notify_bind(&launch->notify, launch->state_dir, err);
}

static int send_start(struct launch *launch, struct error *err)
{
	return sync_tell(launch->sync, SYNC_START, &launch->exit_status, err);
}

/* The end of file: execve has closed the child's end. */
static int wait_executed(struct launch *launch, struct error *err)
{
	if (launch_serve(launch, SYNC_END, err) < 0)
		return -1;
	close_fd(&launch->sync);
	return 0;
}

/* What runs already when a poststart hook fails: runtime-spec, lifecycle, step 9. */
static int stop_program(struct launch *launch, struct error *err)
{
	if (launch->pidfd >= 0 && pidfd_send_signal(launch->pidfd, SIGKILL, NULL, 0) < 0 &&
	    errno != ESRCH)
		return fail_errno(err, "kill the container's first process");
	return 0;
}

static const struct launch_step start_steps[] = {
	{ "notify socket", bind_notify_socket, NULL },
	{ "start", send_start, NULL },
	{ "execute", wait_executed, stop_program },
	{ "network devices kept", launch_network_keep_devices, NULL },
	{ "poststart hooks", launch_poststart_hooks, NULL },
};

int launch_start(struct launch *launch, struct error *err)
{
	struct error other;

	if (launch_run(start_steps, ARRAY_SIZE(start_steps), launch, err) < 0) {
		launch_remove(launch, &other);
		return -1;
	}
	return 0;
}

int launch_run_whole(struct launch *launch, struct error *err)
{
	if (launch->restore)
		return launch_run(restore_steps, ARRAY_SIZE(restore_steps), launch, err);
	if (launch_create(launch, err) < 0)
		return -1;
	return launch_start(launch, err);
}

int launch_start_created(struct launch *launch, struct error *err)
{
	launch->sync = start_socket_connect(launch->state_dir, err);
	if (launch->sync < 0)
		return -1;
	if (launch_run(start_steps, ARRAY_SIZE(start_steps), launch, err) < 0)
		return -1;
	if (unlinkat(launch->state_dir, START_SOCKET, 0) < 0 && errno != ENOENT)
		return fail_errno(err, "remove %s", START_SOCKET);
	return 0;
}

void launch_unlock(const struct launch *launch)
{
	flock(launch->state_dir, LOCK_UN);
	if (launch->data_dir >= 0)
		flock(launch->data_dir, LOCK_UN);
}

void launch_close(struct launch *launch)
{
	struct error ignored;

	foreground_end(&launch->foreground);
	notify_close(&launch->notify);
	hook_output_close(&launch->hook_output);
	close_sockets(launch, &ignored);
	close_rootfs(launch, &ignored);
	close_launchpad(launch, &ignored);
	close_namespaces(launch, &ignored);
	cgroup_host_close(&launch->cgroup_host);
	systemd_unit_release(&launch->unit);
	close_fd(&launch->data_dir);
	close_fd(&launch->state_dir);
	close_fd(&launch->cgroup);
	close_fd(&launch->proc);
	close_fd(&launch->joined_network);
	network_service_release(&launch->service);
	close_fd(&launch->pidfd);
	close_fd(&launch->console);
}
