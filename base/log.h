/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/*
 * Library code never prints: what a user must know is an error or a result. log_debug() is for
 * the developer, shown with --debug; log_warning() for what went wrong without being an error
 * (an undo that failed). cli/main.c sets where lines go.
 */

enum log_format { LOG_TEXT, LOG_JSON };

struct log {
	int fd;			/* where lines go besides stderr, -1: nowhere */
	enum log_format format; /* of the lines in fd; stderr always has text */
	bool debug;
};

/* Copied; the descriptor stays open as long as the process lives. */
void log_setup(const struct log *log);
bool log_is_debug(void);

void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The error of the whole command: cli/main.c calls it once. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
