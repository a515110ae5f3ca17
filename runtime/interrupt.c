/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "base/fd.h"

/* Of its own: reading the other one, which hands signals on, would take them away. */
static int watched = -1;

int interrupt_watch(struct error *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	watched = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return watched < 0 ? fail_errno(err, "make a signalfd") : 0;
}

void interrupt_ignore(void)
{
	close_fd(&watched);
}

bool interrupt_watched(void)
{
	return watched >= 0;
}

int interrupt_poll(int fd, int timeout)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = watched, .events = POLLIN },
	};
	int ready = poll(fds, 2, timeout);

	if (ready <= 0 || fds[0].revents)
		return ready;
	interrupt_ignore();
	errno = ECANCELED;
	return -1;
}
