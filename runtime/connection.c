/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/sys.h"
#include "base/user_namespace.h"
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

/* In the user namespace that we are in: the container's, if the spec makes none. */
static uint32_t own_last_group(void)
{
	char map[4096], *rest = map;
	uint64_t last = 0;
	struct error ignored;

	if (file_read_short_at(AT_FDCWD, "/proc/self/gid_map", map, sizeof(map), &ignored) < 0)
		return 0;
	/* user_namespaces(7): lines of the first ID inside, the one outside, and how many */
	while (*rest) {
		const uint64_t inside = strtoul(rest, &rest, 10);
		const uint64_t outside = strtoul(rest, &rest, 10);
		const uint64_t size = strtoul(rest, &rest, 10);

		(void)outside;
		if (!size)
			break;
		if (inside <= last + 1 && inside + size - 1 > last)
			last = inside + size - 1;
		rest += strspn(rest, " \n");
	}
	return last > INT32_MAX ? INT32_MAX : (uint32_t)last;
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
	/* of the machine's root it would make itself nobody, and be refused the namespace */
	if (plan->pasta && settings->user == 0 && !in_user_namespace())
		return fail(err, EPERM,
			    "network.mode: pasta is for users who are not root: use --network "
			    "bridge");
	if (connection_find_servers(arena, plan, err) < 0)
		return -1;
	if (plan->pasta && plan->last_group == INT32_MAX)
		plan->last_group = own_last_group();
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

void connection_choose(const struct settings *settings, struct arena *arena, struct spec *spec)
{
	struct spec_network *network = spec->network;
	struct string_list ports;
	enum network_mode without;
	const char *ignored;

	if (settings->user == 0 || !network || network->mode || !network->ports.count)
		return;
	ports = network->ports;
	network->ports.count = 0;
	without = spec_network_mode(spec, &ignored);
	network->ports = ports;
	if (without == NETWORK_MODE_NONE)
		network->mode = arena_strdup(arena, "pasta");
}
