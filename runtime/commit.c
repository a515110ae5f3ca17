/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/commit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/step.h"
#include "cgroup/freeze.h"
#include "fs/image_commit.h"
#include "runtime/container.h"
#include "runtime/handle.h"

/* A container that does not freeze within this time is not committed. */
#define FREEZE_TIMEOUT_MS 10000
#define THAW_TIMEOUT_MS 10000

struct commit {
	const struct settings *settings;
	const struct commit_request *request;
	struct commit_result *result;
	struct arena arena;
	struct handle handle;
	struct spec spec;
	struct container_layers layers;
	struct store store;
	struct image_commit image;
	int cgroup; /* of a container that is to be frozen; -1: it need not be */
	int guard;  /* socket to the guard; its end thaws the container */
	pid_t guard_pid;
	bool frozen;
	struct timespec begin;
};

static int open_container(struct commit *commit, struct error *err)
{
	const char *id = commit->request->id;
	struct handle *handle = &commit->handle;

	if (handle_open(commit->settings, id, HANDLE_LOCK, &commit->arena, handle, err) < 0 ||
	    container_layers_open(commit->settings, id, &commit->arena, &commit->layers, err) < 0)
		return -1;
	if (handle->incomplete)
		return fail(err, EINVAL, "%s: its making was interrupted; remove it with 'rm'", id);
	if (commit->layers.upper < 0)
		return fail(err, EROFS, "%s: its root is read-only: there is nothing to commit",
			    id);
	if (handle_read_spec(&commit->arena, handle, &commit->spec, err) < 0)
		return fail_in(err, "%s", id);
	return 0;
}

static int close_container(struct commit *commit, struct error *err)
{
	(void)err;
	container_layers_close(&commit->layers);
	handle_close(&commit->handle);
	return 0;
}

/* What the image says of its process is what the container was run with. */
static void describe_process(struct commit *commit)
{
	const struct spec_process *process = commit->spec.process;

	commit->image.created_by = commit->handle.state.command;
	if (!process)
		return;
	commit->image.command = &process->args;
	commit->image.environment = &process->env;
	commit->image.directory = process->cwd;
	commit->image.user =
		arena_printf(&commit->arena, "%u:%u", process->user.uid, process->user.gid);
}

static int begin_image(struct commit *commit, struct error *err)
{
	const struct commit_request *request = commit->request;
	const struct state *state = &commit->handle.state;

	if (store_open(&commit->store, commit->settings->data_root, &commit->arena, err) < 0)
		return -1;
	commit->image = (struct image_commit){
		.store = &commit->store,
		.stack = {
			.upper = commit->layers.upper,
			.lowers = commit->layers.lowers,
			.lower_count = commit->layers.lower_count,
			.user_xattr = commit->layers.user_xattr,
			.own = &commit->layers.own,
		},
		.archive = { .compression = request->compression },
		.name = request->name,
		.message = request->message,
		.author = request->author,
		.parent = state->image_digest,
		.lowers = &state->lowers,
	};
	describe_process(commit);
	return image_commit_begin(&commit->image, err);
}

static int end_image(struct commit *commit, struct error *err)
{
	(void)err;
	if (commit->image.store)
		image_commit_end(&commit->image);
	commit->image.store = NULL;
	store_close(&commit->store);
	return 0;
}

/*
 * The guard lives as long as the container is frozen for us. It is in a session of its own, so
 * that what kills ctr's process group spares it.
 */
static _Noreturn void guard_main(int sock, int cgroup)
{
	struct error ignored;
	ssize_t size;
	char byte = 0;

	setsid();
	if (write(sock, &byte, 1) != 1)
		_exit(1);
	do
		size = read(sock, &byte, 1);
	while (size < 0 && errno == EINTR);
	if (size <= 0)
		cgroup_thaw(cgroup, THAW_TIMEOUT_MS, &ignored);
	_exit(0);
}

static int start_guard(struct commit *commit, struct error *err)
{
	const struct handle *handle = &commit->handle;
	char byte;
	int pair[2];

	if (handle->status != STATUS_RUNNING && handle->status != STATUS_CREATED)
		return 0;
	commit->cgroup = handle_open_cgroup(&commit->arena, handle, err);
	if (commit->cgroup < 0)
		return fail_in(err, "%s: cannot be frozen", commit->request->id);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(err, "make a socket pair");
	commit->guard_pid = fork();
	if (commit->guard_pid == 0) {
		close_fd(&pair[0]);
		guard_main(pair[1], commit->cgroup);
	}
	close_fd(&pair[1]);
	commit->guard = pair[0];
	if (commit->guard_pid < 0)
		return fail_errno(err, "fork the guard");
	/* not before it is out of reach of what kills us */
	if (read(commit->guard, &byte, 1) != 1)
		return fail(err, ECHILD, "the guard died");
	return 0;
}

/* The container runs again: the guard is not to touch it any more. If not, it tries once more. */
static int end_guard(struct commit *commit, struct error *err)
{
	(void)err;
	if (commit->guard >= 0 && !commit->frozen)
		send(commit->guard, "", 1, MSG_NOSIGNAL);
	close_fd(&commit->guard);
	if (commit->guard_pid > 0)
		while (waitpid(commit->guard_pid, NULL, 0) < 0 && errno == EINTR)
			;
	commit->guard_pid = 0;
	close_fd(&commit->cgroup);
	return 0;
}

static int freeze(struct commit *commit, struct error *err)
{
	if (commit->cgroup < 0)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &commit->begin);
	commit->frozen = true;
	return cgroup_freeze(commit->cgroup, FREEZE_TIMEOUT_MS, err);
}

static int thaw(struct commit *commit, struct error *err)
{
	struct timespec end;

	if (!commit->frozen)
		return 0;
	if (cgroup_thaw(commit->cgroup, THAW_TIMEOUT_MS, err) < 0)
		return fail_in(err, "%s: thaw", commit->request->id);
	clock_gettime(CLOCK_MONOTONIC, &end);
	commit->frozen = false;
	commit->result->frozen = true;
	commit->result->frozen_microseconds = (end.tv_sec - commit->begin.tv_sec) * 1000000LL +
					      (end.tv_nsec - commit->begin.tv_nsec) / 1000;
	return 0;
}

static int archive(struct commit *commit, struct error *err)
{
	return image_commit_archive(&commit->image, err);
}

static int thaw_again(struct commit *commit, struct error *err)
{
	return thaw(commit, err) < 0 ? -1 : end_guard(commit, err);
}

static int finish_layer(struct commit *commit, struct error *err)
{
	return image_commit_layer(&commit->image, err);
}

static int write_documents(struct commit *commit, struct error *err)
{
	return image_commit_documents(&commit->image, err);
}

static int name_image(struct commit *commit, struct error *err)
{
	return image_commit_name(&commit->image, err);
}

STEPS(commit);

static const struct commit_step commit_steps[] = {
	{ "container", open_container, close_container },
	{ "image", begin_image, end_image },
	{ "guard", start_guard, end_guard },
	{ "freeze", freeze, thaw },
	{ "archive", archive, NULL },
	{ "thaw", thaw_again, NULL },
	{ "layer", finish_layer, NULL },
	{ "documents", write_documents, NULL },
	{ "name", name_image, NULL },
};

static void report(const struct commit *commit)
{
	struct commit_result *result = commit->result;

	snprintf(result->name, sizeof(result->name), "%s", commit->image.full_name);
	snprintf(result->digest, sizeof(result->digest), "%s", commit->image.manifest.text);
	result->layer_size = commit->image.layer.size;
	result->size = commit->image.size;
}

int container_commit(const struct settings *settings, const struct commit_request *request,
		     struct commit_result *result, struct error *err)
{
	struct commit commit = {
		.settings = settings,
		.request = request,
		.result = result,
		.handle = HANDLE_NONE,
		.layers = { .upper = -1 },
		.store = STORE_NONE,
		.cgroup = -1,
		.guard = -1,
	};
	struct error ignored;
	int done;

	*result = (struct commit_result){ 0 };
	done = commit_run(commit_steps, ARRAY_SIZE(commit_steps), &commit, err);
	if (done == 0) {
		report(&commit);
		commit_undo(commit_steps, ARRAY_SIZE(commit_steps), &commit, &ignored);
	}
	arena_free(&commit.arena);
	return done;
}
