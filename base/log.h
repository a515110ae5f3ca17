/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/*
 * Library code never prints: what a user must know is an error or a result. log_debug() is for
 * the developer, shown with --debug; log_warning() for what went wrong without being an error
 * (an undo that failed). cli/main.c sets where lines go.
 */

/* The last two are what the daemons of that name read, one datagram a message. */
enum log_format { LOG_TEXT, LOG_JSON, LOG_JOURNAL, LOG_SYSLOG };

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_DEBUG };

/*
 * stderr has errors and warnings, as text. fd has what level allows: as it is the error alone, so
 * that the log of a failed command is one object, which podman reads as the whole file, and
 * containerd as the last one. Debug lines go to fd, or to stderr when there is none, as of runc.
 */
struct log {
	int fd; /* -1: there is no log */
	enum log_format format;
	enum log_level level;
	const char *identifier; /* of LOG_JOURNAL and LOG_SYSLOG; NULL: the program's name */
};

/* Copied; the descriptor stays open as long as the process lives. */
void log_setup(const struct log *log);
bool log_is_debug(void);

void log_debug(const char *format, ...) __attribute__((cold, format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((cold, format(printf, 1, 2)));
/* The error of the whole command: cli/main.c calls it once. */
void log_error(const char *format, ...) __attribute__((cold, format(printf, 1, 2)));
