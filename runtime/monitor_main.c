/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctr-monitor PIDFD OUT ERR LOG DIR --|keep PROGRAM ARGUMENT...
 *
 * Stays behind `ctr run -d` as the parent of the container. Writes what comes from descriptors
 * OUT and ERR (-1: none) to LOG as json-lines, one object a line of output as docker's json-file
 * log has them; when the process of PIDFD has ended, leaves exit.json in directory DIR and becomes
 * PROGRAM, which cleans up. Until then it only waits. With "keep" DIR stays: what is in it is
 * made durable at the beginning and at the end.
 *
 * There may be hundreds of it: no stdio, no allocation, no library but the C library's system
 * calls, so that its private memory is a few pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/timestamp.h"

/* A longer line is split: docker's limit, so that its readers read our logs. */
#define LINE_SIZE 16384

/* What a pipe can hold at most (pipe(7), pipe-max-size). */
#define PIPE_MOST (1 << 20)

/* More than exit.json has. */
#define EXIT_ROOM 256

struct stream {
	int fd;
	size_t used, total; /* bytes in line; bytes read ever */
	char line[LINE_SIZE];
};

struct output {
	int fd;
	bool failed; /* what follows is of no use */
	size_t used;
	char bytes[4096];
};

/* stdout and stderr; without values, so that no page of them is there before it is used */
static struct stream streams[2];
static struct output output;

static void output_flush(void)
{
	const char *rest = output.bytes;

	while (output.used && !output.failed) {
		ssize_t written = write(output.fd, rest, output.used);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			output.failed = true;
			break;
		}
		rest += written;
		output.used -= (size_t)written;
	}
	output.used = 0;
}

static void output_add(const char *bytes, size_t size)
{
	while (size) {
		size_t part = sizeof(output.bytes) - output.used;

		if (part > size)
			part = size;
		memcpy(output.bytes + output.used, bytes, part);
		output.used += part;
		bytes += part;
		size -= part;
		if (output.used == sizeof(output.bytes))
			output_flush();
	}
}

static void output_text(const char *text)
{
	output_add(text, strlen(text));
}

static void output_number(int value)
{
	char text[12];
	size_t at = sizeof(text);

	do
		text[--at] = (char)('0' + value % 10);
	while (value /= 10);
	output_add(text + at, sizeof(text) - at);
}

static void output_time(void)
{
	char text[TIMESTAMP_SIZE];

	output_text(timestamp_now(text));
}

/* The length of the valid UTF-8 sequence at text, 0 if there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *text, size_t size)
{
	size_t length = text[0] < 0x80	 ? 1
			: text[0] < 0xc2 ? 0
			: text[0] < 0xe0 ? 2
			: text[0] < 0xf0 ? 3
			: text[0] < 0xf5 ? 4
					 : 0;

	if (!length || length > size)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

static void output_escaped(const char *text, size_t size)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < size;) {
		unsigned char c = (unsigned char)text[i];
		size_t length = utf8_length((const unsigned char *)text + i, size - i);

		if (c == '"' || c == '\\') {
			output_text("\\");
			output_add(text + i, 1);
		} else if (c == '\n') {
			output_text("\\n");
		} else if (c < 0x20) {
			char escape[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

			output_add(escape, sizeof(escape));
		} else if (length) {
			output_add(text + i, length);
			i += length;
			continue;
		} else {
			output_text("\\ufffd");
		}
		i++;
	}
}

static void log_line(const struct stream *stream, const char *line, size_t size)
{
	/* a full disk loses lines, not the container; the first one behind the gap stands alone */
	if (output.failed) {
		output.failed = false;
		output_text("\n");
	}
	output_text("{\"log\":\"");
	output_escaped(line, size);
	output_text("\",\"stream\":\"");
	output_text(stream == &streams[0] ? "stdout" : "stderr");
	output_text("\",\"time\":\"");
	output_time();
	output_text("\"}\n");
}

/* How much of a line that is too long can go: a character that goes on behind it stays. */
static size_t whole_characters(const char *line, size_t size)
{
	for (size_t rest = 1; rest < 4 && rest < size; rest++) {
		unsigned char c = (unsigned char)line[size - rest];

		if (c >= 0xc0)
			return rest < (c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4) ? size - rest : size;
		if (c < 0x80)
			break;
	}
	return size;
}

/* Logs the complete lines of the stream, or with all whatever there is. */
static void stream_log(struct stream *stream, bool all)
{
	const char *line = stream->line, *end = line + stream->used, *newline;

	while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
		log_line(stream, line, (size_t)(newline + 1 - line));
		line = newline + 1;
	}
	stream->used = (size_t)(end - line);
	if (stream->used && (all || stream->used == sizeof(stream->line))) {
		size_t size = all ? stream->used : whole_characters(line, stream->used);

		log_line(stream, line, size);
		line += size;
		stream->used -= size;
	}
	memmove(stream->line, line, stream->used);
	output_flush();
}

/* Reads once. Returns whether there may be more. */
static bool stream_read(struct stream *stream)
{
	ssize_t got =
		read(stream->fd, stream->line + stream->used, sizeof(stream->line) - stream->used);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got <= 0) { /* the end; of a terminal EIO */
		stream_log(stream, true);
		close(stream->fd);
		stream->fd = -1;
		return false;
	}
	stream->used += (size_t)got;
	stream->total += (size_t)got;
	stream_log(stream, false);
	return true;
}

static int parse(const char *text)
{
	int value = 0;

	if (*text == '-')
		return -1;
	for (; *text; text++)
		value = value * 10 + *text - '0';
	return value;
}

#define EXIT_TEMPORARY "exit.room"

/* A program that fills the disk and fails of that is the one whose exit status is asked for. */
static void reserve_exit(int dir)
{
	int fd = openat(dir, EXIT_TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd >= 0 && fallocate(fd, 0, 0, EXIT_ROOM) == 0)
		close(fd);
	else if (fd >= 0 && close(fd) == 0)
		unlinkat(dir, EXIT_TEMPORARY, 0);
}

static void sync_at(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* The container runs already: so its start does not wait for the disk. */
static void sync_record(int dir)
{
	sync_at(dir, "config.json");
	sync_at(dir, "container.json");
	sync_at(dir, ".");
	sync_at(dir, "..");
}

static void write_exit(int dir, int code, bool keep)
{
	output.fd = openat(dir, EXIT_TEMPORARY, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	output.failed = false;
	if (output.fd < 0)
		return;
	output_text("{\"exitCode\":");
	output_number(code);
	output_text(",\"finished\":\"");
	output_time();
	output_text("\"}\n");
	output_flush();
	if (ftruncate(output.fd, lseek(output.fd, 0, SEEK_CUR)) < 0 ||
	    (keep && fsync(output.fd) < 0))
		output.failed = true;
	close(output.fd);
	if (output.failed) /* no record is better than half of one */
		unlinkat(dir, EXIT_TEMPORARY, 0);
	else if (renameat(dir, EXIT_TEMPORARY, dir, "exit.json") == 0 && keep)
		sync_at(dir, ".");
}

/*
 * Of a terminal we keep the other end open too: without it the master would be at its end as soon
 * as the container closes its last descriptor, although it may open the terminal again, and
 * closing the master then hangs up on the container.
 */
static int open_terminal_end(int master)
{
	return isatty(master) ? ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
}

/* A descriptor of a log that is at its size limit, or a pipe without reader, is no reason to die.
 */
static void set_signals(void (*handler)(int))
{
	signal(SIGPIPE, handler);
	signal(SIGXFSZ, handler);
}

int main(int argc, char **argv)
{
	siginfo_t end = { 0 };
	int pidfd, dir, code, terminal_end;
	bool keep;

	if (argc < 8)
		return 125;
	pidfd = parse(argv[1]);
	streams[0].fd = parse(argv[2]);
	streams[1].fd = parse(argv[3]);
	output.fd = parse(argv[4]);
	dir = parse(argv[5]);
	keep = !strcmp(argv[6], "keep");
	set_signals(SIG_IGN);
	reserve_exit(dir);
	if (keep)
		sync_record(dir);
	terminal_end = open_terminal_end(streams[0].fd);
	for (int i = 0; i < 2; i++)
		if (streams[i].fd >= 0)
			fcntl(streams[i].fd, F_SETFL, O_NONBLOCK);
	for (;;) {
		struct pollfd polls[] = {
			{ .fd = pidfd, .events = POLLIN },
			{ .fd = streams[0].fd, .events = POLLIN },
			{ .fd = streams[1].fd, .events = POLLIN },
		};

		if (poll(polls, 3, -1) < 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (polls[1 + i].revents)
				stream_read(&streams[i]);
		if (polls[0].revents)
			break;
	}
	/*
	 * What was written before the end is in the pipes still. Without a pid namespace others
	 * may live and write on without end.
	 */
	for (int i = 0; i < 2; i++) {
		streams[i].total = 0;
		while (streams[i].fd >= 0 && streams[i].total < PIPE_MOST &&
		       stream_read(&streams[i]))
			;
		if (streams[i].fd >= 0)
			stream_log(&streams[i], true);
	}
	close(terminal_end);
	close(output.fd);
	while (waitid(P_PIDFD, (id_t)pidfd, &end, WEXITED | __WALL) < 0 && errno == EINTR)
		;
	code = end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
	write_exit(dir, code, keep);
	set_signals(SIG_DFL);
	execv(argv[7], argv + 7);
	return code;
}
