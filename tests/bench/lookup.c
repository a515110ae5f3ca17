/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limit that tests/bench/layers compares `ctr diff` with: walks UPPER as find(1) does, prints
 * every path, and asks LOWER once for each of them.
 *
 *	lookup UPPER LOWER
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[65536];

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "lookup: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int open_directory(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Closes both descriptors; lower is -1 where nothing is below. */
static void walk(int upper, int lower, size_t length)
{
	DIR *dir = fdopendir(upper);
	struct dirent *entry;
	struct stat status;

	if (!dir)
		die(path);
	while ((entry = readdir(dir))) {
		bool below;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (length + strlen(entry->d_name) + 2 > sizeof(path))
			die("too deep");
		sprintf(path + length, "/%s", entry->d_name);
		below = lower >= 0 &&
			fstatat(lower, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0;
		puts(path);
		if (entry->d_type == DT_DIR)
			walk(open_directory(upper, entry->d_name),
			     below ? open_directory(lower, entry->d_name) : -1, strlen(path));
	}
	closedir(dir);
	if (lower >= 0)
		close(lower);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		die("usage: lookup UPPER LOWER");
	walk(open_directory(AT_FDCWD, argv[1]), open_directory(AT_FDCWD, argv[2]), 0);
	return 0;
}
