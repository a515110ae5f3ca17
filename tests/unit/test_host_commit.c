/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/step.h"
#include "base/timestamp.h"
#include "fs/host_journal.h"
#include "fs/host_since.h"
#include "fs/host_undo.h"
#include "tests/unit/layer_fixture.h"
#include "tests/unit/unit.h"

static struct error err;
static struct arena arena;

/* The container's start: files that the tests make before it are older. */
static struct timespec now(void)
{
	struct stat status;

	/* by the clock of files, which lags */
	make_file("clock", "");
	CHECK(stat("clock", &status) == 0);
	CHECK(unlink("clock") == 0);
	return status.st_ctim;
}

/* Waits until the clock of files has gone on. */
static void tick(void)
{
	struct timespec begin = now(), end;

	do
		end = now();
	while (end.tv_sec == begin.tv_sec && end.tv_nsec == begin.tv_nsec);
}

/* "C /etc/passwd" for what is done, "! /etc/passwd" for what is skipped. */
static char *plan_text(const struct host_plan *plan)
{
	static const char letters[] = { 'A', 'C', 'D' };
	char *text = arena_strdup(&arena, "");

	for (size_t i = 0; i < plan->count; i++) {
		const struct host_change *change = &plan->changes[i];

		if (change->role != HOST_NOTHING)
			text = arena_printf(&arena, "%s%c %s\n", text,
					    change->role == HOST_SKIPPED ? '!'
									 : letters[change->kind],
					    change->path);
	}
	return text;
}

static char *target_path(void)
{
	char *here = getcwd(NULL, 0), *path = arena_printf(&arena, "%s/host", here);

	free(here);
	return path;
}

static const char *planned(struct timespec since, const char *path, bool force,
			   struct host_plan *plan)
{
	struct layer_stack stack = open_layers("up", "host", NULL, NULL);
	const struct host_part part = {
		.target = target_path(),
		.dir = stack.lowers[0],
		.stack = stack,
	};
	struct host_plan_options options = { .since.time = since, .force = force };

	if (path) {
		options.paths.items = arena_array(&arena, char *, 2);
		options.paths.items[options.paths.count++] =
			arena_printf(&arena, "%s%s", part.target, path);
	}
	CHECK_OK(host_plan(&part, 1, &options, &arena, plan, &err));
	close_layers(&stack);
	return plan_text(plan);
}

TEST(what_is_new_as_a_whole_is_one_operation)
{
	struct host_plan plan;

	fixture_begin();
	make_file("host/etc/passwd", "old");
	make_file("up/etc/passwd", "newer");
	make_file("up/new/a/b", "");
	make_whiteout("up/etc/none");
	CHECK_STRING(planned(now(), NULL, false, &plan),
		     "C /etc/passwd\nA /new\nA /new/a\nA /new/a/b\n");
	CHECK_INT(plan.journal.operations.count, 2);
	CHECK_STRING(plan.journal.operations.items[0].path, "/etc/passwd");
	CHECK_STRING(plan.journal.operations.items[1].path, "/new");
	CHECK(plan.journal.operations.items[0].old.inode != 0);
	CHECK_INT(plan.journal.operations.items[1].old.inode, 0);
	/* the directories that things come into, and no others */
	CHECK_INT(plan.journal.directories.count, 2);
	CHECK_STRING(plan.journal.directories.items[0].path, "");
	CHECK_STRING(plan.journal.directories.items[1].path, "/etc");
	CHECK_INT(plan.area_count, 1);
	CHECK_STRING(plan.areas[0].directory, "");
	arena_free(&arena);
}

TEST(what_the_host_has_changed_since_is_skipped_unless_equal_or_forced)
{
	struct host_plan plan;
	struct timespec start;

	fixture_begin();
	make_file("host/d/old", "old");
	make_file("host/d/kept", "old");
	make_file("up/d/old", "mine");
	make_file("up/d/kept", "mine");
	make_file("up/d/both", "mine");
	make_file("up/d/same", "same");
	make_whiteout("up/d/gone");
	start = now();
	tick();
	make_file("host/d/old", "theirs");
	make_file("host/d/both", "theirs");
	make_file("host/d/same", "same");
	make_file("host/d/gone", "theirs");
	CHECK_STRING(planned(start, NULL, false, &plan),
		     "! /d/both\n! /d/gone\nC /d/kept\n! /d/old\n");
	CHECK_INT(plan.conflicts, 3);
	CHECK_STRING(planned(start, NULL, true, &plan),
		     "C /d/both\nD /d/gone\nC /d/kept\nC /d/old\n");
	CHECK_INT(plan.conflicts, 0);
	arena_free(&arena);
}

TEST(a_directory_is_not_deleted_with_something_new_deep_in_it)
{
	struct host_plan plan;
	struct timespec start;

	fixture_begin();
	make_file("host/one/a/b/c", "");
	make_file("host/two/a/b/c", "");
	make_dir("up");
	make_whiteout("up/one");
	make_whiteout("up/two");
	start = now();
	tick();
	make_file("host/one/a/b/d", "");
	CHECK_STRING(planned(start, NULL, false, &plan), "! /one\nD /two\n");
	CHECK(plan.changes[0].conflict == HOST_FILLED);
	arena_free(&arena);
}

TEST(paths_select_what_is_below_them_and_new_directories_above)
{
	struct host_plan plan;

	fixture_begin();
	make_dir("host");
	make_file("up/a/b/c", "");
	make_file("up/a/bb", "");
	make_file("up/a/x", "");
	CHECK_STRING(planned(now(), "/a/b", false, &plan), "A /a\nA /a/b\nA /a/b/c\n");
	CHECK(!plan.changes[0].asked && plan.changes[1].asked);
	arena_free(&arena);
}

TEST(the_folder_of_old_files_is_never_part_of_it)
{
	struct host_plan plan;

	fixture_begin();
	make_file("host/.ctr-undo/1/0", "");
	make_file("up/.ctr-undo/1/0", "x");
	make_file("up/d/.ctr-undo/x", "x");
	make_file("up/.ctr-undone", "");
	CHECK_STRING(planned(now(), NULL, false, &plan), "A /.ctr-undone\nA /d\n");
	arena_free(&arena);
}

TEST(a_journal_is_read_as_it_was_written_with_names_of_any_bytes)
{
	struct journal_operation operations[] = {
		{ .part = 0,
		  .path = (char *)"/\x01\xff%\n \xc3\xa9",
		  .old.inode = 1ULL << 63,
		  .old.mtime = -5,
		  .new.size = 1ULL << 40,
		  .new.mode = 0104755 },
		{ .path = (char *)"/x" },
	};
	struct journal_xattr xattrs[] = { { (char *)"user.\xfe", (char *)"00ff" } };
	struct journal_directory directories[] = {
		{ .path = (char *)"",
		  .inode = 2,
		  .attributes = true,
		  .new = { .mode = 040711, .uid = 4294967294U, .xattrs = { xattrs, 1 } } },
	};
	char *targets[] = { (char *)"/\xe9", NULL };
	const struct journal journal = {
		.targets = { targets, 1 },
		.operations = { operations, 2 },
		.directories = { directories, 1 },
	};
	cleanup_journals struct journals journals = JOURNALS_NONE;
	struct journal read;
	unsigned number;

	fixture_begin();
	make_dir("data");
	CHECK_OK(journals_open("data", JOURNALS_WAIT, &journals, &err));
	CHECK_OK(journals_add(&journals, &number, &err));
	CHECK_INT(number, 1);
	CHECK_OK(journal_save(&journals, number, &journal, &err));
	CHECK_OK(journal_load(&journals, number, &arena, &read, &err));
	CHECK_STRING(read.targets.items[0], targets[0]);
	CHECK_INT(read.operations.count, 2);
	CHECK_STRING(read.operations.items[0].path, operations[0].path);
	CHECK(read.operations.items[0].old.inode == 1ULL << 63);
	CHECK_INT(read.operations.items[0].old.mtime, -5);
	CHECK(read.operations.items[0].new.size == 1ULL << 40);
	CHECK_INT(read.operations.items[1].new.inode, 0);
	CHECK_STRING(read.directories.items[0].path, "");
	CHECK(read.directories.items[0].new.uid == 4294967294U);
	CHECK_STRING(read.directories.items[0].new.xattrs.items[0].name, xattrs[0].name);
	CHECK_STRING(read.directories.items[0].new.xattrs.items[0].value, "00ff");
	CHECK_FAILS(journal_load(&journals, 2, &arena, &read, &err), "number 2");
	arena_free(&arena);
}

TEST(a_journal_that_points_outside_of_itself_is_refused)
{
	static const char *const wrong[] = {
		"{\"targets\":[],\"operations\":[{\"path\":\"/x\"}]}",
		"{\"targets\":[\"/\"],\"operations\":[{\"part\":1,\"path\":\"/x\"}]}",
		"{\"targets\":[\"/\"],\"operations\":[{\"path\":\"/%0\"}]}",
		"{\"targets\":[\"/\"],\"operations\":[{\"path\":\"/%00\"}]}",
		"{\"targets\":[\"/\"],\"directories\":[{\"part\":7,\"path\":\"\",\"inode\":1}]}",
		"{\"targets\":[\"/\"],\"operations\":[{}]}",
		"[",
	};
	cleanup_journals struct journals journals = JOURNALS_NONE;
	struct journal read;
	unsigned number;

	fixture_begin();
	make_dir("data");
	CHECK_OK(journals_open("data", JOURNALS_WAIT, &journals, &err));
	CHECK_OK(journals_add(&journals, &number, &err));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		make_file("data/undo/1/journal.json", wrong[i]);
		CHECK_FAILS(journal_load(&journals, 1, &arena, &read, &err), "journal.json");
	}
	arena_free(&arena);
}

TEST(pending_is_a_link_and_nothing_costs_more_than_to_read_it)
{
	cleanup_journals struct journals journals = JOURNALS_NONE, other = JOURNALS_NONE;
	unsigned number;

	fixture_begin();
	make_dir("data");
	CHECK_INT(journals_pending("data"), 0);
	CHECK_OK(host_recover("data", &err));
	CHECK(access("data/undo", F_OK) < 0);
	CHECK_OK(journals_open("data", JOURNALS_WAIT, &journals, &err));
	CHECK_OK(journals_set_pending(&journals, 12, &err));
	CHECK_INT(journals_pending("data"), 12);
	/* somebody works on it */
	CHECK(journals_open("data", JOURNALS_TRY, &other, &err) < 0 && err.errnum == EWOULDBLOCK);
	CHECK_OK(host_recover("data", &err));
	CHECK_INT(journals_pending("data"), 12);
	CHECK_OK(journals_set_pending(&journals, 0, &err));
	CHECK_OK(journals_read_pending(&journals, &number, &err));
	CHECK_INT(number, 0);
}

TEST(our_own_exchanges_are_no_changes_by_others)
{
	struct host_known known[] = {
		{ .target = "/b", .inode = 7, .time = { 50, 0 } },
		{ .target = "/a", .inode = 7, .time = { 30, 5 } },
		{ .target = "/a", .inode = 7, .time = { 20, 0 } },
	};
	struct host_since since = {
		.time = { 10, 0 },
		.known = known,
		.known_count = 3,
		.target = "/a",
	};
	struct stat status = { .st_ino = 7, .st_ctim = { 10, 0 } };

	host_known_sort(known, 3);
	CHECK(!host_is_changed(&since, &status));
	status.st_ctim = (struct timespec){ 10, 1 };
	CHECK(!host_is_changed(&since, &status));
	status.st_ctim = (struct timespec){ 30, 5 };
	CHECK(!host_is_changed(&since, &status));
	status.st_ctim = (struct timespec){ 30, 6 };
	CHECK(host_is_changed(&since, &status));
	since.target = "/b";
	CHECK(!host_is_changed(&since, &status));
	status.st_ino = 8;
	CHECK(host_is_changed(&since, &status));
}

static int commit(struct timespec since, struct host_commit_result *result)
{
	struct layer_stack stack = open_layers("up", "host", NULL, NULL);
	const struct host_part part = {
		.target = target_path(),
		.dir = stack.lowers[0],
		.stack = stack,
	};
	char created[TIMESTAMP_SIZE];
	const struct host_commit_request request = {
		.data_root = "data",
		.parts = &part,
		.part_count = 1,
		.container = "c",
		.created = timestamp_format(created, since.tv_sec, since.tv_nsec),
		.since = created,
	};
	int done = host_commit(&request, &arena, result, &err);

	close_layers(&stack);
	return done;
}

TEST(a_commit_and_its_undo_on_any_filesystem)
{
	const struct host_undo_request request = { .data_root = "data" };
	struct host_commit_result result;
	struct host_undo_result undone;

	fixture_begin();
	make_dir("data");
	make_file("host/file", "old");
	make_file("host/gone/x", "x");
	CHECK(link("host/file", "host/link") == 0);
	make_file("up/file", "new");
	make_file("up/dir/a", "a");
	CHECK(link("up/dir/a", "up/b") == 0);
	/* an ordinary user makes no whiteouts; the other forms are the integration tests' */
	CHECK_OK(commit(now(), &result));
	CHECK_INT(result.number, 1);
	CHECK_STRING(run_ok("cat host/file host/dir/a host/b host/link"), "newaaold");
	CHECK_STRING(run_ok("stat -c %%h host/b"), "2\n");
	CHECK_INT(journals_pending("data"), 0);
	CHECK_OK(host_undo(&request, &arena, &undone, &err));
	CHECK_INT(undone.count, 3);
	CHECK_STRING(run_ok("ls -A host; cat host/file; stat -c %%h host/file"),
		     "file\ngone\nlink\nold2\n");
	CHECK_FAILS(host_undo(&request, &arena, &undone, &err), "can be undone");
	CHECK_OK(commit(now(), &result));
	CHECK_INT(result.plan.conflicts, 0);
	arena_free(&arena);
}

/* Others at work at the worst moments. */
static struct {
	const char *step; /* the moment: behind this one, */
	int turns;	  /* when it comes for the last one of these times */
	const char *command;
	bool fails; /* the step does then */
} others;

static int meddle(const char *name, struct error *error)
{
	if (strcmp(name, others.step) != 0 || --others.turns != 0)
		return 0;
	run_ok("%s", others.command);
	return others.fails ? fail(error, EIO, "injected") : 0;
}

static int commit_among_others(struct host_commit_result *result)
{
	int done;

	step_fault = meddle;
	done = commit(now(), result);
	step_fault = NULL;
	return done;
}

TEST(what_others_put_in_place_between_the_check_and_the_exchange_stays)
{
	struct host_commit_result result;

	fixture_begin();
	make_dir("data");
	make_file("host/file", "old");
	make_file("up/file", "new");
	make_file("up/added", "new");
	/* as editors save */
	others.step = "check";
	others.turns = 1;
	others.command = "printf theirs >host/x && mv host/x host/file";
	others.fails = false;
	CHECK_FAILS(commit_among_others(&result), "changed on the host just now");
	CHECK_STRING(run_ok("ls -A host; cat host/file"), "file\ntheirs");
	CHECK_INT(journals_pending("data"), 0);
	arena_free(&arena);
}

TEST(a_directory_that_is_moved_away_does_not_stop_taking_back_the_rest)
{
	struct host_commit_result result;

	fixture_begin();
	make_dir("data");
	make_file("host/d/file", "old");
	make_file("host/z", "old");
	make_file("up/d/file", "new");
	make_file("up/z", "new");
	others.step = "rename";
	others.turns = 2;
	others.command = "mv host/d host/e && ln -s /etc host/d";
	others.fails = true;
	CHECK_FAILS(commit_among_others(&result), "injected");
	CHECK_STRING(run_ok("cat host/z"), "old");
	CHECK_STRING(run_ok("cat host/.ctr-undo/*/0"), "old");
	CHECK_INT(journals_pending("data"), 0);
	arena_free(&arena);
}
