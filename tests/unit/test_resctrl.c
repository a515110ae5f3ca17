/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/resctrl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macro.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

/* An ordinary folder stands for the filesystem: only some CPUs have it. */

static struct arena arena;
static struct error err;
static struct resctrl_plan plan;
static struct resctrl_groups groups;

static char *text(const char *words)
{
	return arena_strdup(&arena, words);
}

static int make_plan(const struct spec_intel_rdt *spec)
{
	return resctrl_plan(&arena, spec, "web", &plan, &err);
}

static char *path(const char *name)
{
	return arena_printf(&arena, "%s/%s", scratch_path(), name);
}

static const char *contents(const char *name)
{
	char *read;

	if (file_read_at(AT_FDCWD, path(name), 4096, &arena, &read, NULL, &err) < 0)
		return err.text;
	return read;
}

static bool exists(const char *name)
{
	return access(path(name), F_OK) == 0;
}

static void make_file(const char *name, const char *words)
{
	CHECK(file_replace_at(AT_FDCWD, path(name), words, strlen(words), 0644, false, &err) == 0);
}

TEST(resctrl_group_of_its_own_has_the_containers_name)
{
	struct spec_intel_rdt spec = { .l3_cache_schema = text("L3:0=f") };

	CHECK(resctrl_plan(&arena, NULL, "web", &plan, &err) == 0);
	CHECK(!plan.wanted);
	CHECK(make_plan(&spec) == 0);
	CHECK(plan.wanted && plan.own);
	CHECK_STRING(plan.group, "web");
	CHECK(!plan.monitor);
	spec.clos_id = text("gold");
	spec.enable_monitoring = true;
	CHECK(make_plan(&spec) == 0);
	CHECK(!plan.own);
	CHECK_STRING(plan.group, "gold");
	CHECK_STRING(plan.monitor, "web");
	spec.clos_id = text("/");
	CHECK(make_plan(&spec) == 0);
	CHECK_STRING(plan.group, "");
	arena_free(&arena);
}

TEST(resctrl_schemata_are_all_members_with_the_bandwidth_of_its_own_member)
{
	char *lines[] = { text("L2:0=3"), text("MB:0=10"), NULL };
	struct spec_intel_rdt spec = {
		.l3_cache_schema = text("L3:0=f;1=f0\nMB:0=20"),
		.schemata = { lines, 2 },
	};

	CHECK(make_plan(&spec) == 0);
	CHECK_STRING(plan.schemata, "L2:0=3\nMB:0=10\nL3:0=f;1=f0\nMB:0=20\n");
	spec.mem_bw_schema = text("MB:0=70;1=20");
	CHECK(make_plan(&spec) == 0);
	CHECK_STRING(plan.schemata, "L2:0=3\nMB:0=10\nL3:0=f;1=f0\nMB:0=70;1=20\n");
	arena_free(&arena);
}

TEST(resctrl_errors_name_the_member)
{
	static const char *const bad[] = { ".", "..", "a/b", "/a", "info", "mon_groups", "a\nb" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct spec_intel_rdt spec = { .clos_id = text(bad[i]) };

		CHECK(make_plan(&spec) == -1);
		CHECK_CONTAINS(err.text, "linux.intelRdt.closID: ");
	}
	CHECK(make_plan(&(struct spec_intel_rdt){ .l3_cache_schema = text("f") }) == -1);
	CHECK_CONTAINS(err.text, "linux.intelRdt: 'f' is no line");
	CHECK(make_plan(&(struct spec_intel_rdt){ .mem_bw_schema = text(":1") }) == -1);
	arena_free(&arena);
}

TEST(resctrl_schemata_match_whatever_their_order_and_zeros)
{
	static const char file[] = "    L3:0=00ff;1=0f\n    MB:0=100;1= 20\nL2:0=0\n";

	CHECK(resctrl_matches("", file));
	CHECK(resctrl_matches("L3:0=ff", file));
	CHECK(resctrl_matches("L3:1=F;0=0ff\nMB:0=100\n", file));
	CHECK(resctrl_matches("L2:0=000", file));
	CHECK(!resctrl_matches("L3:0=f", file));
	CHECK(!resctrl_matches("L3:0=ff;2=f", file));
	CHECK(!resctrl_matches("L3CODE:0=ff", file));
	CHECK(!resctrl_matches("L3:0=ff\nMB:0=10", file));
	CHECK(!resctrl_matches("L3:0=ff", ""));
}

TEST(resctrl_own_group_is_made_entered_and_removed)
{
	struct spec_intel_rdt spec = { .l3_cache_schema = text("L3:0=f") };

	scratch_dir();
	CHECK(make_plan(&spec) == 0);
	CHECK(resctrl_apply(&arena, &plan, scratch_path(), &groups, &err) == 0);
	CHECK_STRING(contents("web/schemata"), "L3:0=f\n");
	CHECK(groups.remove_group);
	CHECK(resctrl_enter(&groups, 4711, &err) == 0);
	CHECK_STRING(contents("web/tasks"), "4711");
	/* the files of the real filesystem go with their folder */
	unlink(path("web/tasks"));
	unlink(path("web/schemata"));
	CHECK(resctrl_remove(&groups, &err) == 0);
	CHECK(!exists("web"));
	CHECK(resctrl_remove(&groups, &err) == 0);
	arena_free(&arena);
}

TEST(resctrl_shared_class_is_compared_and_stays)
{
	struct spec_intel_rdt spec = { .clos_id = text("gold"), .l3_cache_schema = text("L3:0=f") };

	scratch_dir();
	CHECK(mkdir(path("gold"), 0755) == 0);
	make_file("gold/schemata", "L3:0=0f;1=0f\n");
	CHECK(make_plan(&spec) == 0);
	CHECK(resctrl_apply(&arena, &plan, scratch_path(), &groups, &err) == 0);
	CHECK_STRING(contents("gold/schemata"), "L3:0=0f;1=0f\n");
	CHECK(!groups.remove_group);
	CHECK(resctrl_remove(&groups, &err) == 0);
	CHECK(exists("gold"));
	spec.l3_cache_schema = text("L3:0=ff");
	CHECK(make_plan(&spec) == 0);
	CHECK(resctrl_apply(&arena, &plan, scratch_path(), &groups, &err) == -1);
	CHECK_CONTAINS(err.text, "gold/schemata says other than the spec");
	CHECK_STRING(contents("gold/schemata"), "L3:0=0f;1=0f\n");
	arena_free(&arena);
}

TEST(resctrl_class_without_schemata_must_be_there)
{
	struct spec_intel_rdt spec = { .clos_id = text("gold") };

	scratch_dir();
	CHECK(make_plan(&spec) == 0);
	CHECK(resctrl_apply(&arena, &plan, scratch_path(), &groups, &err) == -1);
	CHECK_CONTAINS(err.text, "linux.intelRdt.closID: ");
	CHECK(!exists("gold"));
	CHECK(mkdir(path("gold"), 0755) == 0);
	CHECK(resctrl_apply(&arena, &plan, scratch_path(), &groups, &err) == 0);
	CHECK(!exists("gold/schemata"));
	arena_free(&arena);
}

TEST(resctrl_monitoring_group_is_made_below_the_class)
{
	struct spec_intel_rdt spec = { .clos_id = text("/"), .enable_monitoring = true };

	scratch_dir();
	CHECK(mkdir(path("mon_groups"), 0755) == 0);
	CHECK(make_plan(&spec) == 0);
	CHECK(resctrl_apply(&arena, &plan, scratch_path(), &groups, &err) == 0);
	CHECK(exists("mon_groups/web"));
	CHECK(!groups.remove_group);
	CHECK(resctrl_enter(&groups, 7, &err) == 0);
	CHECK_STRING(contents("mon_groups/web/tasks"), "7");
	CHECK_STRING(contents("tasks"), "7");
	unlink(path("mon_groups/web/tasks"));
	CHECK(resctrl_remove(&groups, &err) == 0);
	CHECK(!exists("mon_groups/web"));
	CHECK(exists("mon_groups"));
	arena_free(&arena);
}
