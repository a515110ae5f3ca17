/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/archive.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/unpack.h"
#include "tests/unit/layer_fixture.h"
#include "tests/unit/unit.h"

static struct archive_result result;
static struct digest blob_digest;
static struct error err;

/* Archives up over low into "blobs"; returns the blob's path (static buffer), NULL on failure. */
static const char *archive_with(const struct archive_options *options)
{
	static char path[128];
	struct layer_stack stack = open_layers("up", "low", NULL, NULL);
	struct store store = { .blobs = -1 };
	struct blob_writer blob = { 0 };
	const char *made = NULL;

	make_dir("blobs");
	store.blobs = open("blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (blob_begin(&blob, &store, &err) == 0 &&
	    archive_layer(&stack, options, &blob, &result, &err) == 0 &&
	    blob_publish(&blob, NULL, &err) == 0) {
		blob_digest = blob.digest;
		snprintf(path, sizeof(path), "blobs/%s", blob.digest.text + 7);
		made = path;
	}
	blob_abort(&blob);
	close(store.blobs);
	close_layers(&stack);
	return made;
}

static const char *archive_plain(void)
{
	const struct archive_options options = { .compression = COMPRESSION_NONE };
	const char *path = archive_with(&options);

	if (!path)
		unit_fail(__FILE__, __LINE__, "archive: %s", err.text);
	return path;
}

static void unpack_to(const char *blob, const char *directory)
{
	const struct unpack_options options = {
		.digest = blob_digest.text,
		.diff_id = result.diff_id.text,
		.user_xattr = true,
		.keep_owner = geteuid() == 0,
	};
	struct unpack_result unpacked;
	cleanup_fd int fd = open(blob, O_RDONLY | O_CLOEXEC), dir = -1;

	make_dir(directory);
	dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_OK(unpack_layer(fd, dir, &options, &unpacked, &err));
}

TEST(deletions_are_whiteouts_and_opaque_directories_have_their_mark)
{
	fixture_begin();
	need_user_xattrs();
	make_file("low/gone", "1");
	make_file("low/dir/x", "1");
	make_whiteout("up/gone");
	make_file("up/dir/y", "1");
	set_xattr("up/dir", "user.overlay.opaque", "y");
	CHECK_STRING(run_ok("tar -tf %s", archive_plain()),
		     "dir/\ndir/.wh..wh..opq\ndir/y\n.wh.gone\n");
}

TEST(all_compressions_have_the_same_archive_and_true_digests)
{
	static const enum compression all[] = { COMPRESSION_NONE, COMPRESSION_GZIP,
						COMPRESSION_ZSTD };
	static const char *const commands[] = { "cat", "gzip -dc", "zstd -dcq" };
	char diff_id[72] = "";

	fixture_begin();
	make_dir("low");
	make_file("up/a", "hello");
	run_ok("head -c 3000000 /dev/urandom > up/random; yes | head -c 3000000 > up/yes");
	for (size_t i = 0; i < 3; i++) {
		const struct archive_options options = { .compression = all[i] };
		const char *path = archive_with(&options);
		char expected[72];

		CHECK(path);
		if (i)
			CHECK_STRING(result.diff_id.text, diff_id);
		strcpy(diff_id, result.diff_id.text);
		snprintf(expected, sizeof(expected), "%.64s", blob_digest.text + 7);
		CHECK_CONTAINS(run_ok("sha256sum < %s", path), expected);
		snprintf(expected, sizeof(expected), "%.64s", diff_id + 7);
		CHECK_CONTAINS(run_ok("%s < %s | sha256sum", commands[i], path), expected);
	}
}

TEST(the_number_of_threads_changes_no_byte)
{
	static const enum compression all[] = { COMPRESSION_GZIP, COMPRESSION_ZSTD };
	char digest[72];

	fixture_begin();
	make_dir("low");
	run_ok("mkdir up; seq 2000000 > up/numbers; head -c 3000000 /dev/urandom > up/random");
	for (size_t i = 0; i < 2; i++) {
		for (unsigned threads = 1; threads <= 7; threads += 3) {
			const struct archive_options options = { .compression = all[i],
								 .threads = threads };

			CHECK(archive_with(&options));
			if (threads > 1)
				CHECK_STRING(blob_digest.text, digest);
			strcpy(digest, blob_digest.text);
		}
	}
}

TEST(an_empty_difference_is_an_archive_too)
{
	fixture_begin();
	make_dir("low");
	make_dir("up");
	CHECK_STRING(run_ok("tar -tf %s", archive_plain()), "");
	unpack_to(archive_plain(), "out");
	CHECK_STRING(run_ok("ls -A out"), "");
}

TEST(modes_times_links_and_long_names_survive)
{
	char name[400];

	fixture_begin();
	make_dir("low");
	make_file("up/f", "content");
	CHECK(chmod("up/f", 04751) == 0);
	snprintf(name, sizeof(name), "up/%0120d/%0200d", 1, 2);
	make_file(name, "long");
	CHECK(link("up/f", "up/g") == 0);
	CHECK(symlink("/target of a link/with ../parts", "up/link") == 0);
	CHECK(mkfifo("up/fifo", 0640) == 0);
	make_file("up/\xc3\xa9 and \xff\xfe bytes\n", "n");
	run_ok("touch -d '1969-01-01 00:00:00.5 UTC' up/f; "
	       "touch -h -d '2200-02-03 04:05:06.123456789 UTC' up/link; chmod 1777 up");
	unpack_to(archive_plain(), "out");
	CHECK_STRING(
		run_ok("cd out && find . -printf '%%p %%M %%s %%n %%T@ %%l\\n' | sort > ../o; "
		       "cd ../up && find . -printf '%%p %%M %%s %%n %%T@ %%l\\n' | sort > ../u; "
		       "diff ../o ../u"),
		"");
	run_ok("diff -r --no-dereference -x fifo out up");
}

TEST(hard_links_are_links_in_the_archive)
{
	fixture_begin();
	make_dir("low");
	make_file("up/b", "content");
	CHECK(link("up/b", "up/a") == 0);
	CHECK_CONTAINS(run_ok("tar -tvf %s", archive_plain()), "b link to a\n");
}

TEST(holes_are_not_stored_and_come_back)
{
	struct stat in, out;

	fixture_begin();
	make_dir("low");
	make_dir("up");
	run_ok("truncate -s 100M up/hole up/data up/tail; printf x | dd of=up/data bs=1 "
	       "seek=50000000 conv=notrunc status=none; printf x | dd of=up/tail bs=1 "
	       "seek=104857599 conv=notrunc status=none");
	CHECK(stat("up/data", &in) == 0);
	if (in.st_blocks * 512 > 1 << 20)
		unit_skip("no holes in the temporary directory");
	unpack_to(archive_plain(), "out");
	CHECK(result.size < 1 << 20);
	run_ok("cmp up/hole out/hole && cmp up/data out/data && cmp up/tail out/tail");
	CHECK(stat("out/hole", &out) == 0 && out.st_size == 100 << 20 && out.st_blocks < 64);
	/* and for the others */
	run_ok("mkdir tar && tar -xf %s -C tar && cmp tar/data up/data && cmp tar/hole up/hole",
	       archive_plain());
}

TEST(sockets_and_names_of_whiteouts_are_left_out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "up/socket" };
	cleanup_fd int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fixture_begin();
	make_file("low/passwd", "1");
	make_dir("up");
	CHECK(bind(sock, (struct sockaddr *)&address, sizeof(address)) == 0);
	make_file("up/.wh.passwd", "made by the container");
	CHECK_STRING(run_ok("tar -tf %s", archive_plain()), "");
	CHECK_INT((long long)result.left_out, 2);
}

TEST(attributes_are_kept_but_not_those_of_overlayfs)
{
	char value[16] = { 0 };

	fixture_begin();
	need_user_xattrs();
	make_dir("low");
	make_file("up/f", "1");
	set_xattr("up/f", "user.kept", "v\n=w");
	set_xattr("up/f", "user.overlay.origin", "x");
	unpack_to(archive_plain(), "out");
	CHECK_INT(getxattr("out/f", "user.kept", value, sizeof(value)), 4);
	CHECK_STRING(value, "v\n=w");
	CHECK(getxattr("out/f", "user.overlay.origin", value, sizeof(value)) < 0);
}

TEST(owners_are_mapped_back_to_the_container)
{
	struct spec_id_mapping ranges[] = {
		{ .container_id = 0, .host_id = 100000, .size = 1000 },
		{ .container_id = 5000, .host_id = 0, .size = 10 },
	};
	const struct spec_id_mappings mappings = { .items = ranges, .count = 2 };
	const struct archive_options options = {
		.compression = COMPRESSION_NONE,
		.uids = &mappings,
		.gids = &mappings,
	};
	const char *path;

	fixture_begin();
	need_root();
	make_dir("low");
	make_file("up/f", "1");
	make_file("up/g", "1");
	CHECK(chown("up/f", 100042, 100999) == 0);
	path = archive_with(&options);
	CHECK(path);
	CHECK_CONTAINS(run_ok("tar --numeric-owner -tvf %s", path), "42/999 ");
	CHECK_CONTAINS(run_ok("tar --numeric-owner -tvf %s", path), "5000/5000 ");
	CHECK(chown("up/f", 200000, 0) == 0);
	CHECK(!archive_with(&options));
	CHECK_CONTAINS(err.text, "/f: its owner 200000:0 is not mapped");
}

TEST(devices_and_capabilities_survive)
{
	struct stat status;

	fixture_begin();
	need_root();
	make_dir("low");
	make_file("up/f", "1");
	if (mknod("up/dev", S_IFCHR | 0620, makedev(5, 7)) < 0 || chmod("up/dev", 0620) < 0)
		unit_skip("no devices may be made here");
	run_ok("command -v setcap >/dev/null || exit 127; setcap cap_net_raw+ep up/f");
	unpack_to(archive_plain(), "out");
	CHECK(stat("out/dev", &status) == 0 && status.st_rdev == makedev(5, 7) &&
	      status.st_mode == (S_IFCHR | 0620));
	CHECK_CONTAINS(run_ok("getcap out/f"), "cap_net_raw=ep");
}

TEST(metacopies_have_the_content_of_the_lower_file)
{
	fixture_begin();
	need_user_xattrs();
	make_file("low/f", "content");
	make_file("low/moved", "other");
	run_ok("mkdir up; truncate -s 7 up/f; chmod 600 up/f; truncate -s 5 up/new");
	set_xattr("up/f", "user.overlay.metacopy", "");
	set_xattr("up/new", "user.overlay.metacopy", "");
	set_xattr("up/new", "user.overlay.redirect", "/moved");
	make_whiteout("up/moved");
	unpack_to(archive_plain(), "out");
	CHECK_STRING(run_ok("cat out/f out/new; stat -c ' %%a' out/f"), "contentother 600\n");
}

TEST(a_metacopy_without_content_is_an_error)
{
	const struct archive_options options = { .compression = COMPRESSION_NONE };

	fixture_begin();
	need_user_xattrs();
	make_dir("low");
	make_file("up/f", "");
	set_xattr("up/f", "user.overlay.metacopy", "");
	CHECK(!archive_with(&options));
	CHECK_CONTAINS(err.text, "/f: no lower layer has its content");
}

TEST(a_file_that_shrinks_while_it_is_read_does_not_break_the_archive)
{
	pid_t child;

	fixture_begin();
	make_dir("low");
	run_ok("mkdir up; head -c 64M /dev/zero > up/f; echo behind > up/g");
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 200; i++) {
			if (truncate("up/f", i % 2 ? 64 << 20 : 1000) < 0)
				_exit(1);
			usleep(2000);
		}
		_exit(0);
	}
	for (int i = 0; i < 5; i++)
		CHECK_STRING(run_ok("tar -xOf %s g", archive_plain()), "behind\n");
	run_ok("kill %d", (int)child);
}
