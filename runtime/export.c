/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/export.h"

#include "base/fd.h"
#include "fs/export.h"
#include "runtime/freezer.h"
#include "runtime/root.h"

static int write_archive(const struct export_request *request, const struct container_root *root,
			 struct error *err)
{
	const struct archive_options options = {
		.compression = COMPRESSION_NONE,
		.progress = request->progress,
		.uids = &root->uids,
		.gids = &root->gids,
	};
	struct archive_result result;

	progress_begin(request->progress, request->id, 0);
	return export_tree(root->fd, &options, request->output, &result, err);
}

/* One that is frozen already stays so. */
static int write_paused(const struct export_request *request, struct container_root *root,
			struct arena *arena, struct error *err)
{
	cleanup_fd int cgroup = handle_open_cgroup(arena, &root->handle, err);
	struct freezer freezer = { .cgroups = &cgroup, .count = 1, .parent = -1, .guard = -1 };
	int result;

	if (cgroup < 0)
		return fail_in(err, "cannot be frozen");
	result = freezer_begin(&freezer, err);
	if (result == 0)
		result = freezer_freeze(&freezer, err);
	if (result == 0)
		result = write_archive(request, root, err);
	if (result == 0)
		result = freezer_thaw(&freezer, err);
	freezer_end(&freezer);
	return result;
}

int container_export(const struct settings *settings, const struct export_request *request,
		     struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_container_root struct container_root root = CONTAINER_ROOT_NONE;

	if (container_root_open(settings, request->id, ROOT_ALONE, false, &arena, &root, err) < 0)
		return -1;
	if (request->pause && root.handle.status == STATUS_RUNNING
		    ? write_paused(request, &root, &arena, err) < 0
		    : write_archive(request, &root, err) < 0)
		return fail_in(err, "%s", request->id);
	return 0;
}
