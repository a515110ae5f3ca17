/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/conceal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/fd.h"
#include "base/path.h"

/* More than a host has of them; a mount that cannot be got rid of would be found for ever. */
#define MAX_MOUNTS 1000

/* The longest line: a root and a path of which every byte is escaped, and options of a page. */
#define LINE_SIZE (9 * PATH_MAX)

/* mountinfo writes blanks and backslashes as \ooo (proc_pid_mountinfo(5)). */
static void unescape(char *text)
{
	char *to = text;
	unsigned int code;

	for (; *text; text++) {
		if (*text == '\\' && sscanf(text + 1, "%3o", &code) == 1) {
			*to++ = (char)code;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* Where a line of mountinfo says that a whole procfs or sysfs is; NULL: it says something else. */
static char *revealing(char *line)
{
	char *save, *root = NULL, *path = NULL, *word = strtok_r(line, " ", &save);

	for (int field = 1; word && strcmp(word, "-") != 0; field++) {
		if (field == 4)
			root = word;
		if (field == 5)
			path = word;
		word = strtok_r(NULL, " ", &save);
	}
	word = word ? strtok_r(NULL, " ", &save) : NULL;
	if (!word || !root || !path || strcmp(root, "/") != 0 ||
	    (strcmp(word, "proc") != 0 && strcmp(word, "sysfs") != 0))
		return NULL;
	unescape(path);
	return path;
}

/*
 * Skips those that could only be covered: their lines stay. below: what is there is not meant;
 * NULL: all is. Returns whether there was one.
 */
static int find_next(int proc, const char *below, int skip, char found[PATH_MAX], struct error *err)
{
	char line[LINE_SIZE];
	cleanup_fd int fd = openat(proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	size_t used = 0;

	if (fd < 0)
		return fail_errno(err, "/proc/self/mountinfo");
	for (;;) {
		char *end = used ? memchr(line, '\n', used) : NULL, *path;
		ssize_t got;

		if (!end && used == sizeof(line))
			return fail(err, ENAMETOOLONG, "a line of /proc/self/mountinfo");
		if (!end) {
			got = read(fd, line + used, sizeof(line) - used);
			if (got <= 0)
				return got < 0 ? fail_errno(err, "read /proc/self/mountinfo") : 0;
			used += (size_t)got;
			continue;
		}
		*end = '\0';
		path = revealing(line);
		if (path && (!below || !path_behind(path, below)) && strlen(path) < PATH_MAX &&
		    skip-- == 0) {
			memcpy(found, path, strlen(path) + 1);
			return 1;
		}
		used -= (size_t)(end + 1 - line);
		memmove(line, end + 1, used);
	}
}

int conceal_mounts(int proc, const char *path, struct error *err)
{
	const char *below = strcmp(path, "/") ? path : NULL;
	char found[PATH_MAX];
	int covered = 0;

	for (int i = 0; i < MAX_MOUNTS; i++) {
		int result = find_next(proc, below, covered, found, err);

		if (result <= 0)
			return result;
		if (umount2(found, MNT_DETACH) == 0)
			continue;
		/* locked by a user namespace */
		if (errno != EINVAL && errno != EPERM)
			return fail_errno(err, "unmount %s", found);
		if (mount("tmpfs", found, "tmpfs", MS_RDONLY, NULL) < 0)
			return fail_errno(err, "hide %s", found);
		covered++;
	}
	return fail(err, EBUSY, "hide %s: it comes back", found);
}
