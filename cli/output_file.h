/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * Where a verb writes what it makes: standard output, or the file of -o, which gets its name when
 * all of it is there. A FIFO or a device is written to as it is.
 */
struct output_file {
	int fd;
	/* private */
	int directory; /* -1: no file of ours */
	const char *path, *name;
	char temporary[64];
};

#define OUTPUT_FILE_NONE ((struct output_file){ .fd = -1, .directory = -1 })

/*
 * path NULL or "-": standard output, which may not be a terminal. A new file is its owner's alone
 * (0600), as it may hold anything.
 */
int output_file_open(struct output_file *output, const char *path, struct error *err);
/* Gives the file its name. */
int output_file_finish(struct output_file *output, struct error *err);
/* Removes what is not finished; twice is once. */
void output_file_close(struct output_file *output);

#define cleanup_output_file __attribute__((cleanup(output_file_close)))
