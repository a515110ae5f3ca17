/* SPDX-License-Identifier: Apache-2.0 */
#include "base/identity.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "tests/unit/unit.h"

static struct error err;

/* A child that waits to be killed. */
static pid_t start_child(void)
{
	pid_t pid;

	unit_need_pidfd_open();
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* should a check fail */
		pause();
		_exit(0);
	}
	CHECK(pid > 0);
	return pid;
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, NULL, 0) == pid);
}

static struct identity identity_of(pid_t pid)
{
	cleanup_fd int pidfd = pidfd_open(pid, 0);
	struct identity identity;

	CHECK(pidfd >= 0);
	CHECK(identity_get(pidfd, pid, &identity, &err) == 0);
	CHECK_INT(identity.pid, pid);
	CHECK(identity.inode != 0 || identity.start != 0);
	return identity;
}

TEST(identity_of_a_live_process_opens_it)
{
	pid_t pid = start_child();
	struct identity identity = identity_of(pid);
	cleanup_fd int pidfd = identity_open(&identity, &err);

	CHECK(pidfd >= 0);
	CHECK(fcntl(pidfd, F_GETFD) & FD_CLOEXEC);
	CHECK(!identity_wait_end(pidfd, 0));
	CHECK(pidfd_send_signal(pidfd, SIGKILL, NULL, 0) == 0);
	CHECK(identity_wait_end(pidfd, -1));
	reap(pid);
}

TEST(identity_of_a_zombie_is_gone)
{
	pid_t pid = start_child();
	struct identity identity = identity_of(pid);
	siginfo_t info;

	kill(pid, SIGKILL);
	CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	CHECK(identity_open(&identity, &err) == -1);
	CHECK_INT(err.errnum, ESRCH);
	CHECK_CONTAINS(err.text, "has ended");
	reap(pid);
}

TEST(identity_of_a_reaped_process_is_gone)
{
	pid_t pid = start_child();
	struct identity identity = identity_of(pid);

	reap(pid);
	CHECK(identity_open(&identity, &err) == -1);
	CHECK_INT(err.errnum, ESRCH);
}

TEST(identity_without_process_is_gone)
{
	CHECK(identity_open(&(struct identity){ 0 }, &err) == -1);
	CHECK_INT(err.errnum, ESRCH);
	CHECK(identity_open(&(struct identity){ .pid = -1 }, &err) == -1);
	CHECK_INT(err.errnum, ESRCH);
}

/* Pid numbers are 32 bits: what a broken document says is not cut to somebody's. */
TEST(identity_with_a_number_that_is_no_pid_is_gone)
{
	const struct identity identity = { .pid = (int64_t)1 << 32 | getpid(), .start = 1 };

	CHECK(identity_open(&identity, &err) == -1);
	CHECK_INT(err.errnum, ESRCH);
}

TEST(identity_of_another_process_with_the_same_pid_is_refused)
{
	struct identity identity = identity_of(getpid());

	if (identity.inode)
		identity.inode++;
	else
		identity.start--;
	CHECK(identity_open(&identity, &err) == -1);
	CHECK_INT(err.errnum, ESRCH);
	CHECK_CONTAINS(err.text, "is another one now");
}

static int thread_sock[2];

/* Lives until the other end is closed. */
static void *say_thread_id(void *none)
{
	pid_t id = gettid();

	if (write(thread_sock[1], &id, sizeof(id)) == sizeof(id) &&
	    read(thread_sock[1], &id, sizeof(id)) == 0)
		return NULL;
	return none;
}

/* The kernel gives numbers of ended processes to threads too; pidfd_open(2) refuses those. */
TEST(identity_whose_pid_is_a_thread_now_is_gone)
{
	struct identity identity;
	pthread_t thread;
	pid_t id;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, thread_sock) == 0);
	CHECK(pthread_create(&thread, NULL, say_thread_id, NULL) == 0);
	CHECK(read(thread_sock[0], &id, sizeof(id)) == sizeof(id));
	identity = (struct identity){ .pid = id, .start = 1 };
	CHECK(identity_open(&identity, &err) == -1);
	close_fd(&thread_sock[0]);
	pthread_join(thread, NULL);
	close_fd(&thread_sock[1]);
	CHECK_CONTAINS(err.text, "is a thread of another one now");
	CHECK_INT(err.errnum, ESRCH);
}

/* proc_pid_stat(5): the 22nd field; the name of the process has blanks and brackets in it. */
static uint64_t start_time_of(pid_t pid)
{
	char path[32], text[1024] = "", *field;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	stream = fopen(path, "re");
	CHECK(stream && fgets(text, sizeof(text), stream));
	fclose(stream);
	field = strrchr(text, ')') + 1;
	for (int i = 3; i < 22; i++)
		field = strchr(field + 1, ' ');
	return strtoull(field, NULL, 10);
}

/* What kernels without pidfs have to go by; newer ones read such a state after an upgrade. */
TEST(identity_start_times_tell_processes_apart_where_there_is_no_pidfs)
{
	struct identity identity = { .pid = getpid() };
	cleanup_fd int pidfd = -1;

	unit_need_pidfd_open();
	prctl(PR_SET_NAME, "a) S 1 (b");
	identity.start = start_time_of(getpid());
	pidfd = identity_open(&identity, &err);
	CHECK(pidfd >= 0);
	identity.start++;
	CHECK(identity_open(&identity, &err) == -1);
	CHECK_INT(err.errnum, ESRCH);
	CHECK_CONTAINS(err.text, "is another one now");
}

TEST(identity_wait_end_gives_up_after_the_timeout)
{
	pid_t pid = start_child();
	cleanup_fd int pidfd = pidfd_open(pid, 0);

	CHECK(!identity_wait_end(pidfd, 0));
	CHECK(!identity_wait_end(pidfd, 20));
	kill(pid, SIGKILL);
	CHECK(identity_wait_end(pidfd, 5000));
	reap(pid);
}
