/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macro.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static struct passwd_user user;
static char folder[32];
static int root = -1;

static const char passwd_text[] = "root:x:0:0:root:/root:/bin/sh\n"
				  "# a comment: not:a:line\n"
				  "\n"
				  "short:x:5\n"
				  "bad:x:12z:1:::\n"
				  "negative:x:-1:1:::\n"
				  "huge:x:4294967295:1:::\n"
				  "daemon:x:1:7:daemon:/usr/sbin:/bin/false\n"
				  "ann:x:1000:1000:Ann,,,:/home/ann:/bin/bash\n"
				  "ann:x:0:0:second:/root:/bin/bash\n"
				  "relative:x:1001:1001::home/relative:\n"
				  "nohome:x:1002:1002:::\n"
				  "last:x:1003:1004::/home/last:/bin/sh";
static const char group_text[] = "root:x:0:\n"
				 "daemon:x:7:ann\n"
				 "staff:x:50:bob,ann\n"
				 "annex:x:51:annex,bobann,an\n"
				 "wheel:x:52:ann,carl\n"
				 "broken:x:\n"
				 "nine:x:9:\n";

static void write_file(const char *name, const char *text)
{
	int fd = openat(root, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0);
	CHECK(write_all(fd, text, strlen(text), &err) == 0);
	close(fd);
}

static void remove_root(void)
{
	remove_tree_at(AT_FDCWD, folder, &err);
	arena_free(&arena);
}

static void make_root(void)
{
	static bool registered;

	unit_need_openat2();
	if (root >= 0) {
		remove_tree_at(AT_FDCWD, folder, &err);
		close(root);
	}
	strcpy(folder, "/tmp/ctr-unit-XXXXXX");
	CHECK(mkdtemp(folder));
	if (!registered)
		atexit(remove_root);
	registered = true;
	root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(mkdirat(root, "etc", 0755) == 0);
	write_file("etc/passwd", passwd_text);
	write_file("etc/group", group_text);
}

TEST(passwd_number_that_is_unknown_has_gid_0_and_no_groups)
{
	make_root();
	CHECK(passwd_resolve(&arena, root, "4000", &user, &err) == 0);
	CHECK_INT(user.uid, 4000);
	CHECK_INT(user.gid, 0);
	CHECK_INT(user.group_count, 0);
}

TEST(passwd_number_1_is_not_root)
{
	make_root();
	CHECK(passwd_resolve(&arena, root, "1", &user, &err) == 0);
	CHECK_INT(user.uid, 1);
	CHECK_INT(user.gid, 7);
	CHECK(passwd_resolve(&arena, root, "1:", &user, &err) == 0);
	CHECK_INT(user.uid, 1);
	CHECK_INT(user.gid, 7);
	CHECK(passwd_resolve(&arena, root, "1:2", &user, &err) == 0);
	CHECK_INT(user.uid, 1);
	CHECK_INT(user.gid, 2);
}

TEST(passwd_users_that_are_none_are_refused)
{
	static const char *const bad[] = {
		"",
		":",
		":2",
		"-1",
		"99999999999",
		"4294967295",
		"+1",
		" 1",
		"1 ",
		"0x10",
		"1e3",
		"nobody",
		"1:-1",
		"1:nogroup",
		"bad",
		"short",
		"negative",
		"huge",
		"ann:4294967295",
		"1:2:3",
		"18446744073709551617",
	};

	make_root();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		user = (struct passwd_user){ .uid = 77 };
		if (passwd_resolve(&arena, root, bad[i], &user, &err) != -1)
			unit_fail(__FILE__, __LINE__, "'%s' was taken", bad[i]);
		CHECK_INT(user.uid, 77);
	}
}

TEST(passwd_name_gets_its_groups_and_the_first_line_counts)
{
	make_root();
	CHECK(passwd_resolve(&arena, root, "ann", &user, &err) == 0);
	CHECK_INT(user.uid, 1000);
	CHECK_INT(user.gid, 1000);
	CHECK_INT(user.group_count, 3);
	CHECK_INT(user.groups[0], 7);
	CHECK_INT(user.groups[1], 50);
	CHECK_INT(user.groups[2], 52);
}

TEST(passwd_group_that_is_named_replaces_all_others)
{
	make_root();
	CHECK(passwd_resolve(&arena, root, "ann:nine", &user, &err) == 0);
	CHECK_INT(user.uid, 1000);
	CHECK_INT(user.gid, 9);
	CHECK_INT(user.group_count, 0);
}

TEST(passwd_last_line_may_lack_its_newline)
{
	make_root();
	CHECK(passwd_resolve(&arena, root, "last", &user, &err) == 0);
	CHECK_INT(user.uid, 1003);
	CHECK_INT(user.gid, 1004);
}

TEST(passwd_error_of_a_name_says_where_it_was_looked_for)
{
	make_root();
	CHECK(passwd_resolve(&arena, root, "nobody:x", &user, &err) == -1);
	CHECK_CONTAINS(err.text, "unable to find user 'nobody'");
	CHECK_CONTAINS(err.text, "/etc/passwd");
	CHECK(passwd_resolve(&arena, root, "ann:x", &user, &err) == -1);
	CHECK_CONTAINS(err.text, "unable to find group 'x'");
}

TEST(passwd_fifo_does_not_block)
{
	make_root();
	CHECK(unlinkat(root, "etc/passwd", 0) == 0);
	CHECK(mkfifoat(root, "etc/passwd", 0644) == 0);
	CHECK(passwd_resolve(&arena, root, "ann", &user, &err) == -1);
	CHECK(passwd_resolve(&arena, root, "5", &user, &err) == 0);
	CHECK_INT(user.uid, 5);
}

TEST(passwd_huge_file_is_read_to_the_limit_only)
{
	int fd;

	make_root();
	fd = openat(root, "etc/passwd", O_WRONLY | O_TRUNC | O_CLOEXEC);
	CHECK(ftruncate(fd, (off_t)1 << 30) == 0);
	CHECK(pwrite(fd, "\nann:x:1:1:::\n", 14, (1 << 30) - 14) == 14);
	close(fd);
	CHECK(passwd_resolve(&arena, root, "ann", &user, &err) == -1);
}

TEST(passwd_line_that_is_too_long_is_skipped)
{
	static char text[3 * PASSWD_MAX_LINE];
	size_t sizes[] = { PASSWD_MAX_LINE - 1, PASSWD_MAX_LINE, PASSWD_MAX_LINE + 1,
			   2 * PASSWD_MAX_LINE };

	make_root();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(text, 'x', sizes[i]);
		strcpy(text + sizes[i], "\nann:x:8:9:::\n");
		write_file("etc/passwd", text);
		CHECK(passwd_resolve(&arena, root, "ann", &user, &err) == 0);
		CHECK_INT(user.uid, 8);
	}
}

TEST(passwd_link_does_not_lead_out_of_the_root)
{
	make_root();
	CHECK(unlinkat(root, "etc/passwd", 0) == 0);
	CHECK(symlinkat("/etc/passwd.image", root, "etc/passwd") == 0);
	write_file("etc/passwd.image", "in:x:31:32::/in:\n");
	CHECK(passwd_resolve(&arena, root, "in", &user, &err) == 0);
	CHECK_INT(user.uid, 31);
	CHECK(unlinkat(root, "etc/passwd", 0) == 0);
	CHECK(symlinkat("../../../../../etc/passwd", root, "etc/passwd") == 0);
	CHECK(passwd_resolve(&arena, root, "root", &user, &err) == -1);
}

TEST(passwd_home_is_that_of_the_uid)
{
	static const struct {
		uid_t uid;
		const char *home;
	} cases[] = { { 0, "/root" }, { 1000, "/home/ann" },  { 1001, "/" },
		      { 1002, "/" },  { 1003, "/home/last" }, { 9999, "/" } };
	char home[64];

	make_root();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_INT(passwd_home(root, cases[i].uid, home, sizeof(home)),
			  (long long)strlen(cases[i].home));
		CHECK_STRING(home, cases[i].home);
	}
	passwd_home(root, 1000, home, 6);
	CHECK_STRING(home, "/");
	CHECK(unlinkat(root, "etc/passwd", 0) == 0);
	passwd_home(root, 0, home, sizeof(home));
	CHECK_STRING(home, "/");
}
