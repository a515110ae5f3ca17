/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/criu.h"
#include "runtime/criu_images.h"
#include "runtime/criu_plan.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static char *hex(struct arena *arena, const unsigned char *bytes, size_t size)
{
	char *text = arena_alloc(arena, 2 * size + 1);

	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

TEST(a_request_is_what_protocol_buffers_say)
{
	cleanup_arena struct arena arena = { 0 };
	struct criu_pair pair = { "k", NULL, 7 }, root = { NULL, "/c", 0 };
	char *external[] = { "mnt[/a]:/a", NULL };
	const struct criu_options options = {
		.images_dir_fd = 4,
		.work_dir_fd = -1,
		.pid = 300,
		.log_level = -1,
		.log_file = "log",
		.manage_cgroups = CRIU_CGROUPS_SOFT,
		.network_lock = -1,
		.empty_ns = 0x40000000,
		.leave_running = true,
		.inherit = { &pair, 1 },
		.cgroup_root = { &root, 1 },
		.external = { external, 1 },
	};
	size_t size;
	const unsigned char *bytes = criu_request_encode(&arena, CRIU_DUMP, &options, &size);

	CHECK_STRING(hex(&arena, bytes, size), "0801" /* type */
					       "1232" /* opts */
					       "0804"
					       "10ac02"
					       "1801"
					       "52036c6f67"
					       "ca01041202"
					       "2f63"
					       "da0105"
					       "0a016b1007"
					       "900203"
					       "aa020a6d6e745b2f615d3a2f61"
					       "b0028080808004");
}

TEST(an_answer_says_whether_criu_may_go_on)
{
	cleanup_arena struct arena arena = { 0 };
	size_t size;
	const void *yes = criu_answer_encode(&arena, true, &size);

	CHECK_STRING(hex(&arena, yes, size), "08061801");
	CHECK_STRING(hex(&arena, criu_answer_encode(&arena, false, &size), 4), "08061800");
}

TEST(responses_are_read_and_what_is_not_known_is_skipped)
{
	static const unsigned char notify[] = "\x08\x06\x10\x01\x2a\x08\x0a\x03"
					      "abc\x10\xac\x02";
	static const unsigned char restored[] = "\x08\x02\x10\x01\x22\x02\x08\x2a\x58\x05";
	static const unsigned char failed[] = "\x08\x01\x10\x00\x38\x5f\x4a\x02no";
	cleanup_arena struct arena arena = { 0 };
	struct criu_response response;
	struct error err;

	CHECK(criu_response_decode(&arena, notify, sizeof(notify) - 1, &response, &err) == 0);
	CHECK(response.type == CRIU_NOTIFY && response.success && response.pid == 300);
	CHECK_STRING(response.script, "abc");
	CHECK(criu_response_decode(&arena, restored, sizeof(restored) - 1, &response, &err) == 0);
	CHECK(response.type == CRIU_RESTORE && response.pid == 42);
	CHECK(criu_response_decode(&arena, failed, sizeof(failed) - 1, &response, &err) == 0);
	CHECK(!response.success && response.errnum == 95);
	CHECK_STRING(response.message, "no");
}

TEST(responses_that_end_too_early_or_are_too_long_are_refused)
{
	static const char *const bad[] = {
		"\x08",			/* no value */
		"\x2a\x05\x0a",		/* fewer bytes than it says */
		"\x2a\x03\x0a\x09x",	/* the same inside */
		"\x0d\x01\x01\x01\x01", /* a kind that criu does not send */
		"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"",
	};
	cleanup_arena struct arena arena = { 0 };
	struct criu_response response;
	struct error err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(criu_response_decode(&arena, bad[i], strlen(bad[i]), &response, &err) == -1);
		CHECK(err.errnum == EPROTO);
	}
}

TEST(the_reasons_of_a_log_are_its_first_errors)
{
	cleanup_arena struct arena arena = { 0 };

	CHECK_STRING(criu_log_reasons(&arena,
				      "(00.00) Version: 4.1\n"
				      "(00.01)      1: Error (criu/a.c:1): mnt: no such thing\n"
				      "(00.01) Error (criu/a.c:1): mnt: no such thing\n"
				      "(00.02) Error (criu/b.c:2): and so\n"
				      "(00.03) Error (criu/c.c:3): third\n"
				      "(00.03) Error (criu/cr-dump.c:2053): Dumping FAILED.\n"),
		     "mnt: no such thing; and so");
	CHECK_STRING(criu_log_reasons(&arena, "Error (criu/x.c:2): Restoring FAILED.\nError (x"),
		     "");
	CHECK_STRING(criu_log_reasons(&arena, ""), "");
}

TEST(only_pipes_and_files_by_number_are_keys_of_streams)
{
	CHECK(criu_plan_is_stream_key("pipe:[123]"));
	CHECK(criu_plan_is_stream_key("file[1a:2f]"));
	CHECK(!criu_plan_is_stream_key("pipe:[123]x"));
	CHECK(!criu_plan_is_stream_key("pipe:[12/3]"));
	CHECK(!criu_plan_is_stream_key("extRootNetNS"));
	CHECK(!criu_plan_is_stream_key("file[/etc/passwd]"));
	CHECK(!criu_plan_is_stream_key(""));
}

static struct criu_mount mounts[] = { { "/data", "/run/ctr/x/criu/0" } };
static char *masked[] = { "/proc/keys", NULL };
static char *streams[] = { "file[1:2]", "pipe:[7]", "/dev/pts/0", NULL };
static struct criu_subject subject = {
	.pid = 77,
	.root = "/srv/root",
	.cgroup = "/ctr/x",
	.cgroup_path = "/sys/fs/cgroup/ctr/x",
	.config_file = "/etc/criu/ctr.conf",
	.mounts = { mounts, 1 },
	.masked = { masked, 1 },
	.namespaces = {
		.items = {
			{ NAMESPACE_PID, "/proc/1/ns/pid", 40, -1 },
			{ NAMESPACE_IPC, "/proc/1/ns/ipc", 41, -1 },
			{ NAMESPACE_NETWORK, "/run/netns/n", 42, -1 },
		},
		.count = 3,
	},
	.stdio = { streams, 3 },
};

TEST(a_checkpoint_names_all_that_comes_from_outside)
{
	const struct checkpoint_options options = {
		.image_path = "i",
		.parent_path = "../p",
		.page_server = "[::1]:27",
		.tcp_established = true,
		.network_lock = NETWORK_LOCK_SKIP,
	};
	cleanup_arena struct arena arena = { 0 };
	struct criu_options plan;
	struct error err;

	CHECK(criu_plan_dump(&arena, &subject, &options, &plan, &err) == 0);
	CHECK_STRING(criu_options_print(&arena, &plan), "images_dir_fd 4\n"
							"pid 77\n"
							"tcp_established\n"
							"log_level 4\n"
							"log_file dump.log\n"
							"page_server [::1] 27\n"
							"notify\n"
							"root /srv/root\n"
							"parent_img ../p\n"
							"track_mem\n"
							"work_dir_fd 5\n"
							"manage_cgroups 3\n"
							"external mnt[/data]:/data\n"
							"external mnt[/proc/keys]:/dev/null\n"
							"external pid[40]:extRootPidNS\n"
							"external net[42]:extRootNetNS\n"
							"external file[1:2]\n"
							"freeze_cgroup /sys/fs/cgroup/ctr/x\n"
							"orphan_pts_master\n"
							"config_file /etc/criu/ctr.conf\n"
							"network_lock 3\n");
}

TEST(a_restore_says_what_it_is_now)
{
	const struct checkpoint_options options = {
		.image_path = "i",
		.lsm_profile = "apparmor:x",
		.manage_cgroups = CGROUPS_IGNORE,
	};
	cleanup_arena struct arena arena = { 0 };
	struct criu_options plan;
	struct error err;

	CHECK(criu_plan_restore(&arena, &subject, &options, &plan, &err) == 0);
	CHECK_STRING(criu_options_print(&arena, &plan), "images_dir_fd 4\n"
							"evasive_devices\n"
							"log_level 4\n"
							"log_file restore.log\n"
							"notify\n"
							"root /srv/root\n"
							"work_dir_fd 5\n"
							"cgroup_root - /ctr/x\n"
							"sibling\n"
							"inherit extRootPidNS 6\n"
							"inherit extRootNetNS 7\n"
							"inherit file[1:2] 8\n"
							"inherit pipe:[7] 9\n"
							"manage_cgroups 0\n"
							"external mnt[/data]:/run/ctr/x/criu/0\n"
							"external mnt[/dev/null]:/dev/null\n"
							"join ipc /proc/1/ns/ipc\n"
							"orphan_pts_master\n"
							"config_file /etc/criu/ctr.conf\n"
							"lsm_profile apparmor:x\n");
}

TEST(what_criu_cannot_join_or_send_to_is_refused)
{
	const struct checkpoint_options options = { .image_path = "i", .page_server = "host" };
	const struct checkpoint_options none = { .image_path = "i" };
	cleanup_arena struct arena arena = { 0 };
	struct criu_subject other = subject;
	struct criu_options plan;
	struct error err;

	CHECK(criu_plan_dump(&arena, &subject, &options, &plan, &err) == -1);
	CHECK_STRING(err.text, "--page-server host: use ADDRESS:PORT");
	other.namespaces.items[1].type = NAMESPACE_CGROUP;
	CHECK(criu_plan_restore(&arena, &other, &none, &plan, &err) == -1);
	CHECK(err.errnum == ENOTSUP);
}

TEST(without_a_cgroup_criu_leaves_cgroups_alone)
{
	const struct checkpoint_options options = { .image_path = "i" };
	const struct criu_subject bare = { .pid = 1, .root = "/", .empty_network = true };
	cleanup_arena struct arena arena = { 0 };
	struct criu_options plan;
	struct error err;

	CHECK(criu_plan_dump(&arena, &bare, &options, &plan, &err) == 0);
	CHECK(plan.manage_cgroups == CRIU_CGROUPS_IGNORE && !plan.freeze_cgroup);
	CHECK(plan.empty_ns == 0x40000000);
}

TEST(an_annotation_names_the_settings_of_criu)
{
	struct string_pair pair = { "org.criu.config", "/x" };
	struct spec spec = { .annotations = { &pair, 1 } }, plain = { 0 };

	CHECK_STRING(criu_plan_config(&spec, "/d"), "/x");
	pair.value = "";
	CHECK(!criu_plan_config(&spec, "/d"));
	CHECK_STRING(criu_plan_config(&plain, "/d"), "/d");
}

/* ".." was taken as one of a root, so that the folder came to be in the working directory. */
TEST(a_folder_for_images_is_made_where_its_path_leads)
{
	const struct checkpoint_options options = { .image_path = "../images/1" };
	struct criu_images images;
	struct error err;

	scratch_dir();
	CHECK(chdir(scratch_path()) == 0);
	CHECK(mkdir("work", 0700) == 0 && chdir("work") == 0);
	CHECK(criu_images_open(&options, true, "dump.log", &images, &err) == 0);
	CHECK(access("../images/1", X_OK) == 0);
	CHECK(access("images", F_OK) < 0);
	criu_images_close(&images);
	CHECK(chdir("/") == 0);
}
