/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile layers. The first byte of the input chooses: the rest is a blob as it is (0), a tar
 * archive whose header checksums we make right (1: otherwise no mutation would get past them), or
 * lines "KIND NAME TARGET" of which libarchive makes a well-formed archive (2). With 128 added it
 * is copied into a tree that is there already, as by `cp`, with links that lead out. Whatever
 * comes, nothing may change outside of the directory.
 */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/unpack.h"

#define BLOCK 512

static int folder = -1;
static char folder_path[] = "/dev/shm/ctr-fuzz-XXXXXX";

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_canaries(void)
{
	struct error err;

	if (file_replace_at(folder, "canary", "alive", 5, 0640, false, &err) < 0 ||
	    mkdirat(folder, "outside", 0700) < 0)
		abort();
}

static void check_canaries(void)
{
	char text[16];
	struct error err;
	struct stat status;
	cleanup_dir DIR *dir = open_dir_at(folder, ".", &err);
	int count = 0;

	if (file_read_short_at(folder, "canary", text, sizeof(text), &err) != 5 ||
	    strcmp(text, "alive") != 0)
		abort();
	if (fstatat(folder, "canary", &status, 0) < 0 || status.st_nlink != 1 ||
	    (status.st_mode & 07777) != 0640 || status.st_uid != geteuid())
		abort();
	if (fstatat(folder, "outside", &status, 0) < 0 || status.st_nlink != 2 ||
	    (status.st_mode & 07777) != 0700 || unlinkat(folder, "outside", AT_REMOVEDIR) < 0 ||
	    mkdirat(folder, "outside", 0700) < 0)
		abort();
	while (readdir(dir))
		count++;
	if (count != 4) /* ".", "..", the two canaries */
		abort();
}

static void remove_folder(void)
{
	struct error err;

	remove_tree_at(AT_FDCWD, folder_path, &err);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *made = mkdtemp(folder_path);

	(void)argc;
	(void)argv;
	umask(022);
	folder = made ? open(made, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (folder < 0)
		abort();
	atexit(remove_folder);
	make_canaries();
	return 0;
}

static void write_checksums(uint8_t *blocks, size_t size)
{
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
		uint8_t *block = blocks + at;
		unsigned sum = 8 * ' ';

		/* only what looks like a header: content stays as it is */
		if (memcmp(block + 257, "ustar", 5) != 0)
			continue;
		for (size_t i = 0; i < BLOCK; i++)
			sum += i >= 148 && i < 156 ? 0 : block[i];
		snprintf((char *)block + 148, 8, "%06o", sum);
		block[155] = ' ';
	}
}

static int blob_of_bytes(const uint8_t *data, size_t size, bool checksums)
{
	int fd = memfd_create("layer", MFD_CLOEXEC);
	uint8_t *copy = malloc(size + 1);
	struct error err;

	if (fd < 0 || !copy)
		abort();
	memcpy(copy, data, size);
	if (checksums)
		write_checksums(copy, size);
	if (write_all(fd, copy, size, &err) < 0)
		abort();
	free(copy);
	return fd;
}

static void write_line(struct archive *archive, struct archive_entry *entry, const char *line)
{
	static const mode_t types[] = { S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFIFO, S_IFBLK };
	char name[512], target[512] = "x";
	unsigned kind = (unsigned char)line[0];
	mode_t type = types[kind % 6];

	if (strlen(line) > 500 || sscanf(line + 1, "%511s %511s", name, target) < 1)
		return;
	archive_entry_clear(entry);
	archive_entry_copy_pathname(entry, name);
	archive_entry_set_mode(entry, type | (kind & 07));
	archive_entry_set_size(entry, 0);
	archive_entry_set_rdev(entry, makedev(kind & 1, kind & 4));
	if (kind == 'h')
		archive_entry_copy_hardlink(entry, target);
	else if (type == S_IFLNK)
		archive_entry_copy_symlink(entry, target);
	else
		archive_entry_xattr_add_entry(entry, target, "y", 1);
	archive_write_header(archive, entry);
}

static int blob_of_lines(const uint8_t *data, size_t size)
{
	int fd = memfd_create("layer", MFD_CLOEXEC);
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	char *text = malloc(size + 1), *next;

	if (fd < 0 || !text || !archive || !entry)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	archive_write_set_format_pax(archive);
	archive_write_set_bytes_per_block(archive, 0);
	archive_write_open_fd(archive, fd);
	next = text;
	for (char *line; (line = strsep(&next, "\n"));)
		if (*line)
			write_line(archive, entry, line);
	archive_write_close(archive);
	archive_write_free(archive);
	archive_entry_free(entry);
	free(text);
	return fd;
}

/* What a container may have put where somebody copies to. */
static void make_tree(int out)
{
	struct error err;

	if (symlinkat("../outside", out, "l") < 0 || symlinkat("../canary", out, "x") < 0 ||
	    symlinkat("/", out, "r") < 0 || mkdirat(out, "d", 0700) < 0 ||
	    symlinkat("../../outside", out, "d/l") < 0 ||
	    file_replace_at(out, "f", "f", 1, 0600, false, &err) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct unpack_options options = {
		.max_bytes = 1 << 20,
		.max_entries = 200,
		.keep_owner = geteuid() == 0,
		.user_xattr = geteuid() != 0,
	};
	struct unpack_options into = options;
	struct unpack_merge merge = { .jail = -1, .path = "/" };
	cleanup_fd int blob = -1, out = -1;
	struct unpack_result result;
	struct error err;

	if (!size)
		return 0;
	blob = data[0] % 32 % 3 == 2 ? blob_of_lines(data + 1, size - 1)
				     : blob_of_bytes(data + 1, size - 1, data[0] % 32 % 3);
	lseek(blob, 0, SEEK_SET);
	if (mkdirat(folder, "out", 0700) < 0)
		abort();
	out = openat(folder, "out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out < 0)
		abort();
	if (data[0] & 128) {
		make_tree(out);
		merge.overwrite = data[0] & 64;
		merge.jail = data[0] & 32 ? out : -1;
		into.merge = &merge;
	}
	unpack_layer(blob, out, &into, &result, &err);
	if (remove_tree_at(folder, "out", &err) < 0)
		abort();
	check_canaries();
	return 0;
}
