/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/snapshot_name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int snapshot_number_parse(const char *text, uint64_t *number, struct error *err)
{
	const char *digits = text + (*text == '@');

	errno = 0;
	*number = strtoull(digits, NULL, 10);
	if (!*digits || strspn(digits, "0123456789") != strlen(digits) || errno || !*number)
		return fail(err, EINVAL, "%s: no number of a snapshot: these are @1, @2, ...",
			    text);
	return 0;
}

int snapshot_name_parse(struct arena *arena, const char *text, struct snapshot_name *name,
			struct error *err)
{
	const char *at = strchr(text, '@');

	*name = (struct snapshot_name){ .id = text };
	if (!at)
		return 0;
	name->id = at > text ? arena_strndup(arena, text, (size_t)(at - text)) : NULL;
	return snapshot_number_parse(at, &name->number, err);
}
