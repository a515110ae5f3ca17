/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/archive_locale.h"
#include "fs/intake.h"

#define BUFFER_SIZE ((size_t)256 << 10)

struct tar {
	struct intake *intake;
	int fd;
	char *buffer;
	struct decompressor *decompressor;
	struct archive *archive;
	uint64_t raw, expanded; /* bytes as they came, and without the compression */
	int64_t offset;		/* in the present file */
	struct error error;	/* of the stream below libarchive, which has no struct error */
	bool failed;
};

static ssize_t read_raw(void *context, const void **data, struct error *err)
{
	struct tar *tar = context;
	ssize_t size;

	do
		size = read(tar->fd, tar->buffer, BUFFER_SIZE);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return fail_errno(err, "read");
	tar->raw += (uint64_t)size;
	progress_add(tar->intake->progress, (uint64_t)size);
	*data = tar->buffer;
	return size;
}

static int check_ratio(const struct tar *tar, uint64_t expanded, struct error *err)
{
	if (expanded <= INTAKE_FREE_BYTES || expanded / INTAKE_MAX_RATIO <= tar->raw)
		return 0;
	return fail(err, EFBIG,
		    "a compressed archive of more than %d times its size: a bomb? If not, hand it "
		    "over decompressed",
		    INTAKE_MAX_RATIO);
}

static la_ssize_t read_stream(struct archive *archive, void *context, const void **data)
{
	struct tar *tar = context;
	ssize_t size = decompressor_read(tar->decompressor, data, &tar->error);

	if (size > 0) {
		tar->expanded += (uint64_t)size;
		if (check_ratio(tar, tar->expanded, &tar->error) < 0)
			size = -1;
	}
	if (size < 0) {
		tar->failed = true;
		archive_set_error(archive, EIO, "%s", tar->error.text);
	}
	return size;
}

/* What libarchive says, or what the stream below it said first. */
static int tar_fails(struct tar *tar, struct error *err)
{
	const char *text = archive_error_string(tar->archive);

	if (!tar->failed)
		return fail(err, EBADMSG, "no tar archive, or a damaged one: %s",
			    text ? text : "unknown error");
	*err = tar->error;
	return -1;
}

/* The content of the present entry. */
static ssize_t read_entry(void *context, const void **data, struct error *err)
{
	struct tar *tar = context;
	int64_t offset;
	size_t size;
	int status;

	do {
		status = archive_read_data_block(tar->archive, data, &size, &offset);
		if (status == ARCHIVE_EOF)
			return 0;
		if (status < ARCHIVE_WARN)
			return tar_fails(tar, err);
		if (check_ratio(tar, (uint64_t)archive_filter_bytes(tar->archive, 0), err) < 0)
			return -1;
		if (offset != tar->offset)
			return fail(err, EBADMSG, "is a sparse file, which no image archive has");
		tar->offset += (int64_t)size;
	} while (size == 0);
	return (ssize_t)size;
}

static int add_entry(struct tar *tar, struct archive_entry *entry, struct error *err)
{
	const char *path = archive_entry_pathname(entry);
	const char *link = archive_entry_hardlink(entry);
	mode_t type = archive_entry_filetype(entry);

	if (!path)
		return fail(err, EBADMSG, "an entry without a name");
	if (link)
		return intake_add_link(tar->intake, path, link, false, err);
	tar->offset = 0;
	switch (type) {
	case AE_IFREG:
		return intake_add(tar->intake, path, read_entry, tar, err);
	case AE_IFLNK:
		link = archive_entry_symlink(entry);
		return intake_add_link(tar->intake, path, link ? link : "", true, err);
	case AE_IFDIR:
		return 0;
	default:
		return fail(err, EBADMSG, "%.200s: a special file, which no image archive has",
			    path);
	}
}

static int add_entries(struct tar *tar, struct error *err)
{
	struct archive_entry *entry;
	uint64_t count = 0;

	for (;;) {
		int status = archive_read_next_header(tar->archive, &entry);

		if (status == ARCHIVE_EOF)
			return 0;
		if (status < ARCHIVE_WARN)
			return tar_fails(tar, err);
		/* folders are none of the intake's files */
		if (++count > 2 * INTAKE_MAX_FILES)
			return fail(err, EFBIG, "more than %zu entries", 2 * INTAKE_MAX_FILES);
		if (add_entry(tar, entry, err) < 0)
			return -1;
	}
}

static int begin(struct tar *tar, struct error *err)
{
	tar->buffer = malloc(BUFFER_SIZE);
	tar->archive = archive_read_new();
	if (!tar->buffer || !tar->archive)
		return fail(err, ENOMEM, "out of memory");
	tar->decompressor = decompressor_new(read_raw, tar, err);
	if (!tar->decompressor)
		return -1;
	archive_read_support_format_tar(tar->archive);
	archive_read_support_filter_bzip2(tar->archive);
	archive_read_support_filter_xz(tar->archive);
	if (archive_read_open(tar->archive, tar, NULL, read_stream, NULL) != ARCHIVE_OK)
		return tar_fails(tar, err);
	return 0;
}

int intake_tar(struct intake *intake, int fd, struct error *err)
{
	struct tar tar = { .intake = intake, .fd = fd };
	struct archive_locale locale;
	int status;

	archive_locale_enter(&locale);
	status = begin(&tar, err);
	if (status == 0)
		status = add_entries(&tar, err);
	archive_read_free(tar.archive);
	archive_locale_leave(&locale);
	decompressor_free(&tar.decompressor);
	free(tar.buffer);
	return status;
}
