/* SPDX-License-Identifier: Apache-2.0 */
/* What users who are not root have for their containers. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "cgroup/cgroup.h"
#include "cli/check.h"
#include "runtime/rootless.h"

void probe_subordinate_ids(const struct check *check, struct finding *finding)
{
	uint64_t uids, gids;
	struct error err;

	if (check->settings->user == 0) {
		finding_set(finding, FINDING_OK, "root needs none", NULL);
		return;
	}
	if (rootless_count_ids(check->arena, &uids, &gids, &err) < 0) {
		finding_failed(finding, &err, NULL);
		return;
	}
	finding_set(finding, uids && gids ? FINDING_OK : FINDING_LIMITED,
		    arena_printf(check->arena, "%llu users, %llu groups", (unsigned long long)uids,
				 (unsigned long long)gids),
		    uids && gids ? NULL
				 : "containers have your own id alone: usermod --add-subuids "
				   "100000-165535 --add-subgids 100000-165535 USER");
}

/* The cgroup beside which a user's containers get theirs, below the mount: the own one's parent. */
static const char *parent_of_own(struct arena *arena, struct error *err)
{
	const char *own, *slash;

	if (cgroup_own(arena, &own, err) < 0)
		return NULL;
	slash = strrchr(own, '/');
	return slash == own ? "." : arena_strndup(arena, own + 1, (size_t)(slash - own - 1));
}

static bool may_write(int root, struct arena *arena, const char *directory)
{
	const char *procs = arena_printf(arena, "%s/cgroup.procs", directory);

	return faccessat(root, directory, W_OK, AT_EACCESS) == 0 &&
	       faccessat(root, procs, W_OK, AT_EACCESS) == 0;
}

void probe_delegation(const struct check *check, struct finding *finding)
{
	struct cgroup_host host = { .root = -1 };
	const char *parent;
	char controllers[256] = "";
	struct error err;

	if (check->settings->user == 0) {
		finding_set(finding, FINDING_OK, "root needs none", NULL);
		return;
	}
	if (cgroup_host_open(check->arena, &host, &err) < 0 ||
	    !(parent = parent_of_own(check->arena, &err))) {
		finding_failed(finding, &err, NULL);
	} else if (!may_write(host.root, check->arena, parent)) {
		finding_set(finding, FINDING_LIMITED, "no cgroup may be made",
			    "no limits and no freezing; systemd-run --user --scope -p "
			    "Delegate=yes $SHELL gives one");
	} else {
		file_read_short_at(host.root,
				   arena_printf(check->arena, "%s/cgroup.controllers", parent),
				   controllers, sizeof(controllers), &err);
		finding_set(finding, *controllers ? FINDING_OK : FINDING_LIMITED,
			    *controllers ? controllers : "no controllers",
			    *controllers ? NULL
					 : "no limits: Delegate= of user@.service names what is "
					   "given to users");
	}
	cgroup_host_close(&host);
}
