/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/launch_pasta.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "runtime/connection.h"
#include "runtime/handle.h"

static struct pasta_plan *plan_of(const struct launch *launch)
{
	return launch->plan->network ? launch->plan->network->pasta : NULL;
}

static enum container_status status_of(struct launch *launch, const char *id)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct error ignored;

	if (handle_open(launch->settings, id, HANDLE_NO_LOCK, launch->arena, &handle, &ignored) < 0)
		return STATUS_RUNNING; /* who cannot be read is left alone */
	return handle.status;
}

/*
 * Of a container whose ctr was killed with -9 pasta is there until somebody comes along. One that
 * another ctr works on has its folder locked, and is not ours to judge. Returns whether it is ended.
 */
static bool end_dead(struct launch *launch, const char *id, int folder, const char *path)
{
	struct error ignored;

	if (status_of(launch, id) != STATUS_STOPPED || flock(folder, LOCK_EX | LOCK_NB) < 0)
		return false;
	return status_of(launch, id) == STATUS_STOPPED &&
	       pasta_stop(launch->arena, folder, path, &ignored) == 0;
}

/* What containers of this state root have to do with a port that is taken. */
struct search {
	const struct published_port *taken;
	const char *holder; /* NULL: none that runs */
	bool ended;	    /* some that were dead had pasta still */
};

static void look_at(struct launch *launch, const char *id, struct search *search)
{
	const char *path = path_join(launch->arena, launch->settings->root, id);
	cleanup_fd int folder = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct published_ports ports;
	struct error ignored;

	if (folder < 0 || faccessat(folder, PASTA_FOLDER "/" PASTA_NETNS, F_OK, 0) < 0)
		return;
	if (end_dead(launch, id, folder, path))
		search->ended = true;
	else if (pasta_read_ports(launch->arena, folder, &ports, &ignored) == 0 &&
		 pasta_has_port(&ports, search->taken))
		search->holder = id;
}

static int look_at_all(struct launch *launch, struct search *search, struct error *err)
{
	struct string_list names;

	if (container_names(launch->settings, launch->arena, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (strcmp(names.items[i], launch->state->id) != 0)
			look_at(launch, names.items[i], search);
	return 0;
}

int launch_pasta_reserve(struct launch *launch, struct error *err)
{
	struct pasta_plan *plan = plan_of(launch);
	struct published_port taken;
	struct search search = { .taken = &taken };

	if (!plan)
		return 0;
	if (pasta_check(launch->arena, err) < 0)
		return fail_in(err, "network.mode");
	if (pasta_choose_ports(&plan->ports, &taken, err) == 0)
		return 0;
	if (err->errnum == EADDRINUSE) {
		struct error other;

		if (look_at_all(launch, &search, &other) == 0 && search.ended &&
		    pasta_choose_ports(&plan->ports, &taken, err) == 0)
			return 0;
		if (search.holder)
			fail(err, EADDRINUSE, "%s: container %s has it",
			     arena_strdup(launch->arena, err->text), search.holder);
	}
	return fail_in(err, "network.ports");
}

static const char *folder_of(const struct launch *launch)
{
	return path_join(launch->arena, launch->settings->root, launch->state->id);
}

int launch_pasta_start(struct launch *launch, struct error *err)
{
	const struct pasta_plan *plan = plan_of(launch);
	struct pasta_subject subject;

	if (!plan)
		return 0;
	subject = (struct pasta_subject){
		.pid = launch->pid,
		.user = launch->settings->user,
		.state = launch->state_dir,
		.path = folder_of(launch),
	};
	launch->has_pasta = true;
	return pasta_start(launch->arena, plan, &subject, err);
}

int launch_pasta_stop(struct launch *launch, struct error *err)
{
	if (!launch->has_pasta || launch->state_dir < 0)
		return 0;
	launch->has_pasta = false;
	return pasta_stop(launch->arena, launch->state_dir, folder_of(launch), err);
}
