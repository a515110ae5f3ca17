/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/export.h"

#include <sys/stat.h>

#include "base/file.h"
#include "fs/tree_walk.h"

static int write_output(void *context, const void *data, size_t size, struct error *err)
{
	const int *output = context;

	return write_all(*output, data, size, err) < 0 ? fail_in(err, "write the archive") : 0;
}

static int add(const struct diff_entry *entry, void *context, struct error *err)
{
	return archive_stream_add(context, entry, err);
}

static int add_root(struct archive_stream *stream, int root, struct error *err)
{
	struct diff_entry entry = {
		.path = "/",
		.parent = root,
		.name = ".",
		.data_parent = root,
		.data_name = ".",
	};
	cleanup_xattrs struct xattrs xattrs = { 0 };

	if (fstat(root, &entry.status) < 0)
		return fail_errno(err, "the root");
	if (xattrs_read_at(&xattrs, root, ".", err) < 0)
		return -1;
	xattrs_drop(&xattrs, "trusted.overlay.");
	xattrs_drop(&xattrs, "user.overlay.");
	entry.xattrs = &xattrs;
	return archive_stream_add(stream, &entry, err);
}

int export_tree(int root, const struct archive_options *options, int output,
		struct archive_result *result, struct error *err)
{
	cleanup_archive_stream struct archive_stream *stream =
		archive_stream_begin(options, write_output, &output, result, err);

	if (!stream || add_root(stream, root, err) < 0 ||
	    tree_walk(root, DIFF_ALL | DIFF_CONTENT, add, stream, err) < 0)
		return -1;
	return archive_stream_end(stream, err);
}
