/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/stats_text.h"
#include "cli/table.h"
#include "runtime/usage.h"

struct stats_options {
	int64_t interval; /* milliseconds */
	int format;	  /* enum format */
	bool all, no_stream, no_reset;
	bool no_trunc; /* accepted as podman has it: nothing is cut short anyway */
};

static struct stats_options options = { .interval = 5000 };

static const struct option rows[] = {
	OPTION_FLAG('a', "all", struct stats_options, all, "stopped containers too"),
	OPTION_WORD('f', "format", "FORMAT", struct stats_options, format, format_words,
		    "table or json"),
	OPTION_DURATION('i', "interval", "TIME", struct stats_options, interval,
			"between two tables (default 5s)"),
	OPTION_FLAG(0, "no-reset", struct stats_options, no_reset,
		    "do not clear the terminal before each"),
	OPTION_FLAG(0, "no-stream", struct stats_options, no_stream, "print one and exit"),
	OPTION_FLAG(0, "no-trunc", struct stats_options, no_trunc,
		    "cut nothing short, which is so anyway"),
};

const struct command stats_command = {
	.name = "stats",
	.group = GROUP_RUN,
	.summary = HELP("Show what containers use: processor, memory, network, disks"),
	.arguments = "[ID...]",
	.max = -1,
	.description =
		HELP("Without ID all that run, for as long as you look; with IDs until all of "
		     "these have ended.\n"
		     "CPU % is that of one processor since the table before, in the first one "
		     "since the\n"
		     "container's start. What the cgroups of this host do not measure, and the "
		     "network of a\n"
		     "container with the host's, is shown as --.\n"),
	.examples = HELP("ctr stats\nctr stats --no-stream --format json web\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

/* What was shown last, to compare with; of each round one, and that of the one before. */
struct round {
	struct arena arena;
	struct container_usage *items;
	size_t count;
};

static const struct container_usage *find(const struct round *round, const char *id)
{
	for (size_t i = 0; i < round->count; i++)
		if (strcmp(round->items[i].id, id) == 0)
			return &round->items[i];
	return NULL;
}

static int add(struct invocation *invocation, struct round *round, const char *id,
	       struct error *err)
{
	return container_usage(&invocation->settings, id, &round->arena,
			       &round->items[round->count++], err);
}

static int look_at_named(struct invocation *invocation, struct round *round, struct error *err)
{
	round->items =
		arena_array(&round->arena, struct container_usage, (size_t)invocation->count);
	for (int i = 0; i < invocation->count; i++)
		if (add(invocation, round, invocation->arguments[i], err) < 0)
			return -1;
	return 0;
}

/* One that has gone since it was listed is none. */
static int look_at_all(struct invocation *invocation, struct round *round, struct error *err)
{
	struct container_info *infos;
	size_t count;

	if (container_list(&invocation->settings, &round->arena, &infos, &count, err) < 0)
		return -1;
	round->items = arena_array(&round->arena, struct container_usage, count + 1);
	for (size_t i = 0; i < count; i++) {
		if (!options.all && infos[i].status == STATUS_STOPPED)
			continue;
		if (add(invocation, round, infos[i].id, err) == 0)
			continue;
		if (err->errnum != ENOENT)
			return -1;
		round->count--;
	}
	return 0;
}

static void print_table(struct round *round, const struct round *before)
{
	struct arena *arena = &round->arena;
	struct table table = TABLE(arena, "ID", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET IO",
				   "BLOCK IO", "PIDS", "CPU TIME", "AVG CPU %");

	for (size_t i = 0; i < round->count; i++) {
		const struct container_usage *usage = &round->items[i];
		const struct stats_text text = stats_text(arena, usage, find(before, usage->id));

		table_add(&table, usage->id, text.cpu_percent, text.memory, text.memory_percent,
			  text.network, text.block, text.pids, text.cpu_time, text.average_cpu);
	}
	if (isatty(STDOUT_FILENO) && !options.no_reset && !options.no_stream)
		fputs("\033[H\033[2J", stdout);
	table_print(&table, stdout);
}

static void print_json(struct round *round, const struct round *before)
{
	struct json_writer *writer = json_writer_new(&round->arena, JSON_INDENTED);

	json_begin_array(writer);
	for (size_t i = 0; i < round->count; i++) {
		const struct container_usage *usage = &round->items[i];

		stats_text_write(writer, usage->id,
				 stats_text(&round->arena, usage, find(before, usage->id)));
	}
	json_end_array(writer);
	fputs(json_writer_text(writer, NULL), stdout);
}

static int show(struct invocation *invocation, struct round *round, const struct round *before,
		struct error *err)
{
	arena_clear(&round->arena);
	round->count = 0;
	if ((invocation->count ? look_at_named : look_at_all)(invocation, round, err) < 0)
		return -1;
	(options.format == FORMAT_JSON ? print_json : print_table)(round, before);
	if (fflush(stdout) != 0)
		return fail_errno(err, "write standard output");
	return 0;
}

static bool has_running(const struct round *round)
{
	for (size_t i = 0; i < round->count; i++)
		if (round->items[i].running)
			return true;
	return false;
}

/* Waits for the next round. Returns 1 when nobody reads any more. */
static int wait_round(int timer, struct error *err)
{
	struct pollfd fds[] = { { .fd = timer, .events = POLLIN }, { .fd = STDOUT_FILENO } };
	uint64_t ticks;

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		if (errno != EINTR)
			return fail_errno(err, "poll");
	if (fds[1].revents & (POLLERR | POLLHUP))
		return 1;
	return read(timer, &ticks, sizeof(ticks)) < 0 ? fail_errno(err, "read a timer") : 0;
}

static int stream(struct invocation *invocation, struct round rounds[2], struct error *err)
{
	const struct timespec interval = {
		.tv_sec = options.interval / 1000,
		.tv_nsec = options.interval % 1000 * 1000000L,
	};
	const struct itimerspec times = { .it_interval = interval, .it_value = interval };
	cleanup_fd int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	int result = 0;

	if (timer < 0 || timerfd_settime(timer, 0, &times, NULL) < 0)
		return fail_errno(err, "set a timer");
	for (unsigned i = 0; result == 0; i++) {
		struct round *round = &rounds[i % 2];

		if (show(invocation, round, &rounds[(i + 1) % 2], err) < 0)
			return err->errnum == EPIPE ? 0 : -1;
		if (options.no_stream || (invocation->count && !has_running(round)))
			return 0;
		result = wait_round(timer, err);
	}
	return result < 0 ? -1 : 0;
}

int cmd_stats(struct invocation *invocation, struct error *err)
{
	struct round rounds[2] = { 0 };
	int result;

	if (options.interval <= 0)
		return fail(err, EINVAL, "--interval: the duration must be greater than 0");
	result = stream(invocation, rounds, err);
	arena_free(&rounds[0].arena);
	arena_free(&rounds[1].arena);
	return result;
}
