/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/age.h"

#include <stdio.h>
#include <time.h>

const char *age_of(struct arena *arena, const char *stamp)
{
	struct tm utc = { 0 };
	long seconds;

	if (!stamp || !strptime(stamp, "%Y-%m-%dT%H:%M:%S", &utc))
		return stamp;
	seconds = (long)(time(NULL) - timegm(&utc));
	if (seconds < 0)
		seconds = 0; /* the clock was set back */
	if (seconds < 120)
		return arena_printf(arena, "%lds", seconds);
	if (seconds < 120L * 60)
		return arena_printf(arena, "%ldm", seconds / 60);
	if (seconds < 48L * 3600)
		return arena_printf(arena, "%ldh", seconds / 3600);
	return arena_printf(arena, "%ldd", seconds / 86400);
}
