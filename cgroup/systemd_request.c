/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/systemd_request.h"

#include "specs/schema.h"

static const struct schema_word verbs[] = {
	{ "start", SYSTEMD_START },
	{ "set", SYSTEMD_SET },
	{ "stop", SYSTEMD_STOP },
	{ 0 },
};

/* clang-format off */
SCHEMA(systemd_request,
       ENUM(systemd_request, verb, "verb", verbs, .flags = REQUIRED),
       STRING(systemd_request, unit, "unit", .flags = REQUIRED),
       BOOL(systemd_request, user, "user"),
       STRINGS(systemd_request, required, "required"),
       STRINGS(systemd_request, wanted, "wanted"));
/* clang-format on */

char *systemd_request_encode(struct arena *arena, const struct systemd_request *request,
			     size_t *size)
{
	return schema_encode(&systemd_request_schema, arena, request, JSON_COMPACT, size);
}

int systemd_request_decode(struct arena *arena, const char *text, size_t size,
			   struct systemd_request *request, struct error *err)
{
	*request = (struct systemd_request){ 0 };
	return schema_decode(&systemd_request_schema, arena, "request", text, size, request, err);
}
