/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/unit.h"

static struct error err;
static struct sync_message message;

struct ends {
	int parent, child;
};

static struct ends make_pair(void)
{
	int pair[2];

	CHECK(sync_pair(pair, &err) == 0);
	return (struct ends){ pair[0], pair[1] };
}

static void close_pair(struct ends *ends)
{
	close_fd(&ends->parent);
	close_fd(&ends->child);
}

TEST(sync_both_ends_are_close_on_exec)
{
	struct ends ends = make_pair();

	CHECK(fcntl(ends.parent, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(ends.child, F_GETFD) & FD_CLOEXEC);
	close_pair(&ends);
}

TEST(sync_mapped_tells_which_signals_are_ignored)
{
	struct ends ends = make_pair();

	CHECK(sync_send_mapped(ends.parent, 4711, UINT64_C(0x8000000000000001), &err) == 0);
	CHECK(sync_expect(ends.child, SYNC_MAPPED, &message, &err) == 0);
	CHECK_INT(message.pid, 4711);
	CHECK(message.ignored == UINT64_C(0x8000000000000001));
	close_pair(&ends);
}

TEST(sync_every_kind_arrives_as_it_was_sent)
{
	struct ends ends = make_pair();

	for (enum sync_kind kind = SYNC_MAPPED; kind < SYNC_FAILED; kind++) {
		CHECK(sync_send(ends.parent, kind, 4711, -1, &err) == 0);
		CHECK(sync_receive(ends.child, &message, &err) == 0);
		CHECK_INT(message.kind, kind);
		CHECK_INT(message.pid, 4711);
		CHECK_INT(message.fd, -1);
		CHECK_INT(message.exit_status, 0);
		CHECK(sync_send(ends.child, kind, 0, -1, &err) == 0);
		CHECK(sync_expect(ends.parent, kind, &message, &err) == 0);
	}
	close_pair(&ends);
}

TEST(sync_messages_carry_a_descriptor)
{
	struct ends ends = make_pair();
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CHECK(sync_send(ends.child, SYNC_CONSOLE, 0, null, &err) == 0);
	CHECK(sync_receive(ends.parent, &message, &err) == 0);
	CHECK_INT(message.kind, SYNC_CONSOLE);
	CHECK(message.fd >= 0 && message.fd != null);
	CHECK(fcntl(message.fd, F_GETFD) & FD_CLOEXEC);
	close_fd(&message.fd);
	close_fd(&null);
	close_pair(&ends);
}

TEST(sync_failed_is_the_error_of_the_other_side)
{
	const struct error error = { .errnum = ENOENT, .text = "process.args[0]: not found" };
	struct ends ends = make_pair();

	sync_send_error(ends.child, &error, 127);
	CHECK(sync_receive(ends.parent, &message, &err) == -1);
	CHECK_INT(message.kind, SYNC_FAILED);
	CHECK_INT(message.exit_status, 127);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_STRING(err.text, error.text);
	sync_send_error(ends.child, &error, 0);
	CHECK(sync_expect(ends.parent, SYNC_READY, &message, &err) == -1);
	CHECK_INT(message.exit_status, 0);
	CHECK_STRING(err.text, error.text);
	close_pair(&ends);
}

TEST(sync_error_texts_end_whatever_was_sent)
{
	struct ends ends = make_pair();
	struct error error = { .errnum = EIO };

	memset(error.text, 'x', sizeof(error.text));
	sync_send_error(ends.child, &error, 0);
	CHECK(sync_receive(ends.parent, &message, &err) == -1);
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
	close_pair(&ends);
}

TEST(sync_messages_keep_their_order)
{
	const struct error error = { .errnum = EIO, .text = "third" };
	struct ends ends = make_pair();

	CHECK(sync_send(ends.child, SYNC_MOUNTED, 0, -1, &err) == 0);
	CHECK(sync_send(ends.child, SYNC_READY, 0, -1, &err) == 0);
	sync_send_error(ends.child, &error, 0);
	close_fd(&ends.child);
	CHECK(sync_expect(ends.parent, SYNC_MOUNTED, &message, &err) == 0);
	CHECK(sync_expect(ends.parent, SYNC_READY, &message, &err) == 0);
	CHECK(sync_receive(ends.parent, &message, &err) == -1);
	CHECK_STRING(err.text, "third");
	CHECK(sync_receive(ends.parent, &message, &err) == 0);
	CHECK_INT(message.kind, SYNC_END);
	close_pair(&ends);
}

TEST(sync_the_end_of_file_is_a_message_unless_another_is_expected)
{
	struct ends ends = make_pair();

	close_fd(&ends.child);
	CHECK(sync_receive(ends.parent, &message, &err) == 0);
	CHECK_INT(message.kind, SYNC_END);
	CHECK(sync_expect(ends.parent, SYNC_END, &message, &err) == 0);
	CHECK(sync_expect(ends.parent, SYNC_READY, &message, &err) == -1);
	CHECK_INT(err.errnum, ECONNRESET);
	CHECK_STRING(err.text, "the other side ended unexpectedly");
	close_pair(&ends);
}

TEST(sync_another_message_than_expected_is_an_error_and_leaks_no_descriptor)
{
	struct ends ends = make_pair();
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), next;

	CHECK(sync_send(ends.child, SYNC_CONSOLE, 0, null, &err) == 0);
	CHECK(sync_expect(ends.parent, SYNC_READY, &message, &err) == -1);
	CHECK_INT(err.errnum, EPROTO);
	CHECK_INT(message.fd, -1);
	next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK_INT(next, null + 1);
	close_fd(&next);
	close_fd(&null);
	close_pair(&ends);
}

/* The other side dies of an error while our message to it is still unread. */
TEST(sync_why_the_other_side_died_is_not_lost_with_our_unread_message)
{
	const struct error error = { .errnum = EPERM, .text = "protect the process: no" };
	struct ends ends = make_pair();

	CHECK(sync_send(ends.parent, SYNC_MAPPED, 1, -1, &err) == 0);
	sync_send_error(ends.child, &error, 126);
	close_fd(&ends.child);
	CHECK(sync_receive(ends.parent, &message, &err) == -1);
	CHECK_STRING(err.text, error.text);
	CHECK_INT(message.exit_status, 126);
	close_pair(&ends);
}

TEST(sync_a_peer_that_dies_with_our_message_unread_is_the_end_of_file)
{
	struct ends ends = make_pair();

	CHECK(sync_send(ends.parent, SYNC_MAPPED, 1, -1, &err) == 0);
	close_fd(&ends.child);
	CHECK(sync_receive(ends.parent, &message, &err) == 0);
	CHECK_INT(message.kind, SYNC_END);
	close_pair(&ends);
}

TEST(sync_sending_to_the_dead_gives_their_last_words)
{
	const struct error error = { .errnum = EPERM, .text = "protect the process: no" };
	struct ends ends = make_pair();

	CHECK(sync_send(ends.parent, SYNC_MAPPED, 1, -1, &err) == 0);
	sync_send_error(ends.child, &error, 0);
	close_fd(&ends.child);
	CHECK(sync_send(ends.parent, SYNC_START, 0, -1, &err) == -1);
	CHECK_STRING(err.text, error.text);
	close_pair(&ends);
	ends = make_pair();
	sync_send_error(ends.child, &error, 0);
	close_fd(&ends.child);
	CHECK(sync_send(ends.parent, SYNC_START, 0, -1, &err) == -1);
	CHECK_STRING(err.text, error.text);
	CHECK(sync_send(ends.parent, SYNC_START, 0, -1, &err) == -1);
	CHECK_INT(err.errnum, EPIPE);
	sync_send_error(ends.parent, &error, 0); /* is of no interest */
	close_pair(&ends);
}

TEST(sync_packets_that_are_no_messages_are_refused)
{
	struct ends ends = make_pair();
	struct {
		int32_t kind, number;
		uint64_t ignored;
		char rest[2000];
	} garbage = { .kind = SYNC_READY };

	CHECK(send(ends.child, "x", 1, 0) == 1);
	CHECK(sync_receive(ends.parent, &message, &err) == -1);
	CHECK_INT(err.errnum, EPROTO);
	garbage.kind = SYNC_FAILED; /* without an error */
	CHECK(send(ends.child, &garbage, 16, 0) == 16);
	CHECK(sync_receive(ends.parent, &message, &err) == -1);
	CHECK_INT(err.errnum, EPROTO);
	CHECK_CONTAINS(err.text, "an error message of 16 bytes");
	garbage.kind = -77;
	CHECK(send(ends.child, &garbage, sizeof(garbage), 0) == sizeof(garbage));
	CHECK(sync_expect(ends.parent, SYNC_READY, &message, &err) == -1);
	CHECK_INT(err.errnum, EPROTO);
	close_pair(&ends);
}

TEST(sync_works_between_processes)
{
	struct ends ends = make_pair();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		close_fd(&ends.parent);
		if (sync_expect(ends.child, SYNC_MAPPED, &message, &err) < 0)
			_exit(1);
		if (message.pid == getpid())
			sync_send(ends.child, SYNC_READY, 0, -1, &err);
		_exit(0);
	}
	close_fd(&ends.child);
	CHECK(sync_send(ends.parent, SYNC_MAPPED, pid, -1, &err) == 0);
	CHECK(sync_expect(ends.parent, SYNC_READY, &message, &err) == 0);
	CHECK(sync_expect(ends.parent, SYNC_END, &message, &err) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	close_pair(&ends);
}
