/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
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
	return settings.level >= LOG_LEVEL_DEBUG;
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

static const struct {
	const char *name;
	int priority; /* of syslog(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARNING] = { "warning", 4 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

static void write_json(enum log_level level, const char *text)
{
	char line[2 * LINE_SIZE], stamp[TIMESTAMP_SIZE];
	size_t used;

	used = (size_t)snprintf(line, sizeof(line), "{\"level\":\"%s\",\"msg\":\"",
				levels[level].name);
	used += json_escape(line + used, sizeof(line) - used - 64, text);
	used += (size_t)snprintf(line + used, sizeof(line) - used, "\",\"time\":\"%s\"}\n",
				 timestamp_now(stamp));
	write_line(settings.fd, line, used);
}

/* The name is the one that the program was called by: packagers may have renamed it. */
static void write_text(int fd, enum log_level level, const char *text)
{
	char line[LINE_SIZE];
	int length = snprintf(
		line, sizeof(line), "%s%s: %s%s\n", level == LOG_LEVEL_DEBUG ? "level=debug " : "",
		program_invocation_short_name, level == LOG_LEVEL_WARNING ? "warning: " : "", text);

	if (length >= (int)sizeof(line)) {
		length = sizeof(line) - 1;
		line[length - 1] = '\n';
	}
	write_line(fd, line, (size_t)length);
}

static const char *identifier(void)
{
	return settings.identifier ?: program_invocation_short_name;
}

/* systemd's JOURNAL_NATIVE_PROTOCOL; the form with a length, since a message may have lines. */
static void write_journal(enum log_level level, const char *text)
{
	char head[256];
	uint64_t length = strlen(text); /* little-endian, as all that this runs on */
	int size = snprintf(head, sizeof(head), "PRIORITY=%d\nSYSLOG_IDENTIFIER=%.200s\nMESSAGE\n",
			    levels[level].priority, identifier());
	const struct iovec parts[] = {
		{ head, (size_t)size },
		{ &length, sizeof(length) },
		{ (char *)text, length },
		{ (char *)"\n", 1 },
	};

	if (writev(settings.fd, parts, 4) < 0)
		return; /* there is nobody left to tell */
}

/* RFC 3164 as syslog(3) writes it to /dev/log; the daemon adds the time. Facility 1: user. */
static void write_syslog(enum log_level level, const char *text)
{
	char line[LINE_SIZE + 256];
	int length = snprintf(line, sizeof(line), "<%d>%.200s[%d]: %s", 8 + levels[level].priority,
			      identifier(), getpid(), text);

	write_line(settings.fd, line, (size_t)length);
}

static void write_log(enum log_level level, const char *text)
{
	switch (settings.format) {
	case LOG_TEXT:
		write_text(settings.fd, level, text);
		break;
	case LOG_JSON:
		write_json(level, text);
		break;
	case LOG_JOURNAL:
		write_journal(level, text);
		break;
	case LOG_SYSLOG:
		write_syslog(level, text);
		break;
	}
}

__attribute__((format(printf, 2, 0))) static void emit(enum log_level level, const char *format,
						       va_list args)
{
	char text[LINE_SIZE - 128];

	vsnprintf(text, sizeof(text), format, args);
	if (level < LOG_LEVEL_DEBUG || settings.fd < 0)
		write_text(STDERR_FILENO, level, text);
	if (settings.fd >= 0 && level <= settings.level)
		write_log(level, text);
}

void log_debug(const char *format, ...)
{
	va_list args;

	if (!log_is_debug())
		return;
	va_start(args, format);
	emit(LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	emit(LOG_LEVEL_WARNING, format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	emit(LOG_LEVEL_ERROR, format, args);
	va_end(args);
}
