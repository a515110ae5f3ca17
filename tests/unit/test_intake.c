/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/intake.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/tar_stream.h"
#include "tests/unit/layer_fixture.h"
#include "tests/unit/unit.h"

static struct error err;
static struct arena arena;
static struct store store;

static void begin(struct intake *intake)
{
	fixture_begin();
	arena_free(&arena);
	store_close(&store);
	CHECK_OK(store_open(&store, "data", &arena, &err));
	*intake = (struct intake){ .store = &store, .arena = &arena };
}

/* A source of one text. */
static ssize_t give(void *context, const void **data, struct error *error)
{
	const char **text = context;
	size_t size = strlen(*text);

	(void)error;
	*data = *text;
	*text += size;
	return (ssize_t)size;
}

static int add(struct intake *intake, const char *path, const char *text)
{
	return intake_add(intake, path, give, &text, &err);
}

/* What is read at path, "none", or the error. */
static const char *text_at(struct intake *intake, const char *path)
{
	struct intake_file *file;
	int found = intake_find(intake, path, &file, &err);
	char *text;

	if (found == 0)
		return "none";
	if (found < 0 || intake_read(intake, file, intake->arena, &text, NULL, &err) < 0)
		return err.text;
	return text;
}

TEST(files_are_found_by_any_way_to_write_their_name_and_by_links)
{
	struct intake intake;

	begin(&intake);
	CHECK_OK(add(&intake, "./a//b/file", "content"));
	CHECK_OK(add(&intake, "top", "upper"));
	CHECK_OK(intake_add_link(&intake, "a/c/link", "../b/file", true, &err));
	CHECK_OK(intake_add_link(&intake, "a/again", "c/./link", true, &err));
	CHECK_OK(intake_add_link(&intake, "hard", "a/b/file", false, &err));
	CHECK_OK(intake_add_link(&intake, "a/up", "../top", true, &err));
	CHECK_OK(intake_add_link(&intake, "nowhere", "missing", true, &err));
	CHECK_STRING(text_at(&intake, "a/b/file"), "content");
	CHECK_STRING(text_at(&intake, "a/c/link"), "content");
	CHECK_STRING(text_at(&intake, "a/again"), "content");
	CHECK_STRING(text_at(&intake, "./hard"), "content");
	CHECK_STRING(text_at(&intake, "a/up"), "upper");
	CHECK_STRING(text_at(&intake, "nowhere"), "none");
	CHECK_STRING(text_at(&intake, "a"), "none");
	intake_end(&intake);
}

TEST(what_leads_out_of_the_archive_or_comes_twice_is_refused)
{
	static const char *const names[] = { "",   ".",	     "/",    "/etc/passwd",
					     "..", "a/../b", "a/..", "../a" };
	static const char *const targets[] = { "",	  "/x",		  "..",
					       "../../x", "../x/../../y", "b/../../../x" };
	struct intake intake;

	begin(&intake);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK_FAILS(add(&intake, names[i], "x"), "leads out of the archive");
		CHECK_FAILS(intake_add_link(&intake, "link", names[i], false, &err), "link");
		intake.count = 0;
	}
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (!*targets[i])
			continue;
		CHECK_FAILS(intake_add_link(&intake, "a/link", targets[i], true, &err), "out of");
		intake.count = 0;
	}
	CHECK_OK(add(&intake, "a/file", "x"));
	CHECK_FAILS(add(&intake, "a//./file", "y"), "is in the archive twice");
	CHECK_FAILS(intake_add_link(&intake, "a/file", "b", true, &err), "twice");
	CHECK_OK(intake_add_link(&intake, "l1", "l2", true, &err));
	CHECK_OK(intake_add_link(&intake, "l2", "l1", true, &err));
	CHECK_CONTAINS(text_at(&intake, "l1"), "too many links");
	intake_end(&intake);
}

TEST(a_file_named_for_a_digest_has_it)
{
	/* that of "x" */
	static const char name[] =
		"blobs/sha256/"
		"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
	struct intake intake;
	struct intake_file *file;

	begin(&intake);
	CHECK_OK(add(&intake, name, "x"));
	CHECK_FAILS(add(&intake, "blobs/sha256/00", "x"), "its content has the digest sha256:2d71");
	CHECK_INT(intake_find_blob(&intake,
				   "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4d"
				   "b02258717921a4881",
				   &file, &err),
		  1);
	file->wanted = true;
	CHECK_OK(intake_publish(&intake, &err));
	intake_end(&intake);
	run_ok("test -f data/store/%s", name);
	run_ok("test -z \"$(find data -name '.tmp*')\"");
}

/* The names and sizes that libarchive reads. */
TEST(headers_of_archives_have_names_and_sizes_that_others_read)
{
	static const uint64_t sizes[] = { 0, 1, 511, 8589934591, 8589934592, 1ULL << 40 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		cleanup_fd int fd = memfd_create("archive", MFD_CLOEXEC);
		struct archive *archive = archive_read_new();
		struct archive_entry *entry;

		CHECK_OK(tar_stream_folder(fd, "blobs/", &err));
		CHECK_OK(tar_stream_file(fd, "blobs/file", sizes[i], &err));
		CHECK(lseek(fd, 0, SEEK_SET) == 0);
		archive_read_support_format_tar(archive);
		CHECK(archive_read_open_fd(archive, fd, 512) == ARCHIVE_OK);
		CHECK(archive_read_next_header(archive, &entry) == ARCHIVE_OK);
		CHECK_STRING(archive_entry_pathname(entry), "blobs/");
		CHECK(archive_read_next_header(archive, &entry) == ARCHIVE_OK);
		CHECK_STRING(archive_entry_pathname(entry), "blobs/file");
		CHECK(archive_entry_size(entry) == (int64_t)sizes[i]);
		CHECK_INT(archive_entry_mode(entry), AE_IFREG | 0644);
		archive_read_free(archive);
	}
}
