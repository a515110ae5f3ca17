/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/layer_fixture.h"
#include "tests/unit/unit.h"

static struct error err;
static struct unpack_result result;

/* One entry of a hostile archive. */
struct member {
	mode_t type; /* 0: a hard link */
	const char *name;
	const char *text; /* content, or target of a link */
	const char *xattr;
};

static void write_archive(const char *path, const struct member *members, size_t count)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	archive_write_set_format_pax(archive);
	if (archive_write_open_filename(archive, path) != ARCHIVE_OK)
		abort();
	for (size_t i = 0; i < count; i++) {
		const struct member *member = &members[i];
		bool file = member->type == S_IFREG;

		archive_entry_clear(entry);
		archive_entry_copy_pathname(entry, member->name);
		archive_entry_set_mode(entry, (member->type ? member->type : S_IFREG) | 0750);
		archive_entry_set_mtime(entry, 1000, 5);
		archive_entry_set_uid(entry, 7);
		archive_entry_set_gid(entry, 8);
		archive_entry_set_rdev(entry, makedev(1, 3));
		archive_entry_set_size(entry, file ? (la_int64_t)strlen(member->text) : 0);
		if (member->type == S_IFLNK)
			archive_entry_copy_symlink(entry, member->text);
		if (!member->type)
			archive_entry_copy_hardlink(entry, member->text);
		if (member->xattr)
			archive_entry_xattr_add_entry(entry, member->xattr, "y", 1);
		if (archive_write_header(archive, entry) != ARCHIVE_OK ||
		    (file && archive_write_data(archive, member->text, strlen(member->text)) < 0))
			abort();
	}
	archive_entry_free(entry);
	archive_write_free(archive);
}

static int unpack_file_with(const char *path, const struct unpack_options *options)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC), dir = -1;

	run_ok("rm -rf out; mkdir out");
	dir = open("out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return unpack_layer(fd, dir, options, &result, &err);
}

static int unpack_file(const char *path)
{
	const struct unpack_options options = { .user_xattr = true };

	return unpack_file_with(path, &options);
}

static int unpack_members(const struct member *members, size_t count)
{
	fixture_begin();
	make_file("secret", "untouched");
	write_archive("layer.tar", members, count);
	return unpack_file("layer.tar");
}

/* A test of one archive written inline. */
#define UNPACK(...)                                                                                \
	unpack_members((const struct member[]){ __VA_ARGS__ },                                     \
		       sizeof((const struct member[]){ __VA_ARGS__ }) / sizeof(struct member))

static void check_secret(void)
{
	CHECK_STRING(run_ok("cat secret; ls -A"), "untouchedlayer.tar\nout\nsecret\n");
}

TEST(absolute_names_are_refused)
{
	CHECK_FAILS(UNPACK({ S_IFREG, "/tmp/evil", "x" }), "entry /tmp/evil: absolute name");
	check_secret();
}

TEST(names_that_go_up_are_refused)
{
	CHECK_FAILS(UNPACK({ S_IFREG, "a/../../secret", "x" }), "name with '..' in it");
	check_secret();
	CHECK_FAILS(UNPACK({ S_IFDIR, "..", "" }), "name with '..' in it");
}

TEST(nothing_is_written_through_a_link)
{
	CHECK_FAILS(UNPACK({ S_IFLNK, "link", ".." }, { S_IFREG, "link/secret", "x" }),
		    "on the way: Not a directory");
	check_secret();
	CHECK_FAILS(UNPACK({ S_IFDIR, "d", "" }, { S_IFLNK, "d/link", "../.." },
			   { S_IFDIR, "d/link/new", "" }),
		    "on the way: Not a directory");
	check_secret();
	/* the way is there when the link comes, and made anew over it */
	CHECK_FAILS(UNPACK({ S_IFREG, "d/e/f", "x" }, { S_IFLNK, "d", ".." },
			   { S_IFREG, "d/secret", "x" }),
		    "on the way: Not a directory");
	check_secret();
}

TEST(a_link_is_replaced_and_not_followed)
{
	CHECK_OK(UNPACK({ S_IFLNK, "f", "../secret" }, { S_IFREG, "f", "mine" }));
	check_secret();
	CHECK_STRING(run_ok("cat out/f"), "mine");
	CHECK_OK(
		UNPACK({ S_IFLNK, "d", ".." }, { S_IFDIR, "d", "" }, { S_IFREG, "d/secret", "x" }));
	check_secret();
	CHECK_STRING(run_ok("stat -c %%F out/d"), "directory\n");
}

TEST(hard_links_only_lead_into_the_layer)
{
	CHECK_FAILS(UNPACK({ 0, "f", "../secret" }), "name with '..' in it");
	CHECK_FAILS(UNPACK({ 0, "f", "/etc/passwd" }), "absolute name");
	CHECK_FAILS(UNPACK({ S_IFLNK, "l", ".." }, { 0, "f", "l/secret" }), "not in the layer");
	CHECK_FAILS(UNPACK({ 0, "f", "nowhere" }), "not in the layer");
	CHECK_FAILS(UNPACK({ S_IFDIR, "d", "" }, { 0, "f", "d" }), "a directory");
	CHECK_OK(UNPACK({ S_IFREG, "d/f", "x" }, { 0, "g", "./d//f" }, { 0, "g", "g" }));
	CHECK_STRING(run_ok("stat -c %%h out/g"), "2\n");
	/* a hard link to a link is one to the link itself, and writing replaces it */
	CHECK_OK(UNPACK({ S_IFLNK, "l", "../secret" }, { 0, "m", "l" }, { S_IFREG, "m", "x" }));
	check_secret();
}

TEST(a_later_entry_wins)
{
	CHECK_OK(UNPACK({ S_IFREG, "a", "1" }, { S_IFREG, "a", "2" }, { S_IFREG, "d/x", "1" },
			{ S_IFREG, "d", "file" }, { S_IFREG, "e", "file" }, { S_IFDIR, "e", "" },
			{ S_IFREG, "e/x", "1" }, { S_IFDIR, "e", "" }));
	CHECK_STRING(run_ok("cat out/a out/d out/e/x"), "2file1");
}

TEST(whiteouts_become_devices_and_marks)
{
	fixture_begin();
	need_user_xattrs();
	CHECK_OK(UNPACK({ S_IFDIR, "d", "" }, { S_IFREG, "d/.wh.gone", "" },
			{ S_IFREG, "d/.wh..wh..opq", "" }, { S_IFREG, ".wh..wh.plnk", "" },
			{ S_IFREG, "both", "x" }, { S_IFREG, ".wh.both", "" },
			{ S_IFREG, ".wh.again", "" }, { S_IFDIR, "again", "" },
			{ S_IFREG, ".wh.way", "" }, { S_IFREG, "way/f", "x" },
			{ S_IFDIR, "hidden", "" }, { S_IFREG, ".wh.hidden", "" }));
	CHECK_STRING(run_ok("cd out && stat -c '%%n %%F %%t:%%T' * d/* | sort"),
		     "again directory 0:0\nboth regular file 0:0\n"
		     "d directory 0:0\nd/gone character special file 0:0\nhidden directory 0:0\n"
		     "way directory 0:0\n");
	CHECK_STRING(run_ok("cd out && getfattr --only-values -n user.overlay.opaque d again way "
			    "hidden"),
		     "yyyy");
}

TEST(whiteouts_of_nothing_are_refused)
{
	CHECK_FAILS(UNPACK({ S_IFREG, "d/.wh.", "" }), "whiteout of nothing");
	CHECK_FAILS(UNPACK({ S_IFREG, ".wh...", "" }), "whiteout of nothing");
	CHECK_FAILS(UNPACK({ S_IFREG, ".wh..", "" }), "whiteout of nothing");
	check_secret();
}

TEST(marks_of_overlayfs_are_not_taken_from_an_archive)
{
	char value[8];

	fixture_begin();
	need_user_xattrs();
	CHECK_OK(UNPACK({ S_IFDIR, "d", "", "user.overlay.redirect" },
			{ S_IFREG, "f", "x", "trusted.overlay.metacopy" },
			{ S_IFREG, "g", "x", "user.fine" }));
	CHECK(getxattr("out/d", "user.overlay.redirect", value, 8) < 0);
	CHECK(getxattr("out/f", "trusted.overlay.metacopy", value, 8) < 0);
	CHECK_INT(getxattr("out/g", "user.fine", value, 8), 1);
}

TEST(the_root_can_only_be_a_directory)
{
	CHECK_FAILS(UNPACK({ S_IFREG, "./", "x" }), "");
	CHECK_FAILS(UNPACK({ S_IFLNK, ".", ".." }), "the root is a directory");
	CHECK_OK(UNPACK({ S_IFDIR, "./", "" }));
	CHECK_STRING(run_ok("stat -c '%%a %%Y' out"), "750 1000\n");
}

TEST(a_directory_keeps_its_time_and_mode_whatever_comes_into_it)
{
	CHECK_OK(UNPACK({ S_IFDIR, "d", "" }, { S_IFREG, "d/f", "x" }, { S_IFREG, "d/e/f", "x" }));
	CHECK_STRING(run_ok("stat -c '%%a %%Y' out/d; stat -c %%a out/d/e out"),
		     "750 1000\n755\n755\n");
}

TEST(wrong_digests_are_refused)
{
	static const char wrong[] =
		"sha256:0000000000000000000000000000000000000000000000000000000000000000";
	struct unpack_options options = { .digest = wrong };

	CHECK_OK(UNPACK({ S_IFREG, "f", "x" }));
	CHECK_FAILS(unpack_file_with("layer.tar", &options), "the blob's digest is");
	CHECK_INT(err.errnum, EBADMSG);
	options = (struct unpack_options){ .diff_id = wrong };
	CHECK_FAILS(unpack_file_with("layer.tar", &options), "the archive's digest is");
	/* a byte behind the archive's end counts too */
	options = (struct unpack_options){ .digest = strdup(result.digest.text) };
	CHECK_OK(unpack_file_with("layer.tar", &options));
	run_ok("printf x >> layer.tar");
	CHECK_FAILS(unpack_file_with("layer.tar", &options), "the blob's digest is");
	free((char *)(uintptr_t)options.digest);
}

TEST(cut_and_damaged_blobs_are_refused)
{
	CHECK_OK(UNPACK({ S_IFREG, "f", "some text" }));
	run_ok("gzip -k layer.tar; zstd -q --check layer.tar");
	CHECK_OK(unpack_file("layer.tar.gz"));
	CHECK_INT(result.compression, COMPRESSION_GZIP);
	CHECK_OK(unpack_file("layer.tar.zst"));
	CHECK_INT(result.compression, COMPRESSION_ZSTD);
	run_ok("for f in gz zst; do head -c -6 layer.tar.$f > cut.$f; done; "
	       "head -c 600 layer.tar > cut.tar; : > empty; head -c 2000 /dev/urandom > noise");
	CHECK_FAILS(unpack_file("cut.gz"), "gzip: the stream is cut off");
	CHECK_FAILS(unpack_file("cut.zst"), "zstd: the stream is cut off");
	CHECK_FAILS(unpack_file("cut.tar"), "bad archive");
	CHECK_FAILS(unpack_file("empty"), "bad archive");
	CHECK_FAILS(unpack_file("noise"), "bad archive");
	run_ok("cat layer.tar.gz cut.gz > two.gz");
	CHECK_FAILS(unpack_file("two.gz"), "gzip: the stream is cut off");
}

TEST(bombs_are_stopped)
{
	const struct unpack_options bytes = { .max_bytes = 10 << 20 };
	const struct unpack_options entries = { .max_entries = 2 };

	fixture_begin();
	run_ok("truncate -s 200M zeros; tar -cf - zeros | gzip > bomb.gz; "
	       "tar -cf - zeros | zstd -q > bomb.zst; touch a b c; tar -cf many.tar a b c");
	CHECK_FAILS(unpack_file_with("bomb.gz", &bytes), "more than 10485760 bytes unpacked");
	CHECK_INT(err.errnum, EFBIG);
	CHECK_FAILS(unpack_file_with("bomb.zst", &bytes), "more than 10485760 bytes unpacked");
	CHECK_FAILS(unpack_file_with("many.tar", &entries), "more than 2 entries");
}

TEST(archives_of_tar_programs_are_read)
{
	fixture_begin();
	run_ok("mkdir -p in/d; echo x > in/d/f; ln in/d/f in/g; ln -s f in/l; "
	       "truncate -s 1M in/s; for f in ustar gnu pax; do test $f = ustar || sparse=-S; tar "
	       "-C in $sparse --format=$f -cf "
	       "$f.tar .; "
	       "done");
	CHECK_OK(unpack_file("ustar.tar"));
	run_ok("diff -r --no-dereference in out");
	CHECK_OK(unpack_file("gnu.tar"));
	run_ok("diff -r --no-dereference in out");
	CHECK_OK(unpack_file("pax.tar"));
	run_ok("diff -r --no-dereference in out; test `stat -c %%h out/g` = 2");
}

TEST(owners_and_devices_are_roots_to_give)
{
	const struct unpack_options options = { .keep_owner = true };
	const struct member members[] = {
		{ S_IFREG, "f", "x" },
		{ S_IFCHR, "dev", "" },
		{ S_IFLNK, "l", "x" },
	};

	fixture_begin();
	need_root();
	write_archive("layer.tar", members, 3);
	CHECK_OK(unpack_file_with("layer.tar", &options));
	CHECK_STRING(run_ok("stat -c '%%u:%%g %%t:%%T %%a %%Y' out/f out/dev out/l"),
		     "7:8 0:0 750 1000\n7:8 1:3 750 1000\n7:8 0:0 777 1000\n");
}
