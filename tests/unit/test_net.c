/* SPDX-License-Identifier: Apache-2.0 */
#include "net/devices.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static struct net_devices_plan plan;

static int make_plan(struct spec_net_device *items, size_t count)
{
	const struct spec_linux spec = { .net_devices = { items, count } };

	return net_devices_plan(&arena, &spec, &plan, &err);
}

TEST(net_devices_keep_their_name_unless_they_get_one)
{
	struct spec_net_device devices[] = {
		{ .host_name = (char[]){ "eth0" } },
		{ .host_name = (char[]){ "eth1" }, .name = (char[]){ "" } },
		{ .host_name = (char[]){ "eth2" }, .name = (char[]){ "net%d" } },
		{ .host_name = (char[]){ "eth3" }, .name = (char[]){ "net%d" } },
	};

	CHECK(make_plan(devices, ARRAY_SIZE(devices)) == 0);
	CHECK_INT(plan.count, 4);
	CHECK_STRING(plan.items[0].name, "eth0");
	CHECK_STRING(plan.items[1].name, "eth1");
	CHECK_STRING(plan.items[3].name, "net%d");
	CHECK(net_devices_plan(&arena, NULL, &plan, &err) == 0);
	CHECK_INT(plan.count, 0);
	arena_free(&arena);
}

TEST(net_device_names_that_the_kernel_would_refuse_name_the_member)
{
	static const char *const bad[] = { ".",	  "..",	 "a/b", "a:b",	"a b",
					   "%s",  "%%d", "a%",	"%d%d", "sixteen-bytes-xx",
					   "a\tb" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct spec_net_device device = { .host_name = (char[]){ "eth0" },
						  .name = arena_strdup(&arena, bad[i]) };

		CHECK(make_plan(&device, 1) == -1);
		CHECK_CONTAINS(err.text, "linux.netDevices[\"eth0\"].name: ");
		device = (struct spec_net_device){ .host_name = arena_strdup(&arena, bad[i]),
						   .name = (char[]){ "eth0" } };
		CHECK(make_plan(&device, 1) == -1);
		CHECK_CONTAINS(err.text, "linux.netDevices: '");
	}
	arena_free(&arena);
}

TEST(net_devices_may_not_get_the_same_name)
{
	struct spec_net_device devices[] = {
		{ .host_name = (char[]){ "eth0" }, .name = (char[]){ "eth1" } },
		{ .host_name = (char[]){ "eth1" } },
	};

	CHECK(make_plan(devices, 2) == -1);
	CHECK_CONTAINS(err.text, "linux.netDevices[\"eth1\"].name: 'eth1' is that of");
	CHECK_INT(err.errnum, EEXIST);
	arena_free(&arena);
}
