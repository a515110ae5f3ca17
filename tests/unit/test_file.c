/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* behind sys/mount.h: an older C library has the same names in both */
#include <linux/fs.h>

#include "base/fd.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static char *text;
static size_t size;

/* How many entries dir has. */
static int count_entries(int dir)
{
	cleanup_dir DIR *stream = open_dir_at(dir, ".", &err);
	int count = -2; /* "." and ".." */

	while (readdir(stream))
		count++;
	return count;
}

static bool exists(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int read_scratch(int dir, const char *name, size_t limit)
{
	arena_free(&arena);
	return file_read_at(dir, name, limit, &arena, &text, &size, &err);
}

TEST(file_read_gives_all_bytes_and_a_nul_behind)
{
	int dir = scratch_dir();

	scratch_file("a", "hello\n");
	CHECK(read_scratch(dir, "a", 100) == 0);
	CHECK_STRING(text, "hello\n");
	CHECK_INT(size, 6);
	CHECK(file_read_at(dir, "a", 100, &arena, &text, NULL, &err) == 0);
	scratch_file("empty", "");
	CHECK(read_scratch(dir, "empty", 0) == 0);
	CHECK_STRING(text, "");
	CHECK_INT(size, 0);
	arena_free(&arena);
}

TEST(file_read_takes_files_as_long_as_the_limit_and_none_longer)
{
	int dir = scratch_dir();

	scratch_file("ten", "0123456789");
	CHECK(read_scratch(dir, "ten", 10) == 0);
	CHECK_INT(size, 10);
	CHECK(read_scratch(dir, "ten", 9) == -1);
	CHECK_INT(err.errnum, EFBIG);
	CHECK_STRING(err.text, "ten: 10 bytes are too many (at most 9)");
	arena_free(&arena);
}

TEST(file_read_reads_kernel_files_which_say_that_they_are_empty)
{
	CHECK(read_scratch(AT_FDCWD, "/proc/self/status", 1 << 20) == 0);
	CHECK_CONTAINS(text, "VmRSS:");
	CHECK_INT(size, strlen(text));
	CHECK(read_scratch(AT_FDCWD, "/proc/self/status", 10) == -1);
	CHECK_INT(err.errnum, EFBIG);
	CHECK(read_scratch(AT_FDCWD, "/proc/self/comm", 100) == 0);
	CHECK(read_scratch(AT_FDCWD, "/proc/self/comm", size) == 0);
	CHECK(read_scratch(AT_FDCWD, "/proc/self/comm", size - 1) == -1);
	CHECK_INT(err.errnum, EFBIG);
	/* longer than the first read */
	CHECK(read_scratch(AT_FDCWD, "/proc/self/smaps", 64 << 20) == 0);
	CHECK(size > 8192);
	CHECK_INT(size, strlen(text));
	arena_free(&arena);
}

TEST(file_read_refuses_what_is_no_file_without_blocking)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int dir = scratch_dir();
	cleanup_fd int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(mkfifoat(dir, "fifo", 0600) == 0);
	CHECK(mkdirat(dir, "dir", 0700) == 0);
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/sock", scratch_path());
	CHECK(bind(sock, (struct sockaddr *)&name, sizeof(name)) == 0);
	CHECK(read_scratch(dir, "fifo", 100) == -1);
	CHECK_STRING(err.text, "fifo: not a regular file");
	CHECK_INT(err.errnum, EINVAL);
	CHECK(read_scratch(dir, "dir", 100) == -1);
	CHECK_STRING(err.text, "dir: is a directory");
	CHECK(read_scratch(AT_FDCWD, "/dev/zero", 100) == -1);
	CHECK_STRING(err.text, "/dev/zero: not a regular file");
	CHECK(read_scratch(dir, "sock", 100) == -1);
	CHECK(read_scratch(dir, "none", 100) == -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_STRING(err.text, "none: No such file or directory");
	arena_free(&arena);
}

TEST(file_read_fd_leaves_the_descriptor_open)
{
	int dir = scratch_dir();
	cleanup_fd int fd = -1;

	scratch_file("a", "text");
	fd = openat(dir, "a", O_RDONLY | O_CLOEXEC);
	CHECK(file_read_fd(fd, "it", 10, &arena, &text, &size, &err) == 0);
	CHECK_STRING(text, "text");
	CHECK(fcntl(fd, F_GETFD) >= 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK(file_read_fd(fd, "it", 3, &arena, &text, &size, &err) == -1);
	CHECK_CONTAINS(err.text, "it: 4 bytes");
	arena_free(&arena);
}

TEST(file_read_short_cuts_one_newline_and_what_does_not_fit)
{
	int dir = scratch_dir();
	char buffer[8];

	scratch_file("a", "max\n");
	CHECK_INT(file_read_short_at(dir, "a", buffer, sizeof(buffer), &err), 3);
	CHECK_STRING(buffer, "max");
	scratch_file("b", "two\n\n");
	CHECK_INT(file_read_short_at(dir, "b", buffer, sizeof(buffer), &err), 4);
	scratch_file("c", "0123456789");
	CHECK_INT(file_read_short_at(dir, "c", buffer, sizeof(buffer), &err), 7);
	CHECK_STRING(buffer, "0123456");
	CHECK_INT(file_read_short_at(dir, "c", buffer, 1, &err), 0);
	CHECK_STRING(buffer, "");
	CHECK(file_read_short_at(dir, "none", buffer, sizeof(buffer), &err) == -1);
	CHECK_INT(err.errnum, ENOENT);
}

TEST(file_write_neither_creates_nor_truncates)
{
	int dir = scratch_dir();

	CHECK(file_write_at(dir, "none", "1", &err) == -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK(!exists(dir, "none"));
	scratch_file("a", "0123456789");
	CHECK(file_write_at(dir, "a", "abc", &err) == 0);
	CHECK(read_scratch(dir, "a", 100) == 0);
	CHECK_STRING(text, "abc3456789");
	CHECK(file_write_at(AT_FDCWD, "/dev/full", "abc", &err) == -1);
	CHECK_STRING(err.text, "write 'abc' to /dev/full: No space left on device");
	arena_free(&arena);
}

TEST(file_write_all_tells_of_failure)
{
	cleanup_fd int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	cleanup_fd int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	CHECK(write_all(full, "abc", 3, &err) == -1);
	CHECK_INT(err.errnum, ENOSPC);
	CHECK(write_all(null, "abc", 3, &err) == 0);
	CHECK(write_all(full, "", 0, &err) == 0);
}

TEST(file_replace_makes_and_replaces_with_mode)
{
	int dir = scratch_dir();
	struct stat status;
	mode_t mask = umask(0);

	for (int durable = 0; durable < 2; durable++) {
		CHECK(file_replace_at(dir, "state", "one", 3, 0600, durable, &err) == 0);
		CHECK(file_replace_at(dir, "state", "tw\0", 3, 0640, durable, &err) == 0);
		CHECK(read_scratch(dir, "state", 100) == 0);
		CHECK_INT(size, 3);
		CHECK_STRING(text, "tw");
		CHECK(fstatat(dir, "state", &status, 0) == 0);
		CHECK_INT(status.st_mode & 07777, 0640);
	}
	CHECK_INT(count_entries(dir), 1);
	umask(mask);
	arena_free(&arena);
}

TEST(file_replace_works_in_a_folder_below)
{
	int dir = scratch_dir();

	CHECK(mkdirat(dir, "sub", 0700) == 0);
	CHECK(file_replace_at(dir, "sub/state", "one", 3, 0600, true, &err) == 0);
	CHECK(read_scratch(dir, "sub/state", 100) == 0);
	CHECK_STRING(text, "one");
	arena_free(&arena);
}

TEST(file_replace_leaves_no_temporary_file_when_it_fails)
{
	int dir = scratch_dir();

	CHECK(mkdirat(dir, "taken", 0700) == 0);
	CHECK(file_replace_at(dir, "taken", "x", 1, 0600, true, &err) == -1);
	CHECK_INT(err.errnum, EISDIR);
	CHECK_INT(count_entries(dir), 1);
	CHECK(file_replace_at(dir, "none/file", "x", 1, 0600, true, &err) == -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_INT(count_entries(dir), 1);
}

TEST(file_replace_keeps_the_old_file_when_the_disk_is_full)
{
	const struct rlimit none = { 0, RLIM_INFINITY };
	struct rlimit saved;
	int dir = scratch_dir(), result;

	scratch_file("state", "old");
	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &saved) == 0 && setrlimit(RLIMIT_FSIZE, &none) == 0);
	result = file_replace_at(dir, "state", "new", 3, 0600, true, &err);
	setrlimit(RLIMIT_FSIZE, &saved);
	signal(SIGXFSZ, SIG_DFL);
	CHECK_INT(result, -1);
	CHECK_INT(err.errnum, EFBIG);
	CHECK_INT(count_entries(dir), 1);
	CHECK(read_scratch(dir, "state", 100) == 0);
	CHECK_STRING(text, "old");
	arena_free(&arena);
}

TEST(file_replace_replaces_a_link_and_not_what_it_points_to)
{
	int dir = scratch_dir();

	scratch_file("target", "old");
	CHECK(symlinkat("target", dir, "link") == 0);
	CHECK(file_replace_at(dir, "link", "new", 3, 0600, false, &err) == 0);
	CHECK(read_scratch(dir, "target", 100) == 0);
	CHECK_STRING(text, "old");
	arena_free(&arena);
}

/* A ctr of the same pid was killed before: its temporary files are in the way of nobody. */
TEST(file_replace_is_not_stopped_by_temporary_files_of_a_crash)
{
	int dir = scratch_dir();
	char name[64];

	for (unsigned int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "state.tmp.%d.%u", (int)getpid(), i);
		scratch_file(name, "half");
	}
	CHECK(file_replace_at(dir, "state", "new", 3, 0600, false, &err) == 0);
	CHECK(read_scratch(dir, "state", 100) == 0);
	CHECK_STRING(text, "new");
	arena_free(&arena);
}

TEST(remove_tree_accepts_what_is_not_there)
{
	int dir = scratch_dir();

	CHECK(remove_tree_at(dir, "none", &err) == 0);
	CHECK(remove_tree_at(dir, "none/below", &err) == 0);
}

TEST(remove_tree_removes_files_links_fifos_and_directories)
{
	int dir = scratch_dir();

	scratch_file("file", "");
	CHECK(symlinkat("/", dir, "link") == 0);
	CHECK(remove_tree_at(dir, "file", &err) == 0);
	CHECK(remove_tree_at(dir, "link", &err) == 0);
	CHECK(mkdirat(dir, "empty", 0) == 0);
	CHECK(remove_tree_at(dir, "empty", &err) == 0);
	CHECK(mkdirat(dir, "full", 0700) == 0 && mkdirat(dir, "full/a", 0700) == 0);
	scratch_file("full/a/b", "x");
	CHECK(mkfifoat(dir, "full/a/fifo", 0600) == 0);
	CHECK(symlinkat("nowhere", dir, "full/a/dangling") == 0);
	CHECK(remove_tree_at(dir, "full", &err) == 0);
	CHECK_INT(count_entries(dir), 0);
}

TEST(remove_tree_follows_no_link)
{
	int dir = scratch_dir();

	CHECK(mkdirat(dir, "kept", 0700) == 0 && mkdirat(dir, "tree", 0700) == 0);
	scratch_file("kept/file", "x");
	CHECK(symlinkat("../kept", dir, "tree/link") == 0);
	CHECK(symlinkat("kept", dir, "top") == 0);
	CHECK(remove_tree_at(dir, "tree", &err) == 0);
	CHECK(remove_tree_at(dir, "top", &err) == 0);
	CHECK(exists(dir, "kept/file"));
	CHECK(!exists(dir, "tree") && !exists(dir, "top"));
}

/* Makes depth directories one in the other, deeper than a path can say, with a file in each. */
static void make_deep_tree(int dir, int depth)
{
	cleanup_fd int below = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < depth; i++) {
		int next, file;

		CHECK(mkdirat(below, "directory", 0700) == 0);
		next = openat(below, "directory", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		CHECK(next >= 0);
		close_fd(&below);
		below = next;
		file = openat(below, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		close_fd(&file);
	}
}

TEST(remove_tree_removes_trees_deeper_than_descriptors_and_paths_go)
{
	int dir = scratch_dir();
	struct rlimit saved, few = { 200, 200 };
	int result;

	make_deep_tree(dir, 3000);
	CHECK(getrlimit(RLIMIT_NOFILE, &saved) == 0);
	few.rlim_max = saved.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
	result = remove_tree_at(dir, "directory", &err);
	setrlimit(RLIMIT_NOFILE, &saved);
	CHECK_STRING(result ? err.text : "", "");
	CHECK_INT(count_entries(dir), 0);
}

/*
 * An interrupted removal has left them, or the tree has such names of its own. In which order a
 * directory is read is up to the file system, so there are many of both.
 */
TEST(remove_tree_moves_deep_parts_beside_names_that_are_taken)
{
	int dir = scratch_dir();
	char name[64];

	CHECK(mkdirat(dir, "tree", 0700) == 0);
	for (int i = 0; i < 20; i++) {
		cleanup_fd int deep = -1;

		snprintf(name, sizeof(name), "tree/.removed.%d", i);
		CHECK(mkdirat(dir, name, 0700) == 0);
		strcat(name, "/full");
		scratch_file(name, "x");
		snprintf(name, sizeof(name), "tree/%d", i);
		CHECK(mkdirat(dir, name, 0700) == 0);
		deep = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		make_deep_tree(deep, 70);
	}
	CHECK_STRING(remove_tree_at(dir, "tree", &err) ? err.text : "", "");
	CHECK_INT(count_entries(dir), 0);
}

TEST(remove_tree_removes_what_is_immutable_or_append_only)
{
	static const char *const paths[] = { "tree/sub/fixed", "tree/sub" };
	int dir = scratch_dir(), flags[] = { FS_IMMUTABLE_FL, FS_APPEND_FL };

	CHECK(mkdirat(dir, "tree", 0700) == 0 && mkdirat(dir, "tree/sub", 0700) == 0);
	scratch_file("tree/sub/fixed", "x");
	for (int i = 0; i < 2; i++) {
		cleanup_fd int fd = openat(dir, paths[i], O_RDONLY | O_CLOEXEC);

		if (ioctl(fd, FS_IOC_SETFLAGS, &flags[i]) < 0)
			unit_skip("files cannot be made immutable here");
	}
	CHECK(unlinkat(dir, "tree/sub/fixed", 0) == -1 && errno == EPERM);
	CHECK_STRING(remove_tree_at(dir, "tree", &err) ? err.text : "", "");
	CHECK_INT(count_entries(dir), 0);
}

/* Opening a device node alone may do things, and these trees are a container's. */
TEST(remove_tree_opens_no_special_file_to_look_at_its_flags)
{
	int dir = scratch_dir(), flags = FS_APPEND_FL;
	cleanup_fd int tree = -1, watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[128], event[512];

	CHECK(mkdirat(dir, "tree", 0700) == 0);
	CHECK(mkfifoat(dir, "tree/fifo", 0600) == 0);
	tree = openat(dir, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ioctl(tree, FS_IOC_SETFLAGS, &flags) < 0)
		unit_skip("directories cannot be made append-only here");
	snprintf(path, sizeof(path), "%s/tree/fifo", scratch_path());
	CHECK(inotify_add_watch(watch, path, IN_OPEN) >= 0);
	CHECK_STRING(remove_tree_at(dir, "tree", &err) ? err.text : "", "");
	/* the end of the watch itself is told of too */
	for (ssize_t got; (got = read(watch, event, sizeof(event))) > 0;)
		CHECK(!(((const struct inotify_event *)event)->mask & IN_OPEN));
}

/* In a mount namespace of its own: 77 where that cannot be had. */
static int remove_around_mount(int dir)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", "", MS_REC | MS_PRIVATE, "") < 0 ||
	    fchdir(dir) < 0 || mount("none", "tree/sub", "tmpfs", 0, "") < 0)
		return 77;
	close(open("tree/sub/kept", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	if (remove_tree_at(dir, "tree", &err) == 0 || err.errnum != EBUSY ||
	    strcmp(err.text, "remove tree: remove sub: Device or resource busy") != 0)
		return 1;
	return access("tree/sub/kept", F_OK) ? 2 : 0;
}

TEST(remove_tree_crosses_no_mount_point_and_names_it)
{
	int dir = scratch_dir(), status;
	pid_t pid;

	CHECK(mkdirat(dir, "tree", 0700) == 0 && mkdirat(dir, "tree/sub", 0700) == 0);
	pid = fork();
	if (pid == 0)
		_exit(remove_around_mount(dir));
	CHECK(waitpid(pid, &status, 0) == pid);
	if (WEXITSTATUS(status) == 77)
		unit_skip("needs root");
	CHECK_INT(status, 0);
}
