/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to a container between its start and its removal. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/signal_name.h"
#include "base/sys.h"
#include "cgroup/events.h"
#include "cgroup/freeze.h"
#include "cgroup/process.h"
#include "runtime/container.h"
#include "runtime/handle.h"
#include "runtime/launch_network.h"
#include "runtime/lifecycle.h"
#include "runtime/prepare.h"
#include "runtime/restart.h"
#include "runtime/snapshot.h"
#include "runtime/uppers.h"

#define ALIVE (1U << STATUS_CREATED | 1U << STATUS_RUNNING | 1U << STATUS_PAUSED)

/* How long a killed container may take until its processes are gone. */
#define KILL_TIMEOUT_MS 10000

/* How long those are waited for who have not read an exit status yet. */
#define READERS_SECONDS 1

static bool shares_pid_namespace(struct arena *arena, const struct handle *handle)
{
	struct spec spec = { 0 };
	struct error ignored;

	/* that it has not may mean only that an older ctr made it */
	if (handle->state.own_pids || handle_read_spec(arena, handle, &spec, &ignored) < 0 ||
	    !spec.linux)
		return false;
	for (size_t i = 0; i < spec.linux->namespaces.count; i++)
		if (spec.linux->namespaces.items[i].type == NAMESPACE_PID)
			return spec.linux->namespaces.items[i].path != NULL;
	return true;
}

static int signal_cgroup(struct arena *arena, struct handle *handle, int number, struct error *err)
{
	cleanup_fd int cgroup = handle_open_cgroup(arena, handle, err);

	if (cgroup < 0)
		return err->errnum == ENOENT ? 0 : -1;
	return number == SIGKILL ? cgroup_kill(cgroup, err) : cgroup_signal(cgroup, number, err);
}

static int kill_handle(struct arena *arena, struct handle *handle, int number, struct error *err)
{
	/* with the host's pid namespace nothing dies with the first process */
	if (number == SIGKILL && handle->state.cgroup && shares_pid_namespace(arena, handle))
		return signal_cgroup(arena, handle, number, err);
	if (pidfd_send_signal(handle->pidfd, number, NULL, 0) == 0)
		return 0;
	if (errno == ESRCH)
		return fail(err, ESRCH, "%s: container not running", handle->state.id);
	return fail_errno(err, "%s: send signal %d", handle->state.id, number);
}

/* Processes of a stopped container that only `kill KILL` or delete can end. */
static bool outlives_init(struct arena *arena, struct handle *handle, int number)
{
	cleanup_fd int cgroup = -1;
	struct cgroup_events events;
	struct error ignored;

	if (number != SIGKILL || handle->status != STATUS_STOPPED || !handle->state.cgroup ||
	    !shares_pid_namespace(arena, handle))
		return false;
	cgroup = handle_open_cgroup(arena, handle, &ignored);
	return cgroup >= 0 && cgroup_events_read(cgroup, &events, &ignored) == 0 &&
	       events.populated;
}

int container_kill(const struct settings *settings, const char *id, int number, bool all,
		   struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;

	if (handle_open(settings, id, HANDLE_NO_LOCK, &arena, &handle, err) < 0)
		return -1;
	if (all || outlives_init(&arena, &handle, number))
		return signal_cgroup(&arena, &handle, number, err);
	if (handle_allow(&handle, "kill", ALIVE, err) < 0)
		return -1;
	return kill_handle(&arena, &handle, number, err);
}

static int remove_locked(const struct settings *settings, struct handle *handle, bool data,
			 struct arena *arena, struct error *err)
{
	cleanup_prepared struct prepared prepared = PREPARED_NONE;
	struct string_list own = { 0 };

	if (data && snapshot_layers(handle, arena, &own, err) < 0)
		return -1;
	if (prepare_existing(settings, handle, arena, &prepared, err) < 0)
		return -1;
	prepared.launch.remove_data = data;
	launch_network_expect_end(&prepared.launch);
	if (launch_remove(&prepared.launch, err) < 0)
		return -1;
	return uppers_release(settings, &own, arena, err);
}

int lifecycle_open(const struct settings *settings, const char *id, struct arena *arena,
		   struct handle *handle, struct error *err)
{
	cleanup_fd int monitor = -1;
	struct error ignored;

	/* the monitor of one that has just ended takes the lock to tidy up */
	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, handle, err) < 0)
		return -1;
	if (handle->dir >= 0 && handle->status == STATUS_STOPPED && handle->state.monitor.pid)
		monitor = identity_open(&handle->state.monitor, &ignored);
	handle_close(handle);
	if (monitor >= 0)
		identity_wait_end(monitor, KILL_TIMEOUT_MS);
	for (int i = 0; i < 2; i++) {
		if (handle_open(settings, id, HANDLE_LOCK, arena, handle, err) < 0)
			return -1;
		if (handle->incomplete)
			return fail(err, EINVAL,
				    "%s: its making was interrupted; remove it with 'rm'", id);
		if (!handle->state.data)
			return fail(
				err, ENOTSUP,
				"%s: was made from a bundle, whose root is used as it is: there "
				"are no layers",
				id);
		if (handle->dir < 0 || handle->status != STATUS_STOPPED)
			return 0;
		/* nobody did: the monitor was killed */
		if (remove_locked(settings, handle, false, arena, err) < 0)
			return -1;
		handle_close(handle);
	}
	return fail(err, EBUSY, "%s: is in use", id);
}

static int delete_or_remove(const struct settings *settings, const char *id, bool force, bool data,
			    struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;

	if (handle_open(settings, id, force ? HANDLE_FORCE : HANDLE_LOCK, &arena, &handle, err) < 0)
		return force && err->errnum == ENOENT ? 0 : -1;
	if (!force && handle.status != STATUS_STOPPED && handle.status != STATUS_CREATED)
		return fail(err, EBUSY, "cannot delete container %s that is not stopped: it is %s",
			    id, status_name(handle.status));
	/* of the spec form only `rm` removes the writable layer, unless it was meant to go */
	if (!handle.incomplete && !handle.state.keep)
		data = true;
	if (handle.dir < 0 && !data)
		return fail(err, EEXIST,
			    "%s: has stopped, only its writable layer is left: remove it with 'rm'",
			    id);
	return remove_locked(settings, &handle, data, &arena, err);
}

int container_remove_incomplete(const struct settings *settings, const char *id, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;

	if (handle_open(settings, id, HANDLE_LOCK, &arena, &handle, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (!handle.incomplete || handle.status != STATUS_STOPPED)
		return 0;
	return remove_locked(settings, &handle, true, &arena, err) < 0 ? -1 : 1;
}

int container_delete(const struct settings *settings, const char *id, bool force, struct error *err)
{
	return delete_or_remove(settings, id, force, false, err);
}

int container_remove(const struct settings *settings, const char *id, bool force, struct error *err)
{
	return delete_or_remove(settings, id, force, true, err);
}

/*
 * Who waits for the end of a container that is removed at its end holds a lock on its record until
 * it has read the exit status. It is given some time, not the power to keep the container.
 */
static int hold_record(const struct handle *handle)
{
	int record = openat(handle->data, RECORD_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (record >= 0)
		flock(record, LOCK_SH | LOCK_NB);
	return record;
}

static void interrupt(int number)
{
	(void)number;
}

/* The lock comes as soon as the last reader is done; the alarm ends the wait for one that hangs. */
static void await_readers(const struct handle *handle)
{
	const struct sigaction action = { .sa_handler = interrupt }; /* no SA_RESTART */
	const struct itimerval limit = { .it_value.tv_sec = READERS_SECONDS }, none = { 0 };
	cleanup_fd int record = openat(handle->data, RECORD_FILE, O_RDONLY | O_CLOEXEC);

	if (record < 0 || sigaction(SIGALRM, &action, NULL) < 0)
		return;
	setitimer(ITIMER_REAL, &limit, NULL);
	flock(record, LOCK_EX);
	setitimer(ITIMER_REAL, &none, NULL);
}

int container_cleanup(const struct settings *settings, const char *id, bool remove,
		      struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;

	if (handle_open(settings, id, HANDLE_LOCK, &arena, &handle, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	/* another container may have the name by now: ours is the one whose monitor we were */
	if (handle.dir < 0 || handle.status != STATUS_STOPPED ||
	    handle.state.monitor.pid != getpid())
		return 0;
	if (remove)
		await_readers(&handle);
	if (remove_locked(settings, &handle, remove, &arena, err) < 0)
		return -1;
	if (remove || !handle.state.restart)
		return 0;
	handle_close(&handle); /* its lock */
	return restart_container(settings, id, err);
}

int container_stop(const struct settings *settings, const char *id, int timeout_ms,
		   struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	int number = SIGTERM, ignored;

	if (handle_open(settings, id, HANDLE_NO_LOCK, &arena, &handle, err) < 0)
		return -1;
	if (handle.state.restart && restart_forbid(settings, id, err) < 0)
		return -1;
	if (handle.status == STATUS_STOPPED)
		return 0;
	if (handle_allow(&handle, "stop", ALIVE, err) < 0)
		return -1;
	if (handle.status == STATUS_PAUSED && container_thaw(settings, id, err) < 0)
		return -1;
	if (handle.state.stop_signal && signal_parse(handle.state.stop_signal, &number, err) < 0)
		return fail_in(err, "%s: its stop signal", id);
	if (pidfd_send_signal(handle.pidfd, number, NULL, 0) < 0 && errno != ESRCH)
		return fail_errno(err, "%s: send signal %d", id, number);
	if (!identity_wait_end(handle.pidfd, timeout_ms)) {
		if (kill_handle(&arena, &handle, SIGKILL, err) < 0 && err->errnum != ESRCH)
			return -1;
		if (!identity_wait_end(handle.pidfd, KILL_TIMEOUT_MS))
			return fail(err, ETIMEDOUT, "%s: does not die of SIGKILL", id);
	}
	/* whoever is its parent now records the exit status */
	return handle.state.data ? container_wait(settings, id, &ignored, err) : 0;
}

/* Sets *exit_status if the container has left one. */
static int load_exit_status(const struct handle *handle, struct arena *arena, int *exit_status,
			    struct error *err)
{
	struct exit_record record;

	if (exit_load(arena, handle->data, &record, err) == 0)
		*exit_status = (int)record.exit_code;
	else if (err->errnum != ENOENT)
		return -1;
	return 0;
}

/*
 * The exit status of a container of the spec form: its parent (the monitor or a ctr in the
 * foreground) leaves exit.json. Waits for that file or for the end of all who could write it.
 */
static int wait_exit_file(const struct handle *handle, int monitor, struct arena *arena,
			  int *exit_status, struct error *err)
{
	cleanup_fd int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", handle->data);
	if (notify < 0 || inotify_add_watch(notify, path, IN_MOVED_TO | IN_DELETE) < 0)
		return fail_errno(err, "%s: watch its folder", handle->state.id);
	for (;;) {
		struct pollfd polls[] = {
			{ .fd = notify, .events = POLLIN },
			{ .fd = monitor, .events = POLLIN },
		};
		char events[4096];

		/* read at once: the container may be one that is removed at its end */
		if (load_exit_status(handle, arena, exit_status, err) < 0)
			return -1;
		/* without its record the container is being removed */
		if (*exit_status >= 0 || faccessat(handle->data, RECORD_FILE, F_OK, 0) < 0)
			return 0;
		if (poll(polls, 2, monitor >= 0 ? -1 : KILL_TIMEOUT_MS) == 0 || polls[1].revents)
			return 0;
		if (read(notify, events, sizeof(events)) < 0 && errno != EAGAIN && errno != EINTR)
			return fail_errno(err, "%s: watch its folder", handle->state.id);
	}
}

static bool was_removed(int folder)
{
	struct stat status;

	return fstat(folder, &status) < 0 || status.st_nlink == 0 ||
	       faccessat(folder, RECORD_FILE, F_OK, 0) < 0;
}

int container_wait(const struct settings *settings, const char *id, int *exit_status,
		   struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	cleanup_fd int monitor = -1, record = -1;
	struct error ignored;

	*exit_status = -1;
	if (handle_open(settings, id, HANDLE_NO_LOCK, &arena, &handle, err) < 0)
		return -1;
	record = hold_record(&handle);
	monitor = identity_open(&handle.state.monitor, &ignored);
	if (handle.pidfd >= 0)
		identity_wait_end(handle.pidfd, -1);
	if (handle.data < 0)
		return 0;
	/* a monitor that was killed writes nothing any more */
	if (handle.dir >= 0 && (monitor >= 0 || !handle.state.monitor.pid) &&
	    wait_exit_file(&handle, monitor, &arena, exit_status, err) < 0)
		return -1;
	if (*exit_status < 0 && load_exit_status(&handle, &arena, exit_status, err) < 0)
		return -1;
	/* a monitor would have recorded it: we came too late */
	if (*exit_status < 0 && handle.state.monitor.pid && was_removed(handle.data))
		return fail(err, ENOENT, "%s: container does not exist: it was removed at its end",
			    id);
	close_fd(&record);
	/* until the monitor is done with it the name is not free */
	if (monitor >= 0)
		identity_wait_end(monitor, -1);
	return 0;
}

int container_freeze(const struct settings *settings, const char *id, int timeout_ms,
		     struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	cleanup_fd int cgroup = -1;

	if (handle_open(settings, id, HANDLE_LOCK, &arena, &handle, err) < 0 ||
	    handle_allow(&handle, "freeze", ALIVE & ~(1U << STATUS_PAUSED), err) < 0)
		return -1;
	cgroup = handle_open_cgroup(&arena, &handle, err);
	if (cgroup < 0 || cgroup_freeze(cgroup, timeout_ms, err) < 0)
		return fail_in(err, "%s", id);
	return 0;
}

int container_thaw(const struct settings *settings, const char *id, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	cleanup_fd int cgroup = -1;
	int frozen;

	if (handle_open(settings, id, HANDLE_LOCK, &arena, &handle, err) < 0 ||
	    handle_allow(&handle, "thaw", ALIVE, err) < 0)
		return -1;
	cgroup = handle_open_cgroup(&arena, &handle, err);
	if (cgroup < 0)
		return fail_in(err, "%s", id);
	/* one whose freeze was interrupted half-way is running, and is thawed */
	frozen = handle.status == STATUS_PAUSED ? CGROUP_FROZEN : cgroup_is_frozen(cgroup, err);
	if (frozen == CGROUP_RUNNING)
		return fail(err, EINVAL, "%s: container not paused", id);
	if (frozen < 0 || cgroup_thaw(cgroup, KILL_TIMEOUT_MS, err) < 0)
		return fail_in(err, "%s", id);
	return 0;
}

int container_open_log(const struct settings *settings, const char *id, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	int log = -1;

	if (handle_open(settings, id, HANDLE_NO_LOCK, &arena, &handle, err) < 0)
		return -1;
	if (handle.data >= 0)
		log = openat(handle.data, LOG_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (log < 0 && (handle.data < 0 || errno == ENOENT))
		return fail(err, ENOENT,
			    "%s: has no log: only 'run --detach' of a spec or image keeps one", id);
	return log < 0 ? fail_errno(err, "%s: open its log", id) : log;
}
