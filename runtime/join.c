/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec: a process joins a running container. The parent sets only where its children's pids will
 * be; the child is cloned right into the container's cgroup and joins the other namespaces
 * itself, all at once through the pidfd of the container's first process.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/step.h"
#include "base/sys.h"
#include "cgroup/freeze.h"
#include "runtime/console_socket.h"
#include "runtime/container.h"
#include "runtime/exec_process.h"
#include "runtime/foreground.h"
#include "runtime/handle.h"
#include "runtime/interrupt.h"
#include "runtime/join_cgroup.h"
#include "runtime/listener.h"
#include "runtime/namespaces.h"
#include "runtime/pid_file.h"
#include "runtime/process.h"
#include "runtime/seccomp.h"
#include "runtime/seccomp_cache.h"
#include "runtime/security_label.h"
#include "runtime/signals.h"
#include "runtime/sync.h"
#include "runtime/terminal.h"
#include "runtime/terminal_host.h"

/* How long a process that was killed may still look alive. */
#define ENDING_MS 50

/* The exit status when ctr fails, whatever the reason: what runc and its callers have. */
#define FAILED_STATUS 255

struct join {
	const struct settings *settings;
	const struct exec_options *options;
	struct arena *arena;
	struct handle *handle;
	struct spec spec;
	struct process_plan process;
	struct terminal_plan terminal;
	struct seccomp_plan seccomp;
	struct hook_state hook_state;
	uint64_t namespaces; /* CLONE_NEW* that differ from ours */
	uint64_t ignored;    /* signals, of the child's */
	int cgroup, proc, own_pid, sync, child_sync, pidfd, console, console_sock;
	pid_t pid;
	struct foreground foreground;
	int exit_status; /* not 0: the program could not be executed */
};

/* Returns 1 if the container's namespace of this type is not ctr's own, 0 if it is. */
static int is_other(const struct join *join, enum namespace_type type, struct error *err)
{
	struct stat own, theirs;
	char path[64];

	snprintf(path, sizeof(path), "%d/ns/%s", (int)join->handle->state.init.pid,
		 namespace_file(type));
	if (fstatat(join->proc, path, &theirs, 0) < 0) {
		if (errno == ENOENT && type == NAMESPACE_TIME)
			return 0; /* Linux before 5.6 */
		return fail_errno(err, "/proc/%s", path);
	}
	snprintf(path, sizeof(path), "self/ns/%s", namespace_file(type));
	if (fstatat(join->proc, path, &own, 0) < 0)
		return fail_errno(err, "/proc/%s", path);
	return own.st_ino != theirs.st_ino;
}

/*
 * Which namespaces of the container are not ctr's own: only those can and need be joined. What was
 * made for it is another one than ours; but who is in a user namespace may not enter it again.
 */
static int find_namespaces(struct join *join, struct error *err)
{
	struct namespaces_plan made;

	namespaces_plan(&join->spec, &made);
	for (int type = 0; type < NAMESPACE_COUNT; type++) {
		bool sure = made.own[type] && type != NAMESPACE_USER;
		int other = sure ? 1 : is_other(join, type, err);

		if (other < 0)
			return -1;
		if (other)
			join->namespaces |= namespace_flag(type);
	}
	return 0;
}

/* The start of the container has mostly left the program where the next one finds it. */
static int plan_seccomp(struct join *join, const struct spec_seccomp *profile, struct error *err)
{
	struct seccomp_key key;

	if (!profile)
		return 0;
	seccomp_cache_key(profile, &key);
	if (seccomp_cache_find(join->arena, join->settings->root, &key, profile, &join->seccomp))
		return 0;
	return seccomp_plan(join->arena, profile, &join->seccomp, err);
}

static int plan(struct join *join, struct error *err)
{
	const struct exec_options *options = join->options;
	struct process_context context = {
		.id = options->id,
		.joins = true,
		.keyring = true,
		.preserve_fds = (unsigned int)options->preserve_fds,
		.last_capability = capability_last(),
	};
	struct spec_process process;

	if (handle_read_spec(join->arena, join->handle, &join->spec, err) < 0 ||
	    find_namespaces(join, err) < 0 ||
	    exec_process_spec(join->arena, options, join->proc, join->handle, &join->spec, &process,
			      err) < 0)
		return -1;
	if (join->spec.linux) {
		context.personality = join->spec.linux->personality;
		context.memory_policy = join->spec.linux->memory_policy;
		if (plan_seccomp(join, join->spec.linux->seccomp, err) < 0)
			return -1;
	}
	context.user_namespace = join->namespaces & CLONE_NEWUSER;
	context.seccomp = join->seccomp.program.filter != NULL;
	if (process_plan(join->arena, &process, &context, &join->process, err) < 0 ||
	    terminal_plan(&process, &join->terminal, err) < 0)
		return -1;
	if (security_label_check(
		    &(struct security_labels){ .apparmor_profile = process.apparmor_profile,
					       .selinux_label = process.selinux_label },
		    err) < 0)
		return -1;
	if (options->console_socket && !process.terminal)
		return fail(err, EINVAL, "--console-socket: the process has no terminal");
	if (process.terminal && options->detach && !options->console_socket)
		return fail(err, EINVAL, "--detach with --tty needs --console-socket");
	hook_state_plan(join->arena, &join->spec, join->handle->state.id,
			join->handle->state.bundle, &join->hook_state);
	return 0;
}

/* A clone into a frozen cgroup would not return. */
static int open_cgroup(struct join *join, struct error *err)
{
	/* whether the container's own is frozen was just seen, but not whether it is about to be */
	const bool seen = join->handle->cgroup >= 0 && !join->options->cgroup;
	int frozen;

	if (join_cgroup_open(join->arena, join->handle, join->proc, join->options->cgroup,
			     &join->cgroup, err) < 0)
		return -1;
	if (join->cgroup < 0 || join->options->ignore_paused)
		return 0;
	if (seen && join->handle->status == STATUS_PAUSED)
		frozen = CGROUP_FROZEN;
	else
		frozen = seen ? cgroup_is_asked_frozen(join->cgroup, err)
			      : cgroup_is_frozen(join->cgroup, err);
	if (frozen < 0)
		return -1;
	if (frozen != CGROUP_RUNNING)
		return fail(err, EBUSY,
			    "%s: cannot exec in a paused container (use --ignore-paused to "
			    "override)",
			    join->options->id);
	return 0;
}

static int open_sockets(struct join *join, struct error *err)
{
	int pair[2];

	if (join->options->console_socket) {
		join->console_sock = console_socket_connect(join->options->console_socket, err);
		if (join->console_sock < 0)
			return -1;
	}
	if (sync_pair(pair, err) < 0)
		return -1;
	join->sync = pair[0];
	join->child_sync = pair[1];
	return 0;
}

/* Child side. */

static bool has_own_mounts(const struct spec *spec)
{
	for (size_t i = 0; spec->linux && i < spec->linux->namespaces.count; i++)
		if (spec->linux->namespaces.items[i].type == NAMESPACE_MOUNT)
			return !spec->linux->namespaces.items[i].path;
	return false;
}

/* Where the container is in a mount namespace of somebody else its root is not that of this. */
static int open_root(const struct join *join, struct error *err)
{
	char path[32];
	int root;

	snprintf(path, sizeof(path), "%d/root", (int)join->handle->state.init.pid);
	root = openat(join->proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? fail_errno(err, "open the container's root") : root;
}

static int child_namespaces(struct join *join, struct error *err)
{
	const int flags = (int)(join->namespaces & ~(uint64_t)CLONE_NEWPID);
	cleanup_fd int root = -1;

	if (!has_own_mounts(&join->spec)) {
		root = open_root(join, err);
		if (root < 0)
			return -1;
	}
	if (flags && setns(join->handle->pidfd, flags) < 0)
		return fail_errno(err, "join the container's namespaces");
	if (root >= 0 && (fchdir(root) < 0 || chroot(".") < 0))
		return fail_errno(err, "enter the container's root");
	if (!(join->namespaces & CLONE_NEWUSER))
		return 0;
	if (sys_become_root() < 0)
		return fail_errno(err, "become root of the user namespace");
	return 0;
}

static int child_terminal(struct join *join, int root, struct error *err)
{
	cleanup_fd int master = -1, slave = -1;

	if (!join->terminal.wanted)
		return 0;
	if (terminal_open(&join->terminal, &join->process.credentials, root, &master, &slave, err) <
		    0 ||
	    terminal_make_controlling(slave, err) < 0)
		return -1;
	return sync_send(join->child_sync, SYNC_CONSOLE, 0, master, err);
}

static int child_seccomp(struct join *join, struct error *err)
{
	cleanup_fd int listener = -1;
	int result = seccomp_apply(&join->seccomp, err);

	if (result < 0)
		return -1;
	if (!join->seccomp.listener)
		return 0;
	listener = result;
	return sync_send(join->child_sync, SYNC_LISTENER, 0, listener, err);
}

static int child_become_user(struct join *join, struct error *err)
{
	cleanup_fd int root = -1;

	if (process_protect(join->ignored, err) < 0)
		return -1;
	root = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "open the container's root");
	if (child_terminal(join, root, err) < 0 ||
	    process_prepare(&join->process, root, join->proc, err) < 0)
		return -1;
	return process_become_user(&join->process, join->proc, err);
}

static int child_execute(struct join *join, struct error *err)
{
	if (process_find_executable(&join->process, err) < 0) {
		join->exit_status = process_exit_status(err, 0);
		return -1;
	}
	if (process_limit(&join->process, err) < 0 || child_seccomp(join, err) < 0)
		return -1;
	process_execute(&join->process, err);
	join->exit_status = process_exit_status(err, 0);
	return -1;
}

static int child_wait(struct join *join, struct error *err)
{
	struct sync_message message;

	if (sync_expect(join->child_sync, SYNC_MAPPED, &message, err) < 0)
		return -1;
	join->ignored = message.ignored;
	return 0;
}

STEPS(join);

static const struct join_step child_steps[] = {
	{ "exec: wait for the parent", child_wait, NULL },
	{ "exec: namespaces", child_namespaces, NULL },
	{ "exec: user", child_become_user, NULL },
	{ "exec: execute", child_execute, NULL },
};

static _Noreturn void child_main(struct join *join)
{
	struct error err;

	interrupt_ignore();
	close_fd(&join->sync);
	join_run(child_steps, ARRAY_SIZE(child_steps), join, &err);
	sync_send_error(join->child_sync, &err, join->exit_status);
	_exit(FAILED_STATUS);
}

/* Parent side. */

/* As fork(2); where the container's cgroup takes no process, into that of its first process. */
static pid_t clone_into_cgroup(struct join *join, struct error *err)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | (join->cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uintptr_t)&join->pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = join->cgroup >= 0 ? (uint64_t)join->cgroup : 0,
	};
	pid_t pid = sys_clone3(&args);

	if (pid >= 0 || join->cgroup < 0 ||
	    (errno != EBUSY && errno != EOPNOTSUPP && errno != ENODEV))
		return pid < 0 ? fail_errno(err, "clone a process into the container") : pid;
	/* in the words of runc */
	if (join->options->cgroup)
		return fail_errno(err, "--cgroup: adding pid of the new process to cgroups");
	if (join_cgroup_of_init(join->arena, join->handle, join->proc, &join->cgroup, err) < 0)
		return -1;
	args.cgroup = (uint64_t)join->cgroup;
	pid = sys_clone3(&args);
	return pid < 0 ? fail_errno(err, "clone a process into the container") : pid;
}

static int clone_process(struct join *join, struct error *err)
{
	pid_t pid;

	if (scheduling_set_initial_cpus(&join->process.scheduling, err) < 0)
		return -1;
	if (join->namespaces & CLONE_NEWPID) {
		join->own_pid = openat(join->proc, "self/ns/pid", O_RDONLY | O_CLOEXEC);
		if (join->own_pid < 0 || setns(join->handle->pidfd, CLONE_NEWPID) < 0)
			return fail_errno(err, "join the container's pid namespace");
	}
	/* the child is seen in the container at once: it is born unfit to be traced there */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail_errno(err, "protect the process");
	pid = clone_into_cgroup(join, err);
	if (pid == 0)
		child_main(join);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (pid < 0)
		return -1;
	join->pid = pid;
	close_fd(&join->child_sync);
	/* from a user namespace there is no way back, and no other process to be made */
	if (join->own_pid >= 0 && setns(join->own_pid, CLONE_NEWPID) < 0 && errno != EPERM)
		return fail_errno(err, "go back to the own pid namespace");
	return 0;
}

static int kill_process(struct join *join, struct error *err)
{
	(void)err;
	if (join->pidfd < 0)
		return 0;
	pidfd_send_signal(join->pidfd, SIGKILL, NULL, 0);
	while (waitid(P_PIDFD, (id_t)join->pidfd, &(siginfo_t){ 0 }, WEXITED) < 0 && errno == EINTR)
		;
	close_fd(&join->pidfd);
	return 0;
}

static int release_child(struct join *join, struct error *err)
{
	if (resource_limits_raise(&join->process.resource_limits, join->pid, err) < 0 ||
	    scheduling_apply(&join->process.scheduling, join->proc, join->pid, err) < 0 ||
	    resctrl_enter(&join->handle->state.resctrl, join->pid, err) < 0)
		return -1;
	return sync_send_mapped(join->sync, join->pid, signals_ignored(join->proc), err);
}

static int take_console(struct join *join, int master, struct error *err)
{
	join->console = master;
	if (join->console_sock < 0) {
		terminal_host_copy_size(STDIN_FILENO, master);
		return 0;
	}
	return console_socket_send_master(join->console_sock, master, err);
}

static int wait_executed(struct join *join, struct error *err)
{
	for (;;) {
		struct sync_message message;
		int result = 0;

		if (sync_receive(join->sync, &message, err) < 0) {
			join->exit_status = message.exit_status;
			return -1;
		}
		if (message.kind == SYNC_END)
			return 0;
		if (message.kind == SYNC_CONSOLE)
			result = take_console(join, message.fd, err);
		else if (message.kind == SYNC_LISTENER)
			result = listener_send(&join->seccomp, &join->hook_state, join->pid,
					       message.fd, err);
		else
			result = fail(err, EPROTO, "unexpected message %d", message.kind);
		if (result < 0)
			return -1;
	}
}

static int write_pid_file(struct join *join, struct error *err)
{
	return pid_file_write(join->options->pid_file, join->pid, err);
}

static int hand_out_pidfd(struct join *join, struct error *err)
{
	return console_socket_send_pidfd(join->options->pidfd_socket, join->pidfd, "setns", err);
}

static const struct join_step parent_steps[] = {
	{ "plan", plan, NULL },
	{ "cgroup", open_cgroup, NULL },
	{ "sockets", open_sockets, NULL },
	{ "clone", clone_process, kill_process },
	{ "pidfd socket", hand_out_pidfd, NULL },
	{ "release", release_child, NULL },
	{ "execute", wait_executed, NULL },
	{ "pid file", write_pid_file, NULL },
};

/* An ending process loses its namespaces before its pidfd tells. */
static bool has_ended(const struct join *join)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/ns/mnt", (int)join->handle->state.init.pid);
	return identity_wait_end(join->handle->pidfd, ENDING_MS) ||
	       (join->proc >= 0 && faccessat(join->proc, path, F_OK, 0) < 0);
}

static void join_close(struct join *join)
{
	foreground_end(&join->foreground);
	close_fd(&join->cgroup);
	close_fd(&join->proc);
	close_fd(&join->own_pid);
	close_fd(&join->sync);
	close_fd(&join->child_sync);
	close_fd(&join->pidfd);
	close_fd(&join->console);
	close_fd(&join->console_sock);
}

static int run(struct join *join, int *exit_status, struct error *err)
{
	if (!join->options->detach && foreground_begin(&join->foreground, false, err) < 0)
		return -1;
	join->proc = openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (join->proc < 0)
		return fail_errno(err, "open /proc");
	if (join_run(parent_steps, ARRAY_SIZE(parent_steps), join, err) < 0)
		return -1;
	if (join->options->detach) {
		*exit_status = 0;
		return 0;
	}
	if (join->console_sock >= 0)
		close_fd(&join->console);
	return foreground_wait(&join->foreground, join->pidfd, join->pid, take_fd(&join->console),
			       exit_status, err);
}

int container_exec(const struct settings *settings, const struct exec_options *options,
		   int *exit_status, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct join join = {
		.settings = settings,
		.options = options,
		.arena = &arena,
		.handle = &handle,
		.cgroup = -1,
		.proc = -1,
		.own_pid = -1,
		.sync = -1,
		.child_sync = -1,
		.pidfd = -1,
		.console = -1,
		.console_sock = -1,
		.foreground = { .signals = -1 },
	};
	int result;

	*exit_status = FAILED_STATUS;
	if (handle_open(settings, options->id, HANDLE_NO_LOCK, &arena, &handle, err) < 0 ||
	    handle_allow(&handle, "exec in",
			 1U << STATUS_CREATED | 1U << STATUS_RUNNING | 1U << STATUS_PAUSED,
			 err) < 0)
		return fail_in(err, "exec failed");
	result = run(&join, exit_status, err);
	if (result < 0) {
		/* whatever step noticed it first */
		if (!join.exit_status && has_ended(&join))
			fail(err, ESRCH, "%s: container not running", options->id);
		fail_in(err, "exec failed");
	}
	join_close(&join);
	return result;
}
