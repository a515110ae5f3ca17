/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/notify.h"

#include "tests/unit/unit.h"

static struct arena arena;
static bool ready;

TEST(notify_hands_on_lines_and_notices_ready)
{
	CHECK_STRING(notify_filter(&arena, "STATUS=starting", &ready), "STATUS=starting\n");
	CHECK_INT(ready, false);
	CHECK_STRING(notify_filter(&arena, "READY=1\nSTATUS=up\n", &ready), "READY=1\nSTATUS=up\n");
	CHECK_INT(ready, true);
	CHECK_STRING(notify_filter(&arena, "READY=10", &ready), "READY=10\n");
	CHECK_INT(ready, false);
}

TEST(notify_keeps_back_what_means_something_only_inside)
{
	CHECK_STRING(notify_filter(&arena,
				   "MAINPID=7\nMAINPIDFDID=8\nBARRIER=1\nFDSTORE=1\n"
				   "FDSTOREREMOVE=1\nFDNAME=x\nFDPOLL=0\nNOTIFYACCESS=all",
				   &ready),
		     "");
	CHECK_STRING(notify_filter(&arena, "\n\n", &ready), "");
	CHECK_STRING(notify_filter(&arena, "", &ready), "");
}

TEST(notify_adds_a_mount_and_a_variable)
{
	struct spec_process process = { 0 };
	struct spec spec = { .process = &process };
	struct notify notify = { .host = "/run/host.sock", .socket = -1 };

	notify_plan(&arena, "/run/ctr/x", &spec, &notify);
	CHECK_INT(spec.mounts.count, 1);
	CHECK_STRING(spec.mounts.items[0].source, "/run/ctr/x/notify");
	CHECK_STRING(spec.mounts.items[0].destination, "/run/notify");
	CHECK_STRING(process.env.items[0], "NOTIFY_SOCKET=/run/notify/notify.sock");
	notify_plan(&arena, "/run/ctr/x", &spec, &notify);
	CHECK(!notify.host);
	CHECK_INT(spec.mounts.count, 1);
}
