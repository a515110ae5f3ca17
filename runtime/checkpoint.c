/* SPDX-License-Identifier: Apache-2.0 */
/* `checkpoint`: a running container as images of criu. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/step.h"
#include "cgroup/freeze.h"
#include "runtime/connection.h"
#include "runtime/criu.h"
#include "runtime/criu_images.h"
#include "runtime/criu_subject.h"
#include "runtime/handle.h"
#include "runtime/prepare.h"

/* How long criu's frozen cgroup may take to thaw when criu has died over it. */
#define THAW_TIMEOUT_MS 10000

struct checkpoint {
	const struct settings *settings;
	const struct checkpoint_options *options;
	struct arena *arena;
	struct handle *handle;
	const char *program;
	struct criu_images images;
	struct spec spec;
	struct rootfs_plan rootfs;
	struct namespaces_plan namespaces;
	struct criu_subject subject;
	struct criu_options criu;
	int status_fd;
};

static int find_criu(struct checkpoint *checkpoint, struct error *err)
{
	return criu_find(checkpoint->arena, checkpoint->settings->criu, &checkpoint->program, err);
}

static int check_status_fd(struct checkpoint *checkpoint, struct error *err)
{
	int fd = checkpoint->options->status_fd, flags;

	if (fd < 0)
		return 0;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return fail_errno(err, "--status-fd %d", fd);
	if ((flags & O_ACCMODE) == O_RDONLY)
		return fail(err, EBADF, "--status-fd %d: cannot be written to", fd);
	checkpoint->status_fd = fd;
	return 0;
}

static int open_images(struct checkpoint *checkpoint, struct error *err)
{
	const char *parent = checkpoint->options->parent_path;
	cleanup_fd int folder = -1;

	if (criu_images_open(checkpoint->options, true, "dump.log", &checkpoint->images, err) < 0)
		return -1;
	if (!parent)
		return 0;
	folder = openat(checkpoint->images.images, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 ? fail_errno(err, "--parent-path %s", parent) : 0;
}

static int close_images(struct checkpoint *checkpoint, struct error *err)
{
	(void)err;
	criu_images_close(&checkpoint->images);
	return 0;
}

/* The plan that the container was made by, as far as criu must know it. */
static int plan_again(struct checkpoint *checkpoint, struct error *err)
{
	struct arena *arena = checkpoint->arena;
	const struct state *state = &checkpoint->handle->state;
	struct rootfs_options options = { .bundle = state->bundle, .lowers = state->lowers };
	struct cgroup_host host;

	if (handle_read_spec(arena, checkpoint->handle, &checkpoint->spec, err) < 0)
		return -1;
	if (connection_is_attached(&checkpoint->spec) || connection_has_pasta(&checkpoint->spec))
		return fail(err, ENOTSUP,
			    "network.mode: '%s': its addresses and ports could not be given to "
			    "a container that is restored",
			    checkpoint->spec.network->mode ?: "bridge");
	if (state->cgroup) {
		if (cgroup_host_open(arena, &host, err) < 0)
			return -1;
		cgroup_host_close(&host);
		checkpoint->subject.cgroup = state->cgroup;
		checkpoint->subject.cgroup_path =
			arena_printf(arena, "%s%s", host.mount, state->cgroup);
		options.cgroup = checkpoint->subject.cgroup_path;
	}
	namespaces_plan(&checkpoint->spec, &checkpoint->namespaces);
	return rootfs_plan(arena, &checkpoint->spec, &options, &checkpoint->rootfs, err);
}

/*
 * Whether its network namespace has interfaces that criu could not make again at another end: all
 * but loopback are moved in by somebody who will do that again (hooks, the engine).
 */
static int look_at_network(struct checkpoint *checkpoint, struct error *err)
{
	char *text, *path = arena_printf(checkpoint->arena, "/proc/%d/net/dev",
					 checkpoint->subject.pid);

	if (!checkpoint->namespaces.own[NAMESPACE_NETWORK])
		return 0;
	if (file_read_at(AT_FDCWD, path, 1 << 20, checkpoint->arena, &text, NULL, err) < 0)
		return -1;
	for (char *line; (line = strsep(&text, "\n"));) {
		char *name = line + strspn(line, " "), *colon = strchr(name, ':');

		if (colon && strncmp(name, "lo:", 3) != 0)
			checkpoint->subject.empty_network = true;
	}
	return 0;
}

static int look(struct checkpoint *checkpoint, struct error *err)
{
	struct criu_subject *subject = &checkpoint->subject;

	subject->pid = (int)checkpoint->handle->state.init.pid;
	subject->root = checkpoint->rootfs.path ?: "/";
	subject->config_file = criu_plan_config(&checkpoint->spec, criu_config_file());
	if (look_at_network(checkpoint, err) < 0 ||
	    criu_subject_running(checkpoint->arena, &checkpoint->rootfs, subject, err) < 0 ||
	    criu_subject_streams(checkpoint->arena, subject, err) < 0 ||
	    criu_subject_namespaces(&checkpoint->namespaces, subject, err) < 0)
		return -1;
	return criu_plan_dump(checkpoint->arena, subject, checkpoint->options, &checkpoint->criu,
			      err);
}

static int save_streams(struct checkpoint *checkpoint, struct error *err)
{
	return criu_streams_save(checkpoint->arena, checkpoint->images.images,
				 &checkpoint->subject.stdio, err);
}

/* Lazy pages can be fetched now: says so to who waits at the other end of --status-fd. */
static int tell_ready(void *context, const struct criu_response *moment, int *fd, struct error *err)
{
	struct checkpoint *checkpoint = context;
	int status_fd = checkpoint->status_fd;

	(void)fd;
	if (status_fd < 0 || strcmp(moment->script, "status-ready") != 0)
		return 0;
	checkpoint->status_fd = -1;
	if (write(status_fd, "", 1) != 1)
		return fail_errno(err, "--status-fd");
	close(status_fd);
	return 0;
}

/* criu thaws what it froze, unless it was killed. */
static void thaw(struct checkpoint *checkpoint)
{
	struct error ignored;
	cleanup_fd int cgroup = -1;

	if (checkpoint->handle->status != STATUS_RUNNING)
		return;
	cgroup = handle_open_cgroup(checkpoint->arena, checkpoint->handle, &ignored);
	if (cgroup >= 0 && cgroup_is_frozen(cgroup, &ignored) > CGROUP_RUNNING)
		cgroup_thaw(cgroup, THAW_TIMEOUT_MS, &ignored);
}

static int dump(struct checkpoint *checkpoint, struct error *err)
{
	const struct criu criu = {
		.program = checkpoint->program,
		.images = checkpoint->images.images_path,
		.work = checkpoint->images.work_path,
		.log_folder = checkpoint->images.work,
		.cgroup = -1,
		.stdio = { -1, -1, -1 },
		.notify = tell_ready,
		.context = checkpoint,
	};
	struct criu_response response;
	bool pre_dump = checkpoint->options->pre_dump;

	if (criu_run(checkpoint->arena, &criu, pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP,
		     &checkpoint->criu, &response, err) == 0)
		return 0;
	thaw(checkpoint);
	return -1;
}

/* Nothing runs any more. */
static int remove_container(struct checkpoint *checkpoint, struct error *err)
{
	cleanup_prepared struct prepared prepared = PREPARED_NONE;

	if (checkpoint->options->leave_running || checkpoint->options->pre_dump)
		return 0;
	if (prepare_existing(checkpoint->settings, checkpoint->handle, checkpoint->arena, &prepared,
			     err) < 0)
		return -1;
	return launch_remove(&prepared.launch, err);
}

STEPS(checkpoint);

static const struct checkpoint_step checkpoint_steps[] = {
	{ "criu", find_criu, NULL },
	{ "status descriptor", check_status_fd, NULL },
	{ "images", open_images, close_images },
	{ "plan", plan_again, NULL },
	{ "look", look, NULL },
	{ "streams", save_streams, NULL },
	{ "dump", dump, NULL },
	{ "remove", remove_container, NULL },
};

/* Its writable layer, its log and its monitor are not in the images, nor in a bundle. */
static int check_form(const struct handle *handle, struct error *err)
{
	if (handle->data < 0)
		return 0;
	return fail(err, ENOTSUP,
		    "%s: was made of a spec or an image: only containers of bundles (create, run "
		    "--bundle) can be saved and restored",
		    handle->state.id);
}

int container_checkpoint(const struct settings *settings, const char *id,
			 const struct checkpoint_options *options, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct checkpoint checkpoint = {
		.settings = settings,
		.options = options,
		.arena = &arena,
		.handle = &handle,
		.images = CRIU_IMAGES_NONE,
		.status_fd = -1,
	};
	int result;

	if (criu_plan_check(options, err) < 0 ||
	    handle_open(settings, id, HANDLE_LOCK, &arena, &handle, err) < 0 ||
	    handle_allow(&handle, "checkpoint", 1U << STATUS_RUNNING | 1U << STATUS_PAUSED, err) <
		    0 ||
	    check_form(&handle, err) < 0)
		return -1;
	result = checkpoint_run(checkpoint_steps, ARRAY_SIZE(checkpoint_steps), &checkpoint, err);
	criu_images_close(&checkpoint.images);
	return result;
}
