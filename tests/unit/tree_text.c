/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/tree_text.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/xattrs.h"
#include "tests/unit/unit.h"

#define MOST_LINKS 4096

struct links {
	struct {
		ino_t inode;
		char *path;
	} items[MOST_LINKS];
	size_t count;
};

static uint64_t hash(uint64_t value, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		value = (value ^ bytes[i]) * 0x100000001b3ULL;
	return value;
}

static void write_content(FILE *out, const char *path, off_t size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint64_t sum = 0xcbf29ce484222325ULL;
	static char buffer[65536];
	ssize_t got;

	CHECK(fd >= 0);
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		sum = hash(sum, buffer, (size_t)got);
	CHECK(got == 0);
	fprintf(out, " sum=%016" PRIx64, sum);
	for (off_t at = 0; at < size;) {
		off_t data = lseek(fd, at, SEEK_DATA);
		off_t hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);

		if (data < 0)
			break;
		fprintf(out, " data=%lld-%lld", (long long)data, (long long)hole);
		at = hole;
	}
	close(fd);
}

static void write_xattrs(FILE *out, const char *path)
{
	struct xattrs xattrs = { 0 };
	struct error err;

	CHECK(xattrs_read_at(&xattrs, AT_FDCWD, path, &err) == 0);
	for (size_t i = 0; i < xattrs.count; i++)
		fprintf(out, " %s=%.*s", xattrs.items[i].name, (int)xattrs.items[i].size,
			(const char *)xattrs.items[i].value);
	xattrs_free(&xattrs);
}

/* The first path that the inode was met under. */
static const char *first_name(struct links *links, const struct stat *status, const char *path)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->items[i].inode == status->st_ino)
			return links->items[i].path;
	CHECK(links->count < MOST_LINKS);
	links->items[links->count].inode = status->st_ino;
	links->items[links->count].path = strdup(path);
	return links->items[links->count++].path;
}

static void write_line(FILE *out, struct links *links, const char *root, const char *path,
		       const struct stat *status)
{
	const char *shown = path + strlen(root);
	char target[PATH_MAX] = "";

	fprintf(out, "%s mode=%o owner=%u:%u mtime=%lld.%09ld rdev=%llx", *shown ? shown : "/",
		status->st_mode, status->st_uid, status->st_gid, (long long)status->st_mtim.tv_sec,
		status->st_mtim.tv_nsec, (unsigned long long)status->st_rdev);
	if (S_ISLNK(status->st_mode) && readlink(path, target, sizeof(target) - 1) >= 0)
		fprintf(out, " -> %s", target);
	if (S_ISREG(status->st_mode)) {
		fprintf(out, " size=%lld links=%ju of %s", (long long)status->st_size,
			(uintmax_t)status->st_nlink,
			status->st_nlink > 1 ? first_name(links, status, shown) : shown);
		write_content(out, path, status->st_size);
	}
	write_xattrs(out, path);
	fputc('\n', out);
}

static int compare(const FTSENT **one, const FTSENT **other)
{
	return strcmp((*one)->fts_name, (*other)->fts_name);
}

char *tree_text(const char *root)
{
	char *roots[] = { (char *)root, NULL }, *text = NULL;
	static struct links links;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, compare);
	FTSENT *entry;

	CHECK(out && walk);
	while ((entry = fts_read(walk))) {
		CHECK(entry->fts_info != FTS_ERR && entry->fts_info != FTS_NS &&
		      entry->fts_info != FTS_DNR);
		if (entry->fts_info != FTS_DP)
			write_line(out, &links, root, entry->fts_path, entry->fts_statp);
	}
	fts_close(walk);
	fclose(out);
	while (links.count)
		free(links.items[--links.count].path);
	return text;
}

const char *tree_text_difference(const char *one, const char *other)
{
	static char text[4096];

	while (*one || *other) {
		size_t a = strcspn(one, "\n"), b = strcspn(other, "\n");

		if (a != b || memcmp(one, other, a) != 0) {
			snprintf(text, sizeof(text), "%.*s\n# instead of\n# %.*s", (int)a, one,
				 (int)b, other);
			return text;
		}
		one += a + (one[a] == '\n');
		other += b + (other[b] == '\n');
	}
	return NULL;
}
