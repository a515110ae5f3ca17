/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "specs/json.h"

#define CHUNK ((size_t)64 << 10)
/* Lines between two times that the arena is emptied: about a block of it. */
#define LINES_PER_ARENA 64

/* Looks backwards for where the last lines lines begin, in a file of size bytes; -1 and errno. */
static off_t find_tail(int fd, off_t size, int lines)
{
	char chunk[4096];
	off_t at = size;

	while (at > 0) {
		size_t part = at < (off_t)sizeof(chunk) ? (size_t)at : sizeof(chunk);

		if (pread(fd, chunk, part, at - (off_t)part) != (ssize_t)part)
			return -1;
		for (; part > 0; part--, at--) {
			/* The newline at the very end is that of the last line itself. */
			if (chunk[part - 1] != '\n' || at == size)
				continue;
			if (--lines == 0)
				return at;
		}
	}
	return 0;
}

int log_reader_seek_tail(struct log_reader *reader, int lines, struct error *err)
{
	struct stat status;
	off_t at;

	if (fstat(reader->fd, &status) < 0)
		return fail_errno(err, "log");
	at = lines ? find_tail(reader->fd, status.st_size, lines) : status.st_size;
	if (at < 0 || lseek(reader->fd, at, SEEK_SET) < 0)
		return fail_errno(err, "read log");
	return 0;
}

static const char *member_text(const struct json *line, const char *key)
{
	const struct json *member = json_member(line, key);

	return member && member->kind == JSON_STRING ? member->text : "";
}

static void print_line(const struct log_reader *reader, struct arena *arena, const char *text,
		       size_t size)
{
	struct json *line;
	struct error err;
	FILE *out;

	/* After a crash of the machine there may be half a line; the others are still of use. */
	if (json_parse(arena, "log", text, size, &line, &err) < 0)
		return;
	out = strcmp(member_text(line, "stream"), "stderr") ? stdout : stderr;
	if (reader->timestamps)
		fprintf(out, "%s ", member_text(line, "time"));
	fputs(member_text(line, "log"), out);
}

/* Prints the whole lines of the buffer and keeps what is behind them. */
static void print_lines(struct log_reader *reader)
{
	cleanup_arena struct arena arena = { 0 };
	char *line = reader->buffer, *end = reader->buffer + reader->used, *newline;
	unsigned count = 0;

	while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
		print_line(reader, &arena, line, (size_t)(newline - line));
		line = newline + 1;
		if (++count % LINES_PER_ARENA == 0)
			arena_free(&arena);
	}
	reader->used = (size_t)(end - line);
	memmove(reader->buffer, line, reader->used);
}

int log_reader_print(struct log_reader *reader, struct error *err)
{
	for (;;) {
		ssize_t got;

		if (reader->room - reader->used < CHUNK) {
			char *larger = realloc(reader->buffer, reader->used + 2 * CHUNK);

			if (!larger)
				return fail_errno(err, "read log");
			reader->buffer = larger;
			reader->room = reader->used + 2 * CHUNK;
		}
		got = read(reader->fd, reader->buffer + reader->used, CHUNK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(err, "read log");
		if (got == 0)
			break;
		reader->used += (size_t)got;
		print_lines(reader);
	}
	if (fflush(stdout) || fflush(stderr))
		return fail_errno(err, "write log");
	return 0;
}

void log_reader_free(struct log_reader *reader)
{
	free(reader->buffer);
	*reader = (struct log_reader){ .fd = -1 };
}
