/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/file.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static int saved_stderr;
static char program[] = "ctr";

/* From here on stderr and the log are files of the scratch directory. */
static void begin(enum log_format format, enum log_level level)
{
	int dir = scratch_dir();
	struct log log = { .format = format, .level = level };
	int fd = openat(dir, "stderr", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	log.fd = openat(dir, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && log.fd >= 0);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	program_invocation_short_name = program;
	log_setup(&log);
}

static void end(void)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	log_setup(&(struct log){ .fd = -1 });
}

static char *contents(const char *name)
{
	char path[128], *text;

	snprintf(path, sizeof(path), "%s/%s", scratch_path(), name);
	CHECK(file_read_at(AT_FDCWD, path, 1 << 20, &arena, &text, NULL, &err) == 0);
	return text;
}

TEST(log_text_goes_to_stderr_and_the_file)
{
	begin(LOG_TEXT, LOG_LEVEL_WARNING);
	log_warning("undo %s: %d", "cgroup", 7);
	log_error("create web: %s", "no");
	log_debug("not shown");
	end();
	CHECK_STRING(contents("stderr"), "ctr: warning: undo cgroup: 7\nctr: create web: no\n");
	CHECK_STRING(contents("log"), contents("stderr"));
	arena_free(&arena);
}

TEST(log_debug_is_shown_only_with_debug)
{
	begin(LOG_TEXT, LOG_LEVEL_DEBUG);
	CHECK(log_is_debug());
	log_debug("step %d", 1);
	end();
	CHECK(!log_is_debug());
	CHECK_STRING(contents("log"), "level=debug ctr: step 1\n");
	CHECK_STRING(contents("stderr"), "");
	arena_free(&arena);
}

TEST(log_at_its_own_level_has_the_error_alone)
{
	begin(LOG_TEXT, LOG_LEVEL_ERROR);
	log_warning("beware");
	log_error("it failed");
	end();
	CHECK_STRING(contents("log"), "ctr: it failed\n");
	CHECK_STRING(contents("stderr"), "ctr: warning: beware\nctr: it failed\n");
	arena_free(&arena);
}

TEST(log_of_the_daemons_is_in_their_forms)
{
	begin(LOG_JOURNAL, LOG_LEVEL_ERROR);
	log_error("one\ntwo");
	end();
	CHECK_STRING(contents("log"), "PRIORITY=3\nSYSLOG_IDENTIFIER=ctr\nMESSAGE\n\x07");
	begin(LOG_SYSLOG, LOG_LEVEL_WARNING);
	log_warning("beware");
	end();
	CHECK_STRING(contents("log"), arena_printf(&arena, "<12>ctr[%d]: beware", getpid()));
	arena_free(&arena);
}

TEST(log_json_lines_have_level_message_and_time)
{
	const char *text;

	begin(LOG_JSON, LOG_LEVEL_WARNING);
	log_error("it failed");
	end();
	CHECK_STRING(contents("stderr"), "ctr: it failed\n");
	text = contents("log");
	CHECK(!strncmp(text, "{\"level\":\"error\",\"msg\":\"it failed\",\"time\":\"20", 45));
	CHECK(!strcmp(text + strlen(text) - 4, "Z\"}\n"));
	arena_free(&arena);
}

TEST(log_json_escapes_quotes_backslashes_and_control_characters)
{
	begin(LOG_JSON, LOG_LEVEL_WARNING);
	log_warning("%s", "a\"b\\c\nd\te\x01"
			  "f\x1b\x7f\xe2\x82\xac");
	end();
	CHECK_CONTAINS(contents("log"),
		       "\"msg\":\"a\\\"b\\\\c\\u000ad\\u0009e\\u0001f\\u001b\x7f\xe2\x82\xac\"");
	arena_free(&arena);
}

/* Whether line is one string of JSON from the first quote to the last, in pairs of quotes. */
static bool is_well_formed(const char *line)
{
	int quotes = 0;

	if (line[0] != '{' || line[strlen(line) - 1] != '}')
		return false;
	for (; *line; line++) {
		if ((unsigned char)*line < 0x20)
			return false;
		if (*line == '"')
			quotes++;
		if (*line != '\\')
			continue;
		line++;
		if (*line == 'u' ? strspn(line + 1, "0123456789abcdef") < 4
				 : *line != '"' && *line != '\\')
			return false;
	}
	return quotes == 12;
}

/* A line for each message whatever its length, and JSON stays JSON. */
static void check_long_message(const char *unit)
{
	char message[20000] = "";
	char *text;

	while (strlen(message) + strlen(unit) < sizeof(message))
		strcat(message, unit);
	begin(LOG_JSON, LOG_LEVEL_WARNING);
	log_error("%s", message);
	log_error("next");
	end();
	text = contents("log");
	CHECK(strchr(text, '\n') != NULL);
	CHECK_CONTAINS(strchr(text, '\n'), "\"msg\":\"next\"");
	*strchr(text, '\n') = '\0';
	CHECK(is_well_formed(text));
	text = contents("stderr");
	CHECK_CONTAINS(strchr(text, '\n'), "ctr: next\n");
	arena_free(&arena);
}

TEST(log_long_lines_are_cut_and_end_with_a_newline)
{
	check_long_message("0123456789");
	check_long_message("\n");
	check_long_message("\"\\");
	check_long_message("x\x01\"");
}

TEST(log_nobody_to_write_to_is_no_error)
{
	begin(LOG_TEXT, LOG_LEVEL_WARNING);
	log_setup(&(struct log){ .fd = 999 });
	close(STDERR_FILENO);
	log_error("lost");
	end();
}
