/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

/* Every member set. */
static struct state full_state(void)
{
	static char *lowers[] = { "/l/2", "/l/1", NULL };
	static struct string_pair annotations[] = {
		{ "b", "2" },
		{ "a", "" },
	};
	static struct state_part parts[] = {
		{ "/home", "/home", "/d/mounts/0/upper" },
	};

	return (struct state){
		.oci_version = "1.3.0",
		.id = "web",
		.bundle = "/b",
		.rootfs = "/b/root",
		.created = "2026-11-21T03:42:34.808960490Z",
		.owner = "root",
		.command = "sh -c true",
		.image = "app:1",
		.image_digest = "sha256:00",
		.cgroup = "/ctr/web",
		.data = "/d",
		.upper = "/d/upper",
		.lowers = { .items = lowers, .count = 2 },
		.annotations = { .items = annotations, .count = 2 },
		.parts = { .items = parts, .count = 1 },
		.init = { .pid = 4711, .inode = UINT64_MAX, .start = 1 },
		.monitor = { .pid = 2, .inode = 0, .start = UINT64_MAX },
		.idmapped = true,
		.keep = true,
		.host_view = true,
		.needs_spec = true,
	};
}

static void check_same(const struct state *a, const struct state *b)
{
	size_t size_a, size_b;
	const char *text_a = state_encode(&arena, a, &size_a);
	const char *text_b = state_encode(&arena, b, &size_b);

	CHECK_STRING(text_a, text_b);
	CHECK_INT(size_a, strlen(text_a));
}

TEST(state_comes_back_as_it_was_saved)
{
	struct state state = full_state(), loaded;
	struct stat status;
	int dir = scratch_dir();

	CHECK(state_save(&arena, dir, STATE_FILE, &state, false, &err) == 0);
	CHECK(fstatat(dir, STATE_FILE, &status, 0) == 0);
	CHECK_INT(status.st_mode & 07777, 0600);
	CHECK(state_load(&arena, dir, STATE_FILE, &loaded, &err) == 0);
	check_same(&state, &loaded);
	CHECK_STRING(loaded.oci_version, "1.3.0");
	CHECK_STRING(loaded.bundle, "/b");
	CHECK_STRING(loaded.rootfs, "/b/root");
	CHECK_STRING(loaded.created, "2026-11-21T03:42:34.808960490Z");
	CHECK_STRING(loaded.owner, "root");
	CHECK_STRING(loaded.command, "sh -c true");
	CHECK_STRING(loaded.image, "app:1");
	CHECK_STRING(loaded.image_digest, "sha256:00");
	CHECK_STRING(loaded.cgroup, "/ctr/web");
	CHECK_STRING(loaded.data, "/d");
	CHECK_STRING(loaded.upper, "/d/upper");
	CHECK_STRING(loaded.id, "web");
	CHECK_STRING(loaded.lowers.items[1], "/l/1");
	CHECK(!loaded.lowers.items[2]);
	CHECK_STRING(string_map_get(&loaded.annotations, "a"), "");
	CHECK_STRING(loaded.annotations.items[0].key, "b");
	CHECK_INT(loaded.init.pid, 4711);
	CHECK(loaded.init.inode == UINT64_MAX);
	CHECK(loaded.monitor.start == UINT64_MAX);
	CHECK(loaded.keep && loaded.idmapped && loaded.needs_spec);
	arena_free(&arena);
}

TEST(state_absent_members_stay_absent)
{
	const struct state state = {
		.oci_version = "1.3.0",
		.id = "web",
		.bundle = "/b",
	};
	struct state loaded;
	size_t size;
	const char *text = state_encode(&arena, &state, &size);

	CHECK(state_decode(&arena, "s", text, size, &loaded, &err) == 0);
	CHECK(!loaded.image && !loaded.cgroup && !loaded.data && !loaded.upper);
	CHECK(!loaded.keep && !loaded.idmapped && !loaded.needs_spec);
	CHECK_INT(loaded.init.pid, 0);
	CHECK_INT(loaded.lowers.count, 0);
	CHECK_INT(loaded.annotations.count, 0);
	arena_free(&arena);
}

/* Arguments and folders are bytes; a container that has them must still be found and removed. */
TEST(state_with_bytes_that_are_no_unicode_can_be_read_again)
{
	struct state state = full_state(), loaded;
	size_t size;
	const char *text;

	state.command = "sh -c \xff\xfe\x01";
	text = state_encode(&arena, &state, &size);
	CHECK(state_decode(&arena, "s", text, size, &loaded, &err) == 0);
	CHECK_STRING(loaded.command, "sh -c \xef\xbf\xbd\xef\xbf\xbd\x01");
	CHECK_STRING(loaded.id, "web");
	arena_free(&arena);
}

TEST(state_of_a_later_version_may_have_more_members)
{
	static const char text[] =
		"{\"ociVersion\":\"1\",\"id\":\"a\",\"bundle\":\"/\",\"new\":[1]}";
	struct state loaded;

	CHECK(state_decode(&arena, "s", text, sizeof(text) - 1, &loaded, &err) == 0);
	CHECK_STRING(loaded.id, "a");
	arena_free(&arena);
}

TEST(state_bad_documents_are_refused)
{
	static const struct {
		const char *text, *error;
	} table[] = {
		{ "", "s: JSON expected, found nothing" },
		{ "{\"id\":\"a\"", "s:1:" },
		{ "[]", "object expected, found array" },
		{ "{\"ociVersion\":\"1\",\"bundle\":\"/\"}", "s: id: required, but missing" },
		{ "{\"ociVersion\":\"1\",\"id\":\"a\"}", "s: bundle: required, but missing" },
		{ "{\"ociVersion\":\"1\",\"id\":1,\"bundle\":\"/\"}",
		  "s: id: string expected, found number" },
		{ "{\"ociVersion\":\"1\",\"id\":\"a\",\"bundle\":\"/\",\"init\":{\"pid\":\"1\"}}",
		  "s: init.pid: " },
		{ "{\"ociVersion\":\"1\",\"id\":\"a\",\"bundle\":\"/\",\"init\":{\"inode\":-1}}",
		  "s: init.inode: " },
		{ "{\"ociVersion\":\"1\",\"id\":\"a\",\"id\":\"b\",\"bundle\":\"/\"}", "id" },
		{ "{\"ociVersion\":\"1\",\"id\":\"a\",\"bundle\":\"/\",\"keep\":1}", "s: keep: " },
		{ "{\"ociVersion\":\"1\",\"id\":\"a\",\"bundle\":\"/\"}}", "s:1:" },
	};
	struct state loaded;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		err.text[0] = '\0';
		CHECK(state_decode(&arena, "s", table[i].text, strlen(table[i].text), &loaded,
				   &err) == -1);
		CHECK_CONTAINS(err.text, table[i].error);
	}
	arena_free(&arena);
}

TEST(state_that_is_not_there_is_enoent_and_a_broken_one_is_not)
{
	struct state loaded;
	int dir = scratch_dir();

	CHECK(state_load(&arena, dir, STATE_FILE, &loaded, &err) == -1);
	CHECK_INT(err.errnum, ENOENT);
	/* not durable when the power went: as if it had not been written */
	scratch_file(STATE_FILE, "");
	CHECK(state_load(&arena, dir, STATE_FILE, &loaded, &err) == -1);
	CHECK_INT(err.errnum, ENOENT);
	scratch_file(STATE_FILE, "{");
	CHECK(state_load(&arena, dir, STATE_FILE, &loaded, &err) == -1);
	CHECK_INT(err.errnum, EINVAL);
	arena_free(&arena);
}

TEST(state_exit_record_comes_back_with_the_time)
{
	struct exit_record record;
	int dir = scratch_dir();

	CHECK(exit_load(&arena, dir, &record, &err) == -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK(exit_save(&arena, dir, 137, &err) == 0);
	CHECK(exit_load(&arena, dir, &record, &err) == 0);
	CHECK_INT(record.exit_code, 137);
	CHECK(!strncmp(record.finished, "20", 2));
	CHECK(record.finished[strlen(record.finished) - 1] == 'Z');
	CHECK(exit_save(&arena, dir, 0, &err) == 0);
	CHECK(exit_load(&arena, dir, &record, &err) == 0);
	CHECK_INT(record.exit_code, 0);
	scratch_file(EXIT_FILE, "{}");
	CHECK(exit_load(&arena, dir, &record, &err) == -1);
	CHECK_STRING(err.text, "exit.json: exitCode: required, but missing");
	/* as ctr-monitor writes it */
	scratch_file(EXIT_FILE,
		     "{\"exitCode\":3,\"finished\":\"2026-11-21T03:42:34.808960490Z\"}\n");
	CHECK(exit_load(&arena, dir, &record, &err) == 0);
	CHECK_INT(record.exit_code, 3);
	arena_free(&arena);
}

TEST(state_owner_is_root_or_a_number)
{
	CHECK_STRING(state_owner(&arena, 0), "root");
	CHECK_STRING(state_owner(&arena, 1000), "1000");
	arena_free(&arena);
}
