/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What floor.c is for a start: the other verbs of a runtime with nothing but what must be asked of
 * the kernel, upon what `floor -d STATE` has left running. A verb proves that the process lives,
 * as any must.
 *
 *	floor_verbs state STATE		list FOLDER (of STATEs)
 *	floor_verbs kill STATE SIGNAL	pause STATE	resume STATE
 *	floor_verbs delete STATE	kills what runs, waits for its end, removes cgroup and STATE
 *	floor_verbs exec STATE COMMAND...
 */
#include "base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct state {
	char text[256];
	pid_t pid;
	const char *cgroup;
};

static long must(long result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "floor_verbs: %s: %s\n", what, strerror(errno));
		_exit(111);
	}
	return result;
}

static size_t read_text(int folder, const char *path, char *text, size_t size)
{
	int fd = (int)must(openat(folder, path, O_RDONLY | O_CLOEXEC), path);
	ssize_t length = must(read(fd, text, size - 1), path);

	close(fd);
	text[length] = '\0';
	return (size_t)length;
}

/* Prints the record if asked to, once it is known that the process is there. */
static struct state *load(int folder, const char *path, bool print)
{
	static struct state state;
	char proc[32], stat[512];
	size_t length = read_text(folder, path, state.text, sizeof(state.text));

	state.pid = atoi(state.text);
	snprintf(proc, sizeof(proc), "/proc/%d/stat", state.pid);
	read_text(AT_FDCWD, proc, stat, sizeof(stat));
	if (print)
		must(write(STDOUT_FILENO, state.text, length), "output");
	state.cgroup = strchr(state.text, '\n') + 1;
	state.text[length - 1] = '\0';
	return &state;
}

static int list(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	must(folder ? 0 : -1, path);
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			load(dirfd(folder), entry->d_name, true);
	closedir(folder);
	return 0;
}

static void set(const struct state *state, const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", state->cgroup, name);
	fd = (int)must(open(path, O_WRONLY | O_CLOEXEC), path);
	must(write(fd, value, 1), path);
	close(fd);
}

/* Looks again for a while before it polls: the kernel holds such events back for 10 ms. */
static int freeze(const struct state *state, const char *value)
{
	char path[128], events[64], wanted[] = "frozen ?";
	int fd;

	wanted[7] = *value;
	snprintf(path, sizeof(path), "%s/cgroup.events", state->cgroup);
	fd = (int)must(open(path, O_RDONLY | O_CLOEXEC), path);
	set(state, "cgroup.freeze", value);
	for (int looks = 0;; looks++) {
		ssize_t length = must(pread(fd, events, sizeof(events) - 1, 0), path);

		events[length] = '\0';
		if (strstr(events, wanted))
			return 0;
		if (looks > 1000)
			poll(&(struct pollfd){ .fd = fd, .events = POLLPRI }, 1, 1000);
	}
}

static int open_process(const struct state *state)
{
	return (int)must(syscall(SYS_pidfd_open, state->pid, 0), "pidfd_open");
}

static int kill_it(const struct state *state, int signal)
{
	must(syscall(SYS_pidfd_send_signal, open_process(state), signal, NULL, 0), "kill");
	return 0;
}

static int delete_it(const struct state *state, const char *path)
{
	int process = open_process(state);

	set(state, "cgroup.kill", "1");
	poll(&(struct pollfd){ .fd = process, .events = POLLIN }, 1, 10000);
	while (rmdir(state->cgroup))
		must(errno == EBUSY ? 0 : -1, state->cgroup);
	return (int)must(unlink(path), path);
}

static _Noreturn void execute(char **command)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { 0 };
	unsigned int keep = 1U << CAP_AUDIT_WRITE | 1U << CAP_KILL | 1U << CAP_NET_BIND_SERVICE;

	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "_ses.floor");
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (cap > 31 || !(keep >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap);
	sets[0].effective = sets[0].permitted = keep;
	must(syscall(SYS_capset, &head, sets), "capset");
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	execv(command[0], command);
	must(-1, command[0]);
	abort();
}

static int exec(const struct state *state, char **command)
{
	int cgroup = (int)must(open(state->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "cgroup");
	struct clone_args args = { .flags = CLONE_INTO_CGROUP,
				   .exit_signal = SIGCHLD,
				   .cgroup = (unsigned int)cgroup };
	int status;
	pid_t pid;

	must(setns(open_process(state), CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
						CLONE_NEWUTS | CLONE_NEWCGROUP),
	     "setns");
	pid = (pid_t)must(sys_clone3(&args), "clone3");
	if (pid == 0)
		execute(command);
	must(waitpid(pid, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";

	if (strcmp(verb, "list") == 0)
		return list(argv[2]);
	if (strcmp(verb, "state") == 0)
		return load(AT_FDCWD, argv[2], true), 0;
	if (strcmp(verb, "pause") == 0 || strcmp(verb, "resume") == 0)
		return freeze(load(AT_FDCWD, argv[2], false), verb[0] == 'p' ? "1" : "0");
	if (strcmp(verb, "delete") == 0)
		return delete_it(load(AT_FDCWD, argv[2], false), argv[2]);
	if (strcmp(verb, "kill") == 0 && argc > 3)
		return kill_it(load(AT_FDCWD, argv[2], false), atoi(argv[3]));
	if (strcmp(verb, "exec") == 0 && argc > 3)
		return exec(load(AT_FDCWD, argv[2], false), argv + 3);
	fprintf(stderr, "usage: floor_verbs VERB STATE [ARGUMENT...]\n");
	return 2;
}
