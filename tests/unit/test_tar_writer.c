/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/tar_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "tests/unit/layer_fixture.h"
#include "tests/unit/unit.h"

static struct error err;
static int output = -1;

static int write_output(void *context, const void *data, size_t size, struct error *error)
{
	return write_all(*(const int *)context, data, size, error);
}

static struct tar_writer begin(void)
{
	const struct compressor_options options = {
		.compression = COMPRESSION_NONE,
		.sink = write_output,
		.context = &output,
	};

	fixture_begin();
	output = open("a.tar", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return (struct tar_writer){ .out = compressor_new(&options, &err) };
}

static void end(struct tar_writer *tar)
{
	CHECK_OK(tar_end(tar, &err));
	CHECK_OK(compressor_finish(tar->out, &err));
	compressor_free(&tar->out);
	tar_free(tar);
	close_fd(&output);
}

static void add(struct tar_writer *tar, const char *content, struct tar_entry entry)
{
	size_t room;

	if (content)
		entry.size = strlen(content);
	CHECK_OK(tar_begin(tar, &entry, &err));
	if (content) {
		void *to = tar_room(tar, &room, &err);

		CHECK(to && room == strlen(content));
		memcpy(to, content, room);
		tar_put(tar, room);
	}
}

/* What Python's own reader, which shares no code with libarchive or GNU tar, makes of it. */
#define PYTHON                                                                                     \
	"python3 -c '\n"                                                                           \
	"import tarfile\n"                                                                         \
	"for m in tarfile.open(\"a.tar\"):\n"                                                      \
	"    x = {k: v for k, v in m.pax_headers.items() if k.startswith(\"SCHILY\")}\n"           \
	"    print(len(m.name), m.name[-9:], m.type.decode(), oct(m.mode), m.uid, m.gid, "         \
	"m.size,\n"                                                                                \
	"          m.mtime, len(m.linkname), m.devmajor, m.devminor, x or \"\")\n'"

TEST(what_fits_has_a_plain_header_and_what_does_not_a_pax_header)
{
	struct tar_writer tar = begin();
	char path[400], link[200];

	add(&tar, "plain\n", (struct tar_entry){ .path = "f", .mode = S_IFREG | 04755, .uid = 7 });
	snprintf(path, sizeof(path), "%0155d/%0100d", 1, 2);
	add(&tar, "", (struct tar_entry){ .path = path, .mode = S_IFREG | 0600 });
	snprintf(path, sizeof(path), "%0156d/%0100d", 1, 2);
	add(&tar, "", (struct tar_entry){ .path = path, .mode = S_IFREG | 0600 });
	snprintf(path, sizeof(path), "%0120d/", 3);
	add(&tar, NULL, (struct tar_entry){ .path = path, .mode = S_IFDIR | 01777 });
	snprintf(link, sizeof(link), "%0100d", 4);
	add(&tar, NULL, (struct tar_entry){ .path = "l", .mode = S_IFLNK | 0777, .link = link });
	snprintf(link, sizeof(link), "%0101d", 4);
	add(&tar, NULL, (struct tar_entry){ .path = "m", .mode = S_IFLNK | 0777, .link = link });
	add(&tar, NULL,
	    (struct tar_entry){ .path = "h", .mode = S_IFREG, .link = "f", .hard_link = true });
	add(&tar, NULL,
	    (struct tar_entry){ .path = "d", .mode = S_IFBLK | 0660, .device = makedev(259, 1) });
	add(&tar, "x",
	    (struct tar_entry){
		    .path = "\xc3\xa4\xff", .mode = S_IFREG, .uid = 3000000, .gid = ~1U });
	end(&tar);
	CHECK_STRING(run_ok(PYTHON " | iconv -f utf-8 -t utf-8 -c"),
		     "1 f 0 0o4755 7 0 6 0 0 0 0 \n"
		     "256 000000002 0 0o600 0 0 0 0 0 0 0 \n"
		     "257 000000002 0 0o600 0 0 0 0 0 0 0 \n"
		     "120 000000003 5 0o1777 0 0 0 0 0 0 0 \n"
		     "1 l 2 0o777 0 0 0 0 100 0 0 \n"
		     "1 m 2 0o777 0 0 0 0 101 0 0 \n"
		     "1 h 1 0o0 0 0 0 0 1 0 0 \n"
		     "1 d 4 0o660 0 0 0 0 0 259 1 \n"
		     "2 \xc3\xa4 0 0o0 3000000 4294967294 1 0 0 0 0 \n");
}

TEST(times_are_decimal_numbers_of_seconds)
{
	static const struct timespec times[] = {
		{ 1, 0 },	   { 1, 500000000 },  { 1, 1 },		 { -1, 0 },
		{ -2, 500000000 }, { -1, 900000000 }, { 8589934592, 0 },
	};
	struct tar_writer tar = begin();

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		add(&tar, NULL,
		    (struct tar_entry){ .path = "p", .mode = S_IFIFO, .mtime = times[i] });
	end(&tar);
	CHECK_STRING(run_ok("grep -aoE '[0-9]+ mtime=.*' a.tar"),
		     "13 mtime=1.5\n21 mtime=1.000000001\n12 mtime=-1\n14 mtime=-1.5\n"
		     "14 mtime=-0.1\n20 mtime=8589934592\n");
	CHECK_STRING(run_ok("python3 -c '\n"
			    "import tarfile\n"
			    "print([m.mtime for m in tarfile.open(\"a.tar\")])'"),
		     "[1, 1.5, 1.000000001, -1.0, -1.5, -0.1, 8589934592.0]\n");
}

TEST(the_length_of_a_record_counts_its_own_digits)
{
	static char value[1200];
	struct xattr item = { .name = "user.a", .value = value };
	const struct xattrs xattrs = { .items = &item, .count = 1 };
	struct tar_writer tar = begin();

	memset(value, 'v', sizeof(value));
	/* "99 SCHILY.xattr.user.a=", "100 ...", "999 ...", "1000 ..." are among them */
	for (item.size = 0; item.size < sizeof(value); item.size++)
		add(&tar, NULL,
		    (struct tar_entry){ .path = "p", .mode = S_IFIFO, .xattrs = &xattrs });
	end(&tar);
	CHECK_STRING(run_ok("python3 -c '\n"
			    "import tarfile\n"
			    "for i, m in enumerate(tarfile.open(\"a.tar\")):\n"
			    "    assert m.pax_headers == {\"SCHILY.xattr.user.a\": \"v\" * i}, i\n"
			    "print(i)'"),
		     "1199\n");
}

TEST(holes_are_left_out_and_large_files_are_possible)
{
	static const struct tar_part parts[] = { { 4096, 3 }, { 1LL << 35, 0 } };
	struct tar_writer tar = begin();
	size_t room;

	add(&tar, NULL,
	    (struct tar_entry){ .path = "d/s",
				.mode = S_IFREG | 0644,
				.size = 1ULL << 35,
				.parts = parts,
				.part_count = 2 });
	memcpy(tar_room(&tar, &room, &err), "abc", 3);
	CHECK_INT(room, 3);
	tar_put(&tar, 3);
	add(&tar, "behind", (struct tar_entry){ .path = "b", .mode = S_IFREG | 0644 });
	end(&tar);
	CHECK_STRING(run_ok("tar --numeric-owner -tvf a.tar | tr -s ' ' | cut -d' ' -f1,3,6"),
		     "-rw-r--r-- 34359738368 d/s\n-rw-r--r-- 6 b\n");
	CHECK_STRING(run_ok("tar -xOf a.tar b"), "behind");
	CHECK_STRING(run_ok("python3 -c '\n"
			    "import tarfile\n"
			    "t = tarfile.open(\"a.tar\"); f = t.extractfile(\"d/s\")\n"
			    "f.seek(4095); print(f.read(5), f.seek(0, 2))'"),
		     "b'\\x00abc\\x00' 34359738368\n");
}

TEST(content_that_is_missing_becomes_zeros)
{
	struct tar_writer tar = begin();

	add(&tar, NULL, (struct tar_entry){ .path = "f", .mode = S_IFREG, .size = 3000000 });
	add(&tar, "g", (struct tar_entry){ .path = "g", .mode = S_IFREG });
	end(&tar);
	CHECK_STRING(run_ok("tar -xOf a.tar f | tr -d '\\0' | wc -c"), "0\n");
	CHECK_STRING(run_ok("tar -xOf a.tar f | wc -c; tar -xOf a.tar g"), "3000000\ng");
}
