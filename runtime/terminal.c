/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"

int terminal_plan(const struct spec_process *process, struct terminal_plan *plan, struct error *err)
{
	const struct spec_console_size *size = process->console_size;

	*plan = (struct terminal_plan){ .wanted = process->terminal };
	if (!process->terminal || !size)
		return 0;
	if (size->height > UINT16_MAX)
		return fail(err, ERANGE, "process.consoleSize.height: above %d", UINT16_MAX);
	if (size->width > UINT16_MAX)
		return fail(err, ERANGE, "process.consoleSize.width: above %d", UINT16_MAX);
	plan->size.ws_row = (unsigned short)size->height;
	plan->size.ws_col = (unsigned short)size->width;
	return 0;
}

/* The multiplexer of the container's own devpts, and of nothing that was put in its place. */
static int open_master(int root, struct error *err)
{
	struct open_how how = {
		.flags = O_RDWR | O_NOCTTY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	cleanup_fd int dir = open_in_root(root, "dev/pts", O_PATH | O_DIRECTORY, 0, err);
	struct statfs fs;
	int master;

	if (dir < 0)
		return -1;
	if (fstatfs(dir, &fs) < 0)
		return fail_errno(err, "statfs dev/pts");
	if (fs.f_type != DEVPTS_SUPER_MAGIC)
		return fail(err, EINVAL, "/dev/pts of the container is not a devpts mount");
	master = sys_openat2(dir, "ptmx", &how);
	return master < 0 ? fail_errno(err, "open dev/pts/ptmx") : master;
}

/* Output goes out as it is written: engines put the carriage return there themselves. */
static int clear_onlcr(int slave, struct error *err)
{
	struct termios mode;

	if (tcgetattr(slave, &mode) < 0)
		return fail_errno(err, "tcgetattr");
	mode.c_oflag &= ~(tcflag_t)ONLCR;
	if (tcsetattr(slave, TCSANOW, &mode) < 0)
		return fail_errno(err, "tcsetattr");
	return 0;
}

static int open_pair(const struct terminal_plan *plan, const struct credentials *user, int root,
		     int *master, int *slave, struct error *err)
{
	int unlock = 0;

	*master = open_master(root, err);
	if (*master < 0)
		return -1;
	if (ioctl(*master, TIOCSPTLCK, &unlock) < 0)
		return fail_errno(err, "unlock the pty");
	*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0)
		return fail_errno(err, "open the pty's slave");
	if (plan->size.ws_row && ioctl(*master, TIOCSWINSZ, &plan->size) < 0)
		return fail_errno(err, "set the window size");
	if (clear_onlcr(*slave, err) < 0)
		return -1;
	/* The group stays that of the mount (gid=5: tty). */
	if (fchown(*slave, user->uid, (gid_t)-1) < 0)
		return fail_errno(err, "give the pty to user %u", user->uid);
	return 0;
}

int terminal_open(const struct terminal_plan *plan, const struct credentials *user, int root,
		  int *master, int *slave, struct error *err)
{
	cleanup_fd int new_master = -1, new_slave = -1;

	if (open_pair(plan, user, root, &new_master, &new_slave, err) < 0)
		return fail_in(err, "process.terminal");
	*master = take_fd(&new_master);
	*slave = take_fd(&new_slave);
	return 0;
}

int terminal_make_controlling(int slave, struct error *err)
{
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return fail_errno(err, "process.terminal: make it the controlling terminal");
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(slave, fd) < 0)
			return fail_errno(err, "process.terminal: standard stream %d", fd);
	return 0;
}

int terminal_name(int master, char *buffer, size_t size, struct error *err)
{
	unsigned int number;

	if (ioctl(master, TIOCGPTN, &number) < 0)
		return fail_errno(err, "number of the pty");
	snprintf(buffer, size, "/dev/pts/%u", number);
	return 0;
}
