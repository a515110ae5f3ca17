/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pty STEP... -- COMMAND...: runs COMMAND on a new terminal as its session's leader, as a person's
 * shell would, and does the steps in order:
 *	size=ROWSxCOLUMNS	the window's size (the first: before COMMAND starts)
 *	expect=TEXT		reads the terminal until TEXT has been printed
 *	send=TEXT		types TEXT; \n \x03 \x04 as in C
 * Everything that the terminal prints goes to stdout; the exit status is COMMAND's (128 + signal).
 * When a step cannot be done within PTY_TIMEOUT seconds (default 20) it says so and exits 99.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char seen[1 << 16];
static size_t seen_size, seen_start; /* what expect= has consumed ends at seen_start */

/* Reads once from the terminal. 0: it has been hung up. */
static int pump(int terminal, int timeout)
{
	struct pollfd poll_fd = { .fd = terminal, .events = POLLIN };
	char buffer[4096];
	ssize_t size;

	if (poll(&poll_fd, 1, timeout) <= 0)
		return -1;
	size = read(terminal, buffer, sizeof(buffer));
	if (size <= 0)
		return 0;
	if (write(STDOUT_FILENO, buffer, (size_t)size) < 0)
		return 0;
	for (ssize_t i = 0; i < size && seen_size < sizeof(seen) - 1; i++)
		seen[seen_size++] = buffer[i];
	return 1;
}

static int expect(int terminal, const char *text, int timeout)
{
	for (;;) {
		char *found = memmem(seen + seen_start, seen_size - seen_start, text, strlen(text));

		if (found) {
			seen_start = (size_t)(found - seen) + strlen(text);
			return 0;
		}
		if (pump(terminal, timeout) <= 0)
			return -1;
	}
}

static void type(int terminal, const char *text)
{
	for (; *text; text++) {
		char byte = *text;

		if (byte == '\\' && text[1] == 'n') {
			byte = '\n';
			text++;
		} else if (byte == '\\' && text[1] == 'x') {
			char digits[3] = { text[2], text[3], 0 };

			byte = (char)strtol(digits, NULL, 16);
			text += 3;
		}
		if (write(terminal, &byte, 1) != 1)
			return;
	}
}

static void resize(int terminal, const char *size)
{
	struct winsize window = { 0 };

	if (sscanf(size, "%hux%hu", &window.ws_row, &window.ws_col) == 2)
		ioctl(terminal, TIOCSWINSZ, &window);
}

int main(int argc, char **argv)
{
	struct winsize window = { .ws_row = 24, .ws_col = 80 };
	const char *limit = getenv("PTY_TIMEOUT");
	int terminal, status, first = 1, dashes = 1, timeout = (limit ? atoi(limit) : 20) * 1000;
	pid_t pid;

	while (dashes < argc && strcmp(argv[dashes], "--"))
		dashes++;
	if (dashes + 1 >= argc)
		return fprintf(stderr, "usage: pty STEP... -- COMMAND...\n"), 2;
	if (first < dashes && !strncmp(argv[first], "size=", 5))
		sscanf(argv[first++] + 5, "%hux%hu", &window.ws_row, &window.ws_col);
	pid = forkpty(&terminal, NULL, NULL, &window);
	if (pid < 0)
		return perror("pty"), 2;
	if (pid == 0) {
		execvp(argv[dashes + 1], argv + dashes + 1);
		perror(argv[dashes + 1]);
		_exit(127);
	}
	for (int i = first; i < dashes; i++) {
		if (!strncmp(argv[i], "size=", 5))
			resize(terminal, argv[i] + 5);
		else if (!strncmp(argv[i], "send=", 5))
			type(terminal, argv[i] + 5);
		else if (!strncmp(argv[i], "expect=", 7) &&
			 expect(terminal, argv[i] + 7, timeout)) {
			fprintf(stderr, "pty: did not see: %s\n", argv[i] + 7);
			kill(pid, SIGKILL);
			return 99;
		}
	}
	for (;;) {
		int more = pump(terminal, timeout);

		if (more == 0)
			break;
		if (more < 0) {
			fprintf(stderr, "pty: the command does not end\n");
			kill(pid, SIGKILL);
			return 99;
		}
	}
	if (waitpid(pid, &status, 0) < 0)
		return perror("pty"), 2;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
