/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/program.h"
#include "base/sys.h"
#include "cli/check_store.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "specs/json_writer.h"

static const struct probe {
	const char *name;
	bool essential; /* without it no container runs */
	probe_function *run;
} probes[] = {
	{ "kernel", true, probe_kernel },
	{ "clone3 and pidfds", true, probe_process_descriptors },
	{ "mount calls", true, probe_mount_calls },
	{ "namespaces", true, probe_namespaces },
	{ "user namespace", false, probe_user_namespace },
	{ "overlay", true, probe_overlay },
	{ "overlay in a user namespace", false, probe_overlay_user },
	{ "idmapped mounts", false, probe_idmapped_mounts },
	{ "cgroup v2", true, probe_cgroup },
	{ "controllers", false, probe_controllers },
	{ "freezer", false, probe_freezer },
	{ "device rules", false, probe_device_rules },
	{ "seccomp", true, probe_seccomp },
	{ "seccomp notify", false, probe_seccomp_notify },
	{ "security modules", false, probe_security_modules },
	{ "libraries", false, probe_libraries },
	{ "companion programs", false, probe_companions },
	{ "networks", false, probe_networks },
	{ "criu", false, probe_criu },
	{ "skopeo", false, probe_skopeo },
	{ "newuidmap", false, probe_newuidmap },
	{ "subordinate ids", false, probe_subordinate_ids },
	{ "delegated cgroup", false, probe_delegation },
	{ "pasta", false, probe_pasta },
};

static struct check_options options;

static const struct option rows[] = {
	OPTION_WORD('f', "format", "FORMAT", struct check_options, format, format_words,
		    "table or json"),
	OPTION_FLAG(0, "store", struct check_options, store,
		    "look whether all images, layers and containers are whole instead"),
	OPTION_FLAG(0, "repair", struct check_options, repair,
		    "with --store: remove damaged blobs and unpacked layers"),
};

const struct command check_command = {
	.name = "check",
	.group = GROUP_ABOUT,
	.summary = HELP("Try what containers need of this machine, and tell what to do"),
	.arguments = "",
	.description =
		HELP("Every line is tried for real. The exit status is 1 if something is missing "
		     "without\n"
		     "which no container runs.\n"
		     "With --store every blob is digested again, and every unpacked layer and "
		     "container looked\n"
		     "at; the exit status is 1 if something is damaged.\n"),
	.examples = HELP("ctr check\nctr check --store --format json\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

static const char *const status_words[FINDING_COUNT] = {
	[FINDING_OK] = "ok",
	[FINDING_LIMITED] = "limited",
	[FINDING_MISSING] = "no",
};

void finding_set(struct finding *finding, enum finding_status status, const char *found,
		 const char *advice)
{
	finding->status = status;
	snprintf(finding->found, sizeof(finding->found), "%s", found);
	snprintf(finding->advice, sizeof(finding->advice), "%s", advice ?: "");
}

void finding_failed(struct finding *finding, const struct error *err, const char *advice)
{
	bool denied = err->errnum == EPERM || err->errnum == EACCES;

	finding_set(finding, FINDING_MISSING, err->text,
		    denied && geteuid() ? "run this check as root to know" : advice);
}

static int map_self(uid_t uid, gid_t gid, struct error *err)
{
	char text[64];

	snprintf(text, sizeof(text), "0 %u 1", uid);
	if (file_write_at(AT_FDCWD, "/proc/self/setgroups", "deny", err) < 0 ||
	    file_write_at(AT_FDCWD, "/proc/self/uid_map", text, err) < 0)
		return -1;
	snprintf(text, sizeof(text), "0 %u 1", gid);
	return file_write_at(AT_FDCWD, "/proc/self/gid_map", text, err);
}

int check_in_child(uint64_t flags, int (*function)(void *context, struct error *err), void *context,
		   struct error *err)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct error told = { .errnum = EIO, .text = "the child that tried it died" };
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(err, "pipe");
	pid = sys_clone3(&args);
	if (pid == 0) {
		int result = flags & CLONE_NEWUSER ? map_self(uid, gid, &told) : 0;

		if (result >= 0 && function)
			result = function(context, &told);
		if (result >= 0)
			_exit(0);
		_exit(write(ends[1], &told, sizeof(told)) < 0 ? 2 : 1);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return fail_errno(err, "clone3");
	}
	if (read(ends[0], &told, sizeof(told)) < 0)
		told.errnum = errno;
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	*err = told;
	return -1;
}

static void print_table(struct arena *arena, const struct finding *findings)
{
	struct table table = TABLE(arena, "WHAT", "STATUS", "FOUND");

	for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
		table_add(&table, probes[i].name, status_words[findings[i].status],
			  findings[i].found);
	table_print(&table, stdout);
	for (size_t i = 0, first = 1; i < ARRAY_SIZE(probes); i++) {
		if (!findings[i].advice[0])
			continue;
		printf("%s  %s: %s\n", first ? "\nWhat to do:\n" : "", probes[i].name,
		       findings[i].advice);
		first = 0;
	}
}

static void write_member(struct json_writer *writer, const char *key, const char *text)
{
	json_write_key(writer, key);
	json_write_string(writer, text);
}

static void print_json(struct arena *arena, const struct finding *findings)
{
	struct json_writer *writer = json_writer_new(arena, JSON_INDENTED);

	json_begin_array(writer);
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		json_begin_object(writer);
		write_member(writer, "name", probes[i].name);
		write_member(writer, "status", status_words[findings[i].status]);
		json_write_key(writer, "essential");
		json_write_bool(writer, probes[i].essential);
		write_member(writer, "found", findings[i].found);
		write_member(writer, "advice", findings[i].advice);
		json_end_object(writer);
	}
	json_end_array(writer);
	fputs(json_writer_text(writer, NULL), stdout);
}

/* What reads archives and digests is the companion. */
static int check_store(struct invocation *invocation, struct error *err)
{
	const struct settings *settings = &invocation->settings;
	char program[PATH_MAX];
	char *argv[] = {
		(char *)program_name(),
		(char[]){ "--root" },
		(char *)settings->root,
		(char[]){ "--data-root" },
		(char *)settings->data_root,
		(char[]){ "check" },
		(char[]){ "--store" },
		(char[]){ "--format" },
		(char *)format_words[options.format],
		options.repair ? (char[]){ "--repair" } : NULL,
		NULL,
	};

	if (program_companion("ctr-image", program, sizeof(program), err) < 0)
		return -1;
	execv(program, argv);
	return fail_errno(err, "execute %s", program);
}

int cmd_check(struct invocation *invocation, struct error *err)
{
	struct check check = { &invocation->settings, invocation->arena };
	struct finding findings[ARRAY_SIZE(probes)] = { 0 };
	bool essential_missing = false;

	if (options.repair && !options.store)
		return fail(err, EINVAL, "--repair: only with --store");
	if (options.store)
		return check_store(invocation, err);
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		probes[i].run(&check, &findings[i]);
		essential_missing |= probes[i].essential && findings[i].status == FINDING_MISSING;
	}
	if (options.format == FORMAT_JSON)
		print_json(invocation->arena, findings);
	else
		print_table(invocation->arena, findings);
	return essential_missing ? 1 : 0;
}
