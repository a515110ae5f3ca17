/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

static bool exists(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether fd is what is at path below dir. Closes fd. */
static bool is_at(int fd, int dir, const char *path)
{
	struct stat it, there;
	bool same = fd >= 0 && fstat(fd, &it) == 0 && fstatat(dir, path, &there, 0) == 0 &&
		    it.st_ino == there.st_ino && it.st_dev == there.st_dev;

	close_fd(&fd);
	return same;
}

/* A root with somebody's links in it that try to lead out, beside a secret. */
static int make_root(void)
{
	int dir = scratch_dir(), root;

	CHECK(mkdirat(dir, "root", 0755) == 0 && mkdirat(dir, "root/etc", 0755) == 0);
	CHECK(mkdirat(dir, "outside", 0755) == 0);
	scratch_file("outside/secret", "x");
	scratch_file("root/etc/passwd", "root");
	CHECK(symlinkat("/etc", dir, "root/absolute") == 0);
	CHECK(symlinkat("../../../../etc", dir, "root/up") == 0);
	CHECK(symlinkat("../outside", dir, "root/escape") == 0);
	CHECK(symlinkat("/missing/target", dir, "root/dangling") == 0);
	CHECK(symlinkat("loop", dir, "root/loop") == 0);
	CHECK(symlinkat("/proc/self/root", dir, "root/magic") == 0);
	CHECK(mkdirat(dir, "root/proc", 0755) == 0);
	root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(root >= 0);
	return root;
}

TEST(path_dots_and_links_never_lead_out_of_the_root)
{
	cleanup_fd int root = make_root();

	CHECK(is_at(open_in_root(root, "../../..", O_PATH, 0, &err), root, "."));
	CHECK(is_at(open_in_root(root, "/", O_PATH, 0, &err), root, "."));
	CHECK(is_at(open_in_root(root, "absolute", O_PATH, 0, &err), root, "etc"));
	CHECK(is_at(open_in_root(root, "/up/passwd", O_PATH, 0, &err), root, "etc/passwd"));
	CHECK(is_at(open_in_root(root, "etc/../../etc", O_PATH, 0, &err), root, "etc"));
	CHECK(open_in_root(root, "escape/secret", O_RDONLY, 0, &err) == -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_STRING(err.text, "open escape/secret: No such file or directory");
	CHECK(open_in_root(root, "loop", O_PATH, 0, &err) == -1);
	CHECK_INT(err.errnum, ELOOP);
}

TEST(path_links_of_procfs_are_refused)
{
	cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(open_in_root(root, "proc/self/root/etc", O_PATH, 0, &err) == -1);
	CHECK_INT(err.errnum, ELOOP);
	CHECK(open_in_root(root, "proc/self/exe", O_RDONLY, 0, &err) == -1);
	CHECK_INT(err.errnum, ELOOP);
}

TEST(path_open_makes_files_close_on_exec)
{
	cleanup_fd int root = make_root();
	cleanup_fd int fd = open_in_root(root, "etc/new", O_WRONLY | O_CREAT, 0600, &err);

	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK(exists(root, "etc/new"));
}

TEST(path_mkdir_makes_all_that_is_missing)
{
	cleanup_fd int root = make_root();
	struct stat status;
	mode_t mask = umask(0);

	CHECK(is_at(mkdir_in_root(root, "/a//b/./c/", 0750, &err), root, "a/b/c"));
	CHECK(fstatat(root, "a/b", &status, 0) == 0);
	CHECK_INT(status.st_mode & 07777, 0750);
	CHECK(is_at(mkdir_in_root(root, "a/b/c", 0700, &err), root, "a/b/c"));
	CHECK(is_at(mkdir_in_root(root, "/", 0700, &err), root, "."));
	CHECK(is_at(mkdir_in_root(root, "absolute/new", 0700, &err), root, "etc/new"));
	CHECK(is_at(mkdir_in_root(root, "up/other/deep", 0700, &err), root, "etc/other/deep"));
	CHECK(is_at(mkdir_in_root(root, "../../x", 0700, &err), root, "x"));
	umask(mask);
}

/* Debian's /var/lock leads to /run/lock, which is empty before boot. */
TEST(path_mkdir_makes_what_a_dangling_link_leads_to_inside_the_root)
{
	cleanup_fd int root = make_root();

	CHECK(is_at(mkdir_in_root(root, "dangling/x", 0700, &err), root, "missing/target/x"));
	CHECK(symlinkat("../../gone", root, "etc/away") == 0);
	CHECK(is_at(mkdir_in_root(root, "etc/away/x", 0700, &err), root, "gone/x"));
	CHECK(symlinkat("second/b", root, "first") == 0);
	CHECK(symlinkat("third", root, "second") == 0);
	CHECK(is_at(mkdir_in_root(root, "first/c", 0700, &err), root, "third/b/c"));
}

TEST(path_mkdir_through_an_escaping_link_stays_inside)
{
	cleanup_fd int root = make_root();

	CHECK(is_at(mkdir_in_root(root, "escape/new", 0700, &err), root, "outside/new"));
	CHECK(!exists(root, "../outside/new"));
}

TEST(path_mkdir_fails_at_files_loops_and_endless_links)
{
	cleanup_fd int root = make_root();

	CHECK(mkdir_in_root(root, "etc/passwd", 0700, &err) == -1);
	CHECK_INT(err.errnum, ENOTDIR);
	CHECK(mkdir_in_root(root, "etc/passwd/x", 0700, &err) == -1);
	CHECK_INT(err.errnum, ENOTDIR);
	CHECK(mkdir_in_root(root, "loop/x", 0700, &err) == -1);
	CHECK_INT(err.errnum, ELOOP);
	CHECK(symlinkat("endless/more", root, "endless") == 0);
	CHECK(mkdir_in_root(root, "endless/x", 0700, &err) == -1);
	CHECK_INT(err.errnum, ELOOP);
}

TEST(path_mkfile_makes_an_empty_file_or_takes_what_is_there)
{
	cleanup_fd int root = make_root();
	struct stat status;

	CHECK(is_at(mkfile_in_root(root, "run/deep/file", 0600, &err), root, "run/deep/file"));
	CHECK(fstatat(root, "run/deep/file", &status, 0) == 0);
	CHECK(S_ISREG(status.st_mode) && status.st_size == 0);
	CHECK(is_at(mkfile_in_root(root, "etc/passwd", 0600, &err), root, "etc/passwd"));
	CHECK(is_at(mkfile_in_root(root, "etc", 0600, &err), root, "etc"));
	CHECK(is_at(mkfile_in_root(root, "up/new", 0600, &err), root, "etc/new"));
	CHECK(is_at(mkfile_in_root(root, "dangling", 0600, &err), root, "missing/target"));
	CHECK(mkfile_in_root(root, "etc/passwd/x", 0600, &err) == -1);
	CHECK_INT(err.errnum, ENOTDIR);
}

TEST(path_mkfile_with_a_name_that_is_too_long_makes_nothing)
{
	cleanup_fd int root = make_root();
	char path[NAME_MAX + 16] = "new/";

	memset(path + 4, 'x', NAME_MAX + 1);
	CHECK(mkfile_in_root(root, path, 0600, &err) == -1);
	CHECK_INT(err.errnum, ENAMETOOLONG);
	path[4 + NAME_MAX] = '\0';
	CHECK(!exists(root, path));
}

TEST(path_longer_than_the_kernel_takes_is_refused)
{
	cleanup_fd int root = make_root();
	char path[PATH_MAX + 10];

	for (size_t i = 0; i < sizeof(path) - 1; i++)
		path[i] = i % 2 ? '/' : 'a';
	path[sizeof(path) - 1] = '\0';
	CHECK(mkdir_in_root(root, path, 0700, &err) == -1);
	CHECK_INT(err.errnum, ENAMETOOLONG);
	CHECK(!exists(root, "a"));
}

TEST(path_open_parent_gives_directory_and_name)
{
	cleanup_fd int root = make_root();
	char *name;

	CHECK(is_at(open_parent_in_root(root, "etc/null", 0755, &arena, &name, &err), root, "etc"));
	CHECK_STRING(name, "null");
	CHECK(is_at(open_parent_in_root(root, "/top//", 0755, &arena, &name, &err), root, "."));
	CHECK_STRING(name, "top");
	CHECK(is_at(open_parent_in_root(root, "new/dir/x", 0755, &arena, &name, &err), root,
		    "new/dir"));
	CHECK_STRING(name, "x");
	/* the last component is for the caller, who follows no link */
	CHECK(is_at(open_parent_in_root(root, "up/dangling", 0755, &arena, &name, &err), root,
		    "etc"));
	arena_free(&arena);
}

TEST(path_open_parent_refuses_what_ends_in_no_name)
{
	static const char *const paths[] = { "", "/", ".", "..", "a/..", "a/.", "///" };
	cleanup_fd int root = make_root();
	char *name;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CHECK(open_parent_in_root(root, paths[i], 0755, &arena, &name, &err) == -1);
		CHECK_INT(err.errnum, EINVAL);
	}
	arena_free(&arena);
}

TEST(path_join_keeps_absolute_paths)
{
	CHECK_STRING(path_join(&arena, "/a", "b"), "/a/b");
	CHECK_STRING(path_join(&arena, "/a", "/b"), "/b");
	CHECK_STRING(path_join(&arena, "/a", ""), "/a/");
	arena_free(&arena);
}

TEST(path_clean_table)
{
	static const struct {
		const char *path, *clean;
	} table[] = {
		{ "", "/" },
		{ "/", "/" },
		{ "//", "/" },
		{ ".", "/" },
		{ "..", "/" },
		{ "/..", "/" },
		{ "/../..", "/" },
		{ "a", "/a" },
		{ "/a", "/a" },
		{ "/a/", "/a" },
		{ "//a//b//", "/a/b" },
		{ "/a/./b/.", "/a/b" },
		{ "/a/..", "/" },
		{ "/a/../", "/" },
		{ "/a/../b", "/b" },
		{ "/a/b/..", "/a" },
		{ "/a/b/../..", "/" },
		{ "/a/b/../../..", "/" },
		{ "/a/b/../../../c", "/c" },
		{ "../../a/../b", "/b" },
		{ "/...", "/..." },
		{ "/a/...b/..c", "/a/...b/..c" },
		{ "/.a/.", "/.a" },
		{ "/a/..b/..", "/a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		CHECK_STRING(path_clean(&arena, table[i].path), table[i].clean);
	arena_free(&arena);
}

TEST(paths_are_in_the_order_of_a_walk)
{
	static const char *const walk[] = { "/",    "/a",   "/a/b", "/a/b/c", "/a/c",
					    "/a b", "/a-b", "/a.b", "/ab" };

	for (size_t i = 0; i < ARRAY_SIZE(walk); i++)
		for (size_t j = 0; j < ARRAY_SIZE(walk); j++) {
			int order = path_compare(walk[i], walk[j]);

			CHECK_INT((order > 0) - (order < 0), (i > j) - (i < j));
		}
}

TEST(path_behind_a_directory)
{
	CHECK_STRING(path_behind("/a/b/c", "/a/b"), "/c");
	CHECK_STRING(path_behind("/a/b", "/a/b"), "");
	CHECK_STRING(path_behind("/a", "/"), "/a");
	CHECK(!path_behind("/a/bc", "/a/b"));
	CHECK(!path_behind("/a", "/a/b"));
}

TEST(path_plain_names)
{
	static const char *const good[] = { "web", "a", "A-1_b+c.d", "...", "x-", ".hidden" };
	static const char *const bad[] = { "",	  ".",	     "..",	     "a/b", "/",
					   "a b", "a\n",     "\xc3",	     "a:b", "a\tb",
					   "-x",  "--force", "\xe2\x82\xac", "*",   "a\\b" };
	char name[NAME_MAX + 2];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		CHECK(path_is_plain_name(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(!path_is_plain_name(bad[i]));
	memset(name, 'a', sizeof(name));
	name[NAME_MAX + 1] = '\0';
	CHECK(!path_is_plain_name(name));
	name[NAME_MAX] = '\0';
	CHECK(path_is_plain_name(name));
}
