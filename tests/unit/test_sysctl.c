/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/sysctl.h"
#include "specs/sysctl_name.h"

#include "base/macro.h"
#include "tests/unit/unit.h"

TEST(sysctl_names_become_paths_as_in_sysctl_d)
{
	static const char *const names[][2] = {
		{ "net.ipv4.ip_forward", "net/ipv4/ip_forward" },
		{ "net/ipv4/ip_forward", "net/ipv4/ip_forward" },
		{ "net.ipv4.conf.eth0/100.mtu", "net/ipv4/conf/eth0.100/mtu" },
		{ "net/ipv4/conf/eth0.100/mtu", "net/ipv4/conf/eth0.100/mtu" },
		{ "kernel.shm_rmid_forced", "kernel/shm_rmid_forced" },
		{ "fs.mqueue.msg_max", "fs/mqueue/msg_max" },
		{ "kernel", "kernel" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[SYSCTL_NAME_MAX];

		CHECK(sysctl_name_path(names[i][0], path));
		CHECK_STRING(path, names[i][1]);
	}
}

TEST(sysctl_names_that_lead_elsewhere_are_none)
{
	static const char *const names[] = {
		"",
		".",
		"/",
		"net..x",
		"net.",
		".net.x",
		"net/../kernel/core_pattern",
		"net/./x",
		"/net/x",
		"net.//.kernel.core_pattern",
		"net//x",
		"net.ipv4./.x",
	};
	char path[SYSCTL_NAME_MAX], endless[SYSCTL_NAME_MAX + 1] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (sysctl_name_path(names[i], path))
			unit_fail(__FILE__, __LINE__, "'%s' was taken", names[i]);
	for (size_t i = 0; i < SYSCTL_NAME_MAX; i++)
		endless[i] = 'x';
	CHECK(!sysctl_name_path(endless, path));
}

TEST(sysctl_of_the_whole_machine_has_no_namespace)
{
	static const char *const paths[] = { "kernel/core_pattern",
					     "vm/swappiness",
					     "kernel/semx",
					     "kernel/sem/x",
					     "fs/file-max",
					     "kernel",
					     "net",
					     "kernel/shmmax2",
					     "network/x" };
	enum namespace_type type;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (sysctl_name_namespace(paths[i], &type))
			unit_fail(__FILE__, __LINE__, "'%s' was taken", paths[i]);
	CHECK(sysctl_name_namespace("kernel/sem", &type));
	CHECK_INT(type, NAMESPACE_IPC);
	CHECK(sysctl_name_namespace("user/max_net_namespaces", &type));
	CHECK_INT(type, NAMESPACE_USER);
}

TEST(sysctl_plan_writes_below_proc_sys)
{
	cleanup_arena struct arena arena = { 0 };
	struct string_pair pair = { .key = (char[]){ "net/core/somaxconn" },
				    .value = (char[]){ "7" } };
	struct spec_linux spec = { .sysctl = { .items = &pair, .count = 1 } };
	struct sysctl_plan plan;
	struct error err;

	CHECK(sysctl_plan(&arena, &spec, &plan, &err) == 0);
	CHECK_INT(plan.count, 1);
	CHECK_STRING(plan.items[0].path, "sys/net/core/somaxconn");
	CHECK_STRING(plan.items[0].value, "7");
	pair.key = (char[]){ "net/../x" };
	CHECK(sysctl_plan(&arena, &spec, &plan, &err) == -1);
}
