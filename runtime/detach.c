/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/program.h"
#include "base/sys.h"
#include "runtime/launch_network.h"
#include "runtime/sync.h"

struct pipe {
	int read, write;
};

struct monitor {
	struct prepared *prepared;
	int sync;
	char program[PATH_MAX], self[PATH_MAX];
	struct pipe out, err;
	int log, null;
};

static int make_pipe(struct pipe *result, struct error *err)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail_errno(err, "make a pipe");
	result->read = fds[0];
	result->write = fds[1];
	return 0;
}

/*
 * No terminal. The caller's standard streams and directory stay until the container runs, for
 * hooks, warnings and relative paths; the container never has them.
 */
static int leave_caller(struct monitor *monitor, struct error *err)
{
	monitor->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (monitor->null < 0 || setsid() < 0)
		return fail_errno(err, "detach from the caller");
	monitor->prepared->launch.stdio[0] = monitor->null;
	return 0;
}

/* With a terminal its master is the log's only source, otherwise two pipes are. */
static int open_streams(struct monitor *monitor, struct error *err)
{
	struct launch *launch = &monitor->prepared->launch;

	launch->keep_console = true;
	if (monitor->prepared->plan.terminal.wanted)
		return 0;
	if (make_pipe(&monitor->out, err) < 0 || make_pipe(&monitor->err, err) < 0)
		return -1;
	launch->stdio[1] = monitor->out.write;
	launch->stdio[2] = monitor->err.write;
	return 0;
}

static int launch_container(struct monitor *monitor, struct error *err)
{
	struct launch *launch = &monitor->prepared->launch;
	cleanup_fd int self = pidfd_open(getpid(), 0);

	if (self < 0)
		return fail_errno(err, "open the monitor's pidfd");
	if (identity_get(self, getpid(), &launch->state->monitor, err) < 0 ||
	    open_streams(monitor, err) < 0 || launch_create(launch, err) < 0)
		return -1;
	monitor->log =
		openat(launch->data_dir, LOG_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (monitor->log < 0) {
		struct error other;

		fail_errno(err, "create the log");
		launch_remove(launch, &other);
		return -1;
	}
	return launch_start(launch, err);
}

/* Keeps fd over the coming execve and writes its number. */
static char *pass(int fd, char text[16])
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, 0);
	snprintf(text, 16, "%d", fd);
	return text;
}

static _Noreturn void become_monitor(struct monitor *monitor)
{
	struct launch *launch = &monitor->prepared->launch;
	char numbers[5][16];
	int out = launch->console >= 0 ? launch->console : monitor->out.read;
	char *environment[] = { NULL };
	char *argv[] = {
		(char *)program_base(monitor->program),
		pass(launch->pidfd, numbers[0]),
		pass(out, numbers[1]),
		pass(monitor->err.read, numbers[2]),
		pass(monitor->log, numbers[3]),
		pass(launch->data_dir, numbers[4]),
		launch->state->keep ? (char[]){ "keep" } : (char[]){ "--" },
		monitor->self,
		(char[]){ "--root" },
		(char *)launch->settings->root,
		(char[]){ "--data-root" },
		(char *)launch->settings->data_root,
		(char[]){ "cleanup" },
		launch->state->keep ? (char[]){ "--remove=false" } : (char[]){ "--remove" },
		launch->state->id,
		NULL,
	};

	/* the data folder's descriptor stays open: its lock must not */
	launch_unlock(launch);
	if (chdir("/") < 0)
		_exit(125);
	for (int i = 0; i < 3; i++)
		dup2(monitor->null, i);
	execve(monitor->program, argv, environment);
	_exit(125);
}

static _Noreturn void monitor_main(struct monitor *monitor)
{
	struct error err;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (leave_caller(monitor, &err) < 0 || launch_container(monitor, &err) < 0) {
		sync_send_error(monitor->sync, &err, monitor->prepared->launch.exit_status);
		_exit(125);
	}
	launch_network_settle(&monitor->prepared->launch);
	prepared_keep(monitor->prepared);
	/* the container runs: if nobody waits for the message any more, it needs us all the same */
	launch_unlock(&monitor->prepared->launch);
	if (notify_wait(&monitor->prepared->launch.notify, monitor->prepared->launch.pidfd, &err) <
	    0)
		log_warning("%s", err.text);
	sync_send(monitor->sync, SYNC_READY, 0, -1, &err);
	become_monitor(monitor);
}

int detach_run(struct prepared *prepared, struct error *err)
{
	struct monitor monitor = {
		.prepared = prepared,
		.out = { -1, -1 },
		.err = { -1, -1 },
		.log = -1,
		.null = -1,
	};
	struct sync_message message;
	int pair[2];
	pid_t pid;

	if (program_companion("ctr-monitor", monitor.program, sizeof(monitor.program), err) < 0 ||
	    program_path(monitor.self, sizeof(monitor.self), err) < 0 ||
	    launch_network_begin(&prepared->launch, err) < 0 || sync_pair(pair, err) < 0)
		return -1;
	monitor.sync = pair[1];
	pid = fork();
	if (pid == 0) {
		close_fd(&pair[0]);
		monitor_main(&monitor);
	}
	close_fd(&pair[1]);
	if (pid > 0)
		launch_network_forget(&prepared->launch);
	if (pid < 0) {
		close_fd(&pair[0]);
		return fail_errno(err, "fork the monitor");
	}
	if (sync_expect(pair[0], SYNC_READY, &message, err) < 0) {
		prepared->launch.exit_status = message.exit_status;
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		close_fd(&pair[0]);
		return -1;
	}
	/* the end of file: the monitor is its own small program now, and the locks are free */
	sync_expect(pair[0], SYNC_END, &message, err);
	close_fd(&pair[0]);
	return 0;
}
