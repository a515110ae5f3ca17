/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/hook_state.h"

#include <limits.h>
#include <stdlib.h>

#include "specs/json.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

static const char *member(const struct json *node, const char *key)
{
	const struct json *child = json_member(node, key);

	CHECK(child != NULL);
	return child->text;
}

TEST(hook_state_has_all_members_of_the_specification)
{
	struct string_pair annotation = { "org.x", "a\"b\n" };
	const struct spec spec = {
		.oci_version = "1.3.0",
		.annotations = { .items = &annotation, .count = 1 },
	};
	struct hook_state state;

	hook_state_plan(&arena, &spec, "web", "/bundle", &state);
	CHECK_STRING(hook_state_text(&state, STATUS_CREATING, 42),
		     "{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":42,\"status\":\"creating\","
		     "\"bundle\":\"/bundle\",\"annotations\":{\"org.x\":\"a\\\"b\\n\"}}");
	arena_free(&arena);
}

TEST(hook_state_says_the_status_of_each_moment)
{
	const struct spec spec = { .oci_version = "1.3.0" };
	struct hook_state state;
	struct json *root;

	hook_state_plan(&arena, &spec, "web", "/", &state);
	for (enum container_status status = 0; status < STATUS_COUNT; status++) {
		const char *text = hook_state_text(&state, status, INT_MAX);

		CHECK(json_parse(&arena, "state", text, strlen(text), &root, &err) == 0);
		CHECK_STRING(member(root, "status"), status_name(status));
		CHECK_STRING(member(root, "pid"), "2147483647");
		CHECK_STRING(member(root, "id"), "web");
	}
	arena_free(&arena);
}

TEST(hook_state_stays_json_with_bytes_that_are_no_unicode)
{
	const struct spec spec = { .oci_version = "1.3.0" };
	struct hook_state state;
	struct json *root;
	const char *text;

	hook_state_plan(&arena, &spec, "web", "/b\xff/\xc3", &state);
	text = hook_state_text(&state, STATUS_CREATED, 1);
	CHECK(json_parse(&arena, "state", text, strlen(text), &root, &err) == 0);
	CHECK_STRING(member(root, "bundle"), "/b\xef\xbf\xbd/\xef\xbf\xbd");
	arena_free(&arena);
}

TEST(hook_state_is_not_taken_in_by_strings_that_look_like_members)
{
	static const char bundle[] = "/\"pid\":0,\"status\":\"creating\"";
	const struct spec spec = { .oci_version = "1.3.0\"pid\":7,\"status\":\"creating" };
	struct hook_state state;
	struct json *root;
	const char *text;

	hook_state_plan(&arena, &spec, "pid", bundle, &state);
	text = hook_state_text(&state, STATUS_STOPPED, 12);
	CHECK(json_parse(&arena, "state", text, strlen(text), &root, &err) == 0);
	CHECK_STRING(member(root, "ociVersion"), spec.oci_version);
	CHECK_STRING(member(root, "bundle"), bundle);
	CHECK_STRING(member(root, "pid"), "12");
	CHECK_STRING(member(root, "status"), "stopped");
	arena_free(&arena);
}
