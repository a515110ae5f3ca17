/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/sys.h"

/* The oldest kernel that ctr is made for (Debian 12 has 6.1, Ubuntu 22.04 has 5.15). */
#define OLDEST_MAJOR 5
#define OLDEST_MINOR 15

void probe_kernel(const struct check *check, struct finding *finding)
{
	struct utsname name;
	int major = 0, minor = 0;

	(void)check;
	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	finding_set(finding, FINDING_OK, name.release, NULL);
	snprintf(finding->found, sizeof(finding->found), "%.64s %.64s", name.release, name.machine);
	if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR)) {
		finding->status = FINDING_MISSING;
		snprintf(finding->advice, sizeof(finding->advice),
			 "boot a kernel of version %d.%d or newer", OLDEST_MAJOR, OLDEST_MINOR);
	}
}

void probe_process_descriptors(const struct check *check, struct finding *finding)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = sys_clone3(&args);
	siginfo_t info;

	(void)check;
	if (pid == 0)
		_exit(0);
	if (pid < 0) {
		finding_set(finding, FINDING_MISSING, strerror(errno),
			    "a seccomp filter around ctr may refuse clone3: allow it there");
		return;
	}
	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0) {
		finding_set(finding, FINDING_MISSING, strerror(errno), "needs Linux 5.4");
		waitpid(pid, NULL, 0);
	} else {
		finding_set(finding, FINDING_OK, "a child made and awaited by descriptor", NULL);
	}
	close_fd(&pidfd);
}

void probe_mount_calls(const struct check *check, struct finding *finding)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	cleanup_fd int root = sys_openat2(AT_FDCWD, "/", &how);
	/* Without privileges these two say EPERM; where the kernel lacks them, ENOSYS. */
	cleanup_fd int tree = root < 0 ? -1
				       : open_tree(root, "", AT_EMPTY_PATH | OPEN_TREE_CLOEXEC);
	int set = tree < 0 ? -1 : mount_setattr(tree, "", AT_EMPTY_PATH, NULL, 0);

	(void)check;
	if (root < 0 || tree < 0 || (set < 0 && errno == ENOSYS))
		finding_set(finding, FINDING_MISSING, strerror(errno),
			    "openat2, open_tree and mount_setattr need Linux 5.12, and no seccomp "
			    "filter around ctr that refuses them");
	else
		finding_set(finding, FINDING_OK, "openat2, open_tree, mount_setattr", NULL);
}

/* Loads a filter that makes getppid fail with a number of its own, and looks. */
static int try_filter(void *context, struct error *err)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 99),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(filter), filter };
	unsigned long flags = *(unsigned *)context;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0)
		return fail_errno(err, "seccomp");
	if (syscall(SYS_getppid) != -1 || errno != 99)
		return fail(err, EIO, "a filter was loaded and does nothing");
	return 0;
}

void probe_seccomp(const struct check *check, struct finding *finding)
{
	unsigned flags = 0;
	struct error err;
	char actions[200];

	(void)check;
	if (check_in_child(0, try_filter, &flags, &err) < 0) {
		finding_failed(finding, &err, "the kernel needs CONFIG_SECCOMP_FILTER");
		return;
	}
	if (file_read_short_at(AT_FDCWD, "/proc/sys/kernel/seccomp/actions_avail", actions,
			       sizeof(actions), &err) < 0)
		snprintf(actions, sizeof(actions), "filters work");
	finding_set(finding, FINDING_OK, actions, NULL);
}

void probe_seccomp_notify(const struct check *check, struct finding *finding)
{
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	struct error err;

	(void)check;
	if (check_in_child(0, try_filter, &flags, &err) < 0)
		finding_failed(finding, &err,
			       "profiles with SCMP_ACT_NOTIFY are refused here: needs Linux 5.0");
	else
		finding_set(finding, FINDING_OK, "a listener was opened", NULL);
}

void probe_security_modules(const struct check *check, struct finding *finding)
{
	char modules[200];
	struct error err;

	(void)check;
	if (file_read_short_at(AT_FDCWD, "/sys/kernel/security/lsm", modules, sizeof(modules),
			       &err) < 0)
		finding_set(finding, FINDING_LIMITED, "securityfs is not mounted", NULL);
	else
		finding_set(finding, FINDING_OK, modules, NULL);
}
