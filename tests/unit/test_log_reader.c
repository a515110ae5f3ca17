/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/unit.h"

#define LINE(text) "{\"log\":\"" text "\\n\",\"stream\":\"stdout\",\"time\":\"T\"}\n"

static struct error err;

static int make_log(const char *text)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* What the reader prints to standard output, which is a file meanwhile. */
static const char *print(struct log_reader *reader)
{
	static char text[8192];
	cleanup_fd int saved = dup(STDOUT_FILENO);
	cleanup_fd int file = memfd_create("output", MFD_CLOEXEC);
	ssize_t size;
	int result;

	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	result = log_reader_print(reader, &err);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	CHECK_INT(result, 0);
	size = pread(file, text, sizeof(text) - 1, 0);
	text[size > 0 ? size : 0] = '\0';
	return text;
}

static const char *tail(const char *log, int lines)
{
	cleanup_fd int fd = make_log(log);
	struct log_reader reader = { .fd = fd };
	const char *text;

	CHECK_INT(log_reader_seek_tail(&reader, lines, &err), 0);
	text = print(&reader);
	log_reader_free(&reader);
	return text;
}

TEST(the_tail_has_the_last_lines)
{
	CHECK_STRING(tail(LINE("a") LINE("b") LINE("c"), 1), "c\n");
	CHECK_STRING(tail(LINE("a") LINE("b") LINE("c"), 2), "b\nc\n");
	CHECK_STRING(tail(LINE("a") LINE("b") LINE("c"), 3), "a\nb\nc\n");
	CHECK_STRING(tail(LINE("a") LINE("b") LINE("c"), 100), "a\nb\nc\n");
	CHECK_STRING(tail(LINE("a") LINE("b") LINE("c"), 0), "");
	CHECK_STRING(tail("", 0), "");
	CHECK_STRING(tail("", 5), "");
}

TEST(the_tail_is_found_in_a_log_of_many_pages)
{
	char *log = calloc(1000, sizeof(LINE("0000")));

	for (int i = 0; i < 1000; i++)
		sprintf(log + strlen(log), LINE("%04d"), i);
	CHECK_STRING(tail(log, 2), "0998\n0999\n");
	CHECK_INT(strlen(tail(log, 200)), 1000);
	free(log);
}

TEST(half_a_line_waits_for_its_other_half)
{
	cleanup_fd int fd = make_log(LINE("a") "{\"log\":\"b");
	struct log_reader reader = { .fd = fd };
	static const char rest[] = "\\n\",\"stream\":\"stdout\"}\n";

	CHECK_STRING(print(&reader), "a\n");
	CHECK_STRING(print(&reader), "");
	CHECK(pwrite(fd, rest, strlen(rest), lseek(fd, 0, SEEK_END)) > 0);
	lseek(fd, -(off_t)strlen(rest), SEEK_END);
	CHECK_STRING(print(&reader), "b\n");
	log_reader_free(&reader);
}

TEST(a_broken_line_is_left_out)
{
	CHECK_STRING(tail(LINE("a") "garbage\n[]\n{}\n{\"log\":3}\n" LINE("b"), 100), "a\nb\n");
}

TEST(timestamps_stand_in_front)
{
	cleanup_fd int fd = make_log(LINE("a"));
	struct log_reader reader = { .fd = fd, .timestamps = true };

	CHECK_STRING(print(&reader), "T a\n");
	log_reader_free(&reader);
}
