/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/hook_state.h"

#include <limits.h>
#include <stdlib.h>

#include "base/macro.h"
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
	CHECK_STRING(hook_state_text(&state, "creating", 42),
		     "{\"status\":\"creating\",\"pid\":42,\"ociVersion\":\"1.3.0\",\"id\":\"web\","
		     "\"bundle\":\"/bundle\",\"annotations\":{\"org.x\":\"a\\\"b\\n\"}}");
	arena_free(&arena);
}

TEST(hook_state_says_the_status_of_each_moment)
{
	static const char *const statuses[] = { "creating", "created", "running", "stopped" };
	const struct spec spec = { .oci_version = "1.3.0" };
	struct hook_state state;
	struct json *root;

	hook_state_plan(&arena, &spec, "web", "/", &state);
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		const char *text = hook_state_text(&state, statuses[i], INT_MAX);

		CHECK(json_parse(&arena, "state", text, strlen(text), &root, &err) == 0);
		CHECK_STRING(member(root, "status"), statuses[i]);
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
	text = hook_state_text(&state, "created", 1);
	CHECK(json_parse(&arena, "state", text, strlen(text), &root, &err) == 0);
	CHECK_STRING(member(root, "bundle"), "/b\xef\xbf\xbd/\xef\xbf\xbd");
	arena_free(&arena);
}
