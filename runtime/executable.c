/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/executable.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns 0 when execve would take path, else the reason as errno. */
static int check(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	/* AT_EACCESS: with the capabilities that are in effect. */
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return EACCES;
	return 0;
}

/* The words of runc, which engines and their tests look for. */
static int fail_path(const char *name, int errnum, struct error *err)
{
	if (errnum == ENOENT)
		return fail(err, ENOENT, "exec: \"%s\": stat %s: no such file or directory", name,
			    name);
	if (errnum == EISDIR)
		return fail(err, EACCES, "exec: \"%s\": is a directory", name);
	if (errnum == EACCES)
		return fail(err, EACCES, "exec: \"%s\": permission denied", name);
	errno = errnum;
	return fail_errno(err, "exec: \"%s\"", name);
}

int executable_find(const char *name, const char *path, char *buffer, size_t size,
		    struct error *err)
{
	const size_t length = strlen(name);
	int denied = 0, reason;

	if (strchr(name, '/')) {
		if (length >= size)
			return fail(err, ENAMETOOLONG, "exec: a name of %zu bytes is too long",
				    length);
		memcpy(buffer, name, length + 1);
		reason = check(buffer);
		return reason ? fail_path(name, reason, err) : 0;
	}
	while (*name) {
		size_t dir = strcspn(path, ":");

		/* An empty part of PATH is the working directory. */
		if (dir + 2 + length < size) {
			memcpy(buffer, path, dir);
			memcpy(buffer + dir, dir ? "/" : "./", dir ? 1 : 2);
			memcpy(buffer + dir + (dir ? 1 : 2), name, length + 1);
			reason = check(buffer);
			if (!reason)
				return 0;
			if (reason == EACCES)
				denied = reason;
		}
		path += dir;
		if (!*path++)
			break;
	}
	/* As execvp(3): a match that may not be run counts only when there is no other. */
	if (denied)
		return fail_path(name, denied, err);
	return fail(err, ENOENT, "exec: \"%s\": executable file not found in $PATH", name);
}
