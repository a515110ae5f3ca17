/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/clone_spec.h"

#include "runtime/snapshot_list.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

static const char *cgroups_path(const char *path)
{
	const struct state source = { .id = "web", .data = "/d/containers/web" };
	const struct state clone = { .id = "other", .data = "/d/containers/other" };
	struct spec_linux linux_spec = { .cgroups_path = arena_strdup(&arena, path) };
	struct spec spec = { .linux = &linux_spec };

	clone_spec(&arena, &source, &clone, &spec);
	return linux_spec.cgroups_path;
}

TEST(a_cgroup_gets_the_name_of_the_clone)
{
	CHECK_STRING(cgroups_path("/pods/web"), "/pods/other");
	CHECK_STRING(cgroups_path("/web/service"), "/web/service-other");
	CHECK_STRING(cgroups_path("/pods/ctr-web.scope"), "/pods/ctr-other.scope");
	CHECK_STRING(cgroups_path("machine.slice:ctr:web"), "machine.slice:ctr:other");
	CHECK_STRING(cgroups_path("/pods/"), "/pods/other");
	CHECK_STRING(cgroups_path(""), "");
	CHECK(cgroups_path(NULL) == NULL);
}

TEST(a_host_name_that_is_the_id_and_a_writable_layer_are_the_clone_s_own)
{
	const struct state source = { .id = "web", .data = "/d/containers/web" };
	const struct state clone = { .id = "other", .data = "/d/containers/other" };
	struct spec_overlay overlay = { .upper = arena_strdup(&arena, "/u") };
	struct spec_mount mounts[] = {
		{ .source = arena_strdup(&arena, "/d/containers/web/volumes/1") },
		{ .source = arena_strdup(&arena, "/d/containers/web2") },
	};
	struct spec spec = {
		.hostname = arena_strdup(&arena, "web"),
		.overlay = &overlay,
		.mounts = { .items = mounts, .count = 2 },
	};

	clone_spec(&arena, &source, &clone, &spec);
	CHECK_STRING(spec.hostname, "other");
	CHECK(overlay.upper == NULL);
	CHECK_STRING(mounts[0].source, "/d/containers/other/volumes/1");
	CHECK_STRING(mounts[1].source, "/d/containers/web2");
	spec.hostname = arena_strdup(&arena, "box");
	clone_spec(&arena, &source, &clone, &spec);
	CHECK_STRING(spec.hostname, "box");
}

TEST(numbers_of_snapshots_are_given_once)
{
	char *names[] = { arena_strdup(&arena, "/u/1"), NULL };
	const struct string_list layers = { names, 1 };
	struct snapshot_list list, again;
	int dir = scratch_dir();

	CHECK(snapshot_list_load(&arena, dir, &list, &err) == 0);
	CHECK_INT(list.snapshots.count, 0);
	CHECK_INT(snapshot_list_add(&arena, &list, &layers, NULL), 1);
	CHECK_INT(snapshot_list_add(&arena, &list, &layers, "text"), 2);
	CHECK_INT(snapshot_list_add(&arena, &list, &(struct string_list){ 0 }, NULL), 3);
	CHECK(snapshot_list_find(&list, 4) == NULL);
	snapshot_list_drop(&list, snapshot_list_find(&list, 3));
	snapshot_list_drop(&list, snapshot_list_find(&list, 1));
	CHECK(snapshot_list_save(&arena, dir, &list, &err) == 0);
	CHECK(snapshot_list_load(&arena, dir, &again, &err) == 0);
	CHECK_INT(again.snapshots.count, 1);
	CHECK_STRING(again.snapshots.items[0].message, "text");
	CHECK_STRING(again.snapshots.items[0].layers.items[0], "/u/1");
	CHECK_INT(snapshot_list_add(&arena, &again, &layers, NULL), 4);
}
