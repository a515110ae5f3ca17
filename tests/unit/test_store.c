/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/image_commit.h"
#include "fs/image_name.h"
#include "fs/image_unpack.h"
#include "tests/unit/layer_fixture.h"
#include "tests/unit/unit.h"

static struct error err;
static struct arena arena;
static struct store store;

/* An empty directory with an empty store in "data". */
static void begin(void)
{
	unit_need_openat2();
	fixture_begin();
	arena_free(&arena);
	store_close(&store);
	CHECK_OK(store_open(&store, "data", &arena, &err));
}

/* Commits "up" over the lower directories; lowers is what is recorded (may be NULL). */
static int commit(const char *name, const char *parent, const struct string_list *lowers,
		  enum compression compression)
{
	struct layer_stack stack = open_layers("up", "low", NULL, NULL);
	char *args[] = { (char[]){ "/bin/sh" }, (char[]){ "-c" }, NULL };
	const struct string_list command = { .items = args, .count = 2 };
	struct image_commit image = {
		.store = &store,
		.stack = stack,
		.archive = { .compression = compression },
		.name = name,
		.parent = parent,
		.lowers = lowers,
		.command = parent ? NULL : &command,
		.message = "a message",
	};
	int result = -1;

	if (image_commit_begin(&image, &err) == 0 && image_commit_archive(&image, &err) == 0 &&
	    image_commit_layer(&image, &err) == 0 && image_commit_documents(&image, &err) == 0 &&
	    image_commit_name(&(struct image_commit *){ &image }, 1, &err) == 0)
		result = 0;
	image_commit_end(&image);
	close_layers(&stack);
	return result;
}

static void make_layers(const char *text)
{
	make_dir("low");
	run_ok("rm -rf up");
	make_file("up/file", text);
}

static const char *name_of(const char *text)
{
	char *name = NULL;

	return image_name_parse(text, &arena, &name, &err) < 0 ? "refused" : name;
}

TEST(a_short_name_fits_localhost_then_docker_then_any_registry)
{
	static const struct {
		const char *stored, *said;
		int fit;
	} cases[] = {
		{ "app:1", "app:1", 1 },
		{ "app:1", "app:2", 0 },
		{ "localhost/app:1", "app:1", 2 },
		{ "localhost/team/app:1", "app:1", 4 },
		{ "docker.io/library/app:1", "app:1", 3 },
		{ "docker.io/team/app:1", "team/app:1", 3 },
		{ "docker.io/team/app:1", "app:1", 4 },
		{ "app:1", "docker.io/library/app:1", 3 },
		{ "team/app:1", "docker.io/team/app:1", 3 },
		{ "quay.io/team/app:1", "app:1", 4 },
		{ "quay.io/team/app:1", "team/app:1", 4 },
		{ "quay.io/myapp:1", "app:1", 0 },
		{ "localhost:5000/quay.io/app:1", "quay.io/app:1", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(image_name_fit(cases[i].stored, cases[i].said), cases[i].fit);
	CHECK_STRING(image_name_repository("localhost:5000/app:1", &arena), "localhost:5000/app");
	CHECK_STRING(image_name_repository("app@sha256:00", &arena), "app");
	CHECK_STRING(image_name_normalize("app:1", &arena), "docker.io/library/app:1");
	CHECK_STRING(image_name_normalize("team/app:1", &arena), "docker.io/team/app:1");
	CHECK_STRING(image_name_normalize("localhost/app:1", &arena), "localhost/app:1");
}

TEST(image_names_are_those_of_docker)
{
	static const char *const good[][2] = {
		{ "app", "app:latest" },
		{ "app:1", "app:1" },
		{ "a/b/c:v1.2-rc_3", "a/b/c:v1.2-rc_3" },
		{ "localhost:5000/app", "localhost:5000/app:latest" },
		{ "Registry.example.com:443/team/app:X", "Registry.example.com:443/team/app:X" },
		{ "[2001:db8::1]:5000/app:1", "[2001:db8::1]:5000/app:1" },
		{ "a.b_c__d---e", "a.b_c__d---e:latest" },
	};
	static const char *const bad[] = {
		"",
		":",
		"app:",
		"App",
		"app/",
		"/app",
		"a//b",
		"a..b",
		"a___b",
		"-a",
		"a-",
		"a_",
		"app:.x",
		"app:-x",
		"app: x",
		"app:\xc3\xa9",
		"../x",
		"a/../b",
		"a b",
		"app\n",
		"app@sha256:0000",
		"host:port/app",
		"host.x:/app",
		"a:b:c",
		".a/b",
		("app:123456789012345678901234567890123456789012345678901234567890123456789012345"
		 "678901234567890123456789012345678901234567890123456789"),
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_STRING(name_of(good[i][0]), good[i][1]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strcmp(name_of(bad[i]), "refused") != 0)
			unit_fail(__FILE__, __LINE__, "'%s' was accepted", bad[i]);
	arena_free(&arena);
}

TEST(a_store_is_an_image_layout_that_skopeo_reads)
{
	begin();
	make_layers("hello");
	CHECK_OK(commit("app:1", NULL, NULL, COMPRESSION_GZIP));
	CHECK_CONTAINS(run_ok("cat data/store/oci-layout"), "\"imageLayoutVersion\"");
	run_ok("cd data/store/blobs/sha256 && for f in *; do "
	       "test $f = `sha256sum < $f | cut -c1-64`; done");
	run_ok("command -v skopeo > /dev/null || exit 127");
	CHECK_CONTAINS(run_ok("skopeo inspect --raw oci:data/store:app:1"),
		       "application/vnd.oci.image.layer.v1.tar+gzip");
	CHECK_CONTAINS(run_ok("skopeo inspect --config oci:data/store:app:1"), "\"/bin/sh\"");
	run_ok("skopeo copy -q --insecure-policy oci:data/store:app:1 oci-archive:out.tar:x && "
	       "mkdir copy && skopeo copy -q --insecure-policy oci:data/store:app:1 dir:copy && "
	       "for f in copy/*; do gzip -qt $f 2> /dev/null && tar -tzf $f | grep -qx file && "
	       "exit 0; "
	       "done; exit 1");
}

TEST(zstd_layers_are_read_by_skopeo)
{
	begin();
	make_layers("hello");
	CHECK_OK(commit("app:1", NULL, NULL, COMPRESSION_ZSTD));
	run_ok("command -v skopeo > /dev/null || exit 127");
	run_ok("skopeo copy -q --insecure-policy oci:data/store:app:1 oci-archive:out.tar:x");
}

TEST(an_image_is_found_by_name_and_by_digest)
{
	struct image image;
	char digest[72], prefix[16];

	begin();
	CHECK_FAILS(store_find(&store, "app", &arena, &image, &err),
		    "app:latest: not in the store");
	CHECK_INT(err.errnum, ENOENT);
	make_layers("1");
	CHECK_OK(commit("app", NULL, NULL, COMPRESSION_NONE));
	CHECK_OK(store_find(&store, "app:latest", &arena, &image, &err));
	CHECK_STRING(image.name, "app:latest");
	CHECK_INT((long long)image.manifest.layers.count, 1);
	CHECK_STRING(image.config.config->cmd.items[0], "/bin/sh");
	CHECK_STRING(image.config.history.items[0].comment, "a message");
	snprintf(digest, sizeof(digest), "%s", image.entry->digest);
	CHECK_OK(store_find(&store, digest, &arena, &image, &err));
	snprintf(prefix, sizeof(prefix), "%.12s", digest + 7);
	CHECK_OK(store_find(&store, prefix, &arena, &image, &err));
	prefix[3] = '\0';
	CHECK_FAILS(store_find(&store, prefix, &arena, &image, &err), "");
	CHECK_FAILS(store_find(&store, "sha256:ffffffff", &arena, &image, &err),
		    "not in the store");
}

TEST(images_grow_layer_by_layer_and_are_unpacked_topmost_first)
{
	char *recorded_items[] = { (char[]){ "/" }, (char[]){ "/opt/x y" }, NULL };
	const struct string_list recorded = { .items = recorded_items, .count = 2 };
	struct string_list lowers, all;
	struct image image;
	size_t missing;

	begin();
	make_layers("one");
	CHECK_OK(commit("base:1", NULL, &recorded, COMPRESSION_GZIP));
	CHECK_OK(store_find(&store, "base:1", &arena, &image, &err));
	CHECK_OK(store_lowers(&store, &image, &arena, &all, &missing, &err));
	make_layers("two");
	CHECK_OK(commit("app:1", "base:1", &all, COMPRESSION_ZSTD));
	CHECK_OK(store_find(&store, "app:1", &arena, &image, &err));
	CHECK_INT((long long)image.manifest.layers.count, 2);
	CHECK_INT((long long)image.config.history.count, 2);
	CHECK_STRING(image.config.config->cmd.items[0], "/bin/sh");
	CHECK_OK(store_lowers(&store, &image, &arena, &lowers, &missing, &err));
	CHECK_INT((long long)missing, 2);
	if (geteuid() != 0)
		need_user_xattrs();
	{
		cleanup_fd int lock = image_prepare(&store, "app:1", &arena, &image, &lowers, &err);

		CHECK_OK(lock);
	}
	CHECK_INT((long long)lowers.count, 4);
	CHECK_STRING(run_ok("cat %s/file %s/file", lowers.items[0], lowers.items[1]), "twoone");
	CHECK_STRING(lowers.items[2], "/");
	CHECK_STRING(lowers.items[3], "/opt/x y");
	CHECK_INT(image_unpack(&store, &image, NULL, &err), 0);
	/* a directory above a layer of the store cannot be said */
	lowers.items[0] = recorded_items[0];
	CHECK_FAILS(commit("app:2", "app:1", &lowers, COMPRESSION_NONE), "cannot express");
}

TEST(a_tag_moves_and_its_old_image_is_still_a_parent)
{
	struct image image;
	char *digest;

	begin();
	make_layers("one");
	CHECK_OK(commit("app:1", NULL, NULL, COMPRESSION_NONE));
	CHECK_OK(store_find(&store, "app:1", &arena, &image, &err));
	digest = image.entry->digest;
	make_layers("two");
	CHECK_OK(commit("app:1", digest, NULL, COMPRESSION_NONE));
	CHECK_OK(commit("app:1", digest, NULL, COMPRESSION_NONE));
	CHECK_OK(store_find(&store, "app:1", &arena, &image, &err));
	CHECK_INT((long long)image.manifest.layers.count, 2);
}

TEST(several_names_appear_together_or_not_at_all)
{
	struct image one, two, image;
	struct store_name names[] = {
		{ "web:5", NULL },
		{ "db:5", NULL },
	};

	begin();
	make_layers("one");
	CHECK_OK(commit("one", NULL, NULL, COMPRESSION_NONE));
	make_layers("two");
	CHECK_OK(commit("two", NULL, NULL, COMPRESSION_NONE));
	CHECK_OK(store_find(&store, "one", &arena, &one, &err));
	CHECK_OK(store_find(&store, "two", &arena, &two, &err));
	names[0].descriptor = one.entry;
	/* one that cannot be taken away, or that is there twice, keeps the other from appearing */
	CHECK_FAILS(store_tag_all(&store, names, 2, &err), "image db:5: not in the store");
	CHECK_INT(err.errnum, ENOENT);
	CHECK_FAILS(store_find(&store, "web:5", &arena, &image, &err), "not in the store");
	names[1] = names[0];
	CHECK_FAILS(store_tag_all(&store, names, 2, &err), "image web:5: named twice");
	CHECK_FAILS(store_find(&store, "web:5", &arena, &image, &err), "not in the store");
	names[1] = (struct store_name){ "db:5", two.entry };
	CHECK_OK(store_tag_all(&store, names, 2, &err));
	CHECK_OK(store_find(&store, "web:5", &arena, &image, &err));
	CHECK_STRING(image.entry->digest, one.entry->digest);
	CHECK_OK(store_find(&store, "db:5", &arena, &image, &err));
	CHECK_STRING(image.entry->digest, two.entry->digest);
	/* moves one and takes the other away */
	names[0].descriptor = two.entry;
	names[1].descriptor = NULL;
	CHECK_OK(store_tag_all(&store, names, 2, &err));
	CHECK_OK(store_find(&store, "web:5", &arena, &image, &err));
	CHECK_STRING(image.entry->digest, two.entry->digest);
	CHECK_FAILS(store_find(&store, "db:5", &arena, &image, &err), "not in the store");
	CHECK_OK(store_find(&store, "one", &arena, &image, &err));
}

TEST(directories_that_an_image_from_elsewhere_names_are_refused)
{
	char *recorded_items[] = { (char[]){ "/" }, NULL };
	const struct string_list recorded = { .items = recorded_items, .count = 1 };
	struct string_list lowers;
	struct image image;
	size_t missing;

	begin();
	make_layers("one");
	CHECK_OK(commit("app:1", NULL, &recorded, COMPRESSION_NONE));
	run_ok("command -v skopeo > /dev/null || exit 127");
	run_ok("skopeo copy -q --insecure-policy oci:data/store:app:1 oci:data/store:evil:1");
	CHECK_OK(store_find(&store, "evil:1", &arena, &image, &err));
	CHECK_FAILS(store_lowers(&store, &image, &arena, &lowers, &missing, &err),
		    "images from elsewhere may not name directories");
}

TEST(untagged_images_go_with_the_next_prune_and_others_stay)
{
	struct store_pruned pruned;
	struct image *images, image;
	size_t count;

	begin();
	make_layers("one");
	CHECK_OK(commit("one", NULL, NULL, COMPRESSION_NONE));
	make_layers("two");
	CHECK_OK(commit("two", NULL, NULL, COMPRESSION_NONE));
	if (geteuid() == 0) {
		CHECK_OK(store_find(&store, "one", &arena, &image, &err));
		CHECK_INT(image_unpack(&store, &image, NULL, &err), 1);
	}
	CHECK_OK(store_list(&store, &arena, &images, &count, &err));
	CHECK_INT((long long)count, 2);
	CHECK_STRING(images[0].name, "one:latest");
	CHECK_STRING(images[1].name, "two:latest");
	CHECK_FAILS(store_untag(&store, "three:latest", &err), "not in the store");
	CHECK_OK(store_untag(&store, "one:latest", &err));
	CHECK_OK(store_prune(&store, NULL, &pruned, &err));
	CHECK_INT((long long)pruned.blobs, 3);
	CHECK_INT((long long)pruned.layers, geteuid() == 0);
	CHECK_FAILS(store_find(&store, "one", &arena, &image, &err), "not in the store");
	CHECK_OK(store_find(&store, "two", &arena, &image, &err));
	run_ok("test `ls data/store/blobs/sha256 | wc -l` = 3");
	CHECK_OK(store_prune(&store, NULL, &pruned, &err));
	CHECK_INT((long long)pruned.blobs, 0);
}

static int give_list(void *context, struct string_list *list, struct error *error)
{
	(void)error;
	*list = *(const struct string_list *)context;
	return 0;
}

TEST(layers_and_images_of_containers_are_kept)
{
	char *items[2] = { NULL };
	struct string_list list = { .items = items, .count = 1 };
	const struct store_keep keep = { .find = give_list, .context = &list };
	struct store_pruned pruned;
	struct image image;

	begin();
	need_root();
	make_layers("one");
	CHECK_OK(commit("one", NULL, NULL, COMPRESSION_NONE));
	CHECK_OK(store_find(&store, "one", &arena, &image, &err));
	CHECK_INT(image_unpack(&store, &image, NULL, &err), 1);
	CHECK_OK(store_untag(&store, "one:latest", &err));
	items[0] = arena_printf(&arena, "/x/layers/%s", image.config.rootfs.diff_ids.items[0] + 7);
	CHECK_OK(store_prune(&store, &keep, &pruned, &err));
	CHECK_INT((long long)pruned.layers, 0);
	CHECK_INT((long long)pruned.blobs, 3);
	CHECK_OK(commit("one", NULL, NULL, COMPRESSION_NONE));
	CHECK_OK(store_find(&store, "one", &arena, &image, &err));
	CHECK_OK(store_untag(&store, "one:latest", &err));
	items[0] = image.entry->digest;
	CHECK_OK(store_prune(&store, &keep, &pruned, &err));
	CHECK_INT((long long)pruned.layers + (long long)pruned.blobs, 0);
}

TEST(what_a_crash_left_is_removed_and_what_is_in_work_is_not)
{
	struct blob_writer blob;
	struct store_pruned pruned;

	begin();
	CHECK_OK(blob_begin(&blob, &store, &err));
	CHECK_OK(blob_write(&blob, "x", 1, &err));
	run_ok("echo half > data/store/blobs/sha256/.tmp-1-2; mkdir -p data/layers/.tmp-3-4/a/b; "
	       "echo half > data/store/index.json.tmp.1.0; echo x > data/store/mine.tmp.x");
	CHECK_OK(store_prune(&store, NULL, &pruned, &err));
	CHECK_INT((long long)pruned.temporary, 3);
	run_ok("test ! -e data/store/index.json.tmp.1.0 && test -e data/store/mine.tmp.x");
	CHECK_OK(blob_end(&blob, &err));
	CHECK_OK(blob_publish(&blob, NULL, &err));
	CHECK_CONTAINS(run_ok("ls -A data/store/blobs/sha256"), blob.digest.text + 7);
}

TEST(an_aborted_commit_leaves_nothing)
{
	struct layer_stack stack;
	struct image_commit image = { .store = &store, .name = "app" };

	begin();
	make_layers("x");
	stack = open_layers("up", "low", NULL, NULL);
	image.stack = stack;
	CHECK_OK(image_commit_begin(&image, &err));
	CHECK_OK(image_commit_archive(&image, &err));
	image_commit_end(&image);
	image_commit_end(&image);
	close_layers(&stack);
	CHECK_STRING(run_ok("ls -A data/store/blobs/sha256 data/layers; ls data/store"),
		     "data/layers:\n\ndata/store/blobs/sha256:\nblobs\noci-layout\n");
	CHECK_FAILS(commit("Bad Name", NULL, NULL, COMPRESSION_NONE), "image name 'Bad Name'");
}

TEST(prune_waits_for_a_commit)
{
	cleanup_fd int lock = -1, probe = -1;

	begin();
	lock = store_lock_blobs(&store, false, &err);
	CHECK_OK(lock);
	probe = open("data/store/blobs/sha256", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(flock(probe, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK);
	CHECK(flock(probe, LOCK_SH | LOCK_NB) == 0);
}

TEST(a_blob_of_another_digest_is_refused)
{
	struct blob_writer blob;

	begin();
	CHECK_OK(blob_begin(&blob, &store, &err));
	CHECK_OK(blob_write(&blob, "x", 1, &err));
	CHECK_OK(blob_end(&blob, &err));
	CHECK_FAILS(
		blob_publish(&blob,
			     "sha256:00000000000000000000000000000000000000000000000000000000000"
			     "00000",
			     &err),
		"its content has the digest sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc"
		"4db02258717921a4881");
	blob_abort(&blob);
	CHECK_STRING(run_ok("ls -A data/store/blobs/sha256"), "");
	CHECK_FAILS(store_open_blob(&store, "sha256:../../../index.json", &err), "not a sha256");
}

TEST(a_damaged_blob_is_healed_by_what_brings_it_again)
{
	struct digest digest;

	begin();
	CHECK_OK(blob_put(&store, "content", 7, &digest, &err));
	run_ok("printf CONTENT > data/store/blobs/sha256/%s", digest.text + 7);
	CHECK_OK(blob_put(&store, "content", 7, &digest, &err));
	CHECK_STRING(run_ok("cat data/store/blobs/sha256/*"), "content");
}

TEST(a_damaged_layer_is_not_unpacked)
{
	struct image image;

	begin();
	make_layers("content");
	CHECK_OK(commit("app", NULL, NULL, COMPRESSION_NONE));
	CHECK_OK(store_find(&store, "app", &arena, &image, &err));
	run_ok("cd data/store/blobs/sha256; chmod u+w *; sed -i s/content/CONTENT/ %s",
	       image.manifest.layers.items[0].digest + 7);
	CHECK_FAILS(image_unpack(&store, &image, NULL, &err), "the blob's digest is");
	CHECK_STRING(run_ok("ls -A data/layers"), "");
}

TEST(a_damaged_image_is_listed_so_that_it_can_be_removed)
{
	struct image *images, image;
	struct store_pruned pruned;
	size_t count;

	begin();
	make_layers("content");
	CHECK_OK(commit("app", NULL, NULL, COMPRESSION_NONE));
	run_ok("rm data/store/blobs/sha256/*");
	CHECK_OK(store_list(&store, &arena, &images, &count, &err));
	CHECK_STRING(images[0].name, "app:latest");
	CHECK_INT((long long)images[0].manifest.layers.count, 0);
	CHECK_FAILS(store_find(&store, "app", &arena, &image, &err), "image app: blob sha256:");
	CHECK_OK(store_prune(&store, NULL, &pruned, &err));
	CHECK_OK(store_untag(&store, "app:latest", &err));
	run_ok("echo '{' > data/store/index.json");
	CHECK_FAILS(store_list(&store, &arena, &images, &count, &err), "index.json:");
	CHECK_FAILS(store_prune(&store, NULL, &pruned, &err), "index.json:");
	store_close(&store);
	arena_free(&arena);
}
