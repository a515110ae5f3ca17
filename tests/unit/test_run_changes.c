/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/run_changes.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/run_mounts.h"
#include "unit.h"

static struct arena arena;
static struct spec spec;
static struct error err;
static const struct string_list none;

static struct string_list list(const char *words)
{
	struct string_list result = { .items = arena_array(&arena, char *, 32) };
	char *rest = arena_strdup(&arena, words), *word;

	while ((word = strsep(&rest, " ")))
		if (*word)
			result.items[result.count++] = word;
	return result;
}

/* What the spec's mounts are after these. */
static const char *mounted(const struct run_changes *changes, const char *volumes)
{
	struct string_list image = list(volumes), lines = { 0 };
	struct run_mounts mounts = { .changes = changes, .image_volumes = &image, .data = "/data" };

	spec = (struct spec){ 0 };
	if (run_mounts_apply(&arena, &mounts, &spec, &err) < 0)
		return err.text;
	for (size_t i = 0; i < spec.mounts.count; i++) {
		const struct spec_mount *mount = &spec.mounts.items[i];
		char *line = arena_printf(&arena, "%s %s %s %s", mount->destination, mount->type,
					  mount->source,
					  string_list_text(&arena, &mount->options, ","));
		struct string_list one = { .items = &line, .count = 1 };

		lines = string_list_join(&arena, &lines, &one);
	}
	return string_list_text(&arena, &lines, "\n");
}

TEST(volumes_become_binds_of_the_host_or_of_a_folder_of_their_own)
{
	struct run_changes changes = { .volumes = list("/a:/b:ro /c:/d:bind,suid,rslave,Z /own") };

	CHECK_STRING(mounted(&changes, "/image /own"),
		     "/b bind /a rro,rbind,rprivate,nosuid,nodev\n"
		     "/d bind /c bind,suid,rslave,nodev\n"
		     "/own bind /data/volumes/1 rbind,rprivate,nosuid,nodev,copyup\n"
		     "/image bind /data/volumes/2 rbind,rprivate,nosuid,nodev,copyup");
	arena_free(&arena);
}

TEST(mounts_in_words)
{
	struct run_changes changes = {
		.mounts = list("type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=0700 "
			       "type=bind,src=/a,dst=/b,readonly,bind-nonrecursive=true "
			       "destination=/v,ro=false"),
		.tmpfs = list("/u:size=5k,suid"),
	};

	CHECK_STRING(mounted(&changes, ""),
		     "/u tmpfs tmpfs size=5k,suid,nodev\n"
		     "/t tmpfs tmpfs size=1m,mode=0700,nosuid,nodev\n"
		     "/b bind /a rro,bind,rprivate,nosuid,nodev\n"
		     "/v bind /data/volumes/1 rbind,rprivate,nosuid,nodev,copyup");
	arena_free(&arena);
}

TEST(what_is_no_mount_is_refused_by_the_name_of_its_option)
{
	static const char *const bad[] = { "a:/b",	 "/a:b", "/a:/",     "/a:/b:no",
					   "/a:/b:ro:x", ":/b",	 "/a:/../b", "/a:" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct run_changes changes = { .volumes = list(bad[i]) };
		const char *text = mounted(&changes, "");

		if (strncmp(text, "option '--volume'", 17) != 0)
			CHECK_STRING(text, bad[i]);
	}
	CHECK_STRING(mounted(&(struct run_changes){ .volumes = list("/a:/b /c:/b/") }, ""),
		     "option '--volume': '/c:/b/': two mounts at this place");
	arena_free(&arena);
}

TEST(variables_replace_those_of_the_same_name)
{
	struct run_changes changes = { .env = list("B=2 A=3 A=4 HOME_OF_TEST NOT_SET_AT_ALL") };
	struct spec_process process = { .env = list("A=1 AB=1") };

	spec = (struct spec){ .process = &process };
	setenv("HOME_OF_TEST", "here", 1);
	CHECK(run_changes_apply(&arena, &changes, &none, &spec, &err) == 0);
	CHECK_STRING(string_list_text(&arena, &process.env, " "), "A=4 AB=1 B=2 HOME_OF_TEST=here");
	arena_free(&arena);
}

static const char *capabilities(const char *add, const char *drop, uint32_t uid)
{
	struct run_changes changes = { .cap_add = list(add), .cap_drop = list(drop) };
	struct spec_capabilities sets = { .bounding = list("CAP_CHOWN CAP_KILL") };
	struct spec_process process = { .capabilities = &sets, .user.uid = uid };

	if (run_changes_capabilities(&arena, &changes, &process, &err) < 0)
		return err.text;
	return arena_printf(&arena, "%s/%s", string_list_text(&arena, &sets.bounding, " "),
			    string_list_text(&arena, &sets.ambient, " "));
}

TEST(capabilities_are_added_over_all_that_are_dropped)
{
	CHECK_STRING(capabilities("net_raw", "cap_kill", 0), "CAP_CHOWN CAP_NET_RAW/");
	CHECK_STRING(capabilities("Net_Raw", "all", 5), "CAP_NET_RAW/CAP_NET_RAW");
	CHECK_STRING(capabilities("NET_RAW CAP_CHOWN", "chown", 0), "CAP_KILL CAP_NET_RAW/");
	CHECK_STRING(capabilities("", "ALL", 0), "/");
	CHECK_STRING(capabilities("x", "", 0), "option '--cap-add': unknown capability 'x'");
	arena_free(&arena);
}

TEST(limits_of_processes)
{
	struct run_changes changes = { .ulimits = list("nofile=5:9 RLIMIT_CORE=unlimited") };
	struct spec_process process = { 0 };

	spec = (struct spec){ .process = &process };
	CHECK(run_changes_apply(&arena, &changes, &none, &spec, &err) == 0);
	CHECK_STRING(process.rlimits.items[0].type, "RLIMIT_NOFILE");
	CHECK_INT((long long)process.rlimits.items[0].soft, 5);
	CHECK_INT((long long)process.rlimits.items[0].hard, 9);
	CHECK(process.rlimits.items[1].soft == UINT64_MAX);
	changes.ulimits = list("nofile=x");
	CHECK(run_changes_apply(&arena, &changes, &none, &spec, &err) < 0);
	arena_free(&arena);
}
