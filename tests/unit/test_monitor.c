/* SPDX-License-Identifier: Apache-2.0 */
/* ctr-monitor from outside: a process with pipes goes in, a log and exit.json come out. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "specs/json.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static int dir;

/* The built program: two folders above this one. */
static const char *monitor_path(void)
{
	static char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 16);

	CHECK(length > 0);
	path[length] = '\0';
	for (int i = 0; i < 3; i++)
		*strrchr(path, '/') = '\0';
	strcat(path, "/ctr-monitor");
	if (access(path, X_OK) < 0)
		unit_skip("ctr-monitor is not built");
	return path;
}

struct setup {
	void (*container)(void); /* what runs inside */
	const char *log;	 /* NULL: the file "log" */
	const char *program;	 /* what the monitor becomes: a command of the shell */
	bool terminal;		 /* instead of two pipes */
	bool no_space;		 /* no file may grow */
};

static char *number(int fd)
{
	fcntl(fd, F_SETFD, 0);
	return arena_printf(&arena, "%d", fd);
}

/* The container: the standard streams are those of the monitor. */
static _Noreturn void run_container(const struct setup *setup, int out, int errors)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setup->terminal)
		login_tty(out);
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	close_range(3, ~0U, 0);
	setup->container();
	_exit(0);
}

static _Noreturn void run_monitor(const struct setup *setup, const char *program)
{
	int out[2], errors[2], pidfd, log;
	struct rlimit none = { 0, RLIM_INFINITY };
	pid_t pid;

	if (setup->terminal ? openpty(&out[0], &out[1], NULL, NULL, NULL) < 0
			    : pipe2(out, O_CLOEXEC) < 0)
		_exit(99);
	if (pipe2(errors, O_CLOEXEC) < 0)
		_exit(99);
	pid = fork();
	if (pid == 0)
		run_container(setup, out[1], setup->terminal ? out[1] : errors[1]);
	close(out[1]);
	close(errors[1]);
	pidfd = pidfd_open(pid, 0);
	if (pidfd < 0) /* valgrind knows no pidfds; the monitor would wait for ever */
		_exit(97);
	log = setup->log ? open(setup->log, O_WRONLY | O_CLOEXEC)
			 : openat(dir, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (setup->no_space)
		setrlimit(RLIMIT_FSIZE, &none);
	execl(program, "ctr-monitor", number(pidfd), number(out[0]),
	      setup->terminal ? "-1" : number(errors[0]), number(log),
	      number(openat(dir, ".", O_RDONLY | O_DIRECTORY)), "--", "/bin/sh", "-c",
	      setup->program ? setup->program : "exit 42", NULL);
	_exit(98);
}

/* Runs it all; the exit status of what the monitor became. */
static int run(const struct setup *setup)
{
	const char *program = monitor_path();
	int status;
	pid_t pid;

	unit_need_pidfd_open();
	arena_free(&arena);
	dir = scratch_dir();
	pid = fork();
	if (pid == 0)
		run_monitor(setup, program);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static char *read_file(const char *name)
{
	char *text;

	if (file_read_at(dir, name, 64 << 20, &arena, &text, NULL, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	return text;
}

static void check_exit(int code)
{
	CHECK_CONTAINS(read_file("exit.json"), arena_printf(&arena, "{\"exitCode\":%d,", code));
	CHECK(faccessat(dir, "exit.room", F_OK, 0) < 0);
}

/* All that a stream has said, its records put together; *records counts them. */
static const char *logged(const char *stream, int *records)
{
	char *text = read_file("log"), *result = arena_alloc(&arena, strlen(text) + 1),
	     *end = result;

	*records = 0;
	while (*text) {
		char *newline = strchr(text, '\n');
		struct json *root;

		CHECK(newline != NULL);
		if (json_parse(&arena, "log", text, (size_t)(newline - text), &root, &err) < 0)
			unit_fail(__FILE__, __LINE__, "%s", err.text);
		CHECK(!strncmp(json_member(root, "time")->text, "20", 2));
		if (!strcmp(json_member(root, "stream")->text, stream)) {
			end = stpcpy(end, json_member(root, "log")->text);
			++*records;
		}
		text = newline + 1;
	}
	return result;
}

static void say(int fd, const char *text)
{
	for (size_t size = strlen(text); size;) {
		ssize_t written = write(fd, text, size);

		if (written < 0)
			_exit(97);
		text += written;
		size -= (size_t)written;
	}
}

static void pause_a_moment(void)
{
	usleep(50000);
}

static void two_streams(void)
{
	say(1, "one\ntwo\n");
	say(2, "three\n");
	_exit(3);
}

TEST(monitor_logs_both_streams_by_name_and_leaves_the_exit_code)
{
	int records;

	CHECK_INT(run(&(struct setup){ .container = two_streams }), 42);
	CHECK_STRING(logged("stdout", &records), "one\ntwo\n");
	CHECK_INT(records, 2);
	CHECK_STRING(logged("stderr", &records), "three\n");
	CHECK_INT(records, 1);
	check_exit(3);
	CHECK_CONTAINS(read_file("exit.json"), "\"finished\":\"20");
	arena_free(&arena);
}

static void in_pieces(void)
{
	say(1, "par");
	pause_a_moment();
	say(1, "ti");
	pause_a_moment();
	say(1, "al\nnext\nwithout newline");
}

TEST(monitor_joins_partial_lines_and_logs_the_last_without_newline)
{
	int records;

	CHECK_INT(run(&(struct setup){ .container = in_pieces }), 42);
	CHECK_STRING(logged("stdout", &records), "partial\nnext\nwithout newline");
	CHECK_INT(records, 3);
	check_exit(0);
	arena_free(&arena);
}

/* length bytes, a newline behind them, and a short line. */
static void line_of(int length)
{
	char *line = malloc((size_t)length + 1);

	for (int i = 0; i < length; i++)
		line[i] = (char)('a' + i % 26);
	line[length] = '\0';
	say(1, line);
	say(1, "\nend\n");
}

static void line_16383(void)
{
	line_of(16383);
}

static void line_16384(void)
{
	line_of(16384);
}

static void line_50000(void)
{
	line_of(50000);
}

static void check_long_line(void (*container)(void), int length, int expected)
{
	const char *text;
	int records;

	CHECK_INT(run(&(struct setup){ .container = container }), 42);
	text = logged("stdout", &records);
	CHECK_INT(strlen(text), length + 5);
	for (int i = 0; i < length; i++)
		CHECK(text[i] == 'a' + i % 26);
	CHECK_STRING(text + length, "\nend\n");
	CHECK_INT(records, expected);
	arena_free(&arena);
}

TEST(monitor_splits_lines_longer_than_16_KiB)
{
	check_long_line(line_16383, 16383, 2);
	check_long_line(line_16384, 16384, 3);
	check_long_line(line_50000, 50000, 5);
}

static void euros(void)
{
	say(1, "x");
	for (int i = 0; i < 20000; i++)
		say(1, "\xe2\x82\xac");
}

TEST(monitor_does_not_tear_characters_where_it_splits)
{
	const char *text;
	int records;

	CHECK_INT(run(&(struct setup){ .container = euros }), 42);
	text = logged("stdout", &records);
	CHECK_INT(records, 4);
	CHECK_INT(strlen(text), 60001);
	for (int i = 0; i < 20000; i++)
		CHECK(!memcmp(text + 1 + 3 * i, "\xe2\x82\xac", 3));
	arena_free(&arena);
}

static void only_continuations(void)
{
	char bytes[40000];

	memset(bytes, 0x80, sizeof(bytes));
	if (write(1, bytes, sizeof(bytes)) != sizeof(bytes))
		_exit(97);
	memset(bytes, 0xf0, sizeof(bytes));
	if (write(1, bytes, sizeof(bytes)) != sizeof(bytes))
		_exit(97);
}

TEST(monitor_gets_through_long_lines_of_nothing_but_broken_characters)
{
	int records;

	CHECK_INT(run(&(struct setup){ .container = only_continuations }), 42);
	CHECK_INT(strlen(logged("stdout", &records)), 80000 * 3);
	arena_free(&arena);
}

static void strange_bytes(void)
{
	say(1, "\"quoted\" back\\slash\ttab\r\x1b[0m\x7f\n");
	say(1, "\xc3\xa9 \xff \xc3( \xed\xa0\x80 \xf0\x9f\x98\x80 \xe2\x82\n");
	if (write(1, "a\0b\n", 4) != 4)
		_exit(97);
}

TEST(monitor_escapes_what_is_no_json)
{
	const char *text;

	CHECK_INT(run(&(struct setup){ .container = strange_bytes }), 42);
	text = read_file("log");
	CHECK_CONTAINS(
		text,
		"{\"log\":\"\\\"quoted\\\" back\\\\slash\\u0009tab\\u000d\\u001b[0m\x7f\\n\"");
	CHECK_CONTAINS(text, "\"\xc3\xa9 \\ufffd \\ufffd( \\ufffd\\ufffd\\ufffd \xf0\x9f\x98\x80 "
			     "\\ufffd\\ufffd\\n\"");
	CHECK_CONTAINS(text, "{\"log\":\"a\\u0000b\\n\"");
	arena_free(&arena);
}

static void both_at_once(void)
{
	char line[32];
	pid_t other = fork();

	for (int i = 0; i < 3000; i++) {
		snprintf(line, sizeof(line), "%d\n", i);
		say(other ? 1 : 2, line);
	}
	if (!other)
		_exit(0);
	waitpid(other, NULL, 0);
}

TEST(monitor_loses_no_line_of_two_streams_at_once)
{
	static const char *const streams[] = { "stdout", "stderr" };

	CHECK_INT(run(&(struct setup){ .container = both_at_once }), 42);
	for (int stream = 0; stream < 2; stream++) {
		int records;
		const char *text = logged(streams[stream], &records);

		CHECK_INT(records, 3000);
		for (int i = 0; i < 3000; i++) {
			char *end;

			CHECK_INT(strtol(text, &end, 10), i);
			text = end + 1;
		}
	}
	arena_free(&arena);
}

static void full_pipe_then_exit(void)
{
	char bytes[60000];

	memset(bytes, 'x', sizeof(bytes));
	/* all of it is in the pipe when the process is gone */
	if (write(1, bytes, sizeof(bytes)) != sizeof(bytes))
		_exit(97);
	say(2, "last words");
	_exit(9);
}

TEST(monitor_logs_what_came_right_before_the_end)
{
	int records;

	CHECK_INT(run(&(struct setup){ .container = full_pipe_then_exit }), 42);
	CHECK_INT(strlen(logged("stdout", &records)), 60000);
	CHECK_STRING(logged("stderr", &records), "last words");
	check_exit(9);
	arena_free(&arena);
}

static void exit_255(void)
{
	_exit(255);
}

static void kill_self(void)
{
	raise(SIGKILL);
}

static void terminate_self(void)
{
	signal(SIGTERM, SIG_DFL);
	raise(SIGTERM);
}

TEST(monitor_exit_codes_and_signals)
{
	run(&(struct setup){ .container = exit_255 });
	check_exit(255);
	run(&(struct setup){ .container = kill_self });
	check_exit(128 + SIGKILL);
	run(&(struct setup){ .container = terminate_self });
	check_exit(128 + SIGTERM);
	arena_free(&arena);
}

static void close_streams(void)
{
	say(1, "bye\n");
	close(1);
	close(2);
	pause_a_moment();
	_exit(5);
}

TEST(monitor_waits_for_a_process_that_closed_its_streams)
{
	int records;

	CHECK_INT(run(&(struct setup){ .container = close_streams }), 42);
	CHECK_STRING(logged("stdout", &records), "bye\n");
	check_exit(5);
	arena_free(&arena);
}

static void write_much(void)
{
	for (int i = 0; i < 1000; i++)
		say(1, "a line for a log that has no room for it, though the program goes on\n");
	_exit(6);
}

TEST(monitor_survives_a_full_disk)
{
	CHECK_INT(run(&(struct setup){ .container = write_much, .log = "/dev/full" }), 42);
	check_exit(6);
	arena_free(&arena);
}

TEST(monitor_survives_a_limit_of_file_sizes_and_leaves_no_half_record)
{
	CHECK_INT(run(&(struct setup){ .container = write_much, .no_space = true }), 42);
	CHECK(faccessat(dir, "exit.json", F_OK, 0) < 0);
	CHECK(faccessat(dir, "exit.room", F_OK, 0) < 0);
	CHECK_STRING(read_file("log"), "");
	arena_free(&arena);
}

/* Somebody outlives the first process and never stops writing. */
static void leave_a_writer(void)
{
	if (fork() == 0) {
		signal(SIGPIPE, SIG_DFL);
		for (;;)
			say(1, "still here\n");
	}
	pause_a_moment();
	_exit(7);
}

TEST(monitor_ends_although_others_write_on)
{
	CHECK_INT(run(&(struct setup){ .container = leave_a_writer }), 42);
	check_exit(7);
	arena_free(&arena);
}

static void on_terminal(void)
{
	char line[32] = "";

	say(1, "hello\n");
	snprintf(line, sizeof(line), "tty %d\n", isatty(1));
	say(2, line);
}

TEST(monitor_logs_a_terminal)
{
	int records;

	CHECK_INT(run(&(struct setup){ .container = on_terminal, .terminal = true }), 42);
	CHECK_STRING(logged("stdout", &records), "hello\r\ntty 1\r\n");
	check_exit(0);
	arena_free(&arena);
}

/* As inits do with /dev/console: between two lines nobody has the terminal open. */
static void reopen_terminal(void)
{
	char name[64];

	signal(SIGHUP, SIG_DFL);
	say(1, "before\n");
	if (ttyname_r(1, name, sizeof(name)))
		_exit(97);
	for (int i = 0; i < 3; i++)
		close(i);
	pause_a_moment();
	if (open(name, O_RDWR) != 0 || dup(0) != 1)
		_exit(96);
	say(1, "after\n");
	_exit(8);
}

TEST(monitor_does_not_hang_up_when_the_terminal_is_closed_for_a_while)
{
	int records;

	CHECK_INT(run(&(struct setup){ .container = reopen_terminal, .terminal = true }), 42);
	check_exit(8);
	CHECK_STRING(logged("stdout", &records), "before\r\nafter\r\n");
	arena_free(&arena);
}

TEST(monitor_becomes_a_program_that_ignores_no_signal)
{
	CHECK_INT(run(&(struct setup){
			  .container = exit_255,
			  .program = "exec 2>/dev/null; sh -c 'kill -PIPE $$'; exit $?" }),
		  128 + SIGPIPE);
	CHECK_INT(run(&(struct setup){
			  .container = exit_255,
			  .program = "exec 2>/dev/null; sh -c 'kill -XFSZ $$'; exit $?" }),
		  128 + SIGXFSZ);
	arena_free(&arena);
}

TEST(monitor_without_its_arguments_says_so)
{
	const char *program = monitor_path();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(program, "ctr-monitor", "3", NULL);
		_exit(98);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(WEXITSTATUS(status), 125);
}
