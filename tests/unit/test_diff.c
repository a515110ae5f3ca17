/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/diff.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/layer_merge.h"
#include "tests/unit/layer_fixture.h"
#include "tests/unit/unit.h"

/* Compares the difference of upper and up to three lowers with what is expected, and closes all. */
static void check_diff(const char *lower0, const char *lower1, const char *lower2,
		       const char *expected)
{
	struct layer_stack stack = open_layers("up", lower0, lower1, lower2);
	const char *text = diff_text(&stack);

	close_layers(&stack);
	CHECK_STRING(text, expected);
}

TEST(an_empty_upper_layer_has_no_difference)
{
	fixture_begin();
	make_dir("up");
	make_file("low/etc/passwd", "root");
	check_diff("low", NULL, NULL, "");
}

TEST(new_changed_and_deleted_files_come_with_their_parents_sorted)
{
	fixture_begin();
	make_file("low/etc/passwd", "root");
	make_file("low/etc/hosts", "h");
	make_file("up/etc/passwd", "other");
	make_whiteout("up/etc/hosts");
	make_file("up/etc/a", "");
	make_file("up/new/b/c", "");
	check_diff("low", NULL, NULL,
		   "C /etc\nA /etc/a\nD /etc/hosts\nC /etc/passwd\nA /new\nA /new/b\nA /new/b/c\n");
}

TEST(a_directory_copied_up_for_nothing_is_not_listed)
{
	fixture_begin();
	make_dir("low/a/b/c");
	make_dir("up/a/b/c");
	check_diff("low", NULL, NULL, "");
	CHECK(chmod("up/a/b", 0700) == 0);
	check_diff("low", NULL, NULL, "C /a\nC /a/b\n");
}

TEST(the_root_is_listed_only_for_its_own_change)
{
	fixture_begin();
	make_dir("low");
	make_file("up/f", "");
	check_diff("low", NULL, NULL, "A /f\n");
	CHECK(chmod("up", 0711) == 0);
	check_diff("low", NULL, NULL, "C /\nA /f\n");
}

TEST(a_whiteout_of_what_is_not_there_is_no_deletion)
{
	fixture_begin();
	make_dir("low");
	make_whiteout("up/ghost");
	check_diff("low", NULL, NULL, "");
}

TEST(whiteouts_in_lower_layers_hide_what_is_below_them)
{
	fixture_begin();
	make_file("low2/f", "");
	make_file("low2/d/x", "");
	make_whiteout("low1/f");
	make_whiteout("low1/d");
	make_file("up/f", "again");
	make_file("up/d/x", "again");
	check_diff("low1", "low2", NULL, "A /d\nA /d/x\nA /f\n");
}

TEST(opaque_directories_in_lower_layers_hide_what_is_below_them)
{
	fixture_begin();
	need_user_xattrs();
	make_file("low2/d/x", "");
	make_dir("low1/d");
	set_xattr("low1/d", "user.overlay.opaque", "y");
	make_file("up/d/x", "again");
	check_diff("low1", "low2", NULL, "C /d\nA /d/x\n");
}

TEST(an_opaque_directory_deletes_what_it_does_not_have_again)
{
	fixture_begin();
	need_user_xattrs();
	make_file("low1/d/both", "1");
	make_file("low1/d/gone/deep", "1");
	make_file("low2/d/gone2", "1");
	make_file("up/d/both", "22");
	make_file("up/d/new", "");
	set_xattr("up/d", "user.overlay.opaque", "y");
	check_diff("low1", "low2", NULL, "C /d\nC /d/both\nD /d/gone\nD /d/gone2\nA /d/new\n");
}

/* The difference of upper and the first own of the lowers against the rest. */
static void check_own_diff(size_t own, const char *lower0, const char *lower1, const char *lower2,
			   const char *expected)
{
	struct layer_stack stack = open_layers("up", lower0, lower1, lower2);
	const char *text;

	stack.own_layers = own;
	text = diff_text(&stack);
	close_layers(&stack);
	CHECK_STRING(text, expected);
}

TEST(layers_of_the_container_s_own_are_part_of_the_difference)
{
	fixture_begin();
	make_file("low/etc/passwd", "root");
	make_file("low/etc/hosts", "h");
	make_file("low/usr/lib/deep/x", "");
	make_file("low/usr/lib/other", "");
	make_file("older/etc/passwd", "other");
	make_file("older/usr/lib/deep/y", "");
	make_file("older/gone/again", "");
	make_whiteout("newer/etc/hosts");
	make_whiteout("newer/gone");
	make_file("newer/usr/lib/deep/y", "longer");
	make_dir("newer/usr/lib/empty");
	make_file("up/f", "");
	check_own_diff(2, "newer", "older", "low",
		       "C /etc\nD /etc/hosts\nC /etc/passwd\nA /f\nC /usr\nC /usr/lib\n"
		       "C /usr/lib/deep\nA /usr/lib/deep/y\nA /usr/lib/empty\n");
	make_file("up/etc/hosts", "back");
	make_whiteout("up/etc/passwd");
	make_whiteout("up/usr/lib/deep");
	check_own_diff(2, "newer", "older", "low",
		       "C /etc\nC /etc/hosts\nD /etc/passwd\nA /f\nC /usr\nC /usr/lib\n"
		       "D /usr/lib/deep\nA /usr/lib/empty\n");
}

TEST(an_opaque_directory_of_an_own_layer_deletes_what_is_below_that)
{
	fixture_begin();
	need_user_xattrs();
	make_file("low/d/both", "1");
	make_file("low/d/gone", "1");
	make_file("low/d/sub/x", "1");
	make_file("own/d/both", "22");
	make_file("own/d/sub/y", "22");
	set_xattr("own/d", "user.overlay.opaque", "y");
	make_dir("up/d/sub");
	check_own_diff(1, "own", "low", NULL,
		       "C /d\nC /d/both\nD /d/gone\nC /d/sub\nD /d/sub/x\nA /d/sub/y\n");
}

/* That of the one layer that upper and the own ones are merged into. */
static void check_merged(size_t own, const char *lower0, const char *lower1, const char *lower2)
{
	struct layer_stack stack = open_layers("up", lower0, lower1, lower2);
	char expected[4096];
	struct error err;
	int to;

	stack.own_layers = own;
	snprintf(expected, sizeof(expected), "%s", diff_text(&stack));
	make_dir("merged");
	to = open("merged", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_OK(layer_merge(&stack, to, &err));
	close_layers(&stack);
	close(to);
	stack = open_layers("merged", own == 2 ? lower2 : lower1, NULL, NULL);
	CHECK_STRING(diff_text(&stack), expected);
	close_layers(&stack);
}

TEST(layers_merged_into_one_show_the_same_and_nothing_is_copied)
{
	struct stat one, other;

	fixture_begin();
	need_root();
	need_user_xattrs();
	make_file("low/etc/hosts", "h");
	make_file("low/opaque/gone", "");
	make_file("low/opaque/both", "");
	make_file("low/a/b/c/d", "");
	make_file("older/etc/passwd", "other");
	make_file("older/a/b/new", "");
	make_file("older/gone/again", "");
	make_whiteout("older/a/b/c");
	make_file("newer/opaque/both", "2");
	make_file("newer/opaque/deep/x", "2");
	set_xattr("newer/opaque", "user.overlay.opaque", "y");
	set_xattr("newer/opaque/deep", "user.colour", "green");
	make_whiteout("newer/etc/hosts");
	make_whiteout("newer/gone");
	make_file("up/a/z", "");
	CHECK(symlink("z", "up/a/link") == 0 && mkfifo("up/a/fifo", 0640) == 0);
	CHECK(link("up/a/z", "up/a/hard") == 0);
	CHECK(chmod("older/a/b", 0711) == 0);
	check_merged(2, "newer", "older", "low");
	CHECK(stat("up/a/z", &one) == 0 && stat("merged/a/hard", &other) == 0);
	CHECK_INT(one.st_ino, other.st_ino);
	CHECK(stat("older/a/b", &one) == 0 && stat("merged/a/b", &other) == 0);
	CHECK_INT(one.st_mtim.tv_nsec, other.st_mtim.tv_nsec);
	CHECK_INT(one.st_mode, other.st_mode);
}

TEST(an_own_layer_without_a_change_is_no_difference)
{
	fixture_begin();
	make_file("low/a/b/c", "");
	make_dir("own/a/b");
	make_dir("up/a");
	check_own_diff(1, "own", "low", NULL, "");
}

TEST(marks_of_a_container_are_no_marks_without_userxattr)
{
	struct layer_stack stack;

	fixture_begin();
	need_user_xattrs();
	make_file("low/d/x", "1");
	make_file("up/d/y", "1");
	set_xattr("up/d", "user.overlay.opaque", "y");
	stack = open_layers("up", "low", NULL, NULL);
	stack.user_xattr = false;
	CHECK_STRING(diff_text(&stack), "C /d\nA /d/y\n");
	close_layers(&stack);
}

TEST(a_renamed_directory_is_added_with_its_merged_content)
{
	fixture_begin();
	need_user_xattrs();
	make_file("low1/old/a", "1");
	make_file("low2/old/sub/b", "1");
	make_file("low2/old/dropped", "1");
	make_whiteout("up/old");
	make_file("up/new/c", "1");
	make_whiteout("up/new/dropped");
	set_xattr("up/new", "user.overlay.redirect", "old");
	check_diff("low1", "low2", NULL,
		   "A /new\nA /new/a\nA /new/c\nA /new/sub\nA /new/sub/b\nD /old\n");
}

TEST(absolute_redirects_are_followed_from_the_root)
{
	fixture_begin();
	need_user_xattrs();
	make_file("low1/x/y/old/a", "1");
	make_file("low2/x/y/old/b/c", "1");
	make_whiteout("up/x/y/old");
	make_dir("up/z/new");
	set_xattr("up/z/new", "user.overlay.redirect", "/x/y/old");
	check_diff("low1", "low2", NULL,
		   "C /x\nC /x/y\nD /x/y/old\nA /z\nA /z/new\nA /z/new/a\nA /z/new/b\n"
		   "A /z/new/b/c\n");
}

TEST(redirects_in_lower_layers_are_followed)
{
	fixture_begin();
	need_user_xattrs();
	make_file("low2/first/f", "1");
	make_whiteout("low1/first");
	make_dir("low1/second");
	set_xattr("low1/second", "user.overlay.redirect", "first");
	make_file("up/second/f", "22");
	make_file("up/second/g", "22");
	check_diff("low1", "low2", NULL, "C /second\nC /second/f\nA /second/g\n");
}

TEST(a_rename_over_a_deleted_directory_shows_what_is_gone)
{
	fixture_begin();
	need_user_xattrs();
	make_file("low/a/one", "1");
	make_file("low/b/two", "1");
	make_whiteout("up/a");
	make_dir("up/b");
	set_xattr("up/b", "user.overlay.redirect", "a");
	check_diff("low", NULL, NULL, "D /a\nC /b\nA /b/one\nD /b/two\n");
}

TEST(redirects_out_of_the_layers_are_refused)
{
	struct layer_stack stack;
	struct error err;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	fixture_begin();
	need_user_xattrs();
	make_dir("low");
	make_dir("up/b");
	set_xattr("up/b", "user.overlay.redirect", "../secret");
	stack = open_layers("up", "low", NULL, NULL);
	out = open_memstream(&text, &size);
	CHECK_FAILS(diff_print(&stack, DIFF_TEXT, out, &err), "bad redirect");
	fclose(out);
	free(text);
	close_layers(&stack);
}

TEST(files_and_directories_take_each_others_place)
{
	fixture_begin();
	make_file("low/file", "1");
	make_file("low/dir/x", "1");
	make_file("up/file/x", "1");
	make_file("up/dir", "1");
	check_diff("low", NULL, NULL, "C /dir\nC /file\nA /file/x\n");
}

TEST(names_are_escaped)
{
	fixture_begin();
	make_dir("low");
	make_file("up/nl\n", "");
	make_file("up/tab\t\\", "");
	make_file("up/\xc3\xa9", "");
	make_file("up/\xff", "");
	check_diff("low", NULL, NULL, "A /nl\\n\nA /tab\\t\\\\\nA /\xc3\xa9\nA /\\377\n");
}

TEST(json_says_what_changed)
{
	struct layer_stack stack;
	struct error err;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	fixture_begin();
	make_file("low/f", "1");
	make_file("low/gone", "1");
	make_file("up/f", "22");
	CHECK(chmod("up/f", 0600) == 0);
	make_whiteout("up/gone");
	make_file("up/quote\"\n\xff", "");
	CHECK(symlink("x", "up/link") == 0);
	stack = open_layers("up", "low", NULL, NULL);
	out = open_memstream(&text, &size);
	CHECK_OK(diff_print(&stack, DIFF_JSON, out, &err));
	fclose(out);
	close_layers(&stack);
	CHECK_GOLDEN(text, "diff.json");
	free(text);
}

/* What a walk says of each path, whatever it was asked for besides. */
static int write_entry(const struct diff_entry *entry, void *out, struct error *err)
{
	static const char letters[] = { 'A', 'C', 'D' };

	(void)err;
	fprintf(out, "%c%c%c %o %s\n", letters[entry->kind], entry->opaque ? 'o' : '-',
		entry->implied ? 'i' : '-',
		entry->kind == DIFF_DELETED ? 0 : entry->status.st_mode & S_IFMT, entry->path);
	return 0;
}

static void write_walk(const struct layer_stack *stack, unsigned needs, const char *name)
{
	struct error err;
	FILE *out = fopen(name, "w");

	CHECK_OK(diff_walk_for(stack, needs, write_entry, out, &err));
	fclose(out);
}

TEST(what_is_not_asked_for_changes_nothing_of_the_rest)
{
	static const unsigned needs[] = {
		DIFF_KIND,
		DIFF_KIND | DIFF_STATUS | DIFF_CHANGES,
		DIFF_KIND | DIFF_STATUS | DIFF_ATTRIBUTES | DIFF_CONTENT,
		DIFF_STATUS | DIFF_ATTRIBUTES | DIFF_CONTENT,
		0,
	};
	struct layer_stack stack;

	fixture_begin();
	need_user_xattrs();
	run_ok("mkdir -p low/few low/many low/dir low/old low/gone low/over up/few up/many up/new "
	       "up/none up/dir up/over up/marked; touch up/marked/no up/marked/yes low/marked;"
	       "for i in $(seq 20); do echo low > low/few/$i; echo up > up/few/1$i; done;"
	       "for i in $(seq 3000); do echo > low/many/a-name-of-many-$i; done;"
	       "for i in $(seq 2990 3010); do echo > up/many/a-name-of-many-$i; done;"
	       "ln -s x up/link; ln up/few/11 up/hard; mkfifo up/fifo; truncate -s 3 up/few/5;"
	       "echo > low/old/f; echo > low/dir/a; echo > up/dir/b; ln -s y low/over/f;"
	       "echo > low/over/d; mkdir up/over/d up/over/f; echo > up/over/d/x");
	make_whiteout("up/old");
	make_whiteout("up/gone");
	make_whiteout("up/nothing");
	make_whiteout("up/few/3");
	set_xattr("up/new", "user.overlay.redirect", "/old");
	set_xattr("up/dir", "user.overlay.opaque", "y");
	set_xattr("up/marked", "user.overlay.opaque", "x");
	set_xattr("up/marked/yes", "user.overlay.whiteout", "y");
	set_xattr("up/few/5", "user.overlay.metacopy", "");
	stack = open_layers("up", "low", NULL, NULL);
	write_walk(&stack, DIFF_ALL, "all");
	CHECK_INT(atoi(run_ok("wc -l < all")), 62);
	CHECK_STRING(run_ok("grep -c '^A.*many-' all; grep marked all"),
		     "10\nC-- 40000 /marked\nA-- 100000 /marked/no\n");
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		write_walk(&stack, needs[i], "some");
		/* who does not ask is told that each file is changed */
		if (needs[i] & DIFF_KIND)
			CHECK_STRING(run_ok("diff all some"), "");
		else
			CHECK_STRING(run_ok("sed '/^A.. 40000/!s/^A/C/' all > a;"
					    "sed '/^A.. 40000/!s/^A/C/' some | diff a -"),
				     "");
	}
	close_layers(&stack);
}

TEST(a_tree_deeper_than_paths_and_descriptors_is_walked)
{
	const struct rlimit few = { 60, 60 };
	struct rlimit before;
	struct layer_stack stack;
	struct error err;
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	int depth;

	fixture_begin();
	make_dir("low");
	make_dir("up");
	stack = open_layers("up", "low", NULL, NULL);
	{
		int at = open("up", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		for (depth = 0; depth < 2000; depth++) {
			int next;

			CHECK(mkdirat(at, "directory", 0755) == 0);
			next = openat(at, "directory", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			CHECK(next >= 0);
			close(at);
			at = next;
		}
		close(at);
	}
	getrlimit(RLIMIT_NOFILE, &before);
	CHECK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ few.rlim_cur, before.rlim_max }) == 0);
	out = open_memstream(&text, &size);
	CHECK_OK(diff_print(&stack, DIFF_TEXT, out, &err));
	fclose(out);
	setrlimit(RLIMIT_NOFILE, &before);
	close_layers(&stack);
	CHECK(size > 2000UL * 2000 / 2 * strlen("/directory"));
	free(text);
}

TEST(hundreds_of_lower_layers_need_few_descriptors)
{
	enum { COUNT = 300 };
	static int lowers[COUNT];
	struct layer_stack stack = { .lowers = lowers, .lower_count = COUNT };
	struct rlimit before;
	char name[64];

	fixture_begin();
	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "l%d/d/e/%d", i, i);
		make_file(name, "x");
		snprintf(name, sizeof(name), "l%d", i);
		lowers[i] = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	make_file("up/d/e/299", "yy");
	make_file("up/d/e/300", "yy");
	stack.upper = open("up", O_PATH | O_DIRECTORY | O_CLOEXEC);
	getrlimit(RLIMIT_NOFILE, &before);
	CHECK(setrlimit(RLIMIT_NOFILE,
			&(struct rlimit){ (rlim_t)stack.upper + 90, before.rlim_max }) == 0);
	CHECK_STRING(diff_text(&stack), "C /d\nC /d/e\nC /d/e/299\nA /d/e/300\n");
	setrlimit(RLIMIT_NOFILE, &before);
	for (int i = 0; i < COUNT; i++)
		close(lowers[i]);
	close(stack.upper);
}
