/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "runtime/handle.h"

/*
 * The network namespace of a container that runs. By the number of its first process, which was not
 * another's if the process is still there behind it.
 */
static int open_container(const struct settings *settings, struct arena *arena, const char *id,
			  struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	cleanup_fd int netns = -1;
	char path[40];

	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, &handle, err) < 0)
		return -1;
	if (handle.pidfd < 0)
		return fail(err, ESRCH, "%s: container not running: it has no network now", id);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)handle.state.init.pid);
	netns = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (netns < 0 || pidfd_send_signal(handle.pidfd, 0, NULL, 0) < 0)
		return fail(err, ESRCH, "%s: container not running: it has no network now", id);
	return take_fd(&netns);
}

/* The other container may have no such files, as one with the host's network has none. */
static void find_files(struct arena *arena, const char *folder, struct connection_plan *plan)
{
	for (int i = 0; i < NETWORK_FILE_COUNT; i++) {
		const char *path =
			arena_printf(arena, "%s/" NETWORK_FOLDER "/%s", folder, network_files[i]);

		plan->files[i] = plan->files[i] && access(path, F_OK) == 0;
	}
}

int connection_settle(const struct settings *settings, struct arena *arena, const char *id,
		      struct spec *spec, const struct connection_plan **result, int *joined,
		      struct error *err)
{
	const char *folder = path_join(arena, settings->root, id), *netns = NULL;
	struct connection_plan *plan;

	if (connection_plan(arena, spec, id, folder, &plan, err) < 0)
		return -1;
	*result = plan;
	if (!plan)
		return 0;
	if (plan->request && settings->user != 0)
		return fail(err, EPERM,
			    "network.mode: 'bridge' changes the host's network, which only root "
			    "may: use --network pasta");
	if (plan->mode == NETWORK_MODE_PASTA)
		return fail(err, ENOTSUP, "network.mode: 'pasta': this build cannot start it");
	if (plan->other) {
		*joined = open_container(settings, arena, plan->other, err);
		if (*joined < 0)
			return fail_in(err, "network.mode");
		netns = arena_printf(arena, "/proc/self/fd/%d", *joined);
		folder = path_join(arena, settings->root, plan->other);
		find_files(arena, folder, plan);
	}
	connection_enter(arena, plan, netns, folder, spec);
	return 0;
}
