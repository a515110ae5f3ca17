/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "cgroup/freeze.h"
#include "cgroup/process.h"

#define TIMEOUT_MS 2000

void probe_cgroup(const struct check *check, struct finding *finding)
{
	struct cgroup_host host;
	struct error err;

	if (cgroup_host_open(check->arena, &host, &err) < 0) {
		finding_set(
			finding, FINDING_MISSING, err.text,
			"mount -t cgroup2 cgroup2 /sys/fs/cgroup; or --cgroup-manager=disabled");
		return;
	}
	finding_set(finding, FINDING_OK, host.mount, NULL);
	cgroup_host_close(&host);
}

static void add_word(char *list, size_t size, const char *word)
{
	snprintf(list + strlen(list), size - strlen(list), "%s%s", *list ? " " : "", word);
}

void probe_controllers(const struct check *check, struct finding *finding)
{
	static const enum controller wanted[] = { CONTROLLER_CPU, CONTROLLER_CPUSET, CONTROLLER_IO,
						  CONTROLLER_MEMORY, CONTROLLER_PIDS };
	char here[128] = "", on_v1[128] = "", nowhere[64] = "";
	struct cgroup_host host;
	uint32_t controllers;
	struct error err;

	if (cgroup_host_open(check->arena, &host, &err) < 0) {
		finding_set(finding, FINDING_MISSING, err.text, NULL);
		return;
	}
	if (cgroup_controllers(&host, &controllers, &err) < 0)
		controllers = 0;
	cgroup_host_close(&host);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const char *mount = NULL, *name = controller_name(wanted[i]);

		if (controllers & (1U << wanted[i]))
			add_word(here, sizeof(here), name);
		else if (cgroup_v1_mount(check->arena, wanted[i], &mount, &err) >= 0 && mount)
			add_word(on_v1, sizeof(on_v1), name);
		else
			add_word(nowhere, sizeof(nowhere), name);
	}
	finding_set(finding, FINDING_OK, *here ? here : "none on v2", NULL);
	if (!*on_v1 && !*nowhere)
		return;
	finding->status = *here ? FINDING_LIMITED : FINDING_MISSING;
	if (*on_v1)
		snprintf(finding->advice, sizeof(finding->advice),
			 "limits of %s are refused, cgroup v1 has them: boot with "
			 "systemd.unified_cgroup_hierarchy=1 cgroup_no_v1=all",
			 on_v1);
	else
		snprintf(finding->advice, sizeof(finding->advice),
			 "limits of %s are refused: the kernel (cgroup.controllers) does not offer "
			 "them here",
			 nowhere);
}

/* A process cloned into the cgroup, which waits to be killed; -1 and errno. */
static pid_t clone_sleeper(int cgroup)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.cgroup = (uint64_t)cgroup,
		.exit_signal = SIGCHLD,
	};
	pid_t pid = sys_clone3(&args);

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static int try_freezer(int cgroup, struct error *err)
{
	pid_t pid = clone_sleeper(cgroup);
	int result;

	if (pid < 0)
		return fail_errno(err, "clone3 into a cgroup");
	result = cgroup_freeze(cgroup, TIMEOUT_MS, err);
	if (result >= 0)
		result = cgroup_thaw(cgroup, TIMEOUT_MS, err);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return result;
}

/* Makes a cgroup for the probe, with the device program of these resources, and removes it. */
static int in_own_cgroup(const struct check *check, struct spec_resources *resources,
			 int (*function)(int cgroup, struct error *err), struct error *err)
{
	struct spec_linux linux_ = {
		.cgroups_path = arena_printf(check->arena, "/ctr-check-%d", getpid()),
		.resources = resources,
	};
	struct cgroup_plan plan;
	struct cgroup_host host;
	struct error other;
	int result = -1;

	if (cgroup_host_open(check->arena, &host, err) < 0)
		return -1;
	if (cgroup_plan(check->arena, &linux_, "check", NULL, &plan, err) >= 0) {
		cleanup_fd int cgroup = cgroup_apply(&host, &plan, err);

		if (cgroup >= 0) {
			result = cgroup_apply_devices(cgroup, &host, &plan, err);
			if (result == 0 && function)
				result = function(cgroup, err);
			cgroup_remove(&host, plan.path, TIMEOUT_MS, &other);
		}
	}
	cgroup_host_close(&host);
	return result;
}

void probe_freezer(const struct check *check, struct finding *finding)
{
	struct error err;

	if (in_own_cgroup(check, NULL, try_freezer, &err) < 0)
		finding_set(
			finding, FINDING_MISSING, err.text,
			geteuid() ? "run this check as root to know"
				  : "freeze and commit need the freezer of cgroup v2 (Linux 5.2)");
	else
		finding_set(finding, FINDING_OK,
			    "a process was cloned into a cgroup, frozen, thawed", NULL);
}

void probe_device_rules(const struct check *check, struct finding *finding)
{
	struct spec_device_rule deny = { .allow = false };
	struct spec_resources resources = { .devices = { &deny, 1 } };
	struct error err;

	if (in_own_cgroup(check, &resources, NULL, &err) < 0)
		finding_set(finding, FINDING_MISSING, err.text,
			    geteuid()
				    ? "run this check as root to know"
				    : "specs with linux.resources.devices are refused: the kernel "
				      "needs CONFIG_CGROUP_BPF");
	else
		finding_set(finding, FINDING_OK, "a program was attached", NULL);
}
