/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile archives of images. The first byte of the input chooses: the rest is an archive as it is
 * (0), a tar archive whose header checksums we make right (1), or lines of which we make a
 * well-formed one (2): "f NAME CONTENT", "b CONTENT" (a blob, named by its digest), "s NAME
 * TARGET", "h NAME TARGET" (links). In a CONTENT "@N" is the digest of the Nth blob and "#N" its
 * size, without which no mutation would ever get as far as a manifest. Whatever comes, a load that
 * fails leaves the index as it was and nothing temporary, and one that does not leaves images that
 * can be read.
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
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/image_load.h"
#include "fs/store_index.h"
#include "fs/temporary.h"

#define BLOCK 512
#define MAX_BLOBS 10
#define MAX_CONTENT 4096

static char folder_path[] = "/dev/shm/ctr-fuzz-XXXXXX";
static struct store store = STORE_NONE;
static struct arena store_arena;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void remove_folder(void)
{
	struct error err;

	remove_tree_at(AT_FDCWD, folder_path, &err);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct error err;

	(void)argc;
	(void)argv;
	if (!mkdtemp(folder_path) || store_open(&store, folder_path, &store_arena, &err) < 0)
		abort();
	atexit(remove_folder);
	return 0;
}

static int file_of(const void *data, size_t size)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	struct error err;

	if (fd < 0 || write_all(fd, data, size, &err) < 0)
		abort();
	return fd;
}

static int archive_with_checksums(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	int fd;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	for (uint8_t *block = copy; block + BLOCK <= copy + size; block += BLOCK) {
		unsigned sum = 8 * ' ';

		if (memcmp(block + 257, "ustar", 5) != 0)
			continue;
		for (size_t i = 0; i < BLOCK; i++)
			sum += i >= 148 && i < 156 ? 0 : block[i];
		snprintf((char *)block + 148, 8, "%06o", sum);
		block[155] = ' ';
	}
	fd = file_of(copy, size);
	free(copy);
	return fd;
}

struct blobs {
	struct digest digests[MAX_BLOBS];
	size_t sizes[MAX_BLOBS], count;
};

/* The content with what stands for blobs put in. */
static size_t expand(const struct blobs *blobs, const char *from, char *to)
{
	size_t used = 0;

	for (; *from && used < MAX_CONTENT - 100; from++) {
		size_t which = (size_t)(from[1] - '0');

		if ((*from != '@' && *from != '#') || which >= blobs->count) {
			to[used++] = *from;
			continue;
		}
		used += (size_t)(*from == '@' ? sprintf(to + used, "%s", blobs->digests[which].text)
					      : sprintf(to + used, "%zu", blobs->sizes[which]));
		from++;
	}
	return used;
}

static void write_entry(struct archive *archive, struct archive_entry *entry, char kind,
			const char *name, const char *data, size_t size)
{
	archive_entry_clear(entry);
	archive_entry_copy_pathname(entry, name);
	archive_entry_set_mode(entry, (kind == 's' ? S_IFLNK : S_IFREG) | 0644);
	archive_entry_set_size(entry, kind == 'f' ? (int64_t)size : 0);
	if (kind == 's')
		archive_entry_copy_symlink(entry, data);
	else if (kind == 'h')
		archive_entry_copy_hardlink(entry, data);
	if (archive_write_header(archive, entry) == ARCHIVE_OK && kind == 'f')
		archive_write_data(archive, data, size);
}

static void write_blob(struct archive *archive, struct archive_entry *entry, struct blobs *blobs,
		       const char *text)
{
	char content[MAX_CONTENT], name[128];
	size_t size = expand(blobs, text, content);
	struct error err;

	if (blobs->count == MAX_BLOBS)
		return;
	if (digest_of(content, size, &blobs->digests[blobs->count], &err) < 0)
		abort();
	snprintf(name, sizeof(name), "blobs/sha256/%s", blobs->digests[blobs->count].text + 7);
	blobs->sizes[blobs->count++] = size;
	write_entry(archive, entry, 'f', name, content, size);
}

static void write_line(struct archive *archive, struct archive_entry *entry, struct blobs *blobs,
		       char *line)
{
	char content[MAX_CONTENT], *name = line + 2, *text;
	size_t size;

	if (strlen(line) < 3 || strlen(line) > MAX_CONTENT / 2 || line[1] != ' ')
		return;
	if (line[0] == 'b') {
		write_blob(archive, entry, blobs, name);
		return;
	}
	text = strchr(name, ' ');
	if (!text || !strchr("fsh", line[0]))
		return;
	*text++ = '\0';
	size = expand(blobs, text, content);
	content[size] = '\0';
	write_entry(archive, entry, line[0], name, content, size);
}

static int archive_of_lines(const uint8_t *data, size_t size)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	char *text = malloc(size + 1), *rest, *line;
	struct blobs blobs = { .count = 0 };

	if (fd < 0 || !text || !archive || !entry)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	archive_write_set_format_pax_restricted(archive);
	archive_write_open_fd(archive, fd);
	rest = text;
	while ((line = strsep(&rest, "\n")))
		write_line(archive, entry, &blobs, line);
	archive_write_close(archive);
	archive_write_free(archive);
	archive_entry_free(entry);
	free(text);
	return fd;
}

/* No temporary file is left. */
static void check_clean(void)
{
	struct error err;
	cleanup_dir DIR *dir = open_dir_at(store.blobs, ".", &err);
	struct dirent *entry;

	if (!dir)
		abort();
	while ((entry = readdir(dir)))
		if (temporary_is(entry->d_name))
			abort();
}

static void check_images(struct arena *arena, const struct image_load *load)
{
	struct image image;
	struct error err;

	for (size_t i = 0; i < load->count; i++)
		if (store_find(&store, load->names[i].descriptor->digest, arena, &image, &err) < 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	struct image_load load = { .store = &store, .arena = &arena };
	struct store_pruned pruned;
	struct image_index index;
	struct error err;
	cleanup_fd int fd = -1;

	if (size < 2)
		return 0;
	if (data[0] % 3 == 0)
		fd = file_of(data + 1, size - 1);
	else if (data[0] % 3 == 1)
		fd = archive_with_checksums(data + 1, size - 1);
	else
		fd = archive_of_lines(data + 1, size - 1);
	if (lseek(fd, 0, SEEK_SET) < 0)
		abort();
	if (image_load(&load, fd, &err) == 0)
		check_images(&arena, &load);
	else if (store_index_read(&store, &arena, &index, &err) < 0 || index.manifests.count)
		abort();
	check_clean();
	if (store_index_read(&store, &arena, &index, &err) < 0)
		abort();
	index.manifests.count = 0;
	if (store_index_write(&store, &arena, &index, &err) < 0 ||
	    store_prune(&store, NULL, &pruned, &err) < 0)
		abort();
	return 0;
}
