/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/copy.h"

#include <errno.h>

#include "tests/unit/unit.h"

static struct copy_end parse(struct arena *arena, const char *text)
{
	struct copy_end end;
	struct error err;

	CHECK(copy_end_parse(arena, text, &end, &err) == 0);
	return end;
}

TEST(what_has_a_colon_is_a_container_s_unless_it_looks_like_a_path)
{
	cleanup_arena struct arena arena = { 0 };
	struct copy_end end = parse(&arena, "web:/etc/a:b");

	CHECK_STRING(end.container, "web");
	CHECK_STRING(end.path, "/etc/a:b");
	CHECK(!parse(&arena, "/web:/etc").container);
	CHECK(!parse(&arena, "./web:x").container);
	CHECK(!parse(&arena, "../web:x").container);
	CHECK(!parse(&arena, "-").container);
	CHECK(!parse(&arena, "plain").container);
}

TEST(a_side_that_names_nothing_is_refused)
{
	cleanup_arena struct arena arena = { 0 };
	struct copy_end end;
	struct error err;

	CHECK(copy_end_parse(&arena, "", &end, &err) == -1);
	CHECK(copy_end_parse(&arena, "web:", &end, &err) == -1);
	CHECK(copy_end_parse(&arena, ":/x", &end, &err) == -1);
	CHECK_CONTAINS(err.text, "no container is named");
}

TEST(a_file_is_copied_as_podman_has_it)
{
	struct error err;

	CHECK_INT(copy_decide(false, false, TARGET_MISSING, false, &err), COPY_AS);
	CHECK_INT(copy_decide(false, false, TARGET_FILE, false, &err), COPY_AS);
	CHECK_INT(copy_decide(false, false, TARGET_DIRECTORY, false, &err), COPY_INTO);
	CHECK_INT(copy_decide(false, false, TARGET_DIRECTORY, true, &err), COPY_INTO);
	CHECK_INT(copy_decide(false, false, TARGET_MISSING, true, &err), -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_INT(copy_decide(false, false, TARGET_FILE, true, &err), -1);
	CHECK_INT(err.errnum, ENOTDIR);
}

TEST(a_directory_is_copied_as_podman_has_it)
{
	struct error err;

	for (int slash = 0; slash < 2; slash++) {
		CHECK_INT(copy_decide(true, false, TARGET_DIRECTORY, slash, &err), COPY_INTO);
		CHECK_INT(copy_decide(true, true, TARGET_DIRECTORY, slash, &err), COPY_CONTENTS);
		CHECK_INT(copy_decide(true, false, TARGET_FILE, slash, &err), -1);
		CHECK_INT(copy_decide(true, true, TARGET_FILE, slash, &err), -1);
	}
	CHECK_INT(copy_decide(true, false, TARGET_MISSING, false, &err), COPY_AS);
	CHECK_INT(copy_decide(true, true, TARGET_MISSING, false, &err), COPY_AS);
	CHECK_INT(copy_decide(true, true, TARGET_MISSING, true, &err), -1);
}
