/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/sys.h"

/* RESOLVE_IN_ROOT fails with EAGAIN when a rename anywhere races with "..": how often to retry. */
#define RETRIES 128

/* As many as the kernel follows (path_resolution(7)). */
#define MAX_LINKS 40

static int resolve(int root, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	for (int i = 0; i < RETRIES; i++) {
		fd = sys_openat2(root, path, &how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

int open_in_root(int root, const char *path, int flags, mode_t mode, struct error *err)
{
	int fd = resolve(root, path, flags, mode);

	return fd < 0 ? fail_errno(err, "open %s", path) : fd;
}

/*
 * Replaces the link at path[start..end] by what it says, the rest of path behind it: where the
 * kernel would go on from there.
 */
static int follow_link(int dir, char path[PATH_MAX], size_t start, size_t end, struct error *err)
{
	char name[NAME_MAX + 1], target[PATH_MAX], whole[2 * PATH_MAX];
	ssize_t length;

	snprintf(name, sizeof(name), "%.*s", (int)(end - start), path + start);
	length = readlinkat(dir, name, target, sizeof(target) - 1);
	if (length < 0)
		return fail_errno(err, "make directory %s", path);
	target[length] = '\0';
	snprintf(whole, sizeof(whole), "%.*s%s%s", target[0] == '/' ? 0 : (int)start, path, target,
		 path + end);
	if (strlen(whole) >= PATH_MAX)
		return fail(err, ENAMETOOLONG, "make directory %s", path);
	memcpy(path, whole, strlen(whole) + 1);
	return 0;
}

/*
 * Makes the directories of wanted (length bytes of it) one after the other. Each part is looked up
 * from the root again, so that links in the middle are followed inside the root as the kernel
 * would; what is made is made in a directory that is already held open. What a link leads to is
 * made too (Debian's /var/lock leads to /run/lock, which a root on disk need not have).
 */
static int mkdirs(int root, const char *wanted, size_t length, mode_t mode, struct error *err)
{
	char path[PATH_MAX], prefix[PATH_MAX];
	cleanup_fd int dir = -1;
	size_t end = 0;
	int links = 0;

	if (length >= sizeof(path))
		return fail(err, ENAMETOOLONG, "%s", wanted);
	memcpy(path, wanted, length);
	path[length] = '\0';
	dir = resolve(root, ".", O_PATH | O_DIRECTORY, 0);
	if (dir < 0)
		return fail_errno(err, "open the root");
	while (path[end]) {
		size_t start = end + strspn(path + end, "/");
		int next;

		if (!path[start])
			break;
		end = start + strcspn(path + start, "/");
		memcpy(prefix, path, end);
		prefix[end] = '\0';
		next = resolve(root, prefix, O_PATH | O_DIRECTORY, 0);
		if (next < 0 && errno == ENOENT) {
			if (mkdirat(dir, prefix + start, mode) < 0 && errno != EEXIST)
				return fail_errno(err, "make directory %s", prefix);
			next = resolve(root, prefix, O_PATH | O_DIRECTORY, 0);
		}
		if (next < 0 && errno == ENOENT && links++ < MAX_LINKS) {
			if (follow_link(dir, path, start, end, err) < 0)
				return -1;
			close_fd(&dir);
			dir = resolve(root, ".", O_PATH | O_DIRECTORY, 0);
			end = 0;
			continue;
		}
		if (next < 0)
			return fail_errno(err, "make directory %s", prefix);
		close_fd(&dir);
		dir = next;
	}
	return take_fd(&dir);
}

int mkdir_in_root(int root, const char *path, mode_t mode, struct error *err)
{
	/* nearly always it is there already: one call instead of one for each part */
	int fd = resolve(root, path, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return fail_errno(err, "open directory %s", path);
	return mkdirs(root, path, strlen(path), mode, err);
}

/* The length of path without its last component; *last gets the start of that one. */
static size_t parent_length(const char *path, const char **last)
{
	size_t end = strlen(path);
	size_t start;

	while (end > 0 && path[end - 1] == '/')
		end--;
	start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	*last = path + start;
	return start;
}

int mkfile_in_root(int root, const char *path, mode_t mode, struct error *err)
{
	char wanted[PATH_MAX];
	int fd = resolve(root, path, O_PATH, 0);

	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return fail_errno(err, "open %s", path);
	if (strlen(path) >= sizeof(wanted))
		return fail(err, ENAMETOOLONG, "%s", path);
	memcpy(wanted, path, strlen(path) + 1);
	for (int links = 0; links < MAX_LINKS; links++) {
		const char *last;
		size_t start = parent_length(wanted, &last), end = start + strcspn(last, "/");
		cleanup_fd int parent = mkdirs(root, wanted, start, 0755, err), file = -1;
		char name[PATH_MAX];

		if (parent < 0)
			return -1;
		snprintf(name, sizeof(name), "%.*s", (int)(end - start), last);
		file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			      mode);
		if (file < 0 && errno != EEXIST)
			return fail_errno(err, "create %s", path);
		fd = resolve(root, wanted, O_PATH, 0);
		if (fd >= 0)
			return fd;
		/* a link to what is not there: that is made */
		if (errno != ENOENT)
			break;
		if (follow_link(parent, wanted, start, end, err) < 0)
			return -1;
	}
	return fail_errno(err, "open %s", path);
}

int open_parent_in_root(int root, const char *path, mode_t mode, struct arena *arena, char **name,
			struct error *err)
{
	const char *last;
	size_t length = parent_length(path, &last);

	*name = arena_strndup(arena, last, strcspn(last, "/"));
	if (!**name || !strcmp(*name, ".") || !strcmp(*name, ".."))
		return fail(err, EINVAL, "%s: does not end in a name", path);
	return mkdirs(root, path, length, mode, err);
}

char *path_join(struct arena *arena, const char *dir, const char *path)
{
	if (path[0] == '/')
		return arena_strdup(arena, path);
	return arena_printf(arena, "%s/%s", dir, path);
}

bool path_has_dot_dot(const char *path)
{
	for (; *path; path += *path == '/') {
		size_t length = strcspn(path, "/");

		if (length == 2 && strncmp(path, "..", 2) == 0)
			return true;
		path += length;
	}
	return false;
}

char *path_clean(struct arena *arena, const char *path)
{
	char *clean = arena_alloc(arena, strlen(path) + 2);
	size_t used = 0;

	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && !memcmp(path, "..", 2)) {
			while (used > 0 && clean[--used] != '/')
				;
		} else if (length && !(length == 1 && *path == '.')) {
			clean[used++] = '/';
			memcpy(clean + used, path, length);
			used += length;
		}
		path += length;
		path += strspn(path, "/");
	}
	if (!used)
		clean[used++] = '/';
	clean[used] = '\0';
	return clean;
}

static int rank(char c)
{
	return c == '/' ? 1 : c ? (unsigned char)c + 1 : 0;
}

int path_compare(const char *left, const char *right)
{
	while (*left && *left == *right) {
		left++;
		right++;
	}
	return rank(*left) - rank(*right);
}

const char *path_behind(const char *path, const char *directory)
{
	size_t length = strcmp(directory, "/") ? strlen(directory) : 0;

	if (strncmp(path, directory, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return path + length;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '+' || c == '.' || c == '-';
}

bool path_is_plain_name(const char *name)
{
	size_t length = 0;

	while (is_plain(name[length]))
		length++;
	return length && length <= NAME_MAX && !name[length] && name[0] != '-' &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

char *path_of_fd(struct arena *arena, int fd, struct error *err)
{
	char link[32], path[PATH_MAX];
	ssize_t size;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, path, sizeof(path) - 1);
	if (size < 0 || size == sizeof(path) - 1 || path[0] != '/') {
		fail(err, size < 0 ? errno : ENAMETOOLONG, "%s: where is it?", link);
		return NULL;
	}
	path[size] = '\0';
	return arena_strdup(arena, path);
}
