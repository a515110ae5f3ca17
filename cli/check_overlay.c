/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "fs/idmap.h"
#include "fs/overlay.h"

/* What a child needs to know: the folder that it may fill, and the plan of the mount there. */
struct attempt {
	struct overlay_plan plan;
};

/* The folder of the data root that exists: what is on that disk is what counts. */
static const char *nearest_folder(const struct check *check)
{
	char *path = arena_strdup(check->arena, check->settings->data_root);

	while (access(path, F_OK) < 0) {
		char *slash = strrchr(path, '/');

		if (!slash || slash == path)
			return "/";
		*slash = '\0';
	}
	return path;
}

static int try_overlay(void *context, struct error *err)
{
	struct attempt *attempt = context;
	cleanup_fd int mount = overlay_open(&attempt->plan, NULL, err);

	if (mount < 0)
		return -1;
	return mkdirat(mount, "made", 0700) < 0 ? fail_errno(err, "write to the overlay") : 0;
}

static char *make_folder(const struct check *check, const char *folder, const char *name)
{
	char *path = arena_printf(check->arena, "%s/%s", folder, name);

	return mkdir(path, 0700) < 0 ? NULL : path;
}

/* Tries an overlay mount in a child with these namespaces, below the data root. */
static int attempt_overlay(const struct check *check, uint64_t flags, struct error *err)
{
	char *folder = arena_printf(check->arena, "%s/.ctr-check-XXXXXX", nearest_folder(check));
	char *lower[2] = { NULL, NULL };
	struct attempt attempt = { .plan = { .lowers = { lower, 1 }, .volatile_upper = true } };
	struct error other;
	int result = -1;

	if (!mkdtemp(folder))
		return fail_errno(err, "make a folder below %s", nearest_folder(check));
	lower[0] = make_folder(check, folder, "lower");
	attempt.plan.upper = make_folder(check, folder, "upper");
	attempt.plan.work = make_folder(check, folder, "work");
	if (!lower[0] || !attempt.plan.upper || !attempt.plan.work)
		fail_errno(err, "make folders in %s", folder);
	else
		result = check_in_child(flags, try_overlay, &attempt, err);
	remove_tree_at(AT_FDCWD, folder, &other);
	return result;
}

static void report(const struct check *check, int result, const struct error *err,
		   const char *advice, struct finding *finding)
{
	if (result < 0) {
		finding_failed(finding, err, advice);
		return;
	}
	finding_set(finding, FINDING_OK, "", NULL);
	snprintf(finding->found, sizeof(finding->found), "mounted and written below %.200s",
		 nearest_folder(check));
}

void probe_overlay(const struct check *check, struct finding *finding)
{
	struct error err;
	uint64_t flags = CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0);

	report(check, attempt_overlay(check, flags, &err), &err,
	       "load the overlay module; the data root must be on ext4, xfs, btrfs or tmpfs: move "
	       "it "
	       "with --data-root",
	       finding);
}

void probe_overlay_user(const struct check *check, struct finding *finding)
{
	struct error err;

	report(check, attempt_overlay(check, CLONE_NEWUSER | CLONE_NEWNS, &err), &err,
	       "containers run by users who are not root need Linux 5.11 for that", finding);
}

void probe_idmapped_mounts(const struct check *check, struct finding *finding)
{
	struct spec_id_mapping all = { .container_id = 0, .host_id = 100000, .size = 65536 };
	struct spec_id_mappings mappings = { &all, 1 };
	struct error err;
	cleanup_fd int userns = idmap_userns_fd(&mappings, &mappings, &err);
	cleanup_fd int tree = -1;
	const char *folder = nearest_folder(check);

	if (userns >= 0) {
		tree = open_tree(AT_FDCWD, folder, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (tree < 0)
			fail_errno(&err, "open_tree %s", folder);
	}
	report(check, tree < 0 ? -1 : idmap_mount(tree, userns, false, folder, &err), &err,
	       "containers with a user namespace get their root shifted by idmapped mounts: needs "
	       "Linux 5.12 and a filesystem that has them",
	       finding);
	if (finding->status == FINDING_OK)
		snprintf(finding->found, sizeof(finding->found), "made of %.200s", folder);
}
