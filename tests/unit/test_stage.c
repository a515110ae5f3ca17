/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/layer_fixture.h"
#include "tests/unit/tree_text.h"
#include "tests/unit/unit.h"

/*
 * The layer is the directory up; what changes it runs between the passes, and within them: between
 * what a pass looks at and what it copies (change_within).
 */

struct scene {
	struct stage *stage;
	int upper, folder;
	void (*within)(struct scene *scene);
	void (*between)(struct scene *scene);
	unsigned passes;
	unsigned random; /* its state */
	struct error err;
};

static int change_within(void *context, struct arena *arena, const pid_t **pids, size_t *count,
			 struct error *err)
{
	struct scene *scene = context;

	pid_t *self = arena_new(arena, pid_t);

	(void)err;
	*self = getpid();
	*pids = self;
	*count = 1;
	scene->passes++;
	if (scene->within)
		scene->within(scene);
	return 0;
}

static void begin(struct scene *scene)
{
	const struct stage_options options = {
		.upper = scene->upper = open("up", O_PATH | O_DIRECTORY | O_CLOEXEC),
		.folder = scene->folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.processes = change_within,
		.context = scene,
		.threads = 2,
	};

	CHECK(scene->upper >= 0 && scene->folder >= 0);
	scene->stage = stage_open(&options, &scene->err);
	if (!scene->stage)
		unit_fail(__FILE__, __LINE__, "%s", scene->err.text);
}

static void end(struct scene *scene)
{
	char name[] = "temporary";
	int status;

	(void)name;
	stage_close(&scene->stage);
	close_fd(&scene->upper);
	close_fd(&scene->folder);
	CHECK_STRING(run(&status, "ls -A | grep -v ^up$"), "");
}

/* The stage must be the layer; what is left of it is nothing. */
static void check_equal(struct scene *scene)
{
	char path[64], *expected, *is;
	const char *difference;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/.", stage_root(scene->stage));
	expected = tree_text("up/.");
	is = tree_text(path);
	difference = tree_text_difference(is, expected);
	if (difference)
		unit_fail(__FILE__, __LINE__, "%s", difference);
	free(expected);
	free(is);
}

static void check_stage(struct scene *scene)
{
	struct error err;

	begin(scene);
	CHECK_OK(stage_copy(scene->stage, &err));
	if (scene->between)
		scene->between(scene);
	CHECK_OK(stage_settle(scene->stage, true, &err));
	CHECK_OK(stage_finish(scene->stage, &err));
	check_equal(scene);
	end(scene);
}

/* Changes ------------------------------------------------------------------------------------ */

static void write_at(const char *path, const char *text, off_t at)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && pwrite(fd, text, strlen(text), at) == (ssize_t)strlen(text));
	close(fd);
}

static void fill(const char *path, size_t size, unsigned seed)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	unsigned char *data = malloc(size);

	CHECK(fd >= 0 && data);
	for (size_t i = 0; i < size; i++)
		data[i] = (unsigned char)(seed = seed * 1103515245 + 12345) ^
			  (unsigned char)(i >> 8);
	CHECK(write(fd, data, size) == (ssize_t)size);
	close(fd);
	free(data);
}

TEST(a_layer_that_nobody_changes_is_copied_as_it_is)
{
	struct scene scene = { 0 };

	fixture_begin();
	need_root();
	make_file("up/etc/passwd", "root");
	make_file("up/etc/empty", "");
	make_whiteout("up/etc/gone");
	make_dir("up/opaque/a");
	CHECK(setxattr("up/opaque", "trusted.overlay.opaque", "y", 1, 0) == 0);
	CHECK(setxattr("up/etc/passwd", "trusted.overlay.origin", "abc", 3, 0) == 0);
	CHECK(symlink("/etc/passwd", "up/link") == 0 && mkfifo("up/fifo", 0640) == 0);
	CHECK(mknod("up/null", S_IFCHR | 0666, makedev(1, 3)) == 0);
	CHECK(mknod("up/socket", S_IFSOCK | 0755, 0) == 0);
	CHECK(chown("up/etc/passwd", 12, 34) == 0 && chmod("up/etc/passwd", 04751) == 0);
	CHECK(link("up/etc/passwd", "up/a-hard-link") == 0);
	CHECK(lchown("up/link", 5, 6) == 0 && chmod("up/opaque", 01500) == 0);
	CHECK(truncate("up/etc/empty", 1 << 20) == 0);
	write_at("up/etc/empty", "data", 600000);
	fill("up/large", 9000001, 1);
	CHECK(chmod("up", 0711) == 0);
	check_stage(&scene);
}

static void change_all(struct scene *scene)
{
	(void)scene;
	write_at("up/same-size", "B", 3);
	write_at("up/longer", "more", 5);
	CHECK(truncate("up/shorter", 2) == 0);
	write_at("up/large", "changed", 5000000);
	CHECK(rename("up/moved", "up/d/moved") == 0);
	CHECK(rename("up/over", "up/replaced") == 0);
	CHECK(unlink("up/deleted") == 0 && symlink("x", "up/deleted") == 0);
	CHECK(unlink("up/l") == 0 && symlink("other", "up/l") == 0);
	CHECK(link("up/one", "up/d/two") == 0 && unlink("up/link2") == 0);
	CHECK(setxattr("up/attr", "trusted.overlay.x", "2", 1, 0) == 0);
	CHECK(removexattr("up/attr", "trusted.overlay.y") == 0);
	CHECK(chmod("up/attr", 04755) == 0 && chown("up/d", 7, 8) == 0);
	CHECK(unlink("up/white") == 0);
	make_dir("up/white");
	make_file("up/white/below", "x");
	CHECK(rename("up/p/q", "up/q") == 0 && rename("up/p", "up/q/p") == 0);
	CHECK(rename("up/file-to-dir", "up/q/x") == 0);
	make_file("up/file-to-dir/f", "1");
	make_whiteout("up/new-whiteout");
	fill("up/new-large", 6 << 20, 9);
}

static void make_all(void)
{
	make_file("up/same-size", "AAAAAAAA");
	make_file("up/longer", "12345");
	make_file("up/shorter", "12345");
	make_file("up/moved", "moved");
	make_file("up/over", "over");
	make_file("up/replaced", "replaced");
	make_file("up/deleted", "deleted");
	make_file("up/one", "one");
	CHECK(link("up/one", "up/link2") == 0 && symlink("before", "up/l") == 0);
	make_file("up/attr", "x");
	CHECK(setxattr("up/attr", "trusted.overlay.x", "1", 1, 0) == 0);
	CHECK(setxattr("up/attr", "trusted.overlay.y", "1", 1, 0) == 0);
	make_whiteout("up/white");
	make_file("up/p/q/r/s", "deep");
	make_file("up/file-to-dir", "x");
	make_dir("up/d");
	fill("up/large", 9 << 20, 2);
}

TEST(what_changes_after_the_passes_is_found_by_the_last_one)
{
	struct scene scene = { .between = change_all };

	fixture_begin();
	need_root();
	make_all();
	check_stage(&scene);
}

static void change_in_first_pass(struct scene *scene)
{
	if (scene->passes == 1)
		change_all(scene);
}

TEST(what_changes_within_a_pass_is_found_by_a_later_one)
{
	struct scene scene = { .within = change_in_first_pass };

	fixture_begin();
	need_root();
	make_all();
	check_stage(&scene);
}

static void change_content_and_set_time_back(struct scene *scene)
{
	struct stat status;

	(void)scene;
	CHECK(stat("up/f", &status) == 0);
	write_at("up/f", "XYZ", 1);
	CHECK(utimensat(AT_FDCWD, "up/f", (struct timespec[]){ status.st_atim, status.st_mtim },
			0) == 0);
}

TEST(a_changed_file_whose_times_were_set_back_is_found)
{
	struct scene scene = { .between = change_content_and_set_time_back };

	fixture_begin();
	make_file("up/f", "abcdefgh");
	check_stage(&scene);
}

/* A mapping that lives through all passes; stores before and after each look. */
static char *mapping;

static void store(struct scene *scene)
{
	mapping[scene->passes * 100]++;
	mapping[70000]++;
}

TEST(stores_through_a_shared_mapping_are_found)
{
	struct scene scene = { .within = store, .between = store };
	int fd;

	fixture_begin();
	make_dir("up");
	fill("up/f", 100000, 3);
	fd = open("up/f", O_RDWR | O_CLOEXEC);
	mapping = mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(mapping != MAP_FAILED);
	close(fd);
	mapping[5]++;
	check_stage(&scene);
	munmap(mapping, 100000);
}

static void store_and_unmap(struct scene *scene)
{
	store(scene);
	CHECK(munmap(mapping, 100000) == 0);
}

TEST(a_store_through_a_mapping_that_is_gone_before_the_last_pass_is_found)
{
	struct scene scene = { .between = store_and_unmap };
	int fd;

	fixture_begin();
	make_dir("up");
	fill("up/f", 100000, 3);
	fd = open("up/f", O_RDWR | O_CLOEXEC);
	mapping = mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(mapping != MAP_FAILED);
	close(fd);
	store(&scene);
	check_stage(&scene);
}

static void make_large_again(struct scene *scene)
{
	(void)scene;
	fill("up/huge", 40 << 20, 5);
	fill("up/other", 3 << 20, 6);
	CHECK(rename("up/d", "up/e") == 0);
	write_at("up/e/f", "in a moved directory", 3);
}

TEST(more_than_is_collected_is_written_at_once)
{
	struct scene scene = { .between = make_large_again };

	fixture_begin();
	make_file("up/d/f", "abc");
	fill("up/huge", 40 << 20, 4);
	check_stage(&scene);
}

static void punch(struct scene *scene)
{
	int fd = open("up/f", O_RDWR | O_CLOEXEC);

	(void)scene;
	CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1 << 20, 3 << 20) == 0);
	close(fd);
	CHECK(truncate("up/f", 30 << 20) == 0);
}

TEST(holes_that_come_and_go_are_the_same)
{
	struct scene scene = { .between = punch };

	fixture_begin();
	make_dir("up");
	fill("up/f", 12 << 20, 7);
	check_stage(&scene);
}

TEST(a_deep_and_a_wide_directory)
{
	struct scene scene = { .between = make_large_again };
	struct error err;
	char name[64];
	int status;

	fixture_begin();
	make_file("up/d/f", "x");
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "up/d/%d", i);
		make_file(name, name);
	}
	CHECK(chdir("up") == 0);
	for (int i = 0; i < 300; i++)
		CHECK(mkdir("a-name-that-is-somewhat-longer", 0700) == 0 &&
		      chdir("a-name-that-is-somewhat-longer") == 0);
	make_file("at-the-bottom", "x");
	for (int i = 0; i < 301; i++)
		CHECK(chdir("..") == 0);
	begin(&scene);
	CHECK_OK(stage_copy(scene.stage, &err));
	make_large_again(&scene);
	CHECK_OK(stage_settle(scene.stage, true, &err));
	CHECK_OK(stage_finish(scene.stage, &err));
	/* tar goes as deep as there is */
	run_ok("test \"$(tar --sort=name -C up -c . | sha256sum)\" = "
	       "\"$(tar --sort=name -C /proc/%d/fd/%d -c . | sha256sum)\"",
	       getpid(), stage_root(scene.stage));
	stage_close(&scene.stage);
	CHECK_STRING(run(&status, "ls -A | grep -v ^up$"), "");
	close_fd(&scene.upper);
	close_fd(&scene.folder);
}

/* Random changes ----------------------------------------------------------------------------- */

static unsigned next(struct scene *scene, unsigned below)
{
	scene->random = scene->random * 1664525 + 1013904223;
	return (scene->random >> 8) % below;
}

/* One of a few paths, so that they meet. */
static const char *some_path(struct scene *scene, char *path)
{
	static const char *const directories[] = { "up", "up/a", "up/b", "up/a/c", "up/b/c/d" };
	const char *directory = directories[next(scene, 5)];

	snprintf(path, 64, "%s/%c", directory, "abcdefgh"[next(scene, 8)]);
	return path;
}

static void change_file(struct scene *scene, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	off_t size;
	char text[32];

	if (fd < 0)
		return;
	size = lseek(fd, 0, SEEK_END);
	snprintf(text, sizeof(text), "%u", scene->random);
	switch (next(scene, 7)) {
	case 0:
		if (pwrite(fd, text, strlen(text), size) < 0)
			break;
		break;
	case 1:
		if (ftruncate(fd, next(scene, 200000)) < 0)
			break;
		break;
	case 2:
		if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 65536) < 0)
			break;
		break;
	case 3:
		if (size >= 10) {
			char *map =
				mmap(NULL, (size_t)size, PROT_WRITE | PROT_READ, MAP_SHARED, fd, 0);

			if (map == MAP_FAILED)
				break;
			memcpy(map + next(scene, (unsigned)size - 9), "0123456789", 9);
			munmap(map, (size_t)size);
		}
		break;
	default:
		if (pwrite(fd, text, strlen(text), next(scene, 150000)) < 0)
			break;
	}
	close(fd);
}

/* What is not possible just now fails, which is all right. */
static void change_something(struct scene *scene)
{
	char one[64], other[64];
	int status;

	some_path(scene, one);
	some_path(scene, other);
	switch (next(scene, 16)) {
	case 0:
		mkdir(one, 0700 + next(scene, 64));
		break;
	case 1:
		if (symlink(other, one) < 0)
			break;
		break;
	case 2:
		mknod(one, S_IFCHR, 0);
		break;
	case 3:
		if (link(one, other) < 0)
			break;
		break;
	case 4:
	case 5:
		rename(one, other);
		break;
	case 6:
		renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
		break;
	case 7:
		unlink(one);
		break;
	case 8:
		if (next(scene, 4) == 0)
			run(&status, "rm -rf %s", one);
		break;
	case 9:
		lsetxattr(one, next(scene, 2) ? "trusted.overlay.opaque" : "trusted.x", other, 1,
			  0);
		break;
	case 10:
		chmod(one, 0400 + next(scene, 512));
		break;
	case 11:
		if (lchown(one, next(scene, 3), next(scene, 3)) < 0)
			break;
		break;
	default:
		change_file(scene, one);
	}
}

static void change_much(struct scene *scene)
{
	for (unsigned count = next(scene, 40); count; count--)
		change_something(scene);
}

static void change_sometimes(struct scene *scene)
{
	if (scene->passes < 4)
		change_much(scene);
}

TEST(random_changes_between_and_within_passes)
{
	fixture_begin();
	need_root();
	make_dir("up/a/c");
	make_dir("up/b/c/d");
	for (unsigned seed = 1; seed <= 30; seed++) {
		struct scene scene = {
			.within = change_sometimes,
			.between = change_much,
			.random = seed,
		};

		change_much(&scene);
		check_stage(&scene);
	}
}

/* The rest ----------------------------------------------------------------------------------- */

static bool know_everything(void *context, const char *path, const struct stat *status)
{
	(void)context;
	CHECK(path[0] == '/' && S_ISREG(status->st_mode));
	return strcmp(path, "/d/known") == 0;
}

static int list_entry(const struct stage_entry *entry, void *context, struct error *err)
{
	char *text = context;
	struct stat status;
	char path[128];

	(void)err;
	snprintf(path, sizeof(path), "up%s", entry->path);
	CHECK(lstat(path, &status) == 0 && status.st_ino == entry->status.st_ino &&
	      status.st_ctim.tv_nsec == entry->status.st_ctim.tv_nsec);
	sprintf(text + strlen(text), "%s%s ", entry->path, entry->known ? " (known)" : "");
	return 0;
}

TEST(what_the_caller_has_is_not_copied_and_all_is_listed)
{
	struct scene scene = { 0 };
	char text[256] = "";
	struct stat status;
	struct error err;
	struct stage_options options = { .known = know_everything };

	fixture_begin();
	make_file("up/d/known", "something");
	make_file("up/d/z", "z");
	make_file("up/a", "a");
	options.upper = scene.upper = open("up", O_PATH | O_DIRECTORY | O_CLOEXEC);
	options.folder = scene.folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scene.stage = stage_open(&options, &err);
	CHECK(scene.stage);
	CHECK_OK(stage_copy(scene.stage, &err));
	CHECK_OK(stage_settle(scene.stage, true, &err));
	CHECK_OK(stage_finish(scene.stage, &err));
	CHECK_OK(stage_each(scene.stage, list_entry, text, &err));
	CHECK_STRING(text, "/ /a /d /d/known (known) /d/z ");
	CHECK(fstatat(stage_root(scene.stage), "d/known", &status, 0) == 0);
	CHECK_INT(status.st_size, 9);
	CHECK_INT(status.st_blocks, 0);
	CHECK_OK(stage_take(scene.stage, scene.folder, "taken", &err));
	stage_close(&scene.stage);
	CHECK_STRING(run_ok("cat taken/d/z; ls -A"), "ztaken\nup\n");
	close_fd(&scene.upper);
	close_fd(&scene.folder);
}

static int find_racy(const struct stage_entry *entry, void *context, struct error *err)
{
	struct stage_entry *found = context;

	(void)err;
	if (!strcmp(entry->path, "/f"))
		*found = *entry;
	return 0;
}

TEST(a_page_that_was_dirty_while_frozen_is_stored_to_without_another_ctime)
{
	struct scene scene = { .between = store };
	struct stage_entry entry = { 0 };
	struct stat status;
	struct error err;
	int fd;

	fixture_begin();
	make_dir("up");
	fill("up/f", 100000, 3);
	fd = open("up/f", O_RDWR | O_CLOEXEC);
	mapping = mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(mapping != MAP_FAILED);
	close(fd);
	begin(&scene);
	CHECK_OK(stage_copy(scene.stage, &err));
	store(&scene);
	CHECK_OK(stage_settle(scene.stage, true, &err));
	store(&scene);
	CHECK_OK(stage_finish(scene.stage, &err));
	CHECK_OK(stage_each(scene.stage, find_racy, &entry, &err));
	CHECK(stat("up/f", &status) == 0);
	/* nothing tells of the second store, so who comes later must not trust in ctime */
	CHECK(status.st_ctim.tv_nsec == entry.status.st_ctim.tv_nsec);
	CHECK(entry.racy);
	munmap(mapping, 100000);
	end(&scene);
}

static void change_for_ever(struct scene *scene)
{
	static unsigned count;
	char text[16];

	(void)scene;
	snprintf(text, sizeof(text), "%08u", count++);
	write_at("up/f", text, 0);
}

TEST(without_freezing_it_ends_although_the_layer_always_changes)
{
	struct scene scene = { .within = change_for_ever };
	struct error err;

	fixture_begin();
	make_file("up/f", "12345678");
	make_file("up/g", "12345678");
	begin(&scene);
	CHECK_OK(stage_copy(scene.stage, &err));
	CHECK_OK(stage_settle(scene.stage, false, &err));
	CHECK_OK(stage_finish(scene.stage, &err));
	check_equal(&scene);
	end(&scene);
}

TEST(a_file_system_without_room_is_told)
{
	struct scene scene = { 0 };
	struct rlimit before, limit = { 5000, RLIM_INFINITY };

	fixture_begin();
	need_root();
	make_dir("up");
	fill("up/f", 3 << 20, 1);
	run_ok("mkdir small && mount -t tmpfs -o size=1m tmpfs small");
	(void)before;
	(void)limit;
	begin(&scene);
	stage_close(&scene.stage);
	close_fd(&scene.folder);
	scene.folder = open("small", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scene.stage =
		stage_open(&(struct stage_options){ .upper = scene.upper, .folder = scene.folder },
			   &scene.err);
	CHECK(scene.stage);
	CHECK(stage_copy(scene.stage, &scene.err) < 0);
	CHECK_INT(scene.err.errnum, ENOSPC);
	CHECK_CONTAINS(scene.err.text, "no space left for the copy");
	stage_close(&scene.stage);
	CHECK_STRING(run_ok("ls -A small"), "");
	close_fd(&scene.folder);
	close_fd(&scene.upper);
	run_ok("umount small");
}
