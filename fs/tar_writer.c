/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/tar_writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define BLOCK 512
#define OCTAL_MAX(digits) ((1ULL << 3 * (digits)) - 1)
/* What stands in a header for an owner that only the pax header can say: nobody. */
#define NOBODY 65534

/* POSIX.1-1988, section 10.1.1. Numbers are octal, with a NUL behind them. */
struct header {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6], version[2];
	char user[32], group[32];
	char major[8], minor[8];
	char prefix[155];
	char unused[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

/* Headers ------------------------------------------------------------------------------------ */

/* false: it does not fit, and what stands there is other. */
static bool put_octal(char *field, size_t size, uint64_t value, uint64_t other)
{
	bool fits = value <= OCTAL_MAX(size - 1);

	if (!fits)
		value = other;
	field[size - 1] = '\0';
	for (size_t i = size - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
	return fits;
}

static bool put_text(char *field, size_t size, const char *text)
{
	size_t length = strlen(text);

	memcpy(field, text, length < size ? length : size);
	return length <= size;
}

/* A path of up to 255 bytes fits if one of its slashes is at the right place. */
static bool put_path(struct header *header, const char *path)
{
	size_t length = strlen(path);
	const char *slash;

	if (put_text(header->name, sizeof(header->name), path))
		return true;
	if (length > sizeof(header->prefix) + 1 + sizeof(header->name))
		return false;
	slash = strchr(path + length - 1 - sizeof(header->name), '/');
	if (!slash || !slash[1] || slash == path ||
	    slash - path > (ptrdiff_t)sizeof(header->prefix))
		return false;
	memset(header->name, 0, sizeof(header->name));
	put_text(header->name, sizeof(header->name), slash + 1);
	memcpy(header->prefix, path, (size_t)(slash - path));
	return true;
}

static int write_header(struct tar_writer *tar, struct header *header, struct error *err)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned sum = 0;

	memcpy(header->magic, "ustar", sizeof(header->magic));
	memcpy(header->version, "00", sizeof(header->version));
	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < BLOCK; i++)
		sum += bytes[i];
	put_octal(header->checksum, sizeof(header->checksum) - 1, sum, 0);
	return compressor_write(tar->out, header, BLOCK, err);
}

static int write_pax_header(struct tar_writer *tar, const struct tar_entry *entry,
			    struct error *err)
{
	static const char zeros[BLOCK];
	struct header header = { .type = 'x' };
	char name[sizeof(header.name) + 1];
	uint64_t mtime = entry->mtime.tv_sec < 0 ? 0 : (uint64_t)entry->mtime.tv_sec;
	size_t length;

	snprintf(name, sizeof(name), "PaxHeaders/%s", entry->path);
	length = strlen(name);
	if (name[length - 1] == '/')
		name[length - 1] = '\0';
	put_text(header.name, sizeof(header.name), name);
	put_octal(header.mode, sizeof(header.mode), 0644, 0);
	put_octal(header.uid, sizeof(header.uid), 0, 0);
	put_octal(header.gid, sizeof(header.gid), 0, 0);
	put_octal(header.size, sizeof(header.size), tar->pax.used, 0);
	put_octal(header.mtime, sizeof(header.mtime), mtime, 0);
	if (write_header(tar, &header, err) < 0 ||
	    compressor_write(tar->out, tar->pax.text, tar->pax.used, err) < 0)
		return -1;
	return compressor_write(tar->out, zeros, -tar->pax.used % BLOCK, err);
}

static char type_of(const struct tar_entry *entry)
{
	if (entry->hard_link)
		return '1';
	switch (entry->mode & S_IFMT) {
	case S_IFLNK:
		return '2';
	case S_IFCHR:
		return '3';
	case S_IFBLK:
		return '4';
	case S_IFDIR:
		return '5';
	case S_IFIFO:
		return '6';
	default:
		return '0';
	}
}

/* Fills what does not depend on the content; what does not fit becomes records. */
static int fill_header(struct tar_writer *tar, struct header *header, const struct tar_entry *entry,
		       struct error *err)
{
	bool before = entry->mtime.tv_sec < 0;

	header->type = type_of(entry);
	if (!put_path(header, entry->path) && pax_add_text(&tar->pax, "path", entry->path, err) < 0)
		return -1;
	if (entry->link && !put_text(header->link, sizeof(header->link), entry->link) &&
	    pax_add_text(&tar->pax, "linkpath", entry->link, err) < 0)
		return -1;
	put_octal(header->mode, sizeof(header->mode), entry->mode & 07777, 0);
	if (!put_octal(header->uid, sizeof(header->uid), entry->uid, NOBODY) &&
	    pax_add_number(&tar->pax, "uid", entry->uid, err) < 0)
		return -1;
	if (!put_octal(header->gid, sizeof(header->gid), entry->gid, NOBODY) &&
	    pax_add_number(&tar->pax, "gid", entry->gid, err) < 0)
		return -1;
	if ((!put_octal(header->mtime, sizeof(header->mtime),
			before ? 0 : (uint64_t)entry->mtime.tv_sec, OCTAL_MAX(11)) ||
	     before || entry->mtime.tv_nsec) &&
	    pax_add_time(&tar->pax, &entry->mtime, err) < 0)
		return -1;
	if (S_ISCHR(entry->mode) || S_ISBLK(entry->mode)) {
		put_octal(header->major, sizeof(header->major), major(entry->device), 0);
		put_octal(header->minor, sizeof(header->minor), minor(entry->device), 0);
	}
	return entry->xattrs ? pax_add_xattrs(&tar->pax, entry->xattrs, entry->path, err) : 0;
}

/* Writes the headers of an entry without holes; records of the pax header may be there already. */
static int write_entry(struct tar_writer *tar, const struct tar_entry *entry, struct error *err)
{
	bool has_content = S_ISREG(entry->mode) && !entry->hard_link;
	struct header header = { 0 };

	tar->left = has_content ? entry->size : 0;
	tar->padding = (unsigned)(-tar->left % BLOCK);
	if (fill_header(tar, &header, entry, err) < 0)
		return -1;
	if (!put_octal(header.size, sizeof(header.size), tar->left, 0) &&
	    pax_add_number(&tar->pax, "size", tar->left, err) < 0)
		return -1;
	if (tar->pax.used && write_pax_header(tar, entry, err) < 0)
		return -1;
	return write_header(tar, &header, err);
}

/* Holes: GNU tar's "PAX format, version 1.0" --------------------------------------------------- */

/* Makes tar->pax the list of parts, which comes before the data, padded. */
static int make_sparse_map(struct tar_writer *tar, const struct tar_entry *entry, struct error *err)
{
	static const char zeros[BLOCK];
	char text[64];

	tar->pax.used = 0;
	snprintf(text, sizeof(text), "%zu\n", entry->part_count);
	if (pax_append(&tar->pax, text, strlen(text), err) < 0)
		return -1;
	for (size_t i = 0; i < entry->part_count; i++) {
		snprintf(text, sizeof(text), "%lld\n%lld\n", (long long)entry->parts[i].begin,
			 (long long)entry->parts[i].size);
		if (pax_append(&tar->pax, text, strlen(text), err) < 0)
			return -1;
	}
	return pax_append(&tar->pax, zeros, -tar->pax.used % BLOCK, err);
}

static int add_sparse_records(struct tar_writer *tar, const struct tar_entry *entry,
			      struct error *err)
{
	return pax_add_text(&tar->pax, "GNU.sparse.major", "1", err) < 0 ||
			       pax_add_text(&tar->pax, "GNU.sparse.minor", "0", err) < 0 ||
			       pax_add_text(&tar->pax, "GNU.sparse.name", entry->path, err) < 0 ||
			       pax_add_number(&tar->pax, "GNU.sparse.realsize", entry->size, err) <
				       0
		       ? -1
		       : 0;
}

static int begin_sparse(struct tar_writer *tar, const struct tar_entry *entry, struct error *err)
{
	const char *slash = strrchr(entry->path, '/'), *last = slash ? slash + 1 : entry->path;
	struct tar_entry shown = *entry;
	char *name = NULL, *map = NULL;
	int result = -1;
	size_t size;

	if (make_sparse_map(tar, entry, err) < 0)
		return -1;
	size = tar->pax.used;
	map = malloc(size);
	if (!map || asprintf(&name, "%.*sGNUSparseFile.0/%s", (int)(last - entry->path),
			     entry->path, last) < 0) {
		free(map);
		return fail(err, ENOMEM, "archive: out of memory");
	}
	memcpy(map, tar->pax.text, size);
	tar->pax.used = 0;
	shown.path = name;
	shown.size = size;
	for (size_t i = 0; i < entry->part_count; i++)
		shown.size += (uint64_t)entry->parts[i].size;
	if (add_sparse_records(tar, entry, err) == 0 && write_entry(tar, &shown, err) == 0)
		result = compressor_write(tar->out, map, size, err);
	tar->left -= size;
	free(map);
	free(name);
	return result;
}

/* Entries ------------------------------------------------------------------------------------ */

void *tar_room(struct tar_writer *tar, size_t *size, struct error *err)
{
	void *room = compressor_room(tar->out, size, err);

	if (*size > tar->left)
		*size = (size_t)tar->left;
	return room;
}

void tar_put(struct tar_writer *tar, size_t size)
{
	compressor_put(tar->out, size);
	tar->left -= size;
}

int tar_zeros(struct tar_writer *tar, uint64_t size, struct error *err)
{
	while (size) {
		size_t piece;
		void *room = tar_room(tar, &piece, err);

		if (!room)
			return -1;
		if (piece > size)
			piece = (size_t)size;
		memset(room, 0, piece);
		tar_put(tar, piece);
		size -= piece;
	}
	return 0;
}

static int finish_entry(struct tar_writer *tar, struct error *err)
{
	static const char zeros[BLOCK];
	size_t padding = tar->padding;

	tar->padding = 0;
	return tar_zeros(tar, tar->left, err) < 0 ? -1
						  : compressor_write(tar->out, zeros, padding, err);
}

int tar_begin(struct tar_writer *tar, const struct tar_entry *entry, struct error *err)
{
	if (finish_entry(tar, err) < 0)
		return -1;
	tar->pax.used = 0;
	return entry->parts ? begin_sparse(tar, entry, err) : write_entry(tar, entry, err);
}

int tar_end(struct tar_writer *tar, struct error *err)
{
	static const char zeros[2 * BLOCK];

	if (finish_entry(tar, err) < 0)
		return -1;
	return compressor_write(tar->out, zeros, sizeof(zeros), err);
}

void tar_free(struct tar_writer *tar)
{
	pax_free(&tar->pax);
	*tar = (struct tar_writer){ 0 };
}
