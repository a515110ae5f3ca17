/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "fs/unpack.h"

/* Symbolic links to symbolic links. */
#define MAX_LINKS 8

/* Where path is in the files, or where it would be. Returns whether it is there. */
static bool locate(const struct intake *intake, const char *path, size_t *at)
{
	size_t low = 0, high = intake->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(intake->files[middle]->path, path);

		if (order == 0) {
			*at = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*at = low;
	return false;
}

/* "./a//b" is "a/b"; NULL for what leads out of the archive or nowhere. */
static char *clean(struct intake *intake, const char *path)
{
	if (path[0] == '/' || path_has_dot_dot(path) || strlen(path) > INTAKE_MAX_PATH)
		return NULL;
	path = path_clean(intake->arena, path) + 1;
	return *path ? (char *)path : NULL;
}

/* A file of that path, which has not come before. */
static int insert(struct intake *intake, const char *path, struct intake_file **file,
		  struct error *err)
{
	char *name = clean(intake, path);
	size_t at;

	if (!name)
		return fail(err, EBADMSG, "%.200s: such a name leads out of the archive", path);
	if (locate(intake, name, &at))
		return fail(err, EBADMSG, "%.200s: is in the archive twice", name);
	if (intake->count == INTAKE_MAX_FILES)
		return fail(err, EFBIG, "more than %zu files", INTAKE_MAX_FILES);
	if (intake->count == intake->room) {
		size_t room = intake->room ? 2 * intake->room : 64;
		struct intake_file **files = arena_array(intake->arena, struct intake_file *, room);

		if (intake->count)
			memcpy(files, intake->files, intake->count * sizeof(*files));
		intake->files = files;
		intake->room = room;
	}
	memmove(intake->files + at + 1, intake->files + at,
		(intake->count - at) * sizeof(*intake->files));
	*file = arena_new(intake->arena, struct intake_file);
	(*file)->path = name;
	intake->files[at] = *file;
	intake->count++;
	return 0;
}

/* Content ------------------------------------------------------------------------------------- */

struct taking {
	struct intake *intake;
	decompress_source *source;
	void *context;
	struct blob_writer *blob;
	bool adopt;  /* the file itself becomes the blob: nothing is written */
	bool failed; /* the source or the store did, not the decompression */
};

static int keep(struct taking *taking, const void *data, size_t size, struct error *err)
{
	if (!taking->adopt)
		return blob_write(taking->blob, data, size, err);
	digest_add(taking->blob->hash, data, size);
	taking->blob->size += size;
	return 0;
}

/* Hands on what the source gives, and writes it on the way. */
static ssize_t take(void *context, const void **data, struct error *err)
{
	struct taking *taking = context;
	struct intake *intake = taking->intake;
	ssize_t size = taking->source(taking->context, data, err);

	if (size > 0) {
		intake->bytes += (uint64_t)size;
		if (intake->bytes > INTAKE_MAX_BYTES)
			size = fail(err, EFBIG, "more than %llu bytes",
				    (unsigned long long)INTAKE_MAX_BYTES);
		else if (keep(taking, *data, (size_t)size, err) < 0)
			size = -1;
	}
	if (size < 0)
		taking->failed = true;
	return size;
}

static int drain(struct taking *taking, struct error *err)
{
	const void *data;
	ssize_t size;

	while ((size = take(taking, &data, err)) > 0)
		;
	return (int)size;
}

/* What unpacking would refuse need not be decompressed to its end. */
static int check_expansion(uint64_t before, uint64_t after, struct error *err)
{
	if (after > UNPACK_MAX_BYTES)
		return fail(err, EFBIG, "more than %llu bytes when decompressed",
			    (unsigned long long)UNPACK_MAX_BYTES);
	if (after > UNPACK_RATIO_FREE && (after - UNPACK_RATIO_FREE) / UNPACK_MAX_RATIO > before)
		return fail(err, EFBIG,
			    "a bomb of compression? It is more than %llu times its size when "
			    "decompressed; such a layer comes in uncompressed only",
			    (unsigned long long)UNPACK_MAX_RATIO);
	return 0;
}

/* Decompresses into hash, if it is compressed. */
static int decompress(const struct taking *taking, struct decompressor *decompressor,
		      struct digest_state *hash, struct error *err)
{
	uint64_t total = 0;
	const void *data;
	ssize_t size;

	while ((size = decompressor_read(decompressor, &data, err)) > 0) {
		total += (uint64_t)size;
		if (check_expansion(taking->blob->size, total, err) < 0)
			return -1;
		if (decompressor_kind(decompressor) != COMPRESSION_NONE)
			digest_add(hash, data, (size_t)size);
	}
	return (int)size;
}

/* All of the content: into the blob, and its digests. */
static int take_content(struct taking *taking, struct intake_file *file, struct error *err)
{
	cleanup_digest struct digest_state *hash = digest_begin(err);
	struct decompressor *decompressor;
	int result;

	if (!hash)
		return -1;
	decompressor = decompressor_new(take, taking, err);
	if (!decompressor)
		return -1;
	result = decompress(taking, decompressor, hash, err);
	file->compression = decompressor_kind(decompressor);
	decompressor_free(&decompressor);
	if (result < 0 && !taking->failed) {
		/* no harm unless it is to be a layer */
		file->broken = arena_strdup(taking->intake->arena, err->text);
		result = drain(taking, err);
	}
	if (result < 0 || blob_end(&file->blob, err) < 0)
		return -1;
	file->diff_id = file->blob.digest;
	if (file->compression != COMPRESSION_NONE) {
		digest_end(hash, &file->diff_id);
		hash = NULL;
	}
	return 0;
}

/* The digest that a file is named for, or NULL. */
static const char *named_digest(const struct intake_file *file)
{
	const char *name = file->path + strlen(INTAKE_BLOBS);

	return !strncmp(file->path, INTAKE_BLOBS, strlen(INTAKE_BLOBS)) ? name : NULL;
}

static int check_name(const struct intake_file *file, struct error *err)
{
	const char *hex = named_digest(file), *digest = file->blob.digest.text;

	if (!hex || !strcmp(hex, digest + strlen("sha256:")))
		return 0;
	return fail(err, EBADMSG, "%.200s: its content has the digest %s", file->path, digest);
}

int intake_add(struct intake *intake, const char *path, decompress_source *source, void *context,
	       struct error *err)
{
	struct taking taking = { .intake = intake, .source = source, .context = context };
	struct intake_file *file;

	if (insert(intake, path, &file, err) < 0)
		return -1;
	taking.blob = &file->blob;
	if (blob_begin(&file->blob, intake->store, err) < 0)
		return -1;
	if (take_content(&taking, file, err) < 0)
		return fail_in(err, "%.200s", file->path);
	blob_park(&file->blob);
	return check_name(file, err);
}

int intake_adopt(struct intake *intake, const char *path, decompress_source *source, void *context,
		 struct error *err)
{
	struct taking taking = {
		.intake = intake,
		.source = source,
		.context = context,
		.adopt = true,
	};
	const struct store *store = intake->store;
	struct intake_file *file;

	if (insert(intake, path, &file, err) < 0)
		return -1;
	taking.blob = &file->blob;
	if (blob_begin(&file->blob, store, err) < 0)
		return -1;
	if (take_content(&taking, file, err) < 0)
		return fail_in(err, "%.200s", file->path);
	blob_park(&file->blob);
	/* over the empty file, whose name is nobody else's */
	if (renameat(intake->folder, file->path, store->blobs, file->blob.temporary) < 0)
		return fail_errno(err, "adopt %s", file->path);
	return check_name(file, err);
}

/* Links --------------------------------------------------------------------------------------- */

/* Where a symbolic link of path leads to, or NULL if that is outside. */
static char *symbolic_target(struct intake *intake, const char *path, const char *target)
{
	const char *slash = strrchr(path, '/');
	size_t depth = 0;
	char *folder;

	if (target[0] == '/' || strlen(target) > INTAKE_MAX_PATH)
		return NULL;
	/* path_clean() stops at the top, where ".." is to be an error */
	folder = arena_strndup(intake->arena, path, slash ? (size_t)(slash - path) : 0);
	for (const char *at = folder; *at; at = strchrnul(at, '/'), at += *at == '/')
		depth++;
	for (const char *at = target; *at; at = strchrnul(at, '/'), at += *at == '/') {
		size_t length = strcspn(at, "/");

		if (length == 2 && !strncmp(at, "..", 2)) {
			if (depth-- == 0)
				return NULL;
		} else if (length && !(length == 1 && *at == '.')) {
			depth++;
		}
	}
	return path_clean(intake->arena, path_join(intake->arena, folder, target)) + 1;
}

int intake_add_link(struct intake *intake, const char *path, const char *target, bool symbolic,
		    struct error *err)
{
	struct intake_file *file;

	if (insert(intake, path, &file, err) < 0)
		return -1;
	file->target = symbolic ? symbolic_target(intake, file->path, target)
				: clean(intake, target);
	if (!file->target || !*file->target)
		return fail(err, EBADMSG, "%.100s: a link to %.200s, out of the archive",
			    file->path, target);
	return 0;
}

int intake_find(struct intake *intake, const char *path, struct intake_file **file,
		struct error *err)
{
	const char *name = clean(intake, path);

	if (!name)
		return fail(err, EBADMSG, "%.200s: such a name leads out of the archive", path);
	for (int links = 0; links < MAX_LINKS; links++) {
		size_t at;

		if (!locate(intake, name, &at)) {
			if (!intake->fetch)
				return 0;
			if (intake->fetch(intake, name, err) < 0)
				return -1;
			if (!locate(intake, name, &at))
				return 0;
		}
		*file = intake->files[at];
		if (!(*file)->target)
			return 1;
		name = (*file)->target;
	}
	return fail(err, ELOOP, "%.200s: too many links", path);
}

int intake_need(struct intake *intake, const char *path, struct intake_file **file,
		struct error *err)
{
	int found = intake_find(intake, path, file, err);

	return found == 0 ? fail(err, ENOENT, "%.200s: is not in the archive", path) : found;
}

int intake_find_blob(struct intake *intake, const char *digest, struct intake_file **file,
		     struct error *err)
{
	if (strncmp(digest, "sha256:", 7) != 0)
		return fail(err, EINVAL, "blob %.100s: digests other than sha256 are not supported",
			    digest);
	return intake_find(intake, arena_printf(intake->arena, INTAKE_BLOBS "%s", digest + 7), file,
			   err);
}

/* Afterwards ---------------------------------------------------------------------------------- */

int intake_read(struct intake *intake, const struct intake_file *file, struct arena *arena,
		char **text, size_t *size, struct error *err)
{
	const struct store *store = intake->store;
	cleanup_fd int fd = openat(store->blobs, file->blob.temporary,
				   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, "%s", file->path);
	intake->documents += file->blob.size;
	if (intake->documents > INTAKE_MAX_DOCUMENTS)
		return fail(err, EFBIG, "more than %llu bytes of documents",
			    (unsigned long long)INTAKE_MAX_DOCUMENTS);
	return file_read_fd(fd, file->path, IMAGE_DOCUMENT_MAX_SIZE, arena, text, size, err);
}

int intake_publish(struct intake *intake, struct error *err)
{
	for (size_t i = 0; i < intake->count; i++) {
		struct blob_writer *blob = &intake->files[i]->blob;
		char temporary[sizeof(blob->temporary)];

		if (!intake->files[i]->wanted || !blob->temporary[0])
			continue;
		memcpy(temporary, blob->temporary, sizeof(temporary));
		if (blob_publish(blob, NULL, err) < 0)
			return fail_in(err, "%.200s", intake->files[i]->path);
		/* rename(2) leaves a hard link of what it would replace: a file that was adopted */
		if (intake->adopt)
			unlinkat(intake->store->blobs, temporary, 0);
	}
	return 0;
}

void intake_end(struct intake *intake)
{
	for (size_t i = 0; i < intake->count; i++)
		blob_abort(&intake->files[i]->blob);
	intake->count = 0;
}
