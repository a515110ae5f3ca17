/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/namespaces.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/sys.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct error err;
static struct namespaces_plan plan;

/* Plans a spec with these namespaces. */
static void make_plan(struct spec_namespace *items, size_t count, const char *network_mode)
{
	struct spec_network network = { .mode = (char *)network_mode };
	struct spec_linux linux_spec = {
		.namespaces = { .items = items, .count = count },
	};
	const struct spec spec = {
		.linux = &linux_spec,
		.network = network_mode ? &network : NULL,
	};

	namespaces_plan(&spec, &plan);
}

TEST(namespaces_of_a_spec_without_any_are_the_callers)
{
	const struct spec spec = { 0 };

	namespaces_plan(&spec, &plan);
	CHECK_INT(plan.clone_flags, CLONE_NEWNS); /* where the root is set up */
	for (int type = 0; type < NAMESPACE_COUNT; type++)
		CHECK(!plan.own[type] && !plan.path[type]);
	make_plan(NULL, 0, NULL);
	CHECK_INT(plan.clone_flags, CLONE_NEWNS);
}

TEST(namespaces_new_ones_are_flags_of_clone_but_for_cgroup_and_time)
{
	struct spec_namespace items[NAMESPACE_COUNT];

	for (int type = 0; type < NAMESPACE_COUNT; type++)
		items[type] = (struct spec_namespace){ .type = type };
	make_plan(items, NAMESPACE_COUNT, NULL);
	CHECK_INT(plan.clone_flags, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS |
					    CLONE_NEWIPC | CLONE_NEWUTS);
	for (int type = 0; type < NAMESPACE_COUNT; type++)
		CHECK(plan.own[type] && !plan.path[type]);
	CHECK(plan.uid_mappings && plan.gid_mappings);
	CHECK(!plan.time_offsets_of);
}

TEST(namespaces_with_a_path_are_joined)
{
	struct spec_namespace items[] = {
		{ .type = NAMESPACE_NETWORK, .path = "/run/netns/web" },
		{ .type = NAMESPACE_USER, .path = "/proc/1/ns/user" },
		{ .type = NAMESPACE_PID },
	};

	make_plan(items, ARRAY_SIZE(items), NULL);
	CHECK_INT(plan.clone_flags, CLONE_NEWPID | CLONE_NEWNS);
	CHECK_STRING(plan.path[NAMESPACE_NETWORK], "/run/netns/web");
	CHECK(!plan.own[NAMESPACE_NETWORK]);
	CHECK(!plan.uid_mappings && !plan.gid_mappings);
}

TEST(namespaces_host_network_takes_a_new_one_out_again)
{
	struct spec_namespace items[] = {
		{ .type = NAMESPACE_NETWORK },
		{ .type = NAMESPACE_UTS },
	};

	make_plan(items, ARRAY_SIZE(items), "host");
	CHECK_INT(plan.clone_flags, CLONE_NEWUTS | CLONE_NEWNS);
	CHECK(!plan.own[NAMESPACE_NETWORK]);
	make_plan(items, ARRAY_SIZE(items), "none");
	CHECK_INT(plan.clone_flags, CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWNS);
}

TEST(namespaces_time_offsets_need_a_namespace_of_its_own)
{
	struct spec_time_offset offset = { .clock = "monotonic", .secs = 5 };
	struct spec_namespace item = { .type = NAMESPACE_TIME };
	struct spec_linux linux_spec = {
		.time_offsets = { .items = &offset, .count = 1 },
		.namespaces = { .items = &item, .count = 1 },
	};
	const struct spec spec = { .linux = &linux_spec };

	namespaces_plan(&spec, &plan);
	CHECK(plan.time_offsets_of == &linux_spec);
	linux_spec.namespaces.count = 0;
	namespaces_plan(&spec, &plan);
	CHECK(!plan.time_offsets_of);
}

static int open_path(enum namespace_type type, const char *path)
{
	struct namespaces_fds fds = NAMESPACES_FDS_NONE;
	int result;

	plan = (struct namespaces_plan){ 0 };
	plan.path[type] = path;
	result = namespaces_open(&plan, &fds, &err);
	if (result == 0 && fds.fds[type] < 0)
		result = -2;
	namespaces_close(&fds);
	return result;
}

TEST(namespaces_to_join_are_opened_and_checked)
{
	scratch_dir();
	CHECK_INT(open_path(NAMESPACE_NETWORK, "/proc/self/ns/net"), 0);
	CHECK_INT(open_path(NAMESPACE_CGROUP, "/proc/self/ns/cgroup"), 0);
	CHECK_INT(open_path(NAMESPACE_NETWORK, "/proc/self/ns/uts"), -1);
	CHECK_STRING(err.text, "linux.namespaces: /proc/self/ns/uts: not a network namespace");
	CHECK_INT(open_path(NAMESPACE_PID, "/dev/null"), -1);
	CHECK_INT(err.errnum, EINVAL);
	CHECK_STRING(err.text, "linux.namespaces: /dev/null: not a namespace");
	CHECK_INT(open_path(NAMESPACE_UTS, "/none"), -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_CONTAINS(err.text, "linux.namespaces: join uts namespace /none: ");
}

TEST(namespaces_that_the_spec_changes_may_not_be_the_callers_own)
{
	struct string_pair pair = { .key = "net.ipv4.ip_forward", .value = "1" };
	struct spec_namespace items[] = {
		{ .type = NAMESPACE_NETWORK, .path = "/proc/self/ns/net" },
		{ .type = NAMESPACE_UTS, .path = "/proc/self/ns/uts" },
	};
	struct spec_linux linux_spec = { .namespaces = { .items = items, .count = 2 } };
	struct spec spec = { .linux = &linux_spec };
	struct namespaces_fds fds = NAMESPACES_FDS_NONE;

	namespaces_plan(&spec, &plan);
	CHECK_INT(namespaces_open(&plan, &fds, &err), 0);
	namespaces_close(&fds);
	spec.hostname = "web";
	namespaces_plan(&spec, &plan);
	CHECK_INT(namespaces_open(&plan, &fds, &err), -1);
	CHECK_STRING(err.text, "hostname: would change the host: the uts namespace "
			       "/proc/self/ns/uts is the host's own");
	namespaces_close(&fds);
	linux_spec.sysctl.items = &pair;
	linux_spec.sysctl.count = 1;
	namespaces_plan(&spec, &plan);
	CHECK_INT(namespaces_open(&plan, &fds, &err), -1);
	CHECK_CONTAINS(err.text, "linux.sysctl: would change the host: the network namespace");
	namespaces_close(&fds);
}

TEST(namespaces_opening_does_not_block_at_a_fifo)
{
	char path[128];

	scratch_dir();
	snprintf(path, sizeof(path), "%s/fifo", scratch_path());
	CHECK(mkfifo(path, 0600) == 0);
	CHECK_INT(open_path(NAMESPACE_NETWORK, path), -1);
	CHECK_CONTAINS(err.text, "not a namespace");
}

TEST(namespaces_close_accepts_what_is_closed)
{
	struct namespaces_fds fds = NAMESPACES_FDS_NONE;

	namespaces_close(&fds);
	for (int type = 0; type < NAMESPACE_COUNT; type++)
		CHECK_INT(fds.fds[type], -1);
	CHECK_INT(fds.own[NAMESPACE_PID], -1);
	CHECK_INT(fds.own[NAMESPACE_TIME], -1);
}
