/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/state_document.h"

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct arena arena;

/* Every member set. */
static struct container_info full_info(void)
{
	static struct string_pair annotations[] = { { "b", "2" }, { "a", "" } };

	return (struct container_info){
		.oci_version = "1.3.0",
		.id = "web",
		.pid = 4711,
		.status = STATUS_STOPPED,
		.bundle = "/b",
		.rootfs = "/b/root",
		.created = "2026-11-21T03:42:34.808960490Z",
		.annotations = { .items = annotations, .count = 2 },
		.owner = "root",
		.command = "sh -c true",
		.image = "app:1",
		.image_digest = "sha256:00",
		.cgroup = "/ctr/web",
		.data = "/d",
		.exit_code = { .set = true, .value = 0 },
		.finished = "2026-11-21T03:42:35.808960490Z",
	};
}

TEST(state_document_has_the_members_of_runc_in_its_order)
{
	const struct container_info info = full_info();

	CHECK_GOLDEN(state_document(&arena, &info, JSON_INDENTED, NULL), "state_document.json");
	arena_free(&arena);
}

TEST(state_document_of_what_is_not_set_has_what_oci_requires)
{
	const struct container_info info = {
		.oci_version = "1.0.0",
		.id = "web",
		.bundle = "",
	};

	CHECK_STRING(state_document(&arena, &info, JSON_COMPACT, NULL),
		     "{\"ociVersion\":\"1.0.0\",\"id\":\"web\",\"pid\":0,\"status\":\"creating\","
		     "\"bundle\":\"\",\"annotations\":{}}");
	arena_free(&arena);
}

TEST(state_documents_are_one_line)
{
	const struct container_info items[] = {
		{ .id = "a", .pid = 1, .status = STATUS_RUNNING },
		{ .id = "b", .status = STATUS_PAUSED },
	};

	CHECK_STRING(state_documents(&arena, NULL, 0), "[]");
	CHECK_STRING(state_documents(&arena, items, ARRAY_SIZE(items)),
		     "[{\"id\":\"a\",\"pid\":1,\"status\":\"running\",\"annotations\":{}},"
		     "{\"id\":\"b\",\"pid\":0,\"status\":\"paused\",\"annotations\":{}}]");
	arena_free(&arena);
}

/* An example of config-linux.md. */
TEST(state_document_of_a_seccomp_agent_is_that_of_the_specification)
{
	static char *fds[] = { "seccompFd", NULL };
	const struct container_process_state state = {
		.oci_version = "1.3.0",
		.fds = { .items = fds, .count = 1 },
		.pid = 4422,
		.metadata = "MKNOD=/dev/null",
		.state = {
			.oci_version = "1.3.0",
			.id = "oci-container1",
			.status = STATUS_CREATING,
			.pid = 4422,
			.bundle = "/containers/redis",
		},
	};
	size_t size;
	const char *text = process_state_document(&arena, &state, &size);

	CHECK_STRING(text, "{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":4422,"
			   "\"metadata\":\"MKNOD=/dev/null\",\"state\":{\"ociVersion\":\"1.3.0\","
			   "\"id\":\"oci-container1\",\"pid\":4422,\"status\":\"creating\","
			   "\"bundle\":\"/containers/redis\",\"annotations\":{}}}");
	CHECK_INT(size, strlen(text));
	arena_free(&arena);
}
