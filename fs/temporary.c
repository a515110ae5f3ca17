/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"

#define PREFIX ".tmp-"

bool temporary_is(const char *name)
{
	return !strncmp(name, PREFIX, strlen(PREFIX));
}

static void make_name(char *name)
{
	unsigned long random = 0;

	/* a name that is taken is no harm: we try another */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (unsigned long)getpid();
	snprintf(name, TEMPORARY_SIZE, PREFIX "%d-%lx", (int)getpid(), random);
}

static int make(int dir, char *name, bool folder, struct error *err)
{
	for (;;) {
		cleanup_fd int fd = -1;
		struct stat status;

		make_name(name);
		if (folder && mkdirat(dir, name, 0700) < 0) {
			if (errno == EEXIST)
				continue;
			return fail_errno(err, "make folder %s", name);
		}
		fd = openat(dir, name,
			    folder ? O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
				   : O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0600);
		/* ENOENT: a prune was faster than our lock */
		if (fd < 0 && (errno == EEXIST || (folder && errno == ENOENT)))
			continue;
		if (fd < 0)
			return fail_errno(err, "make %s", name);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno == EWOULDBLOCK)
				continue;
			return fail_errno(err, "lock %s", name);
		}
		if (fstat(fd, &status) == 0 && status.st_nlink > 0)
			return take_fd(&fd);
	}
}

int temporary_file(int dir, char *name, struct error *err)
{
	return make(dir, name, false, err);
}

int temporary_folder(int dir, char *name, struct error *err)
{
	return make(dir, name, true, err);
}

int temporary_rename(int dir, const char *name, struct error *err)
{
	char unused[TEMPORARY_SIZE];
	int result;

	do {
		make_name(unused);
		result = renameat2(dir, name, dir, unused, RENAME_NOREPLACE);
	} while (result < 0 && errno == EEXIST);
	return result < 0 ? fail_errno(err, "rename %s", name) : 0;
}

int temporary_clean_replacements(int dir, struct error *err)
{
	cleanup_dir DIR *stream = open_dir_at(dir, ".", err);
	struct dirent *entry;
	int count = 0;

	if (!stream)
		return -1;
	while (errno = 0, entry = readdir(stream)) {
		if (!file_is_replacement(entry->d_name))
			continue;
		if (unlinkat(dir, entry->d_name, 0) < 0 && errno != ENOENT)
			return fail_errno(err, "remove %s", entry->d_name);
		count++;
	}
	return errno ? fail_errno(err, "read a folder") : count;
}

int temporary_clean(int dir, struct error *err)
{
	cleanup_dir DIR *stream = open_dir_at(dir, ".", err);
	struct dirent *entry;
	int count = 0;

	if (!stream)
		return -1;
	while (errno = 0, entry = readdir(stream)) {
		cleanup_fd int fd = -1;

		if (!temporary_is(entry->d_name))
			continue;
		fd = openat(dir, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
			continue;
		if (remove_tree_at(dir, entry->d_name, err) < 0)
			return -1;
		count++;
	}
	return errno ? fail_errno(err, "read a folder") : count;
}
