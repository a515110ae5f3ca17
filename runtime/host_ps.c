/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/host_ps.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "runtime/executable.h"
#include "runtime/spawn.h"

/* A million processes with long command lines. */
#define MAX_OUTPUT ((size_t)256 << 20)

#define BLANKS " \t"

/* The index of the word PID in the title; -1: it has none. */
static int pid_column(const char *title)
{
	int column = 0;

	for (;; column++) {
		size_t length;

		title += strspn(title, BLANKS);
		length = strcspn(title, BLANKS "\n");
		if (!length)
			return -1;
		if (length == strlen("PID") && strncmp(title, "PID", length) == 0)
			return column;
		title += length;
	}
}

/* The number that is the word at index column of a line; -1: that is none. */
static pid_t pid_of_line(const char *line, int column)
{
	char *end;
	long pid;

	for (; column > 0; column--) {
		line += strspn(line, BLANKS);
		line += strcspn(line, BLANKS "\n");
	}
	line += strspn(line, BLANKS);
	if (*line < '0' || *line > '9') /* strtol would look for one in the next line */
		return -1;
	pid = strtol(line, &end, 10);
	if ((*end && !strchr(BLANKS "\n", *end)) || pid <= 0 || pid > INT_MAX)
		return -1;
	return (pid_t)pid;
}

static bool has_pid(const pid_t *pids, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

int host_ps_filter(struct arena *arena, const char *output, const pid_t *pids, size_t count,
		   char **text, struct error *err)
{
	const int column = pid_column(output);
	char *to = *text = arena_strdup(arena, output);

	if (column < 0)
		return fail(err, EINVAL, "ps prints no column PID: its options must ask for one");
	for (const char *line = output; *line;) {
		const size_t length = strcspn(line, "\n") + (strchr(line, '\n') != NULL);
		const pid_t pid = pid_of_line(line, column);

		if (pid < 0 && line != output && line[strspn(line, BLANKS)] != '\n')
			return fail(err, EINVAL,
				    "ps prints no number where its title has PID: let its options "
				    "put that column in front (-o pid,...)");
		if (line == output || has_pid(pids, count, pid)) {
			memcpy(to, line, length);
			to += length;
		}
		line += length;
	}
	*to = '\0';
	return 0;
}

static int read_back(int fd, struct arena *arena, char **text, struct error *err)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		return fail_errno(err, "read the output of ps");
	return file_read_fd(fd, "the output of ps", MAX_OUTPUT, arena, text, NULL, err);
}

/* Runs ps; *text is what it printed. */
static int run_ps(const struct spawn *spawn, struct arena *arena, char **text, struct error *err)
{
	struct error other;
	char *said;

	if (spawn_run(spawn, err) == 0)
		return read_back(spawn->output, arena, text, err);
	if (read_back(spawn->error, arena, &said, &other) < 0 ||
	    read_back(spawn->output, arena, text, &other) < 0)
		return fail_in(err, "ps");
	/* when it has nothing to show its status is 1 too */
	if (err->errnum == ECHILD && !*said && **text)
		return 0;
	said += strspn(said, " \t\n");
	return fail(err, err->errnum, "ps: %s: %.*s", arena_strdup(arena, err->text),
		    (int)strcspn(said, "\n"), said);
}

int host_ps(struct arena *arena, char *const *options, const pid_t *pids, size_t count, char **text,
	    struct error *err)
{
	static char name[] = "ps", all[] = "-ef";
	cleanup_fd int output = -1, errors = -1;
	char path[PATH_MAX], *printed;
	size_t given = 0;
	char **argv;

	if (executable_find(name, getenv("PATH") ?: EXECUTABLE_DEFAULT_PATH, path, sizeof(path),
			    err) < 0)
		return fail_in(err, "the host's ps");
	while (options[given])
		given++;
	argv = arena_array(arena, char *, given + 3);
	argv[0] = name;
	argv[1] = all;
	for (size_t i = 0; i < given; i++)
		argv[i + 1] = options[i];
	/* memory, since a pipe would be full before anyone reads it */
	output = memfd_create("ps", MFD_CLOEXEC);
	errors = memfd_create("ps", MFD_CLOEXEC);
	if (output < 0 || errors < 0)
		return fail_errno(err, "make memory for the output of ps");
	const struct spawn spawn = {
		.path = path,
		.argv = argv,
		.env = environ,
		.input = -1,
		.output = output,
		.error = errors,
		.directory = -1,
		.timeout = -1,
	};

	if (run_ps(&spawn, arena, &printed, err) < 0)
		return -1;
	return host_ps_filter(arena, printed, pids, count, text, err);
}
