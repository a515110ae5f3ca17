/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Annotations of crun that say what a member of the specification says, from before there was that
 * member, or more strictly (crun.1, "Extensions to OCI"): they become those members, so that
 * nothing behind knows of them. A member that is there counts more.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "specs/runtime_spec.h"

/* "boottime 10 0" or, as the kernel has it in /proc/PID/timens_offsets, with several lines. */
static int read_time_offsets(struct arena *arena, const char *text, struct spec_linux *spec,
			     struct error *err)
{
	char *rest = arena_strdup(arena, text), *line;

	spec->time_offsets.items = arena_array(arena, struct spec_time_offset, 2);
	while ((line = strsep(&rest, "\n"))) {
		struct spec_time_offset offset = { 0 };
		char clock[16];
		long long seconds;
		int end = 0;

		if (!*line)
			continue;
		if (sscanf(line, "%15s %lld %u%n", clock, &seconds, &offset.nanosecs, &end) < 3 ||
		    line[end] || spec->time_offsets.count == 2)
			return fail(err, EINVAL,
				    "annotations.run.oci.timens_offset: 'CLOCK SECONDS "
				    "NANOSECONDS' expected, found '%s'",
				    text);
		offset.clock = arena_strdup(arena, clock);
		offset.secs = seconds;
		spec->time_offsets.items[spec->time_offsets.count++] = offset;
	}
	return 0;
}

static int apply_seccomp(const struct string_map *annotations, struct spec_seccomp *seccomp,
			 struct error *err)
{
	const char *receiver = string_map_get(annotations, "run.oci.seccomp.receiver");

	if (receiver && receiver[0] != '/')
		return fail(err, EINVAL,
			    "annotations.run.oci.seccomp.receiver: absolute path expected, found "
			    "'%s'",
			    receiver);
	if (receiver && !seccomp->listener_path)
		seccomp->listener_path = (char *)receiver;
	seccomp->fail_unknown =
		string_map_get(annotations, "run.oci.seccomp_fail_unknown_syscall") != NULL;
	return 0;
}

int spec_apply_annotations(struct arena *arena, struct spec *spec, struct error *err)
{
	const char *offsets = string_map_get(&spec->annotations, "run.oci.timens_offset");

	if (!spec->annotations.count || !spec->linux)
		return 0;
	if (spec->linux->seccomp &&
	    apply_seccomp(&spec->annotations, spec->linux->seccomp, err) < 0)
		return -1;
	if (offsets && !spec->linux->time_offsets.count)
		return read_time_offsets(arena, offsets, spec->linux, err);
	return 0;
}
