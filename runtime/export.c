/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/export.h"

#include "fs/export.h"
#include "runtime/root.h"

int container_export(const struct settings *settings, const char *id, int output,
		     struct progress *progress, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_container_root struct container_root root = CONTAINER_ROOT_NONE;
	struct archive_options options = { .compression = COMPRESSION_NONE, .progress = progress };
	struct archive_result result;

	if (container_root_open(settings, id, ROOT_ALONE, false, &arena, &root, err) < 0)
		return -1;
	options.uids = &root.uids;
	options.gids = &root.gids;
	progress_begin(progress, id, 0);
	if (export_tree(root.fd, &options, output, &result, err) < 0)
		return fail_in(err, "%s", id);
	return 0;
}
