/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/archive.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/archive_entry.h"

static int begin_stream(struct archive_stream *stream, compress_sink *sink, void *context,
			struct error *err)
{
	const struct compressor_options options = {
		.compression = stream->options->compression,
		.level = stream->options->level,
		.threads = stream->options->threads,
		.digest = stream->is_layer,
		.progress = stream->options->progress,
		.sink = sink,
		.context = context,
	};

	*stream->result = (struct archive_result){ 0 };
	stream->compressor = compressor_new(&options, err);
	stream->tar.out = stream->compressor;
	return stream->compressor ? 0 : -1;
}

static int end_stream(struct archive_stream *stream, struct error *err)
{
	if (tar_end(&stream->tar, err) < 0 || compressor_finish(stream->compressor, err) < 0)
		return -1;
	stream->result->size = compressor_size(stream->compressor);
	return stream->is_layer
		       ? compressor_digest(stream->compressor, &stream->result->diff_id, err)
		       : 0;
}

static void free_stream(struct archive_stream *stream)
{
	compressor_free(&stream->compressor);
	tar_free(&stream->tar);
	inode_map_free(&stream->links);
	arena_free(&stream->arena);
	free(stream->name);
	free(stream->parts);
}

static int store_output(void *context, const void *data, size_t size, struct error *err)
{
	return blob_write(context, data, size, err);
}

/* Of an archive that is stored as it is: its digest is the blob's. */
static int store_plain_output(void *context, const void *data, size_t size, struct error *err)
{
	return blob_write_hashed(context, data, size, err);
}

static int write_entry(const struct diff_entry *entry, void *context, struct error *err)
{
	return archive_entry_write(context, entry, err);
}

int archive_layer(const struct layer_stack *stack, const struct archive_options *options,
		  struct blob_writer *blob, struct archive_result *result, struct error *err)
{
	struct archive_stream stream = { .options = options, .result = result, .is_layer = true };
	bool plain = options->compression == COMPRESSION_NONE;
	int status = begin_stream(&stream, plain ? store_plain_output : store_output, blob, err);

	if (status == 0 && options->delta)
		status = layer_delta_walk(options->delta, stack, write_entry, &stream, err);
	else if (status == 0)
		status = diff_walk_for(stack, DIFF_STATUS | DIFF_ATTRIBUTES | DIFF_CONTENT,
				       write_entry, &stream, err);
	if (status == 0)
		status = end_stream(&stream, err);
	free_stream(&stream);
	if (status == 0 && plain)
		blob_end_hashed(blob, &result->diff_id);
	return status == 0 && !plain ? blob_end(blob, err) : status;
}

struct archive_stream *archive_stream_begin(const struct archive_options *options,
					    compress_sink *sink, void *context,
					    struct archive_result *result, struct error *err)
{
	struct archive_stream *stream = calloc(1, sizeof(*stream));

	if (!stream) {
		fail(err, ENOMEM, "archive: out of memory");
		return NULL;
	}
	stream->options = options;
	stream->result = result;
	if (begin_stream(stream, sink, context, err) < 0)
		archive_stream_drop(&stream);
	return stream;
}

int archive_stream_add(struct archive_stream *stream, const struct diff_entry *entry,
		       struct error *err)
{
	return archive_entry_write(stream, entry, err);
}

int archive_stream_end(struct archive_stream *stream, struct error *err)
{
	return end_stream(stream, err);
}

void archive_stream_drop(struct archive_stream **stream)
{
	if (!*stream)
		return;
	free_stream(*stream);
	free(*stream);
	*stream = NULL;
}
