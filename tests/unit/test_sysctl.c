/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/sysctl.h"

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static struct sysctl_plan plan;

static struct spec_namespace namespaces[] = { { .type = NAMESPACE_NETWORK },
					      { .type = NAMESPACE_IPC } };

static int make_plan(char *key, char *value)
{
	struct string_pair pair = { .key = key, .value = value };
	struct spec_linux spec = { .sysctl = { .items = &pair, .count = 1 } };

	spec.namespaces.items = namespaces;
	spec.namespaces.count = ARRAY_SIZE(namespaces);
	return sysctl_plan(&arena, &spec, &plan, &err);
}

TEST(sysctl_keys_become_paths_as_in_sysctl_d)
{
	static char *const keys[][2] = {
		{ "net.ipv4.ip_forward", "sys/net/ipv4/ip_forward" },
		{ "net/ipv4/ip_forward", "sys/net/ipv4/ip_forward" },
		{ "net.ipv4.conf.eth0/100.mtu", "sys/net/ipv4/conf/eth0.100/mtu" },
		{ "net/ipv4/conf/eth0.100/mtu", "sys/net/ipv4/conf/eth0.100/mtu" },
		{ "kernel.shm_rmid_forced", "sys/kernel/shm_rmid_forced" },
		{ "fs.mqueue.msg_max", "sys/fs/mqueue/msg_max" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		CHECK(make_plan(keys[i][0], "1") == 0);
		CHECK_INT(plan.count, 1);
		CHECK_STRING(plan.items[0].path, keys[i][1]);
	}
	arena_free(&arena);
}

TEST(sysctl_of_the_whole_machine_is_refused)
{
	static char *const keys[] = { "kernel.core_pattern",
				      "vm.swappiness",
				      "kernel.semx",
				      "kernel.sem.x",
				      "fs.file-max",
				      "kernel",
				      "net",
				      "kernel.shmmax2",
				      "network.x" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		CHECK(make_plan(keys[i], "1") == -1);
		CHECK_CONTAINS(err.text, "belongs to the whole machine");
		CHECK_CONTAINS(err.text, keys[i]);
	}
	arena_free(&arena);
}

TEST(sysctl_names_that_lead_elsewhere_are_refused)
{
	static char *const keys[] = {
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

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (make_plan(keys[i], "1") != -1)
			unit_fail(__FILE__, __LINE__, "'%s' was taken", keys[i]);
	arena_free(&arena);
}

TEST(sysctl_without_its_namespace_would_change_the_host)
{
	CHECK(make_plan("kernel.domainname", "x") == -1);
	CHECK_CONTAINS(err.text, "the container has no uts namespace");
	CHECK(make_plan("user.max_net_namespaces", "1") == -1);
	CHECK_CONTAINS(err.text, "no user namespace");
	CHECK(make_plan("kernel.hostname", "x") == -1);
	CHECK_CONTAINS(err.text, "use the member hostname");
	arena_free(&arena);
}

TEST(sysctl_value_is_one_line)
{
	CHECK(make_plan("net.core.somaxconn", "1\n2") == -1);
	CHECK_STRING(err.text, "linux.sysctl['net.core.somaxconn']: a value is one line");
	CHECK(make_plan("net.ipv4.ping_group_range", "0 0") == 0);
	arena_free(&arena);
}
