/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macro.h"
#include "runtime/executable.h"
#include "tests/unit/unit.h"

#define STRINGS(...)                                                                               \
	{                                                                                          \
		.items = (char *[]){ __VA_ARGS__, NULL },                                          \
		.count = ARRAY_SIZE(((char *[]){ __VA_ARGS__ })),                                  \
	}

static struct arena arena;
static struct error err;
static struct process_plan plan;
static const struct process_context context = {
	.id = "web", .keyring = true, .last_capability = 40, .preserve_fds = 2
};

static int make_plan(const struct spec_process *spec)
{
	return process_plan(&arena, spec, &context, &plan, &err);
}

TEST(process_args_and_env_end_with_null)
{
	struct spec_process spec = { .args = STRINGS("sh", "-c", "true"),
				     .env = STRINGS("A=1", "PATH=/x:/y", "HOME=/h"),
				     .cwd = "/" };

	CHECK(make_plan(&spec) == 0);
	CHECK_STRING(plan.argv[2], "true");
	CHECK(!plan.argv[3]);
	CHECK_INT(plan.env_count, 3);
	CHECK(!plan.env[3]);
	CHECK_STRING(plan.path, "/x:/y");
	CHECK(plan.has_home);
	CHECK_STRING(plan.keyring, "_ses.web");
	arena_free(&arena);
}

TEST(process_without_path_is_looked_up_in_the_default_one)
{
	struct spec_process spec = { .args = STRINGS("true"), .cwd = "/" };

	CHECK(make_plan(&spec) == 0);
	CHECK_STRING(plan.path, EXECUTABLE_DEFAULT_PATH);
	CHECK(!plan.has_home);
	CHECK_INT(plan.env_count, 0);
	arena_free(&arena);
}

TEST(process_env_that_is_set_twice_counts_as_the_last)
{
	struct spec_process spec = { .args = STRINGS("true"),
				     .env = STRINGS("A=1", "AB=2", "A=3", "PATH=/a", "PATH=/b",
						    "A=4", "A.=5"),
				     .cwd = "/" };

	CHECK(make_plan(&spec) == 0);
	CHECK_INT(plan.env_count, 4);
	CHECK_STRING(plan.env[0], "AB=2");
	CHECK_STRING(plan.env[1], "PATH=/b");
	CHECK_STRING(plan.env[2], "A=4");
	CHECK_STRING(plan.env[3], "A.=5");
	CHECK_STRING(plan.path, "/b");
	arena_free(&arena);
}

TEST(process_env_without_a_value_is_refused)
{
	struct spec_process spec = { .args = STRINGS("true"), .env = STRINGS("A=1", "FOO") };

	CHECK(make_plan(&spec) == -1);
	CHECK_STRING(err.text, "process.env[1]: NAME=VALUE expected, found 'FOO'");
	spec.env.items[1] = "=x";
	CHECK(make_plan(&spec) == -1);
	arena_free(&arena);
}

TEST(process_env_longer_than_the_kernel_takes_is_refused)
{
	static char huge[(7 << 20) + 1];
	struct spec_process spec = { .args = STRINGS("true"), .env = STRINGS(huge) };

	memset(huge, 'x', sizeof(huge) - 1);
	huge[1] = '=';
	CHECK(make_plan(&spec) == -1);
	CHECK_INT(err.errnum, E2BIG);
	arena_free(&arena);
}

TEST(process_without_a_program_or_with_a_relative_cwd_is_refused)
{
	struct spec_process spec = { 0 };

	CHECK(make_plan(&spec) == -1);
	CHECK_CONTAINS(err.text, "process.args[0]");
	spec.args = (struct string_list)STRINGS("");
	CHECK(make_plan(&spec) == -1);
	spec.args = (struct string_list)STRINGS("sh");
	spec.cwd = "tmp";
	CHECK(make_plan(&spec) == -1);
	CHECK_STRING(err.text, "process.cwd: absolute path expected, found 'tmp'");
	arena_free(&arena);
}

TEST(process_keeps_sys_admin_only_for_a_filter_without_no_new_privileges)
{
	struct process_context with_filter = context;
	struct spec_process spec = { .args = STRINGS("sh"), .cwd = "/" };

	CHECK(make_plan(&spec) == 0);
	CHECK(!plan.keep_sys_admin);
	with_filter.seccomp = true;
	CHECK(process_plan(&arena, &spec, &with_filter, &plan, &err) == 0);
	CHECK(plan.keep_sys_admin);
	spec.no_new_privileges = true;
	CHECK(process_plan(&arena, &spec, &with_filter, &plan, &err) == 0);
	CHECK(!plan.keep_sys_admin);
	arena_free(&arena);
}

TEST(process_user_has_default_umask_and_no_group_twice)
{
	uint32_t gids[] = { 5, 7, 5, 5, 9 };
	struct spec_process spec = { .args = STRINGS("sh"), .cwd = "/" };

	spec.user.uid = 3;
	spec.user.additional_gids.items = gids;
	spec.user.additional_gids.count = ARRAY_SIZE(gids);
	CHECK(make_plan(&spec) == 0);
	CHECK_INT(plan.credentials.umask, 0022);
	CHECK_INT(plan.credentials.uid, 3);
	CHECK_INT(plan.credentials.group_count, 3);
	CHECK_INT(plan.credentials.groups[2], 9);
	spec.user.umask = (struct opt_uint){ .set = true, .value = 0 };
	CHECK(make_plan(&spec) == 0);
	CHECK_INT(plan.credentials.umask, 0);
	spec.user.umask.value = 01000;
	CHECK(make_plan(&spec) == -1);
	CHECK_CONTAINS(err.text, "process.user.umask");
	spec.user.umask.value = 0;
	gids[1] = (uint32_t)-1;
	CHECK(make_plan(&spec) == -1);
	CHECK_CONTAINS(err.text, "process.user.additionalGids[1]");
	gids[1] = 7;
	spec.user.uid = (uint32_t)-1;
	CHECK(make_plan(&spec) == -1);
	CHECK_CONTAINS(err.text, "process.user.uid");
	arena_free(&arena);
}

TEST(process_rlimits_become_numbers)
{
	struct spec_rlimit limits[] = { { .type = "RLIMIT_NOFILE", .soft = 10, .hard = 20 },
					{ .type = "RLIMIT_CORE", .soft = 0, .hard = UINT64_MAX } };
	struct spec_process spec = { .args = STRINGS("sh"), .cwd = "/" };

	spec.rlimits.items = limits;
	spec.rlimits.count = 2;
	CHECK(make_plan(&spec) == 0);
	CHECK_INT(plan.resource_limits.items[0].resource, RLIMIT_NOFILE);
	CHECK_INT(plan.resource_limits.items[0].limit.rlim_cur, 10);
	CHECK(plan.resource_limits.items[1].limit.rlim_max == RLIM_INFINITY);
	limits[1].type = "RLIMIT_NOFILE";
	CHECK(make_plan(&spec) == -1);
	CHECK_STRING(err.text, "process.rlimits[1].type: RLIMIT_NOFILE is there twice");
	limits[1].type = "NOFILE";
	CHECK(make_plan(&spec) == -1);
	CHECK_STRING(err.text, "process.rlimits[1].type: unknown value 'NOFILE'");
	limits[0].soft = 21;
	CHECK(make_plan(&spec) == -1);
	CHECK_CONTAINS(err.text, "process.rlimits[0].soft: above the hard limit");
	arena_free(&arena);
}

TEST(process_scheduler_becomes_attributes)
{
	struct spec_scheduler scheduler = {
		.policy = "SCHED_DEADLINE",
		.flags = STRINGS("SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_DL_OVERRUN"),
		.runtime = { .set = true, .value = 1000000 },
		.deadline = { .set = true, .value = 2000000 },
		.period = { .set = true, .value = 3000000 },
	};
	struct spec_process spec = { .args = STRINGS("sh"), .cwd = "/", .scheduler = &scheduler };

	CHECK(make_plan(&spec) == 0);
	CHECK(plan.scheduling.has_attributes);
	CHECK_INT(plan.scheduling.attributes.policy, 6);
	CHECK_INT((long long)plan.scheduling.attributes.flags, 1 | 4);
	CHECK_INT((long long)plan.scheduling.attributes.period, 3000000);
	scheduler.flags.items[1] = "SCHED_FLAG_X";
	CHECK(make_plan(&spec) == -1);
	CHECK_STRING(err.text, "process.scheduler.flags[1]: unknown value 'SCHED_FLAG_X'");
	scheduler = (struct spec_scheduler){ .policy = "SCHED_OTHER", .nice = 20 };
	CHECK(make_plan(&spec) == -1);
	scheduler = (struct spec_scheduler){ .policy = "SCHED_FIFO", .priority = 100 };
	CHECK(make_plan(&spec) == -1);
	scheduler = (struct spec_scheduler){ .policy = "FIFO" };
	CHECK(make_plan(&spec) == -1);
	CHECK_STRING(err.text, "process.scheduler.policy: unknown value 'FIFO'");
	arena_free(&arena);
}

TEST(process_io_priority_and_oom_score_are_checked)
{
	struct spec_io_priority priority = { .class = "IOPRIO_CLASS_BE", .priority = 3 };
	struct spec_process spec = { .args = STRINGS("sh"),
				     .cwd = "/",
				     .io_priority = &priority,
				     .oom_score_adj = { .set = true, .value = -1000 } };

	CHECK(make_plan(&spec) == 0);
	CHECK_INT(plan.scheduling.io_priority, IOPRIO_CLASS_BE << 13 | 3);
	CHECK_INT(plan.scheduling.oom_score_adj, -1000);
	priority.priority = 8;
	CHECK(make_plan(&spec) == -1);
	priority = (struct spec_io_priority){ .class = "IOPRIO_CLASS_NONE" };
	CHECK(make_plan(&spec) == -1);
	CHECK_CONTAINS(err.text, "process.ioPriority.class");
	spec.io_priority = NULL;
	spec.oom_score_adj.value = 1001;
	CHECK(make_plan(&spec) == -1);
	CHECK_CONTAINS(err.text, "process.oomScoreAdj");
	arena_free(&arena);
}

TEST(process_affinity_counts_only_for_exec)
{
	struct process_context joining = context;
	struct spec_exec_cpu_affinity affinity = { .initial = "0", .final = "0-1" };
	struct spec_process spec = { .args = STRINGS("sh"),
				     .cwd = "/",
				     .exec_cpu_affinity = &affinity };

	CHECK(make_plan(&spec) == 0);
	CHECK(!plan.scheduling.has_initial_cpus && !plan.scheduling.has_final_cpus);
	joining.joins = true;
	CHECK(process_plan(&arena, &spec, &joining, &plan, &err) == 0);
	CHECK(plan.scheduling.has_initial_cpus && plan.scheduling.has_final_cpus);
	CHECK_INT(CPU_COUNT(&plan.scheduling.initial_cpus), 1);
	CHECK_INT(CPU_COUNT(&plan.scheduling.final_cpus), 2);
	affinity.initial = "";
	CHECK(process_plan(&arena, &spec, &joining, &plan, &err) == 0);
	CHECK(!plan.scheduling.has_initial_cpus && plan.scheduling.has_final_cpus);
	affinity.final = "0-1024";
	CHECK(make_plan(&spec) == -1);
	CHECK_CONTAINS(err.text, "process.execCPUAffinity.final: ");
	arena_free(&arena);
}

TEST(process_personality_has_two_domains)
{
	struct spec_personality spec = { .domain = "LINUX32" };
	struct personality_plan personality_of;

	CHECK(personality_plan(&spec, &personality_of, &err) == 0);
	CHECK(personality_of.set && personality_of.persona == PER_LINUX32);
	spec.domain = "LINUX64";
	CHECK(personality_plan(&spec, &personality_of, &err) == -1);
	CHECK_STRING(err.text, "linux.personality.domain: unknown value 'LINUX64'");
	spec = (struct spec_personality){ .domain = "LINUX", .flags = STRINGS("X") };
	CHECK(personality_plan(&spec, &personality_of, &err) == -1);
	CHECK(personality_plan(NULL, &personality_of, &err) == 0);
	CHECK(!personality_of.set);
}

static char folder[] = "/tmp/ctr-unit-XXXXXX";

static void remove_folder(void)
{
	remove_tree_at(AT_FDCWD, folder, &err);
}

static void make_file(const char *name, mode_t mode)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && fchmod(fd, mode) == 0);
	close(fd);
}

TEST(executable_is_searched_in_path)
{
	char path[256], found[PATH_MAX], expected[128];

	CHECK(mkdtemp(folder));
	atexit(remove_folder);
	CHECK(chdir(folder) == 0);
	CHECK(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0 && mkdir("a/tool", 0755) == 0);
	make_file("b/tool", 0755);
	make_file("a/data", 0644);
	make_file("here", 0755);
	snprintf(path, sizeof(path), "/nowhere:%s/a:%s/b", folder, folder);
	CHECK(executable_find("tool", path, found, sizeof(found), &err) == 0);
	snprintf(expected, sizeof(expected), "%s/b/tool", folder);
	CHECK_STRING(found, expected);
	CHECK(executable_find("none", path, found, sizeof(found), &err) == -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_STRING(err.text, "exec: \"none\": executable file not found in $PATH");
	CHECK_INT(process_exit_status(&err, 1), 127);
	CHECK(executable_find("data", path, found, sizeof(found), &err) == -1);
	CHECK_STRING(err.text, "exec: \"data\": permission denied");
	CHECK_INT(process_exit_status(&err, 1), 126);
	CHECK(executable_find("here", "/nowhere::/x", found, sizeof(found), &err) == 0);
	CHECK_STRING(found, "./here");
	CHECK(executable_find("here", "", found, sizeof(found), &err) == 0);
	CHECK(executable_find("", path, found, sizeof(found), &err) == -1);
	CHECK(executable_find("tool", path, found, 8, &err) == -1);
}

TEST(executable_with_a_slash_is_taken_as_it_is)
{
	char found[PATH_MAX];

	CHECK(executable_find("/nowhere/x", "/bin", found, sizeof(found), &err) == -1);
	CHECK_CONTAINS(err.text, "no such file or directory");
	CHECK_INT(err.errnum, ENOENT);
	CHECK(executable_find("/", "/bin", found, sizeof(found), &err) == -1);
	CHECK_CONTAINS(err.text, "is a directory");
	CHECK_INT(process_exit_status(&err, 1), 126);
	CHECK(executable_find("/etc/passwd", "/bin", found, sizeof(found), &err) == -1);
	CHECK_CONTAINS(err.text, "permission denied");
	CHECK(executable_find("/etc/passwd/x", "/bin", found, sizeof(found), &err) == -1);
	CHECK(executable_find("/bin/sh", "", found, sizeof(found), &err) == 0);
	CHECK_STRING(found, "/bin/sh");
}

TEST(exit_status_of_other_errors_is_the_callers)
{
	fail(&err, ENOEXEC, "x");
	CHECK_INT(process_exit_status(&err, 1), 126);
	fail(&err, EIO, "x");
	CHECK_INT(process_exit_status(&err, 125), 125);
}
