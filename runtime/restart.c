/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/restart.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/program.h"
#include "runtime/restart_policy.h"
#include "runtime/spawn.h"
#include "specs/schema.h"

#define RESTART_FILE "restart.json"
#define RESTART_MAX_SIZE 4096

/* The exit status that a start which failed counts as. */
#define FAILED_START 125

extern char **environ;

SCHEMA(restart_record, UINT(restart_record, count, "count"), UINT(restart_record, delay, "delay"),
       BOOL(restart_record, stopped, "stopped"));

static int load(const struct handle *handle, struct arena *arena, struct restart_record *record,
		struct error *err)
{
	char *text;
	size_t size;

	*record = (struct restart_record){ 0 };
	if (file_read_at(handle->data, RESTART_FILE, RESTART_MAX_SIZE, arena, &text, &size, err) <
	    0)
		return err->errnum == ENOENT ? 0 : -1;
	return schema_decode(&restart_record_schema, arena, RESTART_FILE, text, size, record, err);
}

static int save(const struct handle *handle, struct arena *arena,
		const struct restart_record *record, struct error *err)
{
	size_t size;
	const char *text =
		schema_encode(&restart_record_schema, arena, record, JSON_COMPACT, &size);

	return file_replace_at(handle->data, RESTART_FILE, text, size, 0600, false, err);
}

int restart_forbid(const struct settings *settings, const char *id, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct restart_record record;

	if (handle_open(settings, id, HANDLE_LOCK, &arena, &handle, err) < 0)
		return -1;
	if (!handle.state.restart)
		return 0;
	if (load(&handle, &arena, &record, err) < 0)
		return fail_in(err, "%s", id);
	record.stopped = true;
	return save(&handle, &arena, &record, err) < 0 ? fail_in(err, "%s", id) : 0;
}

int restart_begin(const struct handle *handle, struct arena *arena, bool forget, struct error *err)
{
	struct restart_record record;

	if (forget) {
		if (unlinkat(handle->data, RESTART_FILE, 0) < 0 && errno != ENOENT)
			return fail_errno(err, "remove %s", RESTART_FILE);
		return 0;
	}
	if (load(handle, arena, &record, err) < 0)
		return -1;
	if (record.stopped)
		return fail(err, ECANCELED, "%s: was stopped", handle->state.id);
	return 0;
}

static int64_t milliseconds(const struct timespec *time)
{
	return time->tv_sec * 1000LL + time->tv_nsec / 1000000;
}

/* From the last restart, or its making, to its exit status. */
static int64_t ran_for(const struct handle *handle, const struct restart_record *record)
{
	struct stat begin, end;

	if (fstatat(handle->data, EXIT_FILE, &end, 0) < 0 ||
	    (fstatat(handle->data, RESTART_FILE, &begin, 0) < 0 &&
	     fstatat(handle->data, RECORD_FILE, &begin, 0) < 0))
		return 0;
	return milliseconds(&end.st_mtim) - milliseconds(&begin.st_mtim) - record->delay;
}

/*
 * Plans under the lock. Returns 1 with *record as it is from now on if the container is to start
 * again, else 0.
 */
static int decide(const struct settings *settings, const char *id, bool failed,
		  struct restart_record *record, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct restart_policy policy;
	struct exit_record end = { .exit_code = FAILED_START };

	if (handle_open(settings, id, HANDLE_LOCK, &arena, &handle, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	/* somebody was quicker */
	if (!handle.state.restart || handle.status != STATUS_STOPPED || handle.dir >= 0)
		return 0;
	if (restart_policy_parse(handle.state.restart, &policy, err) < 0 ||
	    load(&handle, &arena, record, err) < 0 ||
	    (!failed && exit_load(&arena, handle.data, &end, err) < 0))
		return fail_in(err, "%s: restart", id);
	if (!restart_plan(&policy, (int)end.exit_code, failed ? 0 : ran_for(&handle, record),
			  record))
		return 0;
	return save(&handle, &arena, record, err) < 0 ? fail_in(err, "%s: restart", id) : 1;
}

/* Whether nobody has stopped, started or removed it since. */
static bool is_wanted(const struct settings *settings, const char *id,
		      const struct restart_record *planned)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct restart_record record;
	struct error ignored;

	return handle_open(settings, id, HANDLE_NO_LOCK, &arena, &handle, &ignored) == 0 &&
	       handle.data >= 0 && handle.status == STATUS_STOPPED &&
	       load(&handle, &arena, &record, &ignored) == 0 && !record.stopped &&
	       record.count == planned->count;
}

static int watch(const struct settings *settings, const char *id, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	const char *path = path_join(&arena, handle_data_path(&arena, settings), id);

	if (notify < 0 ||
	    inotify_add_watch(notify, path, IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF) < 0)
		return fail_errno(err, "%s: watch its folder", id);
	return take_fd(&notify);
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return milliseconds(&time);
}

/* The pause before a start. Returns 1 when it is over, 0 if there is no start any more. */
static int wait_pause(const struct settings *settings, const char *id,
		      const struct restart_record *planned, struct error *err)
{
	cleanup_fd int notify = watch(settings, id, err);
	struct pollfd event = { .fd = notify, .events = POLLIN };
	const int64_t end = now() + planned->delay;
	char events[4096];

	if (notify < 0)
		return -1;
	while (is_wanted(settings, id, planned)) {
		int64_t left = end - now();

		if (left <= 0)
			return 1;
		if (poll(&event, 1, (int)left) > 0 && read(notify, events, sizeof(events)) < 0 &&
		    errno != EAGAIN && errno != EINTR)
			return fail_errno(err, "%s: watch its folder", id);
	}
	return 0;
}

/* A process of its own, as for whoever types it: with the guard, in the user's namespaces. */
static int start(const struct settings *settings, const char *id, struct error *err)
{
	char program[PATH_MAX];
	char *argv[] = {
		program,
		(char[]){ "--root" },
		(char *)settings->root,
		(char[]){ "--data-root" },
		(char *)settings->data_root,
		(char[]){ "start-again" },
		(char *)id,
		NULL,
	};
	const struct spawn spawn = {
		.path = program,
		.argv = argv,
		.env = environ,
		.input = -1,
		.output = -1,
		.error = -1,
		.directory = -1,
		.timeout = -1,
	};

	if (program_path(program, sizeof(program), err) < 0)
		return -1;
	return spawn_run(&spawn, err);
}

int restart_container(const struct settings *settings, const char *id, struct error *err)
{
	bool failed = false;

	for (;;) {
		struct restart_record record;
		int again = decide(settings, id, failed, &record, err);

		if (again > 0)
			again = wait_pause(settings, id, &record, err);
		if (again <= 0)
			return again;
		if (start(settings, id, err) == 0)
			return 0;
		failed = true;
	}
}
