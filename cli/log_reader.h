/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * Reads the log of a detached container, which is one JSON object a line as docker's json-file
 * log has them, and prints the texts: those of stdout there, those of stderr there.
 */
struct log_reader {
	int fd; /* stays the caller's */
	bool timestamps;
	char *buffer; /* an unfinished line */
	size_t used, room;
};

/* Moves to where the last lines lines begin. */
int log_reader_seek_tail(struct log_reader *reader, int lines, struct error *err);

/* Prints all whole lines up to the present end of the file. */
int log_reader_print(struct log_reader *reader, struct error *err);

void log_reader_free(struct log_reader *reader);
