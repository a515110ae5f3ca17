/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/container.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "runtime/connection.h"
#include "runtime/detach.h"
#include "runtime/foreground.h"
#include "runtime/handle.h"
#include "runtime/launch_network.h"
#include "runtime/lifecycle.h"
#include "runtime/prepare.h"
#include "runtime/restart.h"
#include "runtime/restore.h"
#include "runtime/teardown.h"

int container_create(const struct settings *settings, const struct container_options *options,
		     struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_prepared struct prepared prepared = PREPARED_NONE;
	struct container_options detached = *options;

	detached.detach = true;
	if (prepare(settings, &detached, &arena, &prepared, err) < 0)
		return -1;
	prepared.launch.start_socket = true;
	if (launch_create(&prepared.launch, err) < 0)
		return -1;
	launch_network_settle(&prepared.launch);
	prepared_keep(&prepared);
	return 0;
}

/*
 * Locks the container again for its end. If somebody has deleted it meanwhile there is nothing
 * left to undo, and what has its name now is not ours.
 */
static int lock_again(struct launch *launch, struct error *err)
{
	struct stat status;

	while (flock(launch->state_dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return fail_errno(err, "lock the container");
	if (fstat(launch->state_dir, &status) < 0)
		return fail_errno(err, "look at the state folder");
	if (status.st_nlink > 0)
		return 0;
	launch->state_dir_made = false;
	launch->cgroup_path = NULL;
	launch->network_kept = false;
	launch->has_pasta = false;
	launch->remove_data = false;
	launch->hooks_begun = false;
	return 0;
}

static void sync_record(void *context)
{
	const struct launch *launch = context;
	struct error err;

	if (state_sync(launch->data_dir, &err) < 0)
		log_warning("%s: may not outlive a power cut: %s", launch->state->id, err.text);
}

/* The process has ended. What stays is the writable layer of the spec form with its exit status. */
static int finish(const struct container_options *options, struct launch *launch, int exit_status,
		  struct error *err)
{
	if (lock_again(launch, err) < 0)
		return -1;
	close_fd(&launch->pidfd); /* reaped */
	if (options->form == FORM_OCI && options->keep)
		return 0;
	launch_network_expect_end(launch);
	if (options->form == FORM_SPEC && !options->remove && launch->state_dir_made) {
		launch->remove_data = false;
		teardown_leave(launch);
		sync_record(launch);
		/* on a full disk, say: the caller has the status all the same */
		if (exit_save(launch->arena, launch->data_dir, exit_status, err) < 0)
			log_warning("%s: its exit status is not recorded: %s", launch->state->id,
				    err->text);
	}
	return launch_remove(launch, err);
}

static int run_foreground(const struct container_options *options, struct prepared *prepared,
			  int *exit_status, struct error *err)
{
	struct launch *launch = &prepared->launch;
	bool orphans = !prepared->plan.namespaces.own[NAMESPACE_PID];
	int status, console;

	launch->keep_console = !launch->console_socket;
	if (foreground_begin(&launch->foreground, orphans && !options->no_subreaper, err) < 0)
		return -1;
	if (launch_run_whole(launch, err) < 0)
		return -1;
	prepared_keep(prepared);
	close_fd(&prepared->layers_lock);
	launch_unlock(launch);
	console = take_fd(&launch->console);
	launch->foreground.notify = &launch->notify;
	if (options->form == FORM_SPEC && !options->remove) {
		launch->foreground.settle = sync_record;
		launch->foreground.context = launch;
	}
	if (foreground_wait(&launch->foreground, launch->pidfd, launch->pid, console, &status,
			    err) < 0 ||
	    finish(options, launch, status, err) < 0)
		return -1;
	*exit_status = status;
	return 0;
}

/* `run --detach` of the OCI form: nobody stays, as with runc. */
static int run_alone(struct prepared *prepared, struct error *err)
{
	struct launch *launch = &prepared->launch;

	if (launch_run_whole(launch, err) < 0)
		return -1;
	launch_network_settle(launch);
	prepared_keep(prepared);
	launch_unlock(launch);
	return notify_wait(&launch->notify, launch->pidfd, err);
}

int container_restore(const struct settings *settings, const struct container_options *options,
		      const struct checkpoint_options *criu, struct arena *arena, int *exit_status,
		      struct error *err)
{
	cleanup_prepared struct prepared prepared = PREPARED_NONE;
	struct restore restore;
	int result = restore_open(arena, settings, criu, &restore, err);

	if (result == 0)
		result = prepare(settings, options, arena, &prepared, err);
	if (result == 0 &&
	    (connection_is_attached(&prepared.spec) || connection_has_pasta(&prepared.spec)))
		result = fail(err, ENOTSUP,
			      "network.mode: '%s': the addresses and ports of images cannot be "
			      "given to another container: take mode 'none' or 'host'",
			      prepared.spec.network->mode ?: "bridge");
	prepared.launch.restore = &restore;
	*exit_status = 0;
	if (result == 0)
		result = options->detach ? run_alone(&prepared, err)
					 : run_foreground(options, &prepared, exit_status, err);
	criu_images_close(&restore.images);
	return result;
}

int container_run(const struct settings *settings, const struct container_options *options,
		  struct arena *arena, const char **id, int *exit_status, struct error *err)
{
	cleanup_prepared struct prepared prepared = PREPARED_NONE;
	int result;

	*exit_status = 125;
	if (prepare(settings, options, arena, &prepared, err) < 0)
		return -1;
	*id = prepared.state.id;
	if (!options->detach) {
		result = run_foreground(options, &prepared, exit_status, err);
	} else {
		result = options->form == FORM_OCI ? run_alone(&prepared, err)
						   : detach_run(&prepared, err);
		if (result == 0)
			*exit_status = 0;
	}
	if (result < 0 && prepared.launch.exit_status)
		*exit_status = prepared.launch.exit_status;
	return result;
}

int container_start(const struct settings *settings, const char *id, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_prepared struct prepared prepared = PREPARED_NONE;
	cleanup_handle struct handle handle = HANDLE_NONE;
	pid_t pid;

	if (handle_open(settings, id, HANDLE_LOCK, &arena, &handle, err) < 0 ||
	    handle_allow(&handle, "start", 1U << STATUS_CREATED, err) < 0)
		return -1;
	pid = (pid_t)handle.state.init.pid;
	if (prepare_existing(settings, &handle, &arena, &prepared, err) < 0)
		return -1;
	prepared.launch.pid = pid;
	notify_find(&prepared.launch.notify);
	if (launch_start_created(&prepared.launch, err) < 0)
		return -1;
	launch_unlock(&prepared.launch);
	return notify_wait(&prepared.launch.notify, prepared.launch.pidfd, err);
}

bool container_starts_again(const struct settings *settings, const char *id)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct error ignored;

	/* an engine's container has no folder there, and this is all that its start pays */
	if (!path_is_plain_name(id) ||
	    access(path_join(&arena, handle_data_path(&arena, settings), id), F_OK) < 0)
		return false;
	return handle_open(settings, id, HANDLE_NO_LOCK, &arena, &handle, &ignored) == 0 &&
	       handle.data >= 0 && handle.status == STATUS_STOPPED;
}

int container_start_again(const struct settings *settings, const char *id, enum start_again how,
			  int *exit_status, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_prepared struct prepared prepared = PREPARED_NONE;
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct container_options options = { .form = FORM_SPEC };
	int result;

	*exit_status = 125;
	if (lifecycle_open(settings, id, &arena, &handle, err) < 0 ||
	    handle_allow(&handle, "start", 1U << STATUS_STOPPED, err) < 0)
		return -1;
	if (handle.state.host_view)
		return fail(err, ENOTSUP,
			    "%s: was made by 'try', for one command: run 'try' once more", id);
	options.remove = !handle.state.keep;
	if (restart_begin(&handle, &arena, how != START_BY_ITSELF, err) < 0 ||
	    prepare_again(settings, &handle, &arena, &prepared, err) < 0)
		return -1;
	result = how == START_ATTACHED ? run_foreground(&options, &prepared, exit_status, err)
				       : detach_run(&prepared, err);
	if (result == 0 && how != START_ATTACHED)
		*exit_status = 0;
	if (result < 0 && prepared.launch.exit_status)
		*exit_status = prepared.launch.exit_status;
	return result;
}
