/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/tar_stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define BLOCK 512
/* Types of entries. */
#define REGULAR '0'
#define FOLDER '5'
/* The largest size that eleven octal digits say. */
#define OCTAL_MAX ((uint64_t)1 << 33)

/* ustar of POSIX.1-1988; all numbers are octal text. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

static void write_size(struct header *header, uint64_t size)
{
	if (size < OCTAL_MAX) {
		snprintf(header->size, sizeof(header->size), "%011llo", (unsigned long long)size);
		return;
	}
	/* as GNU tar has it, which everybody reads: binary, marked by the first bit */
	header->size[0] = (char)0x80;
	for (size_t i = sizeof(header->size) - 1; i >= 4; i--, size >>= 8)
		header->size[i] = (char)(size & 0xff);
}

static int fill(struct header *header, const char *name, uint64_t size, char type,
		struct error *err)
{
	char bytes[BLOCK];
	unsigned sum = 0;

	if (strlen(name) >= sizeof(header->name))
		return fail(err, ENAMETOOLONG, "%s", name);
	*header = (struct header){
		.mode = "0000644",
		.uid = "0000000",
		.gid = "0000000",
		.mtime = "00000000000",
		.checksum = { ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ' },
		.type = type,
		.magic = "ustar",
		.version = { '0', '0' },
	};
	memcpy(header->name, name, strlen(name));
	if (type == FOLDER)
		memcpy(header->mode, "0000755", sizeof(header->mode));
	write_size(header, size);
	memcpy(bytes, header, BLOCK);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)bytes[i];
	snprintf(header->checksum, sizeof(header->checksum), "%06o", sum);
	return 0;
}

int tar_stream_file(int fd, const char *name, uint64_t size, struct error *err)
{
	struct header header;

	return fill(&header, name, size, REGULAR, err) < 0 ? -1
							   : write_all(fd, &header, BLOCK, err);
}

int tar_stream_folder(int fd, const char *name, struct error *err)
{
	struct header header;

	return fill(&header, name, 0, FOLDER, err) < 0 ? -1 : write_all(fd, &header, BLOCK, err);
}

int tar_stream_pad(int fd, uint64_t size, struct error *err)
{
	static const char zeros[BLOCK];

	return size % BLOCK ? write_all(fd, zeros, BLOCK - size % BLOCK, err) : 0;
}

int tar_stream_end(int fd, struct error *err)
{
	static const char zeros[2 * BLOCK];

	return write_all(fd, zeros, sizeof(zeros), err);
}

int tar_stream_put(int fd, const char *name, const void *data, size_t size, struct error *err)
{
	if (tar_stream_file(fd, name, size, err) < 0 || write_all(fd, data, size, err) < 0)
		return -1;
	return tar_stream_pad(fd, size, err);
}

int tar_stream_rewrite(int fd, off_t offset, const char *name, uint64_t size, struct error *err)
{
	struct header header;

	if (fill(&header, name, size, REGULAR, err) < 0)
		return -1;
	if (pwrite(fd, &header, BLOCK, offset) != BLOCK)
		return fail_errno(err, "write");
	return 0;
}
