/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/scratch_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char path[64];
static int dir = -1;

/* Not by remove_tree_at(), which is one of the things that are tested. */
static void remove_scratch(void)
{
	pid_t pid;

	if (dir < 0)
		return;
	close(dir);
	dir = -1;
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", path, NULL);
		_exit(1);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

int scratch_dir(void)
{
	static bool registered;

	if (!registered)
		atexit(remove_scratch);
	registered = true;
	remove_scratch();
	strcpy(path, "/tmp/ctr-unit.XXXXXX");
	CHECK(mkdtemp(path) != NULL);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(dir >= 0);
	return dir;
}

const char *scratch_path(void)
{
	return path;
}

void scratch_file(const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}
