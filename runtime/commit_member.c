/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/commit_member.h"
#include "runtime/run_changes.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/temporary.h"

void member_init(struct commit_member *member, const struct settings *settings,
		 const struct commit_target *target)
{
	*member = (struct commit_member){
		.settings = settings,
		.target = target,
		.handle = HANDLE_NONE,
		.layers = { .upper = -1 },
		.cgroup = -1,
		.index = COMMIT_INDEX_NONE,
	};
}

int member_open(struct commit_member *member, enum commit_pause pause, struct arena *arena,
		struct error *err)
{
	const char *id = member->target->id;
	struct handle *handle = &member->handle;

	if (handle_open(member->settings, id, HANDLE_LOCK, arena, handle, err) < 0 ||
	    container_layers_open(member->settings, id, arena, &member->layers, err) < 0)
		return -1;
	if (handle->incomplete)
		return fail(err, EINVAL, "%s: its making was interrupted; remove it with 'rm'", id);
	if (member->layers.upper < 0)
		return fail(err, EROFS, "%s: its root is read-only: there is nothing to commit",
			    id);
	if (handle_read_spec(arena, handle, &member->spec, err) < 0)
		return fail_in(err, "%s", id);
	member->running = handle->status == STATUS_RUNNING || handle->status == STATUS_CREATED;
	if (!member->running || pause == COMMIT_PAUSE_NEVER)
		return 0;
	member->cgroup = handle_open_cgroup(arena, handle, err);
	return member->cgroup < 0
		       ? fail_in(err, "%s: cannot be frozen; --pause=never commits it as it runs",
				 id)
		       : 0;
}

void member_close(struct commit_member *member)
{
	close_fd(&member->cgroup);
	container_layers_close(&member->layers);
	handle_close(&member->handle);
}

/* What the image says of its process is what the container was run with. */
static void describe_process(struct commit_member *member, struct arena *arena)
{
	const struct spec_process *process = member->spec.process;
	struct image_commit *image = &member->image;

	image->created_by = member->handle.state.command;
	if (!process)
		return;
	member->command = run_changes_command(&process->args);
	image->command = &member->command;
	image->environment = &process->env;
	image->directory = process->cwd;
	/* by the name that was asked for, where one was */
	if (member->handle.state.user)
		image->user = member->handle.state.user;
	else if (process->user.uid || process->user.gid || !member->handle.state.image)
		image->user = arena_printf(arena, "%u:%u", process->user.uid, process->user.gid);
}

/* On top of the image of the last commit, if the store has it still. */
static int begin_image(struct commit_member *member, bool full, struct error *err)
{
	struct commit_index *index = &member->index;
	const struct state *state = &member->handle.state;

	commit_index_open(index, member->handle.data, state, full, &member->image);
	if (image_commit_begin(&member->image, err) < 0)
		return -1;
	if (!member->image.previous)
		commit_index_forget(index);
	return 0;
}

int member_begin_image(struct commit_member *member, const struct commit_request *request,
		       const struct store *store, struct arena *arena, struct error *err)
{
	const struct container_layers *layers = &member->layers;
	const struct state *state = &member->handle.state;

	member->image_lowers = state_image_lowers(state);
	member->image = (struct image_commit){
		.store = store,
		.stack = layers->parts[0].stack, /* the root's */
		.archive = { .compression = request->compression },
		.name = member->target->name,
		.message = request->message,
		.author = request->author,
		.changes = &request->changes,
		.parent = state->image_digest,
		.lowers = &member->image_lowers,
	};
	describe_process(member, arena);
	return begin_image(member, request->full || !stage_ctime_tells(layers->upper), err);
}

void member_end_image(struct commit_member *member)
{
	commit_index_close(&member->index);
	if (member->image.store)
		image_commit_end(&member->image);
	member->image.store = NULL;
}

/* Who may write to the layer. A process that enters the container later is seen in the next pass.
 */
static int find_processes(void *context, struct arena *arena, const pid_t **pids, size_t *count,
			  struct error *err)
{
	const struct commit_member *member = context;
	pid_t *found;

	if (container_processes(member->settings, member->target->id, arena, &found, count, err) <
	    0)
		return -1;
	*pids = found;
	return 0;
}

static bool is_known(void *context, const char *path, const struct stat *status)
{
	const struct commit_member *member = context;

	return commit_index_known(&member->index, path, status);
}

int member_begin_copy(struct commit_member *member, struct error *err)
{
	const struct stage_options options = {
		.upper = member->layers.upper,
		.folder = member->handle.data,
		.processes = find_processes,
		.known = member->index.before ? is_known : NULL,
		.context = member,
	};

	if (!member->running)
		return 0;
	/* what a commit that was killed has left */
	if (temporary_clean(member->handle.data, err) < 0)
		return fail_in(err, "%s", member->target->id);
	member->stage = stage_open(&options, err);
	return member->stage ? 0 : fail_in(err, "%s", member->target->id);
}

static int fail_copy(const struct commit_member *member, struct error *err)
{
	if (err->errnum == ENOSPC)
		return fail_in(err, "%s (--pause=always needs none)", member->target->id);
	return fail_in(err, "%s", member->target->id);
}

int member_copy(struct commit_member *member, struct error *err)
{
	if (!member->stage || stage_copy(member->stage, err) == 0)
		return 0;
	return fail_copy(member, err);
}

int member_settle(struct commit_member *member, struct error *err)
{
	if (!member->stage || stage_settle(member->stage, member->cgroup >= 0, err) == 0)
		return 0;
	return fail_copy(member, err);
}

int member_finish(struct commit_member *member, struct arena *arena, struct error *err)
{
	if (!member->stage)
		return 0;
	if (stage_finish(member->stage, err) < 0)
		return fail_copy(member, err);
	member->image.stack.upper = stage_root(member->stage);
	return commit_index_stage(&member->index, member->stage, arena, err);
}

/*
 * What stands still now and will run again may have pages mapped that it can store to then without
 * another ctime, which is what the next commit goes by. Written back they are protected.
 */
static int protect_mappings(const struct commit_member *member, struct error *err)
{
	cleanup_fd int upper = -1;

	if (member->stage || member->handle.status == STATUS_STOPPED)
		return 0;
	upper = openat(member->layers.upper, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (upper < 0 || syncfs(upper) < 0)
		return fail_errno(err, "%s: write back its layer", member->target->id);
	return 0;
}

int member_archive(struct commit_member *member, struct error *err)
{
	if (protect_mappings(member, err) < 0)
		return -1;
	if (commit_index_begin(&member->index, &member->image, err) < 0)
		return fail_in(err, "%s", member->target->id);
	return image_commit_archive(&member->image, err);
}

int member_end_index(struct commit_member *member, struct error *err)
{
	return commit_index_end(&member->index, &member->image, err);
}

int member_publish_index(struct commit_member *member, struct error *err)
{
	return commit_index_publish(&member->index, err);
}

void member_drop_copy(struct commit_member *member)
{
	stage_close(&member->stage);
}
