/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations org.systemd.property.NAME, whose values are GVariant's text format. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/unit_property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(const struct gvariant *value)
{
	/* what has been parsed has a type, all of it */
	if (!value->type || !*value->type)
		abort();
	if (strchr("sog", *value->type) && !value->string)
		abort();
	for (size_t i = 0; i < value->count; i++)
		visit(&value->items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	struct unit_property property;
	struct gvariant value;
	struct error err;
	const char *text = arena_strndup(&arena, (const char *)data, size);

	if (gvariant_parse(&arena, text, &value, &err) == 0)
		visit(&value);
	if (unit_property_parse(&arena, text, &property, &err) == 0)
		visit(&property.value);
	return 0;
}
