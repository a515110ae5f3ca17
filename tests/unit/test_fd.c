/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/unit.h"

static struct error err;

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* How many descriptors the process has. */
static int count_open(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += is_open(fd);
	return count;
}

static int open_null(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

TEST(fd_close_keeps_errno_and_empties_the_variable)
{
	int fd = open_null(), number = fd;

	errno = ENOTTY;
	close_fd(&fd);
	CHECK_INT(fd, -1);
	close_fd(&fd);
	CHECK_INT(errno, ENOTTY);
	CHECK(!is_open(number));
}

TEST(fd_take_hands_it_over_and_cleanup_closes_the_rest)
{
	int taken, number;

	{
		cleanup_fd int kept = open_null(), other = open_null();

		number = other;
		taken = take_fd(&kept);
		CHECK_INT(kept, -1);
	}
	CHECK(is_open(taken));
	CHECK(!is_open(number));
	close_fd(&taken);
}

TEST(fd_open_dir_reads_directories_and_refuses_files)
{
	int before = count_open();
	DIR *dir = open_dir_at(AT_FDCWD, "/", &err);

	CHECK(dir != NULL);
	CHECK(fcntl(dirfd(dir), F_GETFD) & FD_CLOEXEC);
	close_dir(&dir);
	CHECK(!dir);
	close_dir(&dir);
	CHECK(!open_dir_at(AT_FDCWD, "/dev/null", &err));
	CHECK_INT(err.errnum, ENOTDIR);
	CHECK_STRING(err.text, "open directory /dev/null: Not a directory");
	CHECK(!open_dir_at(AT_FDCWD, "/none", &err));
	CHECK_INT(err.errnum, ENOENT);
	CHECK_INT(count_open(), before);
}

struct ends {
	int left, right;
};

static struct ends make_pair(int type)
{
	int pair[2];

	CHECK(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) == 0);
	return (struct ends){ pair[0], pair[1] };
}

static void close_pair(struct ends *ends)
{
	close_fd(&ends->left);
	close_fd(&ends->right);
}

/* Sends sent descriptors to somebody with slots for them; says how many arrived. */
static size_t pass(size_t sent, size_t slots)
{
	struct ends ends = make_pair(SOCK_SEQPACKET);
	int fds[16], got[16], null = open_null();
	size_t arrived = 0;
	char text[8] = "";

	for (size_t i = 0; i < sent; i++)
		fds[i] = null;
	CHECK(send_fds(ends.left, "hello", 6, fds, sent, &err) == 0);
	CHECK(is_open(null));
	CHECK_INT(receive_fds(ends.right, text, sizeof(text), got, slots, &err), 6);
	CHECK_STRING(text, "hello");
	for (size_t i = 0; i < slots; i++) {
		if (got[i] < 0)
			continue;
		CHECK(fcntl(got[i], F_GETFD) & FD_CLOEXEC);
		close_fd(&got[i]);
		CHECK_INT(arrived, i); /* without holes */
		arrived++;
	}
	close_fd(&null);
	close_pair(&ends);
	return arrived;
}

TEST(fd_messages_carry_descriptors)
{
	int before = count_open();

	CHECK_INT(pass(0, 0), 0);
	CHECK_INT(pass(1, 1), 1);
	CHECK_INT(pass(8, 8), 8);
	CHECK_INT(count_open(), before);
}

TEST(fd_messages_with_fewer_descriptors_than_slots_leave_them_empty)
{
	CHECK_INT(pass(0, 4), 0);
	CHECK_INT(pass(3, 8), 3);
}

TEST(fd_messages_with_more_descriptors_than_slots_leak_none)
{
	int before = count_open();

	CHECK_INT(pass(8, 2), 2);
	CHECK_INT(pass(1, 0), 0);
	CHECK_INT(count_open(), before);
}

TEST(fd_messages_of_more_than_eight_descriptors_are_refused)
{
	struct ends ends = make_pair(SOCK_SEQPACKET);
	int fds[9] = { 0 };

	CHECK(send_fds(ends.left, "x", 1, fds, 9, &err) == -1);
	CHECK_INT(err.errnum, EINVAL);
	close_pair(&ends);
}

TEST(fd_a_message_to_nobody_is_an_error_and_no_signal)
{
	struct ends ends = make_pair(SOCK_STREAM);

	signal(SIGPIPE, SIG_DFL);
	close_fd(&ends.right);
	CHECK(send_fds(ends.left, "x", 1, NULL, 0, &err) == -1);
	CHECK_INT(err.errnum, EPIPE);
	close_pair(&ends);
}

TEST(fd_the_end_of_file_is_a_message_of_no_bytes)
{
	struct ends ends = make_pair(SOCK_STREAM);
	int got[2] = { 7, 7 };
	char byte;

	close_fd(&ends.left);
	CHECK_INT(receive_fds(ends.right, &byte, 1, got, 2, &err), 0);
	CHECK_INT(got[0], -1);
	CHECK_INT(got[1], -1);
	close_pair(&ends);
}

TEST(fd_receiving_from_what_is_no_socket_is_an_error)
{
	int null = open_null(), got = 7;
	char byte;

	CHECK(receive_fds(null, &byte, 1, &got, 1, &err) == -1);
	CHECK_INT(err.errnum, ENOTSOCK);
	CHECK_INT(got, -1);
	close_fd(&null);
}
