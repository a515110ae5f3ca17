/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/foreground.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "runtime/interrupt.h"
#include "runtime/terminal_host.h"
#include "runtime/terminal_relay.h"

/* So many messages of the container are handed on after its end: others may go on sending. */
#define LATE_MESSAGES 64

/* A process that has run for so long stays. */
#define SETTLE_MS 500

/* How long the rest of a terminal's output may take after the end of its process. */
#define DRAIN_MS 1000

enum { POLL_PROCESS, POLL_SIGNALS, POLL_NOTIFY, POLL_RELAY, POLL_COUNT = POLL_RELAY + RELAY_FDS };

int foreground_begin(struct foreground *foreground, bool subreaper, struct error *err)
{
	static const int own[] = { SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGKILL, SIGSTOP,
				   SIGSEGV, SIGBUS,  SIGILL,  SIGFPE, SIGABRT, SIGTRAP };
	sigset_t set;

	foreground->reaps = subreaper;
	sys_sigfillset(&set);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&set, own[i]);
	if (sigprocmask(SIG_BLOCK, &set, &foreground->saved) < 0)
		return fail_errno(err, "block signals");
	foreground->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (foreground->signals < 0)
		return fail_errno(err, "make a signalfd");
	if (subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return fail_errno(err, "become a subreaper");
	return interrupt_watch(err);
}

/* Reaps what is not the process itself, whose status foreground_wait() wants. */
static void reap_others(pid_t pid)
{
	for (;;) {
		siginfo_t info = { 0 };

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid ||
		    info.si_pid == pid)
			return;
		waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG);
	}
}

static void forward_signals(const struct foreground *foreground, int pidfd, pid_t pid,
			    const struct terminal_relay *relay)
{
	struct signalfd_siginfo info;

	while (read(foreground->signals, &info, sizeof(info)) == sizeof(info)) {
		int number = (int)info.ssi_signo;

		if (number == SIGCHLD) {
			if (foreground->reaps)
				reap_others(pid);
		} else if (number == SIGWINCH && relay) {
			terminal_host_copy_size(STDIN_FILENO, relay->master);
		} else if (pidfd_send_signal(pidfd, number, NULL, 0) < 0 && errno != ESRCH) {
			log_debug("forward signal %d: errno %d", number, errno);
		}
	}
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* How long poll() may wait; what is due is done before. */
static int settle_timeout(const struct foreground *foreground, int64_t begin, bool *settled)
{
	int64_t passed;

	if (*settled || !foreground->settle)
		return -1;
	passed = now_ms() - begin;
	if (passed < SETTLE_MS)
		return (int)(SETTLE_MS - passed);
	*settled = true;
	foreground->settle(foreground->context);
	return -1;
}

static int wait_end(const struct foreground *foreground, int pidfd, pid_t pid,
		    struct terminal_relay *relay, struct error *err)
{
	struct notify *notify = foreground->notify;
	struct pollfd polls[POLL_COUNT] = {
		[POLL_PROCESS] = { .fd = pidfd, .events = POLLIN },
		[POLL_SIGNALS] = { .fd = foreground->signals, .events = POLLIN },
		[POLL_NOTIFY] = { .fd = notify ? notify->socket : -1, .events = POLLIN },
	};
	int64_t begin = foreground->settle ? now_ms() : 0;
	bool settled = false;
	int late = 0;

	for (;;) {
		int timeout = settle_timeout(foreground, begin, &settled);
		nfds_t count = POLL_RELAY;

		if (relay && !relay->closed) {
			terminal_relay_poll(relay, polls + POLL_RELAY);
			count = POLL_COUNT;
		}
		if (poll(polls, count, timeout) < 0) {
			if (errno == EINTR)
				continue;
			return fail_errno(err, "poll");
		}
		if (polls[POLL_NOTIFY].revents && notify_relay(notify, err) < 0)
			return -1;
		if (polls[POLL_PROCESS].revents &&
		    (!polls[POLL_NOTIFY].revents || ++late > LATE_MESSAGES))
			return 0;
		if (polls[POLL_SIGNALS].revents)
			forward_signals(foreground, pidfd, pid, relay);
		if (count == POLL_COUNT)
			terminal_relay_move(relay, polls + POLL_RELAY);
	}
}

static int wait_with_terminal(const struct foreground *foreground, int pidfd, pid_t pid, int master,
			      struct error *err)
{
	struct terminal_relay relay;
	int result;

	if (terminal_relay_open(&relay, master, STDIN_FILENO, STDOUT_FILENO, err) < 0)
		return -1;
	terminal_host_copy_size(STDIN_FILENO, relay.master);
	result = terminal_host_raw(STDIN_FILENO, err);
	if (result == 0)
		result = wait_end(foreground, pidfd, pid, &relay, err);
	if (result == 0)
		terminal_relay_drain(&relay, DRAIN_MS);
	terminal_host_restore();
	terminal_relay_close(&relay);
	return result;
}

int foreground_wait(struct foreground *foreground, int pidfd, pid_t pid, int master,
		    int *exit_status, struct error *err)
{
	siginfo_t end = { 0 };
	int result;

	interrupt_ignore();
	result = master >= 0 ? wait_with_terminal(foreground, pidfd, pid, master, err)
			     : wait_end(foreground, pidfd, pid, NULL, err);

	if (result < 0)
		return -1;
	while (waitid(P_PIDFD, (id_t)pidfd, &end, WEXITED | __WALL) < 0)
		if (errno != EINTR)
			return fail_errno(err, "wait for the process");
	*exit_status = end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
	if (foreground->reaps)
		reap_others(0);
	return 0;
}

void foreground_end(struct foreground *foreground)
{
	if (foreground->signals < 0)
		return;
	interrupt_ignore();
	sigprocmask(SIG_SETMASK, &foreground->saved, NULL);
	close_fd(&foreground->signals);
}
