/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/open_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"

#define DELETED " (deleted)"

static int add(uint64_t **items, size_t *count, size_t *room, uint64_t item, struct error *err)
{
	if (*count == *room) {
		size_t larger = *room ? 2 * *room : 64;
		uint64_t *moved = realloc(*items, larger * sizeof(**items));

		if (!moved)
			return fail(err, ENOMEM, "open files: out of memory");
		*items = moved;
		*room = larger;
	}
	(*items)[(*count)++] = item;
	return 0;
}

/* FNV-1a */
static uint64_t hash(const char *text, size_t length)
{
	uint64_t value = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < length; i++)
		value = (value ^ (unsigned char)text[i]) * 0x100000001b3ULL;
	return value;
}

static int add_name(struct file_set *files, const char *name, size_t length, struct error *err)
{
	return add(&files->names, &files->name_count, &files->name_room, hash(name, length), err);
}

/* A file may be deleted under this name and have others, or really be called like this. */
static int add_path(struct file_set *files, const char *path, struct error *err)
{
	const char *name = strrchr(path, '/') + 1;
	size_t length = strlen(name), suffix = strlen(DELETED);

	if (add_name(files, name, length, err) < 0)
		return -1;
	if (length > suffix && !strcmp(name + length - suffix, DELETED))
		return add_name(files, name, length - suffix, err);
	return 0;
}

static int add_inode(struct file_set *files, uint64_t inode, struct error *err)
{
	return add(&files->inodes, &files->inode_count, &files->inode_room, inode, err);
}

/* fdinfo has the number (Linux 5.14); before that the last name has to do. */
static int add_descriptor(struct file_set *files, int proc, int fds, const char *number,
			  struct error *err)
{
	char target[PATH_MAX], path[NAME_MAX + 8], info[512];
	const char *line;
	struct stat link;
	struct error ignored;
	ssize_t length;

	/* the link's own mode says for what it is open (proc_pid_fd(5)) */
	if (fstatat(fds, number, &link, AT_SYMLINK_NOFOLLOW) < 0 || !(link.st_mode & S_IWUSR))
		return 0;
	length = readlinkat(fds, number, target, sizeof(target) - 1);
	if (length <= 0 || target[0] != '/')
		return 0;
	target[length] = '\0';
	if (add_path(files, target, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "fdinfo/%s", number);
	if (file_read_short_at(proc, path, info, sizeof(info), &ignored) < 0)
		return 0;
	line = strstr(info, "\nino:");
	return line ? add_inode(files, strtoull(line + strlen("\nino:"), NULL, 10), err) : 0;
}

static int add_descriptors(struct open_files *files, int proc, struct error *err)
{
	struct error other;
	cleanup_dir DIR *dir = open_dir_at(proc, "fd", &other);
	const struct dirent *entry;

	if (!dir && (other.errnum == EACCES || other.errnum == EPERM))
		files->all = true;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    add_descriptor(&files->writable, proc, dirfd(dir), entry->d_name, err) < 0)
			return -1;
	return 0;
}

/* "55d0-55d1 rw-s 00000000 08:01 1234   /path", a newline in the path as \012 */
static int add_mapping(struct open_files *files, char *line, struct error *err)
{
	unsigned long long inode = 0;
	char writable = 0, shared = 0;
	char *path = strchr(line, '/');
	size_t length = strlen(line);

	if (sscanf(line, "%*x-%*x %*c%c%*c%c %*x %*x:%*x %llu", &writable, &shared, &inode) != 3 ||
	    writable != 'w' || shared != 's' || !path)
		return 0;
	if (length && line[length - 1] == '\n')
		line[length - 1] = '\0';
	for (char *at = path; (at = strstr(at, "\\012")); at++) {
		*at = '\n';
		memmove(at + 1, at + 4, strlen(at + 4) + 1);
	}
	if (add_inode(&files->mapped, inode, err) < 0 || add_path(&files->mapped, path, err) < 0 ||
	    add_inode(&files->writable, inode, err) < 0)
		return -1;
	return add_path(&files->writable, path, err);
}

static int add_mappings(struct open_files *files, int proc, struct error *err)
{
	int fd = openat(proc, "maps", O_RDONLY | O_CLOEXEC);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "re");
	char *line = NULL;
	size_t room = 0;
	int result = 0;

	if (!stream) {
		if (errno == EACCES || errno == EPERM)
			files->all = true;
		close_fd(&fd);
		return 0;
	}
	while (result == 0 && getline(&line, &room, stream) > 0)
		result = add_mapping(files, line, err);
	free(line);
	fclose(stream);
	return result;
}

static int compare(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

static void sort(struct file_set *set)
{
	if (set->inode_count)
		qsort(set->inodes, set->inode_count, sizeof(uint64_t), compare);
	if (set->name_count)
		qsort(set->names, set->name_count, sizeof(uint64_t), compare);
}

int open_files_find(struct open_files *files, const pid_t *pids, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		cleanup_fd int proc = -1;
		char path[32];

		if (pids[i] <= 0) {
			files->all = true; /* of a pid namespace that we do not see */
			continue;
		}
		snprintf(path, sizeof(path), "/proc/%d", pids[i]);
		proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (proc < 0)
			continue;
		if (add_descriptors(files, proc, err) < 0 || add_mappings(files, proc, err) < 0)
			return -1;
	}
	sort(&files->writable);
	sort(&files->mapped);
	return 0;
}

static bool has(const uint64_t *items, size_t count, uint64_t item)
{
	return count && bsearch(&item, items, count, sizeof(item), compare);
}

bool file_set_may_have(const struct file_set *set, ino_t inode, const char *name)
{
	return has(set->inodes, set->inode_count, inode) ||
	       has(set->names, set->name_count, hash(name, strlen(name)));
}

static void free_set(struct file_set *set)
{
	free(set->inodes);
	free(set->names);
}

void open_files_free(struct open_files *files)
{
	free_set(&files->writable);
	free_set(&files->mapped);
	*files = (struct open_files){ 0 };
}
