/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/terminal_host.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* One per process, because it must be restored from exit(3) too. */
static struct termios saved_mode;
static volatile sig_atomic_t saved_fd = -1;
static pid_t owner;

static void restore_at_exit(void)
{
	/* A clone of ctr that exits leaves the terminal alone. */
	if (getpid() == owner)
		terminal_host_restore();
}

int terminal_host_raw(int fd, struct error *err)
{
	static bool registered;
	struct termios mode;

	if (tcgetattr(fd, &mode) < 0) {
		if (errno == ENOTTY || errno == EBADF)
			return 0;
		return fail_errno(err, "mode of the terminal");
	}
	if (!registered && atexit(restore_at_exit) != 0)
		return fail(err, ENOMEM, "atexit");
	registered = true;
	owner = getpid();
	saved_mode = mode;
	saved_fd = fd;
	cfmakeraw(&mode);
	/* ONLCR is off in the container: carriage returns are put in here. */
	mode.c_oflag |= OPOST | ONLCR;
	if (tcsetattr(fd, TCSANOW, &mode) < 0) {
		saved_fd = -1;
		return fail_errno(err, "raw mode of the terminal");
	}
	return 0;
}

void terminal_host_restore(void)
{
	int fd = saved_fd, errnum = errno;
	sigset_t stop, before;

	if (fd < 0)
		return;
	saved_fd = -1;
	/* Out of the background this would stop us instead (SIGTTOU). */
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stop, &before);
	tcsetattr(fd, TCSANOW, &saved_mode);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = errnum;
}

void terminal_host_copy_size(int fd, int master)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
		ioctl(master, TIOCSWINSZ, &size);
}
