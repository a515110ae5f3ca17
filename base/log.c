/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/timestamp.h"

/*
 * Lines are built on the stack and written with one write(2): the child may log between clone
 * and exec, and lines of several processes do not mix.
 */
#define LINE_SIZE 2048

static struct log settings = { .fd = -1 };

void log_setup(const struct log *log)
{
	settings = *log;
}

bool log_is_debug(void)
{
	return settings.debug;
}

static void write_line(int fd, const char *line, size_t length)
{
	if (write(fd, line, length) < 0)
		return; /* there is nobody left to tell */
}

/* Adds text to a JSON string; stops before the room for the closing part is used up. */
static size_t json_escape(char *out, size_t room, const char *text)
{
	size_t used = 0;

	for (; *text && used + 7 < room; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\') {
			out[used++] = '\\';
			out[used++] = (char)c;
		} else if (c < 0x20) {
			used += (size_t)snprintf(out + used, room - used, "\\u%04x", c);
		} else {
			out[used++] = (char)c;
		}
	}
	out[used] = '\0';
	return used;
}

static void write_json(const char *level, const char *text)
{
	char line[2 * LINE_SIZE], stamp[TIMESTAMP_SIZE];
	size_t used;

	used = (size_t)snprintf(line, sizeof(line), "{\"level\":\"%s\",\"msg\":\"", level);
	used += json_escape(line + used, sizeof(line) - used - 64, text);
	used += (size_t)snprintf(line + used, sizeof(line) - used, "\",\"time\":\"%s\"}\n",
				 timestamp_now(stamp));
	write_line(settings.fd, line, used);
}

/* The name is the one that the program was called by: packagers may have renamed it. */
static void write_text(int fd, const char *level, const char *text)
{
	char line[LINE_SIZE];
	int length = snprintf(
		line, sizeof(line), "%s%s: %s%s\n", strcmp(level, "debug") ? "" : "level=debug ",
		program_invocation_short_name, strcmp(level, "warning") ? "" : "warning: ", text);

	if (length >= (int)sizeof(line)) {
		length = sizeof(line) - 1;
		line[length - 1] = '\n';
	}
	write_line(fd, line, (size_t)length);
}

__attribute__((format(printf, 2, 0))) static void emit(const char *level, const char *format,
						       va_list args)
{
	char text[LINE_SIZE - 128];

	vsnprintf(text, sizeof(text), format, args);
	write_text(STDERR_FILENO, level, text);
	if (settings.fd < 0)
		return;
	if (settings.format == LOG_JSON)
		write_json(level, text);
	else
		write_text(settings.fd, level, text);
}

void log_debug(const char *format, ...)
{
	va_list args;

	if (!settings.debug)
		return;
	va_start(args, format);
	emit("debug", format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	emit("warning", format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	emit("error", format, args);
	va_end(args);
}
