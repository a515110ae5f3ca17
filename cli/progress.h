/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/progress.h"

/*
 * One line on a terminal that shows how far long work is: its name, a bar, bytes, rate and the
 * time left.
 *
 *	cleanup_progress_line struct progress_line line;
 *	image_unpack(&store, &image, progress_line_open(&line, options.quiet), err);
 *
 * It is drawn on stderr when that is a terminal which can erase a line (not TERM=dumb) and quiet
 * was not asked for, at most ten times a second, and is gone when it is closed: what is printed
 * after that, errors too, stands on a line of its own. It has no colours that NO_COLOR would mean.
 */

struct progress_line {
	struct progress progress; /* the first member: what the libraries get */
	/* private */
	pthread_mutex_t lock;
	int fd;		/* of the terminal; -1: nothing is drawn */
	bool follows;	/* drawn for the program that waits for us: see below */
	char name[160]; /* of the work, without control characters */
	uint64_t total, done;
	int64_t started, sampled, drawn; /* nanoseconds of the monotonic clock */
	uint64_t sampled_done;
	double rate; /* bytes a second, of the last seconds */
	unsigned shown;
};

/* Returns &line->progress for the functions that take one, or NULL when nothing is to be drawn. */
struct progress *progress_line_open(struct progress_line *line, bool quiet);
/* Erases the line. Whatever happened to it before; twice is once. */
void progress_line_close(struct progress_line *line);

#define cleanup_progress_line __attribute__((cleanup(progress_line_close)))

/* What a line shows. */
struct progress_view {
	const char *name;
	uint64_t done, total; /* total 0: not known; done may go beyond it */
	double rate;	      /* bytes a second; 0: not known yet */
	int64_t elapsed;      /* seconds */
};

/*
 * The text of the line in at most columns columns (and size bytes with the NUL), without the
 * control sequences around it. A long name is cut, then the bar is left out, then the end is cut.
 */
void progress_format(const struct progress_view *view, unsigned columns, char *text, size_t size);

/*
 * A rate that follows the last seconds: the old one and what was measured in the seconds since
 * then, weighted by that time. rate 0: there is no old one.
 */
double progress_rate(double rate, uint64_t bytes, double seconds);
