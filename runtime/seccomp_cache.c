/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"

#define FOLDER ".@seccomp"

/* A header and the longest program: more is not read. */
#define MAX_SIZE ((size_t)BPF_MAXINSNS * sizeof(struct sock_filter) + 256)

struct name {
	char text[2 * BLAKE2B_SIZE + 1];
};

static struct name name_of(const struct seccomp_key *key)
{
	static const char digits[] = "0123456789abcdef";
	struct name name = { .text = "" };

	for (size_t i = 0; i < BLAKE2B_SIZE; i++) {
		name.text[2 * i] = digits[key->bytes[i] >> 4];
		name.text[2 * i + 1] = digits[key->bytes[i] & 15];
	}
	return name;
}

/* Whether it is ours alone: nobody else has made it or could change it. */
static bool is_own(int fd, mode_t type, struct stat *status)
{
	return fstat(fd, status) == 0 && (status->st_mode & S_IFMT) == type &&
	       status->st_uid == geteuid() && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Only links above root are followed. -1: there is none, or none that can be believed. */
static int open_folder(struct arena *arena, const char *root)
{
	cleanup_fd int fd = open(path_join(arena, root, FOLDER),
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	return fd >= 0 && is_own(fd, S_IFDIR, &status) ? take_fd(&fd) : -1;
}

bool seccomp_cache_find(struct arena *arena, const char *root, const struct seccomp_key *key,
			const struct spec_seccomp *profile, struct seccomp_plan *plan)
{
	cleanup_fd int folder = open_folder(arena, root);
	cleanup_fd int fd = -1;
	struct stat status;
	void *bytes;

	if (folder >= 0)
		fd = openat(folder, name_of(key).text,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || !is_own(fd, S_IFREG, &status) || status.st_nlink != 1 ||
	    status.st_size > (off_t)MAX_SIZE)
		return false;
	bytes = arena_alloc(arena, (size_t)status.st_size);
	if (read(fd, bytes, (size_t)status.st_size) != status.st_size ||
	    !seccomp_cache_decode(arena, bytes, (size_t)status.st_size, key, plan))
		return false;
	plan->listener_path = profile->listener_path;
	plan->listener_metadata = profile->listener_metadata;
	return true;
}

/* Removes what is in the folder if that is at least so much. */
static int make_room(int folder, size_t limit, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(folder, ".", err);
	struct dirent *entry;
	size_t count = 0;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (count < limit)
		return 0;
	rewinddir(dir);
	while (errno = 0, (entry = readdir(dir)))
		if (entry->d_type == DT_REG && unlinkat(folder, entry->d_name, 0) < 0 &&
		    errno != ENOENT)
			return fail_errno(err, "remove %s", entry->d_name);
	return errno ? fail_errno(err, "read " FOLDER) : 0;
}

static int add(const char *root, const struct seccomp_key *key, const struct seccomp_plan *plan,
	       struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int folder = -1;
	void *bytes;
	size_t size;

	if (mkdir(path_join(&arena, root, FOLDER), 0700) < 0 && errno != EEXIST)
		return fail_errno(err, "mkdir " FOLDER);
	folder = open_folder(&arena, root);
	if (folder < 0)
		return fail(err, EPERM, FOLDER " is not ours alone");
	if (make_room(folder, SECCOMP_CACHE_MAX, err) < 0)
		return -1;
	bytes = seccomp_cache_encode(&arena, key, plan, &size);
	return file_replace_at(folder, name_of(key).text, bytes, size, 0600, false, err);
}

void seccomp_cache_add(const char *root, const struct seccomp_key *key,
		       const struct seccomp_plan *plan)
{
	struct error err;

	if (add(root, key, plan, &err) < 0)
		log_debug("the seccomp program is not kept: %s", err.text);
}

int seccomp_cache_clear(const char *root, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int folder = open_folder(&arena, root);

	if (folder < 0)
		return 0;
	if (make_room(folder, 0, err) < 0)
		return fail_in(err, "%s", root);
	if (unlinkat(AT_FDCWD, path_join(&arena, root, FOLDER), AT_REMOVEDIR) < 0 &&
	    errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
		return fail_errno(err, "remove %s/" FOLDER, root);
	return 0;
}
