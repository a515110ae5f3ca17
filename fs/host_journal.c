/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"

#define FOLDER "undo"
#define PENDING "pending"
#define LOCK "lock"

int journals_open(const char *data_root, enum journals_lock lock, struct journals *journals,
		  struct error *err)
{
	cleanup_fd int root = -1;

	*journals = JOURNALS_NONE;
	root = open(data_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "open %s", data_root);
	if (lock == JOURNALS_WAIT && mkdirat(root, FOLDER, 0700) == 0 && fsync(root) < 0)
		return fail_errno(err, "sync %s", data_root);
	journals->dir = openat(root, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (journals->dir < 0)
		return fail_errno(err, "open %s/%s", data_root, FOLDER);
	if (lock == JOURNALS_LOOK)
		return 0;
	journals->lock =
		openat(journals->dir, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (journals->lock < 0)
		return fail_errno(err, "open %s/%s/%s", data_root, FOLDER, LOCK);
	while (flock(journals->lock, LOCK_EX | (lock == JOURNALS_TRY ? LOCK_NB : 0)) < 0)
		if (errno != EINTR)
			return fail_errno(err, "lock %s/%s", data_root, FOLDER);
	return 0;
}

void journals_close(struct journals *journals)
{
	close_fd(&journals->lock);
	close_fd(&journals->dir);
}

/* A number without leading zeros, 0 if text is none. */
static unsigned parse_number(const char *text)
{
	unsigned long value;
	char *end;

	if (*text < '1' || *text > '9')
		return 0;
	errno = 0;
	value = strtoul(text, &end, 10);
	return *end || errno || value > INT_MAX ? 0 : (unsigned)value;
}

static int compare_numbers(const void *one, const void *other)
{
	unsigned a = *(const unsigned *)one, b = *(const unsigned *)other;

	return (a > b) - (a < b);
}

int journals_list(const struct journals *journals, struct arena *arena, unsigned **numbers,
		  size_t *count, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(journals->dir, ".", err);
	struct dirent *entry;
	size_t room = 0;

	*numbers = NULL;
	*count = 0;
	if (!dir)
		return -1;
	while (errno = 0, entry = readdir(dir)) {
		unsigned number = parse_number(entry->d_name);

		if (!number)
			continue;
		if (*count == room) {
			unsigned *larger = arena_array(arena, unsigned, 2 * room + 16);

			if (room)
				memcpy(larger, *numbers, room * sizeof(*larger));
			*numbers = larger;
			room = 2 * room + 16;
		}
		(*numbers)[(*count)++] = number;
	}
	if (errno)
		return fail_errno(err, "read the folder of commits to the host");
	if (*count)
		qsort(*numbers, *count, sizeof(**numbers), compare_numbers);
	return 0;
}

unsigned journals_pending(const char *data_root)
{
	char path[PATH_MAX], number[16];
	ssize_t length;

	snprintf(path, sizeof(path), "%s/" FOLDER "/" PENDING, data_root);
	length = readlink(path, number, sizeof(number) - 1);
	if (length < 0)
		return 0;
	number[length] = '\0';
	return parse_number(number);
}

int journals_read_pending(const struct journals *journals, unsigned *number, struct error *err)
{
	char text[16];
	ssize_t length = readlinkat(journals->dir, PENDING, text, sizeof(text) - 1);

	*number = 0;
	if (length < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "read %s", PENDING);
	text[length] = '\0';
	*number = parse_number(text);
	return 0;
}

int journals_add(const struct journals *journals, unsigned *number, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	unsigned *numbers;
	char name[16];
	size_t count;

	if (journals_list(journals, &arena, &numbers, &count, err) < 0)
		return -1;
	*number = count ? numbers[count - 1] + 1 : 1;
	snprintf(name, sizeof(name), "%u", *number);
	if (mkdirat(journals->dir, name, 0700) < 0 || fsync(journals->dir) < 0)
		return fail_errno(err, "make the folder of commit %u", *number);
	return 0;
}

int journals_set_pending(const struct journals *journals, unsigned number, struct error *err)
{
	char name[16];

	if (unlinkat(journals->dir, PENDING, 0) < 0 && errno != ENOENT)
		return fail_errno(err, "remove %s", PENDING);
	if (!number)
		return 0;
	snprintf(name, sizeof(name), "%u", number);
	if (symlinkat(name, journals->dir, PENDING) < 0 || fsync(journals->dir) < 0)
		return fail_errno(err, "make %s", PENDING);
	return 0;
}

int journals_remove(const struct journals *journals, unsigned number, struct error *err)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", number);
	return remove_tree_at(journals->dir, name, err);
}

struct journal_seen journal_see(const struct stat *status)
{
	return (struct journal_seen){
		.inode = status->st_ino,
		.size = S_ISDIR(status->st_mode) ? 0 : (uint64_t)status->st_size,
		.mtime = status->st_mtim.tv_sec,
		.mtime_nanoseconds = (uint32_t)status->st_mtim.tv_nsec,
		.ctime = status->st_ctim.tv_sec,
		.ctime_nanoseconds = (uint32_t)status->st_ctim.tv_nsec,
		.mode = status->st_mode,
	};
}

bool journal_is_same(const struct journal_seen *seen, const struct stat *status)
{
	struct journal_seen now = journal_see(status);

	if (now.inode != seen->inode || now.size != seen->size || now.mode != seen->mode)
		return false;
	/* xfs counts another ".." as a change of the directory */
	return S_ISDIR(now.mode) ||
	       (now.mtime == seen->mtime && now.mtime_nanoseconds == seen->mtime_nanoseconds);
}

bool journal_has(const uint32_t *items, size_t count, size_t i)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (items[middle] < i)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && items[low] == i;
}
