/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `restore`: the step of the launch in which criu makes the processes.
 *
 * The container's root and all that comes from the host are open as detached mounts (rootfs_open).
 * criu wants paths: it gets them in a mount namespace of its own, below folder PLACES of the state
 * folder, so that nothing of it is ever to be seen or left on the host.
 */
#include "runtime/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sys.h"
#include "runtime/criu.h"
#include "runtime/criu_subject.h"
#include "runtime/launch_clone.h"
#include "runtime/launch_hooks.h"
#include "runtime/launch_serve.h"

#define PLACES "criu"

struct context {
	struct launch *launch;
	const char *places; /* the path of that folder */
};

int restore_open(struct arena *arena, const struct settings *settings,
		 const struct checkpoint_options *options, struct restore *restore,
		 struct error *err)
{
	*restore = (struct restore){ .options = options, .images = CRIU_IMAGES_NONE };
	if (criu_plan_check(options, err) < 0 ||
	    criu_find(arena, settings->criu, &restore->program, err) < 0)
		return -1;
	return criu_images_open(options, false, "restore.log", &restore->images, err);
}

/* In criu's process, before it is criu. */
static int enter_places(void *argument, struct error *err)
{
	struct context *context = argument;
	cleanup_fd int places = -1;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail_errno(err, "make a mount namespace for criu");
	places = open(context->places, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (places < 0)
		return fail_errno(err, "open %s", context->places);
	return criu_places_attach(&context->launch->rootfs, places, err);
}

static int notice(void *argument, const struct criu_response *moment, int *fd, struct error *err)
{
	struct context *context = argument;
	struct launch *launch = context->launch;

	if (!strcmp(moment->script, "setup-namespaces")) {
		launch->pid = moment->pid;
		return launch_run_hooks(launch, err);
	}
	if (!strcmp(moment->script, "orphan-pts-master") && *fd >= 0)
		return launch_take_console(launch, take_fd(fd), err);
	return 0;
}

static int find_subject(struct launch *launch, const char *places, struct criu_subject *subject,
			struct error *err)
{
	struct restore *restore = launch->restore;
	const struct plan *plan = launch->plan;

	*subject = (struct criu_subject){
		.cgroup = launch->cgroup_path ? launch->state->cgroup : NULL,
		.config_file = criu_plan_config(plan->spec, criu_config_file()),
		.empty_network = plan->namespaces.own[NAMESPACE_NETWORK] &&
				 !criu_images_have_network(restore->images.images),
	};
	if (criu_streams_load(launch->arena, restore->images.images, &subject->stdio, err) < 0)
		return fail_in(err, "--image-path %s", restore->options->image_path);
	if (criu_subject_namespaces(&plan->namespaces, subject, err) < 0)
		return -1;
	return criu_subject_opened(launch->arena, &launch->rootfs, places, subject, err);
}

static int make_places(struct launch *launch, struct error *err)
{
	cleanup_fd int places = -1;

	if (mkdirat(launch->state_dir, PLACES, 0700) < 0)
		return fail_errno(err, "make a folder for criu");
	places = openat(launch->state_dir, PLACES, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (places < 0)
		return fail_errno(err, "open criu's folder");
	return criu_places_make(&launch->rootfs, places, err);
}

/* criu's descriptors from CRIU_INHERIT_FD on, in the order of criu_plan_restore(). */
static size_t inherited(const struct launch *launch, const struct criu_subject *subject, int *fds)
{
	size_t count = 0;

	for (size_t i = 0; i < subject->namespaces.count; i++) {
		enum namespace_type type = subject->namespaces.items[i].type;

		if (type == NAMESPACE_NETWORK || type == NAMESPACE_PID)
			fds[count++] = launch->namespaces.fds[type];
	}
	for (int i = 0; i < 3; i++)
		fds[count++] = launch->stdio[i] >= 0 ? launch->stdio[i] : i;
	return count;
}

/* Without criu's cgroups the processes stay in the one that criu runs in. */
static int cgroup_of_criu(const struct launch *launch, const struct criu_options *options)
{
	return options->manage_cgroups == CRIU_CGROUPS_IGNORE ? launch->cgroup : -1;
}

static int run_criu(struct launch *launch, const struct criu_subject *subject,
		    struct context *context, struct criu_response *response, struct error *err)
{
	struct restore *restore = launch->restore;
	int fds[NAMESPACE_COUNT + 3];
	struct criu criu = {
		.program = restore->program,
		.images = restore->images.images_path,
		.work = restore->images.work_path,
		.log_folder = restore->images.work,
		.stdio = { -1, -1, -1 },
		.inherit = fds,
		.inherit_count = inherited(launch, subject, fds),
		.prepare = enter_places,
		.notify = notice,
		.context = context,
	};
	struct criu_options options;

	if (criu_plan_restore(launch->arena, subject, restore->options, &options, err) < 0)
		return -1;
	criu.cgroup = cgroup_of_criu(launch, &options);
	/* a shell job goes on in the session of the terminal that criu is on */
	for (int i = 0; restore->options->shell_job && i < 3; i++)
		criu.stdio[i] = i;
	return criu_run(launch->arena, &criu, CRIU_RESTORE, &options, response, err);
}

int restore_processes(struct launch *launch, struct error *err)
{
	const char *places = arena_printf(launch->arena, "%s/%s/%s", launch->settings->root,
					  launch->state->id, PLACES);
	struct context context = { .launch = launch, .places = places };
	struct criu_response response;
	struct criu_subject subject;

	if (make_places(launch, err) < 0 || find_subject(launch, places, &subject, err) < 0 ||
	    run_criu(launch, &subject, &context, &response, err) < 0)
		return -1;
	launch->pid = response.pid;
	launch->pidfd = pidfd_open(launch->pid, 0);
	if (launch->pidfd < 0)
		return fail_errno(err, "open the container's first process");
	launch->hooks_begun = true;
	return remove_tree_at(launch->state_dir, PLACES, err);
}
