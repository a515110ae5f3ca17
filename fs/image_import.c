/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/image_import.h"

#include <archive.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/image_unpack.h"

#define BUFFER_SIZE ((size_t)256 << 10)

/* The archive on its way into a blob. */
struct inflow {
	const struct image_import *import;
	struct image_commit *commit;
	char *buffer;
	size_t waiting; /* in the buffer, read to see what it is */
	bool keep;	/* the bytes as they come are the blob */
	struct digest_state *hash;
	struct decompressor *decompressor;
	struct compressor *compressor;
	struct archive *filter;
	struct error error; /* of the stream below libarchive */
	bool failed;
};

static ssize_t read_input(struct inflow *inflow, struct error *err)
{
	ssize_t size = (ssize_t)inflow->waiting;

	inflow->waiting = 0;
	if (size)
		return size;
	do
		size = read(inflow->import->input, inflow->buffer, BUFFER_SIZE);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return fail_errno(err, "read %s", inflow->import->source);
	progress_add(inflow->import->progress, (uint64_t)size);
	return size;
}

/* Enough to see what it is, however little a pipe gives at a time. */
static int read_head(struct inflow *inflow, struct error *err)
{
	size_t used = 0;

	while (used < 6) {
		ssize_t size =
			read(inflow->import->input, inflow->buffer + used, BUFFER_SIZE - used);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return fail_errno(err, "read %s", inflow->import->source);
		if (size == 0)
			break;
		used += (size_t)size;
	}
	if (!used)
		return fail(err, EINVAL, "%s: is empty", inflow->import->source);
	progress_add(inflow->import->progress, used);
	inflow->waiting = used;
	return 0;
}

/* As it comes --------------------------------------------------------------------------------- */

static ssize_t read_and_store(void *context, const void **data, struct error *err)
{
	struct inflow *inflow = context;
	ssize_t size = read_input(inflow, err);

	if (size > 0 && blob_write(&inflow->commit->layer, inflow->buffer, (size_t)size, err) < 0)
		return -1;
	*data = inflow->buffer;
	return size;
}

static int keep_blob(struct inflow *inflow, struct error *err)
{
	const void *data;
	ssize_t size;

	inflow->decompressor = decompressor_new(read_and_store, inflow, err);
	inflow->hash = digest_begin(err);
	if (!inflow->decompressor || !inflow->hash)
		return -1;
	while ((size = decompressor_read(inflow->decompressor, &data, err)) > 0) {
		digest_add(inflow->hash, data, (size_t)size);
		inflow->commit->result.size += (uint64_t)size;
	}
	if (size < 0)
		return -1;
	inflow->commit->archive.compression = decompressor_kind(inflow->decompressor);
	digest_end(inflow->hash, &inflow->commit->result.diff_id);
	inflow->hash = NULL;
	return 0;
}

/* Compressed by us ---------------------------------------------------------------------------- */

static la_ssize_t give_input(struct archive *archive, void *context, const void **data)
{
	struct inflow *inflow = context;
	ssize_t size = read_input(inflow, &inflow->error);

	if (size < 0) {
		inflow->failed = true;
		archive_set_error(archive, EIO, "%s", inflow->error.text);
	}
	*data = inflow->buffer;
	return size;
}

static int fail_filter(const struct inflow *inflow, struct error *err)
{
	const char *text = archive_error_string(inflow->filter);

	if (inflow->failed) {
		*err = inflow->error;
		return -1;
	}
	return fail(err, EBADMSG, "%s: %s", inflow->import->source, text ? text : "bad archive");
}

/* libarchive knows the other compressions; those that would run a program are not asked for. */
static int open_filter(struct inflow *inflow, struct error *err)
{
	struct archive_entry *entry;

	inflow->filter = archive_read_new();
	if (!inflow->filter)
		return fail(err, ENOMEM, "out of memory");
	archive_read_support_filter_xz(inflow->filter);
	archive_read_support_filter_lzma(inflow->filter);
	archive_read_support_filter_bzip2(inflow->filter);
	archive_read_support_filter_lz4(inflow->filter);
	archive_read_support_format_raw(inflow->filter);
	if (archive_read_open(inflow->filter, inflow, NULL, give_input, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(inflow->filter, &entry) != ARCHIVE_OK)
		return fail_filter(inflow, err);
	return 0;
}

static int store_output(void *context, const void *data, size_t size, struct error *err)
{
	return blob_write(context, data, size, err);
}

static int compress_blob(struct inflow *inflow, struct error *err)
{
	const struct compressor_options options = {
		.compression = COMPRESSION_ZSTD,
		.digest = true,
		.sink = store_output,
		.context = &inflow->commit->layer,
	};
	const void *data;
	la_int64_t offset;
	size_t size;
	int status;

	inflow->compressor = compressor_new(&options, err);
	if (!inflow->compressor || open_filter(inflow, err) < 0)
		return -1;
	while ((status = archive_read_data_block(inflow->filter, &data, &size, &offset)) ==
	       ARCHIVE_OK)
		if (compressor_write(inflow->compressor, data, size, err) < 0)
			return -1;
	if (status != ARCHIVE_EOF)
		return fail_filter(inflow, err);
	if (compressor_finish(inflow->compressor, err) < 0)
		return -1;
	inflow->commit->archive.compression = COMPRESSION_ZSTD;
	inflow->commit->result.size = compressor_size(inflow->compressor);
	return compressor_digest(inflow->compressor, &inflow->commit->result.diff_id, err);
}

/* The whole ----------------------------------------------------------------------------------- */

static bool is_layer_compression(const char *head)
{
	return !memcmp(head, "\x1f\x8b", 2) || !memcmp(head, "\x28\xb5\x2f\xfd", 4);
}

static int take_in(struct inflow *inflow, struct error *err)
{
	inflow->buffer = calloc(1, BUFFER_SIZE);
	if (!inflow->buffer)
		return fail(err, ENOMEM, "out of memory");
	if (read_head(inflow, err) < 0)
		return -1;
	if (is_layer_compression(inflow->buffer) ? keep_blob(inflow, err) < 0
						 : compress_blob(inflow, err) < 0)
		return -1;
	return blob_end(&inflow->commit->layer, err);
}

static void end_inflow(struct inflow *inflow)
{
	archive_read_free(inflow->filter);
	decompressor_free(&inflow->decompressor);
	compressor_free(&inflow->compressor);
	digest_drop(&inflow->hash);
	free(inflow->buffer);
}

/* So that a bad archive is no image; the first `run` needs it anyhow. */
static int unpack(const struct image_import *import, struct image_commit *commit, struct error *err)
{
	struct image_descriptor layer = {
		.digest = commit->layer.digest.text,
		.size = (int64_t)commit->layer.size,
	};
	char *diff_id = commit->result.diff_id.text;
	const struct image image = {
		.name = commit->full_name,
		.manifest.layers = { .items = &layer, .count = 1 },
		.config.rootfs.diff_ids = { .items = &diff_id, .count = 1 },
	};
	const struct image_unpack_options options = { .progress = import->progress };

	return image_unpack(import->store, &image, &options, err) < 0 ? -1 : 0;
}

static void begin_progress(const struct image_import *import)
{
	struct stat status;
	uint64_t size = 0;

	if (fstat(import->input, &status) == 0 && S_ISREG(status.st_mode))
		size = (uint64_t)status.st_size;
	progress_begin(import->progress, import->source, size);
}

int image_import(const struct image_import *import, struct image_commit *commit, struct error *err)
{
	struct inflow inflow = { .import = import, .commit = commit };
	int result;

	*commit = (struct image_commit){
		.store = import->store,
		.name = import->name,
		.message = import->message,
		.execution = import->execution,
		.architecture = import->architecture,
		.variant = import->variant,
		.os = import->os,
	};
	if (image_commit_begin(commit, err) < 0)
		return -1;
	if (!import->message)
		commit->message = arena_printf(&commit->arena, "imported from %s", import->source);
	begin_progress(import);
	result = take_in(&inflow, err);
	end_inflow(&inflow);
	if (result < 0 || image_commit_layer(commit, err) < 0 || unpack(import, commit, err) < 0)
		return -1;
	if (image_commit_documents(commit, err) < 0)
		return -1;
	return image_commit_name(&commit, 1, err);
}
