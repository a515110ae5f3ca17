/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/image_change.h"

#include "tests/unit/unit.h"

/* The config after these changes, as a document. */
static const char *config(struct arena *arena, const char *const *changes)
{
	struct image_execution execution = { 0 };
	struct image_config config = { .config = &execution };
	struct error err;

	for (; *changes; changes++)
		if (image_change(arena, *changes, &execution, &err) < 0)
			return arena_strdup(arena, err.text);
	return image_config_encode(arena, &config, NULL);
}

#define CONFIG(arena, ...) config(arena, (const char *const[]){ __VA_ARGS__, NULL })

TEST(commands_are_arrays_or_lines_of_a_shell)
{
	cleanup_arena struct arena arena = { 0 };

	CHECK_CONTAINS(CONFIG(&arena, "CMD [\"a\", \"b c\"]"), "\"Cmd\":[\"a\",\"b c\"]");
	CHECK_CONTAINS(CONFIG(&arena, "cmd=run it"), "\"Cmd\":[\"/bin/sh\",\"-c\",\"run it\"]");
	CHECK_CONTAINS(CONFIG(&arena, "ENTRYPOINT=[\"/x\"]"), "\"Entrypoint\":[\"/x\"]");
	CHECK_CONTAINS(CONFIG(&arena, "CMD []"), "{\"config\":{}");
}

TEST(a_variable_takes_the_place_of_one_of_its_name)
{
	cleanup_arena struct arena arena = { 0 };

	CHECK_CONTAINS(CONFIG(&arena, "ENV A=1", "ENV B=2 C=\"3 4\"", "ENV A=5"),
		       "\"Env\":[\"B=2\",\"C=3 4\",\"A=5\"]");
	CHECK_CONTAINS(CONFIG(&arena, "ENV=PATH=/bin:/sbin"), "\"Env\":[\"PATH=/bin:/sbin\"]");
	CHECK_CONTAINS(CONFIG(&arena, "ENV A one two"), "\"Env\":[\"A=one two\"]");
	CHECK_CONTAINS(CONFIG(&arena, "LABEL a=1 b='x y'", "LABEL a=2"),
		       "\"Labels\":{\"b\":\"x y\",\"a\":\"2\"}");
}

TEST(ports_and_volumes_are_sets)
{
	cleanup_arena struct arena arena = { 0 };

	CHECK_CONTAINS(CONFIG(&arena, "EXPOSE 80 53/udp", "EXPOSE 80/tcp"),
		       "\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{}}");
	CHECK_CONTAINS(CONFIG(&arena, "VOLUME [\"/a\"]", "VOLUME /a /b"),
		       "\"Volumes\":{\"/a\":{},\"/b\":{}}");
}

TEST(the_rest_is_taken_as_it_is)
{
	cleanup_arena struct arena arena = { 0 };
	const char *text = CONFIG(&arena, "USER 1000:1000", "WORKDIR /srv/www  ",
				  "STOPSIGNAL=SIGINT", "ONBUILD RUN make");

	CHECK_CONTAINS(text, "\"User\":\"1000:1000\"");
	CHECK_CONTAINS(text, "\"WorkingDir\":\"/srv/www\"");
	CHECK_CONTAINS(text, "\"StopSignal\":\"SIGINT\"");
	CHECK_CONTAINS(text, "\"OnBuild\":[\"RUN make\"]");
}

TEST(what_is_wrong_is_told_with_the_change_that_has_it)
{
	cleanup_arena struct arena arena = { 0 };

	CHECK_STRING(CONFIG(&arena, "RUN make"),
		     "change 'RUN make': not one of CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, "
		     "STOPSIGNAL, USER, VOLUME and WORKDIR");
	CHECK_CONTAINS(CONFIG(&arena, "CMD"), "nothing behind CMD");
	CHECK_CONTAINS(CONFIG(&arena, "CMD [\"a\""), "change 'CMD [\"a\"'");
	CHECK_CONTAINS(CONFIG(&arena, "CMD [1]"), "something else than strings");
	CHECK_CONTAINS(CONFIG(&arena, "EXPOSE 0"), "is not PORT");
	CHECK_CONTAINS(CONFIG(&arena, "EXPOSE 80/http"), "is not PORT");
	CHECK_CONTAINS(CONFIG(&arena, "EXPOSE 123456"), "is not PORT");
	CHECK_CONTAINS(CONFIG(&arena, "ENV A=1 B"), "is not NAME=VALUE");
	CHECK_CONTAINS(CONFIG(&arena, "ENV A='x"), "a quote is not closed");
	CHECK_CONTAINS(CONFIG(&arena, "WORKDIR srv"), "is not absolute");
	CHECK_CONTAINS(CONFIG(&arena, ""), "not one of");
}
