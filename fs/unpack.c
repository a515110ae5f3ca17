/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/archive_locale.h"
#include "fs/unpack_stream.h"
#include "fs/unpack_tree.h"

struct unpack {
	const struct unpack_options *options;
	struct unpack_result *result;
	struct unpack_stream *stream;
	struct archive *archive;
	struct unpack_tree tree;
	uint64_t max_bytes, max_entries;
	struct error error; /* of the stream below libarchive, which has no struct error */
	bool stream_failed;
};

static la_ssize_t archive_reads(struct archive *archive, void *context, const void **data)
{
	struct unpack *unpack = context;
	ssize_t size = unpack_stream_read(unpack->stream, data, &unpack->error);

	unpack->stream_failed |= size < 0;
	if (size < 0)
		archive_set_error(archive, EIO, "%s", unpack->error.text);
	return size;
}

/* What libarchive says, or what the stream below it said first. */
static int archive_fails(struct unpack *unpack, struct error *err)
{
	const char *text = archive_error_string(unpack->archive);

	if (unpack->stream_failed) {
		*err = unpack->error;
		return -1;
	}
	return fail(err, EBADMSG, "bad archive: %s", text ? text : "unknown error");
}

/* Entries ------------------------------------------------------------------------------------- */

/* libarchive gives the parts of a sparse file that are data. */
static int copy_content(struct unpack *unpack, int fd, int64_t size, struct error *err)
{
	int64_t offset, end = 0;
	const void *data;
	size_t length;

	for (;;) {
		int status = archive_read_data_block(unpack->archive, &data, &length, &offset);

		if (status == ARCHIVE_EOF)
			break;
		if (status < ARCHIVE_WARN)
			return archive_fails(unpack, err);
		while (length) {
			ssize_t written = pwrite(fd, data, length, offset);

			if (written < 0 && errno == EINTR)
				continue;
			if (written < 0)
				return fail_errno(err, "write");
			data = (const char *)data + written;
			length -= (size_t)written;
			offset += written;
			unpack->result->bytes += (uint64_t)written;
		}
		end = offset > end ? offset : end;
	}
	if (end < size && ftruncate(fd, size) < 0)
		return fail_errno(err, "set the size %lld", (long long)size);
	return 0;
}

static int get_owner(struct archive_entry *entry, struct unpack_metadata *metadata,
		     struct error *err)
{
	int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);

	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return fail(err, EINVAL, "bad owner %lld:%lld", (long long)uid, (long long)gid);
	metadata->uid = (uid_t)uid;
	metadata->gid = (gid_t)gid;
	return 0;
}

static int get_metadata(struct archive_entry *entry, struct unpack_metadata *metadata,
			struct error *err)
{
	int64_t nanoseconds = archive_entry_mtime_nsec(entry);
	const char *name;
	const void *value;
	size_t size;

	metadata->mode = archive_entry_perm(entry) & 07777;
	metadata->times[0].tv_nsec = UTIME_OMIT;
	metadata->times[1].tv_sec = archive_entry_mtime(entry);
	metadata->times[1].tv_nsec = nanoseconds >= 0 && nanoseconds < 1000000000 ? nanoseconds : 0;
	/* libarchive reads "-1.3" as -1 s and 300 ms more, but it is 300 ms less */
	if (metadata->times[1].tv_sec < 0 && metadata->times[1].tv_nsec) {
		metadata->times[1].tv_sec--;
		metadata->times[1].tv_nsec = 1000000000 - metadata->times[1].tv_nsec;
	}
	metadata->xattr_count = 0;
	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
		if (!name || !strncmp(name, "trusted.overlay.", strlen("trusted.overlay.")) ||
		    !strncmp(name, "user.overlay.", strlen("user.overlay.")))
			continue;
		if (metadata->xattr_count == UNPACK_MAX_XATTRS)
			return fail(err, EFBIG, "more than %d attributes", UNPACK_MAX_XATTRS);
		metadata->xattrs[metadata->xattr_count++] =
			(struct xattr){ .name = name, .value = value, .size = size };
	}
	return get_owner(entry, metadata, err);
}

static int unpack_file(struct unpack *unpack, struct archive_entry *entry, const char *path,
		       const struct unpack_metadata *metadata, struct error *err)
{
	int64_t size = archive_entry_size(entry);
	cleanup_fd int fd = -1;

	/* a file of holes costs nothing here, but whoever copies it */
	if (size > 0 && (uint64_t)size > unpack->max_bytes)
		return fail(err, EFBIG, "a file of more than %llu bytes unpacked (--max-size)",
			    (unsigned long long)unpack->max_bytes);
	fd = unpack_tree_file(&unpack->tree, path, err);
	if (fd < 0)
		return -1;
	if (copy_content(unpack, fd, size, err) < 0)
		return -1;
	/* after the content: writing takes set-user-ID bits and capabilities away */
	return unpack_tree_finish_file(&unpack->tree, fd, metadata, err);
}

static int unpack_entry(struct unpack *unpack, struct archive_entry *entry, const char *path,
			struct error *err)
{
	const struct unpack_merge *merge = unpack->options->merge;
	struct unpack_metadata metadata = { 0 };
	const char *target = archive_entry_hardlink(entry);
	mode_t type = archive_entry_filetype(entry);

	if (!unpack->options->merge && unpack_tree_is_mark(path))
		return unpack_tree_mark(&unpack->tree, path, err);
	if (target)
		return unpack_tree_hard_link(&unpack->tree, path, target, err);
	if (get_metadata(entry, &metadata, err) < 0 ||
	    unpack_metadata_adapt(&metadata, unpack->tree.place.options->merge, type == AE_IFDIR,
				  err) < 0)
		return -1;
	if ((type == AE_IFCHR || type == AE_IFBLK) && merge && merge->harmless)
		return 0;
	switch (type) {
	case AE_IFREG:
		return unpack_file(unpack, entry, path, &metadata, err);
	case AE_IFDIR:
		return unpack_tree_directory(&unpack->tree, path, &metadata, err);
	case AE_IFLNK:
		target = archive_entry_symlink(entry);
		return unpack_tree_link(&unpack->tree, path, target ? target : "", &metadata, err);
	case AE_IFCHR:
	case AE_IFBLK:
	case AE_IFIFO:
		metadata.mode |= type;
		metadata.device = type == AE_IFIFO ? 0 : archive_entry_rdev(entry);
		return unpack_tree_node(&unpack->tree, path, &metadata, err);
	default:
		return fail(err, EINVAL, "unknown kind of file %o", type);
	}
}

static int unpack_entries(struct unpack *unpack, struct error *err)
{
	struct archive_entry *entry;

	for (;;) {
		int status = archive_read_next_header(unpack->archive, &entry);
		const char *path;

		if (status == ARCHIVE_EOF)
			return 0;
		/* a warning is about a name that is no UTF-8: it comes as it is */
		if (status < ARCHIVE_WARN)
			return archive_fails(unpack, err);
		if (++unpack->result->entries > unpack->max_entries)
			return fail(err, EFBIG, "more than %llu entries",
				    (unsigned long long)unpack->max_entries);
		path = archive_entry_pathname(entry);
		if (!path)
			return fail(err, EBADMSG, "entry %llu has no name",
				    (unsigned long long)unpack->result->entries);
		if (unpack_entry(unpack, entry, path, err) < 0)
			return fail_in(err, "entry %.200s", path);
	}
}

/* The whole ----------------------------------------------------------------------------------- */

static int begin(struct unpack *unpack, int fd, struct error *err)
{
	const struct unpack_options *options = unpack->options;
	const struct unpack_stream_options stream = {
		.max_bytes = unpack->max_bytes,
		.max_ratio = options->max_ratio ? options->max_ratio : UNPACK_MAX_RATIO,
		.ratio_free = options->max_ratio ? 0 : UNPACK_RATIO_FREE,
		.progress = options->progress,
		.cancel = options->cancel,
	};

	unpack->archive = archive_read_new();
	if (!unpack->archive)
		return fail(err, ENOMEM, "out of memory");
	unpack->stream = unpack_stream_open(fd, &stream, err);
	if (!unpack->stream)
		return -1;
	archive_read_support_format_tar(unpack->archive);
	if (archive_read_open(unpack->archive, unpack, NULL, archive_reads, NULL) != ARCHIVE_OK)
		return archive_fails(unpack, err);
	return 0;
}

/* The digests are of everything, also of what is behind the end of the archive. */
static int check_digests(struct unpack *unpack, struct error *err)
{
	const struct unpack_options *options = unpack->options;
	struct unpack_result *result = unpack->result;

	if (unpack_stream_end(unpack->stream, &result->diff_id, &result->digest,
			      &result->compression, err) < 0)
		return -1;
	if (options->digest && strcmp(options->digest, result->digest.text) != 0)
		return fail(err, EBADMSG, "the blob's digest is %s instead of %s",
			    result->digest.text, options->digest);
	if (options->diff_id && strcmp(options->diff_id, result->diff_id.text) != 0)
		return fail(err, EBADMSG, "the archive's digest is %s instead of %s",
			    result->diff_id.text, options->diff_id);
	return 0;
}

int unpack_layer(int fd, int dirfd, const struct unpack_options *options,
		 struct unpack_result *result, struct error *err)
{
	struct unpack unpack = {
		.options = options,
		.result = result,
		.tree = { .place = { .root = dirfd, .parent = -1, .options = options } },
		.max_bytes = options->max_bytes ? options->max_bytes : UNPACK_MAX_BYTES,
		.max_entries = options->max_entries ? options->max_entries : UNPACK_MAX_ENTRIES,
	};
	struct archive_locale locale;
	int status;

	*result = (struct unpack_result){ 0 };
	archive_locale_enter(&locale);
	status = begin(&unpack, fd, err);
	if (status == 0)
		status = unpack_tree_begin(&unpack.tree, err);
	if (status == 0)
		status = unpack_entries(&unpack, err);
	if (status == 0)
		status = check_digests(&unpack, err);
	if (status == 0)
		status = unpack_tree_end(&unpack.tree, err);
	archive_read_free(unpack.archive);
	archive_locale_leave(&locale);
	unpack_stream_close(&unpack.stream);
	unpack_tree_free(&unpack.tree);
	return status;
}
