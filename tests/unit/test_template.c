/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/runtime_spec.h"
#include "tests/unit/unit.h"

static void check_template(bool rootless, const char *golden)
{
	cleanup_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct spec spec, again;
	size_t size;
	char *text;

	spec_template(&arena, rootless, 1000, 1001, &spec);
	text = spec_encode(&arena, &spec, &size);
	CHECK_GOLDEN(text, golden);
	CHECK_INT(spec_validate("template", &spec, &err), 0);
	CHECK_INT(spec_decode(&arena, "template", text, size, &again, &err), 0);
	CHECK_STRING(spec_encode(&arena, &again, NULL), text);
}

TEST(template_is_valid_and_encodes_as_it_decodes)
{
	check_template(false, "spec-template.json");
}

TEST(template_for_rootless_maps_the_caller_to_root)
{
	check_template(true, "spec-template-rootless.json");
}

TEST(template_gives_no_inheritable_and_no_ambient_capabilities)
{
	cleanup_arena struct arena arena = { 0 };
	struct spec spec;

	spec_template(&arena, false, 0, 0, &spec);
	CHECK_INT(spec.process->capabilities->inheritable.count, 0);
	CHECK_INT(spec.process->capabilities->ambient.count, 0);
	CHECK_INT(spec.process->capabilities->bounding.count, 3);
}
