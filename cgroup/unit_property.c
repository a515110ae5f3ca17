/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/unit_property.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Seconds as microseconds: any number that is not negative. */
static int in_microseconds(struct gvariant *value, struct error *err)
{
	double seconds = -1;

	if (strchr("yqut", value->type[0]))
		seconds = (double)value->unsigned_;
	else if (strchr("nixh", value->type[0]))
		seconds = (double)value->integer;
	else if (value->type[0] == 'd')
		seconds = value->real;
	if (!(seconds >= 0 && seconds < (double)UINT64_MAX / 1e6))
		return fail(err, EINVAL, "a number of seconds expected");
	*value = (struct gvariant){ .type = "t", .unsigned_ = (uint64_t)(seconds * 1e6) };
	return 0;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t size = strlen(end);

	return length > size && strncmp(text + length - size, end, size) == 0;
}

int unit_property_parse(struct arena *arena, const char *text, struct unit_property *property,
			struct error *err)
{
	size_t length = strcspn(text, "=");

	for (size_t i = 0; i < length; i++)
		if (!isalpha((unsigned char)text[i]))
			length = 0;
	if (length < 3 || text[length] != '=')
		return fail(err, EINVAL, "'%.100s' is not the name of a property",
			    arena_strndup(arena, text, strcspn(text, "=")));
	property->name = arena_strndup(arena, text, length);
	if (gvariant_parse(arena, text + length + 1, &property->value, err) < 0)
		return fail_in(err, "%s", property->name);
	if (!ends_with(text, length, "Sec") || ends_with(text, length, "USec"))
		return 0;
	if (in_microseconds(&property->value, err) < 0)
		return fail_in(err, "%s", property->name);
	property->name = arena_printf(arena, "%.*sUSec", (int)length - 3, text);
	return 0;
}
