/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of `cp`, without the system: podman-cp(1) has them in words. */
#include <errno.h>
#include <string.h>

#include "runtime/copy.h"

int copy_end_parse(struct arena *arena, const char *text, struct copy_end *end, struct error *err)
{
	const char *colon = strchr(text, ':');

	*end = (struct copy_end){ .path = text };
	if (!*text)
		return fail(err, EINVAL, "a path is empty");
	if (*text == '/' || *text == '.' || !colon)
		return 0;
	if (colon == text)
		return fail(err, EINVAL, "%s: no container is named (a path of the host: ./%s)",
			    text, text);
	if (!colon[1])
		return fail(err, EINVAL, "%s: the path is empty", text);
	end->container = arena_strndup(arena, text, (size_t)(colon - text));
	end->path = colon + 1;
	return 0;
}

int copy_decide(bool directory, bool contents, enum copy_target target, bool slash,
		struct error *err)
{
	if (target == TARGET_MISSING && slash)
		return fail(err, ENOENT, "no such directory");
	if (target == TARGET_FILE && directory)
		return fail(err, ENOTDIR, "must be a directory when a directory is copied");
	if (target == TARGET_FILE && slash)
		return fail(err, ENOTDIR, "not a directory");
	if (target != TARGET_DIRECTORY)
		return COPY_AS;
	return contents && directory ? COPY_CONTENTS : COPY_INTO;
}
