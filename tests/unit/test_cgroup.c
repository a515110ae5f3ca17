/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/cgroup.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct cgroup_plan plan;
static struct error err;

static const char *path_of(char *cgroups_path, const char *own)
{
	struct spec_linux spec = { .cgroups_path = cgroups_path };

	if (cgroup_plan(&arena, &spec, "web", own, &plan, &err) < 0)
		return err.text;
	return plan.path;
}

TEST(cgroup_without_a_path_is_named_after_the_container)
{
	CHECK_STRING(path_of(NULL, NULL), "/ctr/web");
	CHECK_STRING(path_of((char[]){ "" }, NULL), "/ctr/web");
	CHECK_INT(cgroup_plan(&arena, NULL, "web", NULL, &plan, &err), 0);
	CHECK_STRING(plan.path, "/ctr/web");
}

TEST(cgroup_an_absolute_path_is_below_the_mount)
{
	CHECK_STRING(path_of((char[]){ "/a//b/./c/" }, NULL), "/a/b/c");
}

TEST(cgroup_a_relative_path_is_beside_our_own_cgroup)
{
	struct spec_linux spec = { .cgroups_path = (char[]){ "a/b" } };

	CHECK(cgroup_plan_needs_own(&spec));
	CHECK(!cgroup_plan_needs_own(NULL));
	CHECK_STRING(path_of((char[]){ "a/b" }, "/user.slice/x.scope"), "/user.slice/a/b");
	CHECK_STRING(path_of((char[]){ "a" }, "/x.service"), "/a");
	CHECK_STRING(path_of((char[]){ "a" }, "/"), "/a");
}

TEST(cgroup_paths_cannot_lead_out)
{
	CHECK_CONTAINS(path_of((char[]){ "/a/../b" }, NULL), "has '..' in it");
	CHECK_CONTAINS(path_of((char[]){ "../b" }, "/x"), "has '..' in it");
	CHECK_CONTAINS(path_of((char[]){ "/.." }, NULL), "has '..' in it");
	CHECK_CONTAINS(path_of((char[]){ "a" }, "/../../x"), "is relative");
	CHECK_CONTAINS(path_of((char[]){ "a" }, NULL), "is relative");
	CHECK_CONTAINS(path_of((char[]){ "/" }, NULL), "is the root of all cgroups");
	CHECK_CONTAINS(path_of((char[]){ "/a\nb" }, NULL), "line break");
	CHECK_STRING(path_of((char[]){ "/..a/b.." }, NULL), "/..a/b..");
}

TEST(cgroup_plan_prints_what_it_will_do)
{
	struct spec_device_rule rules[] = { { .allow = false, .access = (char[]){ "rwm" } } };
	struct spec_memory memory = { .limit = { true, 1 << 20 } };
	struct spec_pids pids = { .limit = { true, 10 } };
	struct spec_resources resources = { .memory = &memory, .pids = &pids };
	struct spec_linux spec = { .resources = &resources };

	CHECK_INT(cgroup_plan(&arena, &spec, "web", NULL, &plan, &err), 0);
	CHECK_STRING(cgroup_plan_print(&arena, &plan),
		     "cgroup /ctr/web\n"
		     "controllers memory pids\n"
		     "memory.max 1048576 (linux.resources.memory.limit)\n"
		     "pids.max 10 (linux.resources.pids.limit)\n"
		     "devices all\n");
	resources.devices.items = rules;
	resources.devices.count = 1;
	CHECK_INT(cgroup_plan(&arena, &spec, "web", NULL, &plan, &err), 0);
	CHECK_GOLDEN(cgroup_plan_print(&arena, &plan), "cgroup.txt");
}

TEST(cgroup_apply_to_no_mount_says_so)
{
	struct cgroup_host host = { .root = -1, .mount = "/nowhere" };

	CHECK_STRING(path_of((char[]){ "/a" }, NULL), "/a");
	CHECK_INT(cgroup_apply(&host, &plan, &err), -1);
	CHECK_CONTAINS(err.text, "cgroup /nowhere/a: create: ");
}
