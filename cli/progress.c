/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/value.h"
#include "cli/size.h"

#define SECOND 1000000000LL
#define BETWEEN_DRAWINGS (SECOND / 10)
/* A rate is measured over at least that long, and follows a change within about this long. */
#define BETWEEN_SAMPLES (SECOND / 4)
#define RATE_MEMORY 2.0
#define DEFAULT_COLUMNS 80
#define MIN_BAR 10
#define MAX_BAR 40
#define MIN_NAME 12

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

/* The text --------------------------------------------------------------------------------- */

static bool begins_letter(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

static size_t count_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += begins_letter(*text);
	return columns;
}

/* How many bytes of text fill that many columns. */
static size_t bytes_of(const char *text, size_t columns)
{
	size_t at = 0;

	for (; text[at]; at++)
		if (begins_letter(text[at]) && columns-- == 0)
			break;
	return at;
}

static void format_time(char *text, size_t size, int64_t seconds)
{
	if (seconds >= 100 * 3600)
		snprintf(text, size, ">99h");
	else if (seconds >= 3600)
		snprintf(text, size, "%d:%02d:%02d", (int)(seconds / 3600),
			 (int)(seconds / 60 % 60), (int)(seconds % 60));
	else
		snprintf(text, size, "%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

/* Never all of it before the end. */
static unsigned percent(const struct progress_view *view)
{
	double part = 100 * (double)view->done / (double)view->total;

	return view->done >= view->total ? 100 : part < 99 ? (unsigned)part : 99;
}

/* All that stands behind the bar. */
static void format_numbers(const struct progress_view *view, char *text, size_t size)
{
	char done[SIZE_TEXT_SIZE], total[SIZE_TEXT_SIZE], rate[SIZE_TEXT_SIZE], time[16];
	bool known = view->total > 0;
	uint64_t left = view->total > view->done ? view->total - view->done : 0;
	size_t used = 0;

	if (known)
		used = (size_t)snprintf(text, size, " %3u%%", percent(view));
	size_format(done, view->done);
	used += (size_t)snprintf(text + used, size - used, "  %s", done);
	if (known)
		used += (size_t)snprintf(text + used, size - used, " of %s",
					 size_format(total, view->total));
	if (view->rate >= 1)
		used += (size_t)snprintf(text + used, size - used, "  %s/s",
					 size_format(rate, (uint64_t)view->rate));
	if (!known) {
		format_time(time, sizeof(time), view->elapsed);
		snprintf(text + used, size - used, "  %s", time);
	} else if (view->rate >= 1 && left) {
		double seconds = (double)left / view->rate + 0.999;

		format_time(time, sizeof(time), seconds < 1e9 ? (int64_t)seconds : 1000000000);
		snprintf(text + used, size - used, "  ETA %s", time);
	}
}

static void format_bar(const struct progress_view *view, size_t columns, char *text)
{
	size_t inner = columns - 2;
	size_t filled = view->done < view->total
				? (size_t)((double)inner * (double)view->done / (double)view->total)
				: inner;

	text[0] = ' ';
	text[1] = '[';
	memset(text + 2, '=', filled);
	memset(text + 2 + filled, ' ', inner - filled);
	if (filled < inner)
		text[2 + filled] = '>';
	memcpy(text + 2 + inner, "]", 2);
}

/* How wide the bar is in the room that it shares with the name; 0: there is none. */
static size_t bar_columns(size_t room, size_t name)
{
	size_t shortest = name < MIN_NAME ? name : MIN_NAME;

	if (room < shortest + 1 + MIN_BAR)
		return 0;
	if (room < name + 1 + MIN_BAR)
		return MIN_BAR;
	return room - name - 1 < MAX_BAR ? room - name - 1 : MAX_BAR;
}

void progress_format(const struct progress_view *view, unsigned columns, char *text, size_t size)
{
	char numbers[160], bar[MAX_BAR + 2] = "";
	size_t name = count_columns(view->name), used, room, bar_size;

	format_numbers(view, numbers, sizeof(numbers));
	used = strlen(numbers);
	room = columns > used ? columns - used : 0;
	bar_size = view->total ? bar_columns(room, name) : 0;
	if (bar_size)
		format_bar(view, bar_size, bar);
	room -= strlen(bar);
	if (room == 0)
		snprintf(text, size, "%.*s", (int)columns, numbers + strspn(numbers, " "));
	else if (name > room)
		snprintf(text, size, "%.*s~%s%s", (int)bytes_of(view->name, room - 1), view->name,
			 bar, numbers);
	else
		snprintf(text, size, "%s%s%s", view->name, bar, numbers);
}

double progress_rate(double rate, uint64_t bytes, double seconds)
{
	double measured = (double)bytes / seconds;
	double weight = seconds / (seconds + RATE_MEMORY);

	return rate > 0 ? rate + (measured - rate) * weight : measured;
}

/* The line --------------------------------------------------------------------------------- */

static void write_line(const struct progress_line *line, const char *text)
{
	/* a terminal that takes nothing more is no reason to stop working */
	if (write(line->fd, text, strlen(text)) < 0)
		return;
}

static unsigned find_columns(const struct progress_line *line)
{
	struct winsize window;

	return ioctl(line->fd, TIOCGWINSZ, &window) == 0 && window.ws_col ? window.ws_col
									  : DEFAULT_COLUMNS;
}

/* A job in the background leaves the terminal to that in the foreground. */
static bool is_foreground(const struct progress_line *line)
{
	return line->follows || tcgetpgrp(line->fd) == getpgrp();
}

static void draw(struct progress_line *line, int64_t time)
{
	const struct progress_view view = {
		.name = line->name,
		.done = line->done,
		.total = line->total,
		.rate = line->rate,
		.elapsed = (time - line->started) / SECOND,
	};
	char text[512], drawn[sizeof(text) + 8];
	unsigned columns;

	line->drawn = time;
	if (!is_foreground(line))
		return;
	/* one column stays free: some terminals go to the next line when the last is written */
	columns = find_columns(line) - 1;
	progress_format(&view, columns, text, sizeof(text));
	snprintf(drawn, sizeof(drawn), "\r%s\033[K", text);
	write_line(line, drawn);
	line->shown++;
}

static void sample(struct progress_line *line, int64_t time)
{
	int64_t since = time - line->sampled;

	if (since < BETWEEN_SAMPLES)
		return;
	line->rate = progress_rate(line->rate, line->done - line->sampled_done,
				   (double)since / (double)SECOND);
	line->sampled = time;
	line->sampled_done = line->done;
}

static void line_begin(struct progress *progress, const char *name, uint64_t total)
{
	struct progress_line *line = (struct progress_line *)progress;

	pthread_mutex_lock(&line->lock);
	snprintf(line->name, sizeof(line->name), "%s", name);
	for (char *at = line->name; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	line->total = total;
	line->done = line->sampled_done = 0;
	line->rate = 0;
	line->started = line->sampled = now();
	draw(line, line->started);
	pthread_mutex_unlock(&line->lock);
}

static void line_add(struct progress *progress, uint64_t bytes)
{
	struct progress_line *line = (struct progress_line *)progress;
	int64_t time = now();

	pthread_mutex_lock(&line->lock);
	line->done += bytes;
	if (time - line->drawn >= BETWEEN_DRAWINGS) {
		sample(line, time);
		draw(line, time);
	}
	pthread_mutex_unlock(&line->lock);
}

/* The descriptor to draw on, or -1. */
static int find_terminal(struct progress_line *line, bool quiet)
{
	const char *handed = getenv(PROGRESS_VARIABLE), *kind = getenv("TERM");
	int fd = STDERR_FILENO;

	if (quiet || !kind || !*kind || !strcmp(kind, "dumb"))
		return -1;
	line->follows = handed && value_parse_int(handed, 0, 9, &fd) == 0;
	return isatty(fd) ? fd : -1;
}

struct progress *progress_line_open(struct progress_line *line, bool quiet)
{
	*line = (struct progress_line){
		.progress = { .begin = line_begin, .add = line_add },
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	line->fd = find_terminal(line, quiet);
	if (line->fd < 0)
		return NULL;
	/* "stty tostop": a companion is in a process group of its own and would be stopped */
	if (line->follows)
		signal(SIGTTOU, SIG_IGN);
	return &line->progress;
}

void progress_line_close(struct progress_line *line)
{
	if (line->fd >= 0 && line->shown && is_foreground(line))
		write_line(line, "\r\033[K");
	line->fd = -1;
}
