/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/layer_delta.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/archive.h"
#include "fs/lower_lookup.h"
#include "fs/unpack.h"
#include "tests/unit/layer_fixture.h"
#include "tests/unit/unit.h"

static struct error err;

/* Listings ----------------------------------------------------------------------------------- */

static int print_entry(const struct diff_entry *entry, void *context, struct error *error)
{
	FILE *stream = context;

	(void)error;
	/* whether it is new or changed is not asked for */
	fprintf(stream, "%c %s\n", entry->kind == DIFF_DELETED ? 'D' : '+', entry->path);
	return 0;
}

/*
 * What a delta of up over low lists, as text in a static buffer; "stale" if it cannot be said. The
 * index in "index" is what it is compared with (first: nothing), and is then made anew. now is so
 * late that nothing is racy.
 */
static const char *delta_text(bool first, time_t now)
{
	static char text[65536];
	struct layer_stack stack = open_layers("up", "low", NULL, NULL);
	cleanup_layer_index struct layer_index *before = NULL;
	struct layer_index_writer writer;
	struct layer_delta delta = { .after = &writer, .now = { .tv_sec = now } };
	struct layer_index_info info = { .image = "sha256:00", .deltas = 1 };
	FILE *stream = fmemopen(text, sizeof(text), "w");
	int result;

	memset(text, 0, sizeof(text));
	if (!first)
		before = layer_index_open(AT_FDCWD, "index", &err);
	if (!first && !before)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	delta.before = before;
	CHECK_OK(layer_index_begin(&writer, AT_FDCWD, "index", &err));
	result = layer_delta_walk(&delta, &stack, print_entry, stream, &err);
	fclose(stream);
	close_layers(&stack);
	if (result == 0) {
		CHECK_OK(layer_index_end(&writer, &info, &err));
		CHECK(rename("index" LAYER_INDEX_NEW, "index") == 0);
	} else {
		CHECK_INT(err.errnum, ESTALE);
		snprintf(text, sizeof(text), "stale");
	}
	layer_index_drop(&writer);
	return text;
}

static time_t later(void)
{
	return time(NULL) + 1000;
}

TEST(what_did_not_change_is_not_listed)
{
	fixture_begin();
	make_file("low/etc/passwd", "root");
	make_file("up/etc/passwd", "other");
	make_file("up/new/file", "1");
	CHECK_STRING(delta_text(true, later()), "+ /etc\n+ /etc/passwd\n+ /new\n+ /new/file\n");
	CHECK_STRING(delta_text(false, later()), "");
	make_file("up/new/file", "22");
	CHECK_STRING(delta_text(false, later()), "+ /new\n+ /new/file\n");
	make_file("up/new/deep/x", "");
	CHECK_STRING(delta_text(false, later()), "+ /new\n+ /new/deep\n+ /new/deep/x\n");
	CHECK(chmod("up/etc/passwd", 0600) == 0);
	CHECK_STRING(delta_text(false, later()), "+ /etc\n+ /etc/passwd\n");
}

TEST(another_content_of_the_same_size_and_time_of_modification_is_a_change)
{
	fixture_begin();
	make_dir("low");
	make_file("up/file", "1");
	make_file("up/other", "1");
	delta_text(true, later());
	make_file("up/file", "2");
	CHECK_STRING(delta_text(false, later()), "+ /file\n");
}

TEST(what_has_changed_just_now_counts_as_changed)
{
	fixture_begin();
	make_dir("low");
	make_file("up/file", "1");
	delta_text(true, time(NULL) - 100);
	CHECK_STRING(delta_text(false, later()), "+ /file\n");
	CHECK_STRING(delta_text(false, later()), "");
}

TEST(what_is_gone_is_deleted_with_all_that_was_in_it)
{
	fixture_begin();
	need_root();
	make_file("low/etc/hosts", "h");
	make_file("up/a/b/c", "1");
	make_file("up/a/b/d", "1");
	make_file("up/etc/hosts", "2");
	make_file("up/f", "1");
	delta_text(true, later());
	run_ok("rm -r up/a/b up/f up/etc/hosts");
	make_whiteout("up/etc/hosts");
	CHECK_STRING(delta_text(false, later()), "+ /a\nD /a/b\n+ /etc\nD /etc/hosts\nD /f\n");
	CHECK_STRING(delta_text(false, later()), "");
	run_ok("rm up/etc/hosts");
	make_file("up/etc/hosts", "3");
	CHECK_STRING(delta_text(false, later()), "+ /etc\n+ /etc/hosts\n");
}

TEST(a_file_in_the_place_of_a_directory_and_back)
{
	fixture_begin();
	need_root();
	need_user_xattrs();
	make_file("low/d/below", "h");
	make_file("up/d/x", "1");
	make_file("up/e/x", "1");
	delta_text(true, later());
	run_ok("rm -r up/d up/e");
	make_file("up/d", "file");
	make_file("up/e", "file");
	CHECK_STRING(delta_text(false, later()), "+ /d\n+ /e\n");
	run_ok("rm up/d up/e");
	make_file("up/d/y", "1");
	make_file("up/e/y", "1");
	set_xattr("up/d", "user.overlay.opaque", "y");
	/* /d/below is gone already */
	CHECK_STRING(delta_text(false, later()), "+ /d\n+ /d/y\n+ /e\n+ /e/y\n");
}

TEST(a_directory_that_became_opaque_deletes_by_name)
{
	fixture_begin();
	need_user_xattrs();
	make_file("low/d/below", "h");
	make_file("low/d/both", "h");
	make_file("low/d/sub/deep", "h");
	make_file("up/d/old", "1");
	delta_text(true, later());
	run_ok("rm -r up/d");
	make_file("up/d/both", "22");
	set_xattr("up/d", "user.overlay.opaque", "y");
	CHECK_STRING(delta_text(false, later()),
		     "+ /d\nD /d/below\n+ /d/both\nD /d/old\nD /d/sub\n");
}

TEST(all_names_of_a_file_change_together)
{
	fixture_begin();
	make_dir("low");
	make_file("up/a", "1");
	make_file("up/other", "1");
	CHECK(link("up/a", "up/z") == 0);
	delta_text(true, later());
	CHECK(link("up/a", "up/m") == 0);
	CHECK_STRING(delta_text(false, later()), "+ /a\n+ /m\n+ /z\n");
	CHECK(unlink("up/m") == 0);
	CHECK_STRING(delta_text(false, later()), "+ /a\nD /m\n+ /z\n");
	CHECK(rename("up/other", "up/another") == 0);
	CHECK_STRING(delta_text(false, later()), "+ /another\nD /other\n");
}

TEST(a_mode_that_is_the_lower_one_again_is_said)
{
	fixture_begin();
	make_file("low/d/x", "");
	make_dir("up/d");
	CHECK(chmod("up/d", 0700) == 0);
	CHECK_STRING(delta_text(true, later()), "+ /d\n");
	CHECK(chmod("up/d", 0755) == 0);
	CHECK_STRING(delta_text(false, later()), "+ /d\n");
	CHECK_STRING(delta_text(false, later()), "");
}

TEST(what_was_taken_out_of_the_layer_behind_its_back_cannot_be_said)
{
	fixture_begin();
	need_root();
	make_file("low/f", "h");
	make_file("low/g", "h");
	make_file("up/f", "1");
	delta_text(true, later());
	run_ok("rm up/f");
	CHECK_STRING(delta_text(false, later()), "stale");
	make_file("up/f", "1");
	make_whiteout("up/g");
	delta_text(true, later());
	run_ok("rm up/g");
	CHECK_STRING(delta_text(false, later()), "stale");
}

TEST(what_is_no_index_is_refused)
{
	char bytes[4096];
	size_t size;
	FILE *stream;

	fixture_begin();
	make_file("low/etc/passwd", "root");
	make_file("up/etc/passwd", "other");
	make_file("up/b", "other");
	delta_text(true, later());
	stream = fopen("index", "re");
	size = fread(bytes, 1, sizeof(bytes), stream);
	fclose(stream);
	/* every byte changed, and every end cut off: refused, or something that is whole */
	for (size_t i = 0; i < 2 * size; i++) {
		struct layer_index *index;

		stream = fopen("bad", "we");
		if (i < size)
			bytes[i] ^= 0x55;
		fwrite(bytes, 1, i < size ? size : i - size, stream);
		fclose(stream);
		if (i < size)
			bytes[i] ^= 0x55;
		index = layer_index_open(AT_FDCWD, "bad", &err);
		for (size_t j = 0; index && j < layer_index_count(index); j++)
			CHECK(layer_index_at(index, j).path[0] == '/');
		layer_index_close(&index);
	}
}

/* A long history ----------------------------------------------------------------------------- */

/*
 * Random changes of up as overlayfs makes them, after each few of them an archive of all and one of
 * what changed; both unpacked must be the same over low.
 */
#define ROUNDS 12
#define CHANGES 10

static unsigned seed;

static unsigned pick(unsigned count)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % count;
}

static void pick_path(char path[64])
{
	unsigned depth = 1 + pick(3);

	path[0] = '\0';
	for (unsigned i = 0; i < depth; i++)
		sprintf(path + strlen(path), "/%c", 'a' + (char)pick(3));
}

static bool stat_at(const char *top, const char *path, struct stat *status)
{
	char full[128];

	snprintf(full, sizeof(full), "%s%s", top, path);
	return lstat(full, status) == 0;
}

static bool is_opaque(const char *path)
{
	char full[128], value;

	snprintf(full, sizeof(full), "up%s", path);
	return getxattr(full, "user.overlay.opaque", &value, 1) == 1;
}

/* What is at path in the view (false: nothing), and whether low shows through there. */
static bool view(const char *path, struct stat *status, bool *below)
{
	char parent[64];
	struct stat above, low;
	bool shows = true;
	char *slash;

	*below = false;
	if (!path[0]) {
		*below = true;
		return lstat("up", status) == 0;
	}
	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	*slash = '\0';
	if (!view(parent, &above, &shows) || !S_ISDIR(above.st_mode))
		return false;
	/* a new directory of up in the place of anything else hides it, as do opaque ones */
	if (shows && parent[0] && is_opaque(parent))
		shows = false;
	if (shows && (!stat_at("low", parent[0] ? parent : "", &low) || !S_ISDIR(low.st_mode)))
		shows = false;
	*below = shows && stat_at("low", path, &low);
	if (stat_at("up", path, status))
		return !is_whiteout(status);
	*status = low;
	return *below;
}

static void copy_up_parents(const char *path)
{
	char parts[64], full[128];

	snprintf(parts, sizeof(parts), "%s", path);
	for (char *slash = strchr(parts + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct stat status;

		*slash = '\0';
		if (!stat_at("up", parts, &status) && stat_at("low", parts, &status)) {
			snprintf(full, sizeof(full), "up%s", parts);
			CHECK(mkdir(full, 0700) == 0 && chmod(full, status.st_mode & 07777) == 0);
		}
		*slash = '/';
	}
}

static void change_once(unsigned number)
{
	char path[64], to[64], full[128], full_to[128], parent[64];
	struct stat status, other;
	bool below, to_below, there, may_make;

	pick_path(path);
	pick_path(to);
	snprintf(full, sizeof(full), "up%s", path);
	snprintf(full_to, sizeof(full_to), "up%s", to);
	snprintf(parent, sizeof(parent), "%s", path);
	*strrchr(parent, '/') = '\0';
	may_make = view(parent, &status, &below) && S_ISDIR(status.st_mode);
	there = view(path, &status, &below);
	switch (pick(8)) {
	case 0:
	case 1: /* write, longer each time */
		if (!may_make || (there && S_ISDIR(status.st_mode)))
			return;
		copy_up_parents(path);
		if (!there || !stat_at("up", path, &other) || !S_ISREG(other.st_mode) || pick(2))
			unlink(full);
		run_ok("printf %%%us x >%s", number + 1, full);
		return;
	case 2: /* remove */
		if (!there)
			return;
		copy_up_parents(path);
		run_ok("rm -rf %s", full);
		if (below)
			make_whiteout(full);
		return;
	case 3: /* a new directory */
		if (there || !may_make)
			return;
		copy_up_parents(path);
		unlink(full);
		CHECK(mkdir(full, 0755) == 0);
		if (below)
			set_xattr(full, "user.overlay.opaque", "y");
		return;
	case 4: /* another mode */
		if (!there || S_ISLNK(status.st_mode))
			return;
		copy_up_parents(path);
		if (!stat_at("up", path, &other)) {
			if (S_ISDIR(status.st_mode))
				CHECK(mkdir(full, 0755) == 0);
			else
				run_ok("cp -p low%s %s", path, full);
		}
		CHECK(chmod(full, 0700 | pick(64)) == 0);
		return;
	case 5: /* rename, of what is in up alone */
	case 6:
		if (!there || below || strstr(to, path) == to || view(to, &other, &to_below))
			return;
		snprintf(parent, sizeof(parent), "%s", to);
		*strrchr(parent, '/') = '\0';
		if (!view(parent, &other, &below) || !S_ISDIR(other.st_mode))
			return;
		copy_up_parents(to);
		unlink(full_to);
		CHECK(rename(full, full_to) == 0);
		if (to_below && S_ISDIR(status.st_mode))
			set_xattr(full_to, "user.overlay.opaque", "y");
		return;
	default: /* another name, or a symbolic link */
		if (view(to, &other, &to_below))
			return;
		snprintf(parent, sizeof(parent), "%s", to);
		*strrchr(parent, '/') = '\0';
		if (!view(parent, &other, &below) || !S_ISDIR(other.st_mode))
			return;
		copy_up_parents(to);
		if (there && S_ISREG(status.st_mode) && stat_at("up", path, &other)) {
			unlink(full_to);
			CHECK(link(full, full_to) == 0);
		} else {
			unlink(full_to);
			CHECK(symlink(path, full_to) == 0);
		}
	}
}

/* Archives up over low and unpacks that to folder. */
static void commit_to(const char *folder, const struct layer_delta *delta)
{
	const struct archive_options options = { .compression = COMPRESSION_NONE, .delta = delta };
	struct layer_stack stack = open_layers("up", "low", NULL, NULL);
	struct unpack_options unpack = { .user_xattr = true, .keep_owner = true };
	struct store store = { .blobs = -1 };
	struct blob_writer blob = { 0 };
	struct archive_result result;
	struct unpack_result unpacked;
	cleanup_fd int fd = -1, dir = -1;

	make_dir("blobs");
	make_dir(folder);
	store.blobs = open("blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_OK(blob_begin(&blob, &store, &err));
	CHECK_OK(archive_layer(&stack, &options, &blob, &result, &err));
	CHECK_OK(blob_publish(&blob, NULL, &err));
	fd = openat(store.blobs, blob.digest.text + 7, O_RDONLY | O_CLOEXEC);
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_OK(unpack_layer(fd, dir, &unpack, &unpacked, &err));
	blob_abort(&blob);
	close_layers(&stack);
	close(store.blobs);
}

static int describe(const struct diff_entry *entry, void *context, struct error *error)
{
	const struct stat *status = &entry->status;
	FILE *stream = context;
	char target[128] = "";

	(void)error;
	if (entry->kind == DIFF_DELETED) {
		fprintf(stream, "%s deleted\n", entry->path);
		return 0;
	}
	if (S_ISLNK(status->st_mode))
		CHECK(readlinkat(entry->parent, entry->name, target, sizeof(target) - 1) > 0);
	fprintf(stream, "%s %o %u %zu %s", entry->path, status->st_mode, status->st_uid,
		S_ISREG(status->st_mode) ? (size_t)status->st_size : 0, target);
	if (!S_ISDIR(status->st_mode))
		fprintf(stream, " %lld.%ld links %u", (long long)status->st_mtim.tv_sec,
			status->st_mtim.tv_nsec, (unsigned)status->st_nlink);
	fputc('\n', stream);
	return 0;
}

/* What count layers, the newest first, show that low does not. */
static void check_layers(char folders[][16], unsigned count, char *text, size_t size)
{
	int fds[ROUNDS + 2];
	struct layer_stack stack = { .user_xattr = true, .lowers = fds + 1, .lower_count = count };
	FILE *stream = fmemopen(text, size, "w");

	memset(text, 0, size);
	for (unsigned i = 0; i <= count; i++)
		fds[i] = open(i < count ? folders[count - 1 - i] : "low",
			      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stack.upper = fds[0];
	stack.own_layers = count - 1;
	CHECK_OK(diff_walk(&stack, describe, stream, &err));
	fclose(stream);
	for (unsigned i = 0; i <= count; i++)
		close(fds[i]);
}

static void check_history(unsigned first)
{
	static char expected[65536], text[65536];
	char folders[ROUNDS][16], full[1][16] = { "full" };

	fixture_begin();
	seed = first;
	run_ok("mkdir -p low/a/b/c low/b/a low/c up; for f in low/a/a low/a/b/a low/a/b/c/b "
	       "low/b/a/c "
	       "low/b/b low/c/a; do echo low >$f; done; touch -d @1000 low/*/* low/a/b/*");
	for (unsigned i = 0; i < ROUNDS; i++) {
		cleanup_layer_index struct layer_index *before = NULL;
		struct layer_index_writer writer;
		struct layer_delta delta = { .after = &writer, .now = { .tv_sec = later() } };
		struct layer_index_info info = { .image = "x" };

		for (unsigned j = 0; j < CHANGES; j++)
			change_once(i * CHANGES + j);
		snprintf(folders[i], sizeof(folders[i]), "layer%u", i);
		before = i ? layer_index_open(AT_FDCWD, "index", &err) : NULL;
		CHECK(!i || before);
		delta.before = before;
		CHECK_OK(layer_index_begin(&writer, AT_FDCWD, "index", &err));
		commit_to(folders[i], &delta);
		CHECK_OK(layer_index_end(&writer, &info, &err));
		CHECK(rename("index" LAYER_INDEX_NEW, "index") == 0);
		layer_index_drop(&writer);
		run_ok("rm -rf full");
		commit_to("full", NULL);
		check_layers(full, 1, expected, sizeof(expected));
		check_layers(folders, i + 1, text, sizeof(text));
		if (strcmp(text, expected) != 0)
			unit_fail(__FILE__, __LINE__, "seed %u, round %u:\n%s--- expected:\n%s",
				  first, i, text, expected);
	}
}

TEST(layers_of_changes_are_what_one_layer_of_all_is)
{
	fixture_begin();
	need_root();
	need_user_xattrs();
	for (unsigned i = 1; i <= 6; i++)
		check_history(i * 7919);
}
