/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/schema_decode.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static bool is_plain(const char *key)
{
	for (const char *c = key; *c; c++) {
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= '0' && *c <= '9') && *c != '_' && *c != '-')
			return false;
	}
	return *key != '\0';
}

/* "linux.sysctl["net.ipv4.ip_forward"]", cut off at the end of the buffer. */
size_t schema_place_text(const struct place *place, char *path, size_t size)
{
	size_t used;
	int length;

	if (!place->outer) {
		path[0] = '\0';
		return 0;
	}
	used = schema_place_text(place->outer, path, size);
	if (!place->key)
		length = snprintf(path + used, size - used, "[%zu]", place->index);
	else if (is_plain(place->key))
		length = snprintf(path + used, size - used, "%s%s", used ? "." : "", place->key);
	else
		length = snprintf(path + used, size - used, "[\"%s\"]", place->key);
	if (length < 0 || (size_t)length >= size - used)
		return size - 1;
	return used + (size_t)length;
}

int fail_place(const struct decoder *decoder, const struct place *place, const char *format, ...)
{
	char path[256], reason[368];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	if (schema_place_text(place, path, sizeof(path)) == 0)
		return fail(decoder->err, EINVAL, "%s: %s", decoder->name, reason);
	return fail(decoder->err, EINVAL, "%s: %s: %s", decoder->name, path, reason);
}

int decode_expect(const struct decoder *decoder, const struct place *place, const struct json *node,
		  enum json_kind kind)
{
	if (node->kind == kind)
		return 0;
	return fail_place(decoder, place, "%s expected, found %s", json_kind_name(kind),
			  json_kind_name(node->kind));
}
