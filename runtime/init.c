/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/init.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/step.h"
#include "base/sys.h"
#include "net/loopback.h"
#include "runtime/interrupt.h"
#include "runtime/signals.h"
#include "runtime/sync.h"

struct init {
	struct launch *launch;
	struct plan *plan;
	int sync;	 /* to the parent; from start.sock on to `ctr start` */
	pid_t pid;	 /* as the host numbers us */
	int exit_status; /* 126 or 127 if it is the program that is at fault */
};

/* We are in the new namespaces, with the parent's privileges unless one is a user namespace. */
static int begin(struct init *init, struct error *err)
{
	/* until the container is complete it goes with its maker; cleared in report_ready() */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return fail_errno(err, "ask for the parent's death signal");
	/* a lock belongs to the open folder, whoever has it: the parent alone is to hold it */
	close_fd(&init->launch->state_dir);
	close_fd(&init->launch->data_dir);
	close_fd(&init->launch->sync);
	return process_lead_session(err);
}

static int wait_mapped(struct init *init, struct error *err)
{
	struct sync_message message;

	if (sync_expect(init->sync, SYNC_MAPPED, &message, err) < 0)
		return -1;
	init->pid = message.pid;
	signals_reset_these(message.ignored);
	return 0;
}

/* From here on the process has the privileges that it will set the container up with. */
static int join_namespaces(struct init *init, struct error *err)
{
	const struct namespaces_plan *plan = &init->plan->namespaces;

	if (namespaces_join(&init->launch->namespaces, err) < 0)
		return -1;
	if (!plan->own[NAMESPACE_USER] && !plan->path[NAMESPACE_USER])
		return 0;
	if (sys_become_root() < 0)
		return fail_errno(err, "become root of the user namespace");
	/* changing the user took both back */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail_errno(err, "protect the process");
	return 0;
}

static int new_cgroup_namespace(struct init *init, struct error *err)
{
	return namespaces_unshare_cgroup(&init->plan->namespaces, err);
}

static int raise_loopback(struct init *init, struct error *err)
{
	return init->plan->raise_loopback ? loopback_raise(err) : 0;
}

static int set_names(struct init *init, struct error *err)
{
	const struct spec *spec = init->plan->spec;

	if (spec->hostname && sethostname(spec->hostname, strlen(spec->hostname)) < 0)
		return fail_errno(err, "hostname: set '%s'", spec->hostname);
	if (spec->domainname && setdomainname(spec->domainname, strlen(spec->domainname)) < 0)
		return fail_errno(err, "domainname: set '%s'", spec->domainname);
	return 0;
}

static int attach_root(struct init *init, struct error *err)
{
	struct launch *launch = init->launch;
	bool bare = launch->launchpad.namespace >= 0;

	if (bare && launchpad_furnish(&launch->launchpad, err) < 0)
		return -1;
	return rootfs_attach(&launch->rootfs, bare, err);
}

static int mount_all(struct init *init, struct error *err)
{
	return rootfs_mount(&init->launch->rootfs, err);
}

static int replace_stdio(const int fds[3], struct error *err)
{
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0 && dup2(fds[i], i) < 0)
			return fail_errno(err, "set up the standard streams");
	return 0;
}

static int open_terminal(struct init *init, struct error *err)
{
	cleanup_fd int master = -1, slave = -1;
	struct plan *plan = init->plan;
	int root = init->launch->rootfs.root;

	if (!plan->terminal.wanted)
		return replace_stdio(init->launch->stdio, err);
	if (terminal_open(&plan->terminal, &plan->process.credentials, root, &master, &slave, err) <
		    0 ||
	    console_attach(root, slave, err) < 0 || terminal_make_controlling(slave, err) < 0)
		return -1;
	return sync_send(init->sync, SYNC_CONSOLE, 0, master, err);
}

static int run_mount_hooks(struct init *init, struct error *err)
{
	struct plan *plan = init->plan;
	struct hooks_run run = {
		.kind = "createContainer",
		.output = init->launch->hook_output,
		/* they see the host's files, and the container's root as ".": as in runc */
		.directory = init->launch->rootfs.root,
	};
	struct sync_message message;

	if (!plan->mount_hooks)
		return 0;
	if (sync_send(init->sync, SYNC_MOUNTED, 0, -1, err) < 0 ||
	    sync_expect(init->sync, SYNC_HOOKED, &message, err) < 0)
		return -1;
	run.state = hook_state_text(&plan->hook_state, STATUS_CREATING, init->pid);
	return hooks_run(&plan->hooks.create_container, &run, err);
}

/* The last moment with a writable root and /proc/sys and with the host's mounts still there. */
static int protect_root(struct init *init, struct error *err)
{
	const struct launch *launch = init->launch;

	if (sysctl_apply(&init->plan->sysctl, launch->proc, err) < 0 ||
	    process_prepare(&init->plan->process, launch->rootfs.root, launch->proc, err) < 0)
		return -1;
	return rootfs_protect(&init->launch->rootfs, err);
}

static int pivot(struct init *init, struct error *err)
{
	if (rootfs_pivot(&init->launch->rootfs, init->plan->no_pivot, init->launch->proc, err) < 0)
		return -1;
	return namespaces_settle(&init->launch->namespaces, err);
}

/*
 * `create` ends with READY, so that comes when nothing can fail any more, and an agent has the
 * listener before the program begins. A start that fails also leaves no file with a pid, and how an
 * earlier run has ended stays known.
 */
static bool is_created_late(const struct init *init)
{
	const struct launch *launch = init->launch;

	return launch->start_socket || launch->pid_file || launch->again ||
	       init->plan->seccomp.listener;
}

/* The parent has things to do before START: it does them while we become the user. */
static int report_root(struct init *init, struct error *err)
{
	return is_created_late(init) ? 0 : sync_send(init->sync, SYNC_READY, 0, -1, err);
}

/* The host's tree is gone. What follows makes us the container's user. */
static int become_user(struct init *init, struct error *err)
{
	struct process_plan *process = &init->plan->process;

	if (process_become_user(process, init->launch->proc, err) < 0)
		return -1;
	if (process_find_executable(process, err) < 0) {
		init->exit_status = process_exit_status(err, 0);
		return -1;
	}
	return 0;
}

/*
 * A filter with a listener is loaded before the container counts as created: by then the agent
 * behind linux.seccomp.listenerPath has its descriptor, as with every other runtime. What we call
 * from here on goes through the filter, so there is no call more than it takes to wait.
 */
static int load_filter_with_listener(struct init *init, struct error *err)
{
	const struct plan *plan = init->plan;
	cleanup_fd int listener = -1;

	if (!plan->seccomp.listener)
		return 0;
	if (process_limit(&init->plan->process, err) < 0)
		return -1;
	listener = seccomp_apply(&plan->seccomp, err);
	if (listener < 0)
		return -1;
	return sync_send(init->sync, SYNC_LISTENER, 0, listener, err);
}

/* keep: in any order, -1 where there is none. */
static int close_all_but(unsigned int first, int *keep, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		int lowest = -1;
		unsigned int end;

		for (size_t j = 0; j < count; j++)
			if (keep[j] >= (int)first && (lowest < 0 || keep[j] < lowest))
				lowest = keep[j];
		if (lowest < 0)
			break;
		end = (unsigned int)lowest;
		if (end > first && close_range(first, end - 1, 0) < 0)
			return fail_errno(err, "close_range");
		first = end + 1;
	}
	return close_range(first, ~0U, 0) < 0 ? fail_errno(err, "close_range") : 0;
}

/*
 * Between create and start may lie days: nothing of the host stays open meanwhile, neither ours nor
 * what ctr inherited, but what the container is to have, and files that were named for the
 * output of startContainer hooks.
 */
static int close_all_but_needed(const struct init *init, struct error *err)
{
	const struct hook_output *output = &init->launch->hook_output;
	bool hooks = init->plan->hooks.start_container.count > 0;
	int keep[] = { init->sync, init->launch->start_listener, hooks ? output->out : -1,
		       hooks ? output->error : -1 };

	/* the log is among them */
	log_setup(&(struct log){ .fd = -1 });
	return close_all_but(3 + init->plan->process.preserve_fds, keep, ARRAY_SIZE(keep), err);
}

/*
 * From here on the parent need not live. If it dies before it sent SYNC_START, the end of file
 * of the socket tells (run), or `ctr start` or a delete will come (create).
 */
static int report_ready(struct init *init, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0)
		return fail_errno(err, "outlive the parent");
	/* before create returns: what is then seen and signalled is a container that waits */
	if (init->launch->start_socket) {
		if (close_all_but_needed(init, err) < 0)
			return -1;
		signals_end_process();
	}
	return is_created_late(init) ? sync_send(init->sync, SYNC_READY, 0, -1, err) : 0;
}

/* Who connects and says nothing only wanted to see whether we still wait. */
static int wait_start_socket(struct init *init, struct error *err)
{
	struct sync_message saved;

	/* a ctr that was killed before it saved the state leaves nobody who knows of us */
	if (sync_expect(init->sync, SYNC_SAVED, &saved, err) < 0)
		return -1;
	close_fd(&init->sync);
	for (;;) {
		struct sync_message message;
		struct error ignored;

		init->sync = accept4(init->launch->start_listener, NULL, NULL, SOCK_CLOEXEC);
		if (init->sync < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			return fail_errno(err, "wait for start");
		}
		if (sync_receive(init->sync, &message, &ignored) == 0 && message.kind == SYNC_START)
			break;
		close_fd(&init->sync);
	}
	close_fd(&init->launch->start_listener);
	return 0;
}

static int wait_start(struct init *init, struct error *err)
{
	struct sync_message message;

	if (init->launch->start_socket)
		return wait_start_socket(init, err);
	return sync_expect(init->sync, SYNC_START, &message, err);
}

static int run_start_hooks(struct init *init, struct error *err)
{
	struct plan *plan = init->plan;
	const struct hooks_run run = {
		.kind = "startContainer",
		.output = init->launch->hook_output,
		.directory = -1,
		.state = hook_state_text(&plan->hook_state, STATUS_CREATED, init->pid),
	};

	return hooks_run(&plan->hooks.start_container, &run, err);
}

static int set_limits(struct init *init, struct error *err)
{
	/* of a filter with a listener they were set in front of it */
	return init->plan->seccomp.listener ? 0 : process_limit(&init->plan->process, err);
}

static int load_filter(struct init *init, struct error *err)
{
	const struct plan *plan = init->plan;

	return plan->seccomp.listener ? 0 : seccomp_apply(&plan->seccomp, err);
}

static int execute(struct init *init, struct error *err)
{
	process_execute(&init->plan->process, err);
	init->exit_status = process_exit_status(err, 0);
	return -1;
}

STEPS(init);

static const struct init_step init_steps[] = {
	{ "init: begin", begin, NULL },
	{ "init: wait for the id maps", wait_mapped, NULL },
	{ "init: join namespaces", join_namespaces, NULL },
	{ "init: cgroup namespace", new_cgroup_namespace, NULL },
	{ "init: loopback", raise_loopback, NULL },
	{ "init: hostname", set_names, NULL },
	{ "init: attach root", attach_root, NULL },
	{ "init: mounts", mount_all, NULL },
	{ "init: terminal", open_terminal, NULL },
	{ "init: createContainer hooks", run_mount_hooks, NULL },
	{ "init: masks", protect_root, NULL },
	{ "init: pivot root", pivot, NULL },
	{ "init: root is ready", report_root, NULL },
	{ "init: user", become_user, NULL },
	{ "init: seccomp with a listener", load_filter_with_listener, NULL },
	{ "init: ready", report_ready, NULL },
	{ "init: wait for start", wait_start, NULL },
	{ "init: limits", set_limits, NULL },
	{ "init: seccomp", load_filter, NULL },
	{ "init: startContainer hooks", run_start_hooks, NULL },
	{ "init: execute", execute, NULL },
};

void init_main(struct launch *launch)
{
	struct init init = {
		.launch = launch,
		.plan = launch->plan,
		.sync = launch->child_sync,
	};
	struct error err;

	interrupt_ignore();
	init_run(init_steps, ARRAY_SIZE(init_steps), &init, &err);
	/* here only after a failure */
	sync_send_error(init.sync, &err, init.exit_status);
	_exit(1);
}
