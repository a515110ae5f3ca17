/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/systemd_plan.h"
#include "cgroup/systemd_request.h"
#include "cgroup/unit_property.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static struct systemd_plan plan;

static int make_plan(const struct spec_linux *spec, const struct systemd_options *options)
{
	struct limits limits;

	if (limits_plan(&arena, spec ? spec->resources : NULL, &limits, &err) < 0)
		return -1;
	return systemd_plan(&arena, spec, "web", &limits, options, &plan, &err);
}

/* "UNIT SLICE CGROUP", or the error. */
static const char *names(char *cgroups_path, const char *manager)
{
	const struct systemd_options options = { .user = *manager, .manager = manager };
	struct spec_linux spec = { .cgroups_path = cgroups_path };

	if (make_plan(&spec, &options) < 0)
		return err.text;
	return arena_printf(&arena, "%s %s %s", plan.unit, plan.slice, plan.cgroup);
}

TEST(systemd_names_come_from_the_path)
{
	CHECK_STRING(names("user-7.slice:libpod:abc", ""),
		     "libpod-abc.scope user-7.slice /user.slice/user-7.slice/libpod-abc.scope");
	CHECK_STRING(names(NULL, ""), "ctr-web.scope system.slice /system.slice/ctr-web.scope");
	CHECK_STRING(names("", ""), "ctr-web.scope system.slice /system.slice/ctr-web.scope");
	CHECK_STRING(names(":docker:abc", ""),
		     "docker-abc.scope system.slice /system.slice/docker-abc.scope");
	CHECK_STRING(names("-.slice:x:y", ""), "x-y.scope -.slice /x-y.scope");
	CHECK_STRING(names("a-b-c.slice:x:y", ""),
		     "x-y.scope a-b-c.slice /a.slice/a-b.slice/a-b-c.slice/x-y.scope");
}

TEST(systemd_names_below_the_manager_of_a_user)
{
	CHECK_STRING(names(NULL, "/user.slice/user@7.service"),
		     "ctr-web.scope user.slice /user.slice/user@7.service/user.slice/"
		     "ctr-web.scope");
}

TEST(systemd_name_that_is_a_slice_is_one)
{
	CHECK_STRING(names("kube.slice:x:kube-pod7.slice", ""),
		     "kube-pod7.slice kube.slice /kube.slice/kube-pod7.slice");
}

TEST(systemd_refuses_paths_that_name_no_unit)
{
	CHECK_CONTAINS(names("/a/b", ""), "expected cgroupsPath to be of format "
					  "\"slice:prefix:name\" for systemd cgroups, got "
					  "\"/a/b\" instead");
	CHECK_CONTAINS(names("a:b", ""), "expected cgroupsPath");
	CHECK_CONTAINS(names("a:b:c:d", ""), "expected cgroupsPath");
	CHECK_CONTAINS(names("a:b:c", ""), "invalid slice name 'a'");
	CHECK_CONTAINS(names("a--b.slice:b:c", ""), "invalid slice name");
	CHECK_CONTAINS(names("-a.slice:b:c", ""), "invalid slice name");
	CHECK_CONTAINS(names("a-.slice:b:c", ""), "invalid slice name");
	CHECK_CONTAINS(names("a/b.slice:b:c", ""), "invalid slice name");
	CHECK_CONTAINS(names(".slice:b:c", ""), "invalid slice name");
	CHECK_CONTAINS(names("a.slice:b:../c", ""), "'/' cannot be part");
	CHECK_CONTAINS(names("a.slice:b:c d", ""), "' ' cannot be part");
}

/* All properties, each of which must be one that the companion can read. */
static char *print_list(const struct string_list *list)
{
	struct unit_property property;
	char *text = arena_strdup(&arena, "");

	for (size_t i = 0; i < list->count; i++) {
		CHECK_INT(unit_property_parse(&arena, list->items[i], &property, &err), 0);
		text = arena_printf(&arena, "%s%s\n", text, list->items[i]);
	}
	return text;
}

TEST(systemd_plan_with_annotations_is_the_golden_one)
{
	struct string_pair pairs[] = {
		{ "org.systemd.property.TimeoutStopUSec", "uint64 5" },
		{ "other", "5" },
		{ "org.systemd.property.CollectMode", "'inactive-or-failed'" },
		{ "run.oci.systemd.subgroup", "inner" },
	};
	const struct string_map annotations = { pairs, 4 };
	const struct systemd_options options = { .manager = "", .annotations = &annotations };
	struct spec_device_rule rules[] = {
		{ .allow = false, .access = "rwm" },
		{ .allow = true, .type = "b", .major = { true, 8 }, .access = "r" },
		{ .allow = true, .type = "c", .major = { true, 10 }, .minor = { true, 200 } },
	};
	struct spec_memory memory = { .limit = { true, 1 << 20 }, .swap = { true, 3 << 20 } };
	struct spec_pids pids = { .limit = { true, 10 } };
	struct spec_resources resources = { .memory = &memory, .pids = &pids };
	struct spec_linux spec = { .resources = &resources };

	resources.devices.items = rules;
	resources.devices.count = 3;
	CHECK_INT(make_plan(&spec, &options), 0);
	print_list(&plan.required);
	print_list(&plan.wanted);
	CHECK_GOLDEN(systemd_plan_print(&arena, &plan), "systemd_plan.txt");
}

static char *device_properties(struct spec_device_rule *rules, size_t count)
{
	struct spec_resources resources = { 0 };
	struct string_list list = { 0 };

	resources.devices.items = rules;
	resources.devices.count = count;
	if (systemd_device_properties(&arena, &resources, &list, &err) < 0)
		return err.text;
	return print_list(&list);
}

TEST(systemd_is_told_to_allow_all_devices_where_it_cannot_say_which)
{
	struct spec_device_rule rules[] = {
		{ .allow = false },
		{ .allow = true, .type = "c", .minor = { true, 3 }, .access = "r" },
		{ .allow = false, .type = "c", .major = { true, 1 }, .minor = { true, 3 } },
	};
	const char *all = "DevicePolicy='auto'\nDeviceAllow=@a(ss) []\n";

	CHECK_STRING(device_properties(NULL, 0), all);
	CHECK_STRING(device_properties(rules, 2), all);
	rules[1] = (struct spec_device_rule){ .allow = true };
	CHECK_STRING(device_properties(rules, 2), all);
	CHECK_STRING(device_properties(rules, 3), all);
	CHECK_CONTAINS(device_properties(rules, 1), "DevicePolicy='strict'\n");
}

TEST(systemd_limits_are_the_golden_ones)
{
	struct string_pair pairs[] = {
		{ "memory.high", "max" },
		{ "memory.min", "4096" },
		{ "memory.max", "10M" },
		{ "memory.oom.group", "1" },
		{ "io.max", "8:0 rbps=1000 wbps=max riops=5" },
		{ "io.weight", "default 50" },
		{ "cpu.max", "max" },
		{ "cpuset.mems", "0" },
		{ "pids.max", "0" },
		{ "hugetlb.2MB.max", "0" },
	};
	struct spec_weight_device device = { 8, 16, .weight = { true, 500 } };
	struct spec_block_io io = { .weight = { true, 10 } };
	struct spec_cpu cpu = {
		.shares = { true, 1024 },
		.quota = { true, 12345 },
		.period = { true, 50000 },
		.cpus = "0-1,9",
	};
	struct spec_memory memory = { .limit = { true, -1 }, .reservation = { true, 77 } };
	struct spec_resources resources = { .memory = &memory, .cpu = &cpu, .block_io = &io };
	struct string_list list = { 0 };
	struct limits limits;

	io.weight_device.items = &device;
	io.weight_device.count = 1;
	resources.unified = (struct string_map){ pairs, 10 };
	CHECK_INT(limits_plan(&arena, &resources, &limits, &err), 0);
	systemd_limit_properties(&arena, &limits, &list);
	CHECK_GOLDEN(print_list(&list), "systemd_limits.txt");
}

TEST(systemd_has_no_weight_for_what_is_idle)
{
	struct spec_cpu cpu = { .shares = { true, 1024 }, .idle = { true, 1 } };
	struct spec_resources resources = { .cpu = &cpu };
	struct string_list list = { 0 };
	struct limits limits;

	CHECK_INT(limits_plan(&arena, &resources, &limits, &err), 0);
	systemd_adapt_limits(&arena, &limits);
	CHECK_INT(limits.count, 1);
	systemd_limit_properties(&arena, &limits, &list);
	CHECK_STRING(print_list(&list), "CPUWeight=uint64 0\n");
}

TEST(systemd_rounds_a_quota_up_to_percents)
{
	struct limit items[] = {
		{ .file = "cpu.max", .value = "600000 900000" },
		{ .file = "cpu.max", .value = "1 100000" },
		{ .file = "cpu.max", .value = "max 50000" },
		{ .file = "cpu.max", .value = "nonsense" },
		{ .file = "pids.max", .value = "7" },
	};
	struct limits limits = { .items = items, .count = 5 };

	systemd_adapt_limits(&arena, &limits);
	CHECK_STRING(items[0].value, "603000 900000");
	CHECK_STRING(items[1].value, "1000 100000");
	CHECK_STRING(items[2].value, "max 50000");
	CHECK_STRING(items[3].value, "nonsense");
	CHECK_STRING(items[4].value, "7");
}

TEST(systemd_request_is_read_as_it_was_written)
{
	char *items[] = { "A='1'", "B=true", NULL };
	const struct systemd_request request = {
		.verb = SYSTEMD_SET, .unit = "a.scope", .user = true, .wanted = { items, 2 }
	};
	struct systemd_request read;
	size_t size;
	const char *text = systemd_request_encode(&arena, &request, &size);

	CHECK_INT(systemd_request_decode(&arena, text, size, &read, &err), 0);
	CHECK_INT(read.verb, SYSTEMD_SET);
	CHECK_STRING(read.unit, "a.scope");
	CHECK(read.user && read.required.count == 0 && read.wanted.count == 2);
	CHECK_STRING(read.wanted.items[1], "B=true");
}
