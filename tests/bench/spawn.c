/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stop-watch of tests/bench/run: starts whole commands, variant by variant in turn (A B, B A,
 * A B, ...), and prints what each took. A program of its own because wait4() counts the pages that
 * a child had from its parent before its exec into the child's peak memory.
 *
 *	spawn ROUNDS [WARM-UP] <plan
 *
 * Before the ROUNDS there are WARM-UP (2) that nothing is printed of.
 *
 * A plan is lines of words separated by tabs; %r in a word stands for the number of the round:
 *	variant NAME	begins the steps of one variant
 *	time COMMAND...	a step that is measured
 *	weigh COMMAND...	the same for memory: slower, as its child shares no memory with us
 *	within FILE COMMAND...	the same in the mount namespace that FILE is
 *	crowd WIDTH COUNT COMMAND...	COUNT commands, WIDTH at a time; each has a %r of its own
 *	also COMMAND...	a step that is not
 *	gone FILE	waits until the process whose number FILE holds has ended
 * Prints "NAME<tab>MICROSECONDS<tab>KILOBYTES<tab>MICROSECONDS<tab>STEP..." for each variant and
 * round: the sum of the times of its measured steps, the peak memory of the largest, the sum of what
 * they took of the processors, and the time of each by itself. Standard output of the commands is
 * discarded. A command that fails ends the variant: "NAME<tab>failed<tab>COMMAND<tab>WORDS", what
 * it wrote to standard error.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VARIANTS_MAX 16
#define STEPS_MAX 8
#define WORDS_MAX 64

struct step {
	char *words[WORDS_MAX + 1];
};

struct variant {
	const char *name;
	struct step steps[STEPS_MAX];
	int step_count;
	bool failed;
};

struct cost {
	double time, processor; /* microseconds */
	long kilobytes;
};

static int words_fd; /* what the commands of a step say on standard error */
static struct variant variants[VARIANTS_MAX];
static int variant_count;

static _Noreturn void die(const char *text)
{
	fprintf(stderr, "spawn: %s\n", text);
	exit(2);
}

static void read_plan(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		struct step step = { 0 };
		int count = 0;

		line[strcspn(line, "\n")] = 0;
		for (char *at = strdup(line), *word; (word = strsep(&at, "\t"));) {
			if (count == WORDS_MAX)
				die("too many words");
			step.words[count++] = word;
		}
		if (count < 2)
			continue;
		if (strcmp(step.words[0], "variant") == 0) {
			if (variant_count == VARIANTS_MAX)
				die("too many variants");
			variants[variant_count++].name = step.words[1];
			continue;
		}
		struct variant *variant = &variants[variant_count - 1];

		if (variant_count == 0 || variant->step_count == STEPS_MAX)
			die("a step without a variant, or too many");
		variant->steps[variant->step_count++] = step;
	}
	free(line);
}

/* word with %r replaced, in a buffer of its own for each place */
static char *expand(const char *word, int place, int round)
{
	static char buffers[WORDS_MAX][1024];
	const char *mark = strstr(word, "%r");
	char *buffer = buffers[place];

	if (mark)
		snprintf(buffer, sizeof(buffers[0]), "%.*s%d%s", (int)(mark - word), word, round,
			 mark + 2);
	else
		snprintf(buffer, sizeof(buffers[0]), "%s", word);
	return buffer;
}

static void wait_gone(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die("no number of a process to wait for");
	close(fd);
	fd = (int)syscall(SYS_pidfd_open, atoi(text), 0);
	if (fd < 0)
		return;
	poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 10000);
	close(fd);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/*
 * What posix_spawn() does, but with a copy of our memory and not with our memory itself, and in the
 * mount namespace that the file is.
 */
static pid_t fork_and_exec(char *const *words, const char *mounts)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(words_fd, 2);
		if (mounts && setns(open(mounts, O_RDONLY | O_CLOEXEC), CLONE_NEWNS))
			_exit(126);
		execvp(words[0], words);
		_exit(127);
	}
	return pid;
}

static pid_t spawn(char *const *words)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int errnum;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, words_fd, 2);
	errnum = posix_spawnp(&pid, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return errnum ? -1 : pid;
}

static double microseconds(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

static pid_t launch(char *const *words)
{
	if (strcmp(words[0], "weigh") == 0)
		return fork_and_exec(words + 1, NULL);
	if (strcmp(words[0], "within") == 0)
		return fork_and_exec(words + 2, words[1]);
	return spawn(words + 1);
}

/* Waits for a child, pid or -1 for any, and adds what it cost. Returns the wait status, or -1. */
static int reap(pid_t pid, struct cost *cost)
{
	struct rusage usage;
	int status;

	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return -1;
	cost->processor += microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
	if (usage.ru_maxrss > cost->kilobytes)
		cost->kilobytes = usage.ru_maxrss;
	return status;
}

static void expand_all(const struct step *step, int from, int round, char **words)
{
	for (int i = from; step->words[i]; i++)
		words[i - from] = expand(step->words[i], i, round);
}

static int run_one(const struct step *step, int round, struct cost *cost)
{
	char *words[WORDS_MAX + 1] = { 0 };
	pid_t pid;

	expand_all(step, 0, round, words);
	pid = launch(words);
	return pid < 0 ? -1 : reap(pid, cost);
}

/* Returns the status of the last that failed, 0 if none did. */
static int run_crowd(const struct step *step, int round, struct cost *cost)
{
	int width = atoi(step->words[1]), count = atoi(step->words[2]), running = 0, failed = 0;

	for (int started = 0; started < count || running;) {
		char *words[WORDS_MAX + 1] = { 0 };
		int status;

		if (started < count && running < width) {
			expand_all(step, 3, round * count + started++, words);
			if (spawn(words) < 0)
				failed = -1;
			else
				running++;
			continue;
		}
		running--;
		status = reap(-1, cost);
		failed = status ? status : failed;
	}
	return failed;
}

static int run_step(const struct step *step, int round, struct cost *cost)
{
	bool crowd = strcmp(step->words[0], "crowd") == 0;
	double begin;
	int status;

	if (ftruncate(words_fd, 0) || lseek(words_fd, 0, SEEK_SET))
		die("no file for what the commands say");
	begin = now();
	status = crowd ? run_crowd(step, round, cost) : run_one(step, round, cost);
	cost->time = now() - begin;
	return status;
}

static void print_costs(const char *name, const struct cost *costs, int count)
{
	struct cost total = { 0 };

	for (int i = 0; i < count; i++) {
		total.time += costs[i].time;
		total.processor += costs[i].processor;
		if (costs[i].kilobytes > total.kilobytes)
			total.kilobytes = costs[i].kilobytes;
	}
	printf("%s\t%.1f\t%ld\t%.1f", name, total.time, total.kilobytes, total.processor);
	for (int i = 0; i < count; i++)
		printf("\t%.1f", costs[i].time);
	printf("\n");
}

/* With the last of what it said, as one line. */
static void print_failure(const struct variant *variant, const struct step *step)
{
	char *const *words = step->words;
	char text[400] = "";
	off_t end = lseek(words_fd, 0, SEEK_END), start = end - (off_t)sizeof(text) + 1;

	if (pread(words_fd, text, sizeof(text) - 1, start > 0 ? start : 0) < 0)
		text[0] = '\0';
	for (char *c = text; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	words += strcmp(words[0], "crowd") == 0 ? 2 : strcmp(words[0], "within") == 0;
	printf("%s\tfailed\t%s %s\t%s\n", variant->name, words[1], words[2] ? words[2] : "", text);
}

static void run_variant(struct variant *variant, int round, bool print)
{
	struct cost costs[STEPS_MAX] = { 0 };
	int count = 0;

	for (int i = 0; i < variant->step_count; i++) {
		const struct step *step = &variant->steps[i];
		bool also = strcmp(step->words[0], "also") == 0;
		struct cost cost = { 0 };

		if (strcmp(step->words[0], "gone") == 0) {
			wait_gone(expand(step->words[1], 1, round));
			continue;
		}
		if (run_step(step, round, &cost)) {
			print_failure(variant, step);
			variant->failed = true;
			return;
		}
		if (!also)
			costs[count++] = cost;
	}
	if (print)
		print_costs(variant->name, costs, count);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 0, warm_up = argc > 2 ? atoi(argv[2]) : 2;

	if (rounds < 1)
		die("usage: spawn ROUNDS [WARM-UP] <plan");
	words_fd = memfd_create("words", MFD_CLOEXEC);
	if (words_fd < 0)
		die("memfd_create");
	read_plan();
	for (int round = -warm_up; round < rounds; round++)
		for (int i = 0; i < variant_count; i++) {
			struct variant *variant = &variants[round & 1 ? variant_count - 1 - i : i];

			if (!variant->failed)
				run_variant(variant, round + warm_up, round >= 0);
		}
	return 0;
}
