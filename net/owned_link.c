/* SPDX-License-Identifier: Apache-2.0 */
#include "net/owned_link.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"

#define BEGINNING "{\"id\":\""

/* Of a record. One that is being written anew this moment has no owner yet. */
static int read_record(int dir, const char *name, char owner[OWNER_SIZE], struct error *err)
{
	cleanup_fd int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[sizeof(BEGINNING) + OWNER_SIZE] = "";
	const size_t begin = strlen(BEGINNING);

	owner[0] = '\0';
	if (fd < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open %s", name);
	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		return fail_errno(err, "read who has %s", name);
	if (strncmp(text, BEGINNING, begin) == 0) {
		size_t length = strcspn(text + begin, "\"");

		snprintf(owner, OWNER_SIZE, "%.*s", (int)length, text + begin);
	}
	return 1;
}

int owned_link_read(int dir, const char *name, char owner[OWNER_SIZE], struct error *err)
{
	ssize_t length = readlinkat(dir, name, owner, OWNER_SIZE - 1);

	if (length < 0 && errno == EINVAL)
		return read_record(dir, name, owner, err);
	if (length < 0 && errno != ENOENT)
		return fail_errno(err, "read who has %s", name);
	owner[length < 0 ? 0 : length] = '\0';
	return length >= 0;
}

/* A record has no more names than its file system allows, nor one that we may not give it. */
static int make(int dir, const char *name, const struct lease_owner *owner)
{
	if (owner->record >= 0) {
		if (linkat(owner->record, "", dir, name, AT_EMPTY_PATH) == 0)
			return 0;
		if (errno == EEXIST)
			return -1;
	}
	return symlinkat(owner->id, dir, name);
}

int owned_link_make(int dir, const char *name, const struct lease_owner *owner,
		    char other[OWNER_SIZE], struct error *err)
{
	if (make(dir, name, owner) == 0)
		return 0;
	if (errno != EEXIST)
		return fail_errno(err, "note who has %s", name);
	return owned_link_read(dir, name, other, err) < 0 ? -1 : 1;
}

int owned_link_lock(int dir, struct error *err)
{
	while (flock(dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return fail_errno(err, "lock the folder of who has what");
	return 0;
}

int owned_link_remove(int dir, const char *name, const char *id, struct error *err)
{
	char owner[OWNER_SIZE];
	int found = owned_link_read(dir, name, owner, err);

	if (found <= 0 || strcmp(owner, id) != 0)
		return found < 0 ? -1 : 0;
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return fail_errno(err, "give back %s", name);
	return 0;
}

int owned_link_remove_all(int dir, const char *id, struct error *err)
{
	cleanup_dir DIR *stream = open_dir_at(dir, ".", err);
	struct dirent *entry;
	int result = 0;

	if (!stream)
		return -1;
	while ((entry = readdir(stream)))
		if (entry->d_type != DT_DIR && owned_link_remove(dir, entry->d_name, id, err) < 0)
			result = -1;
	return result;
}
