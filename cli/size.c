/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/size.h"

#include <stdio.h>

#include "base/macro.h"

char *size_format(char buffer[SIZE_TEXT_SIZE], uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(buffer, SIZE_TEXT_SIZE, "%u B", (unsigned)bytes);
		return buffer;
	}
	for (; value >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1024;
	snprintf(buffer, SIZE_TEXT_SIZE, "%.1f %s", value, units[unit]);
	return buffer;
}

const char *size_text(struct arena *arena, uint64_t bytes)
{
	char buffer[SIZE_TEXT_SIZE];

	return arena_strdup(arena, size_format(buffer, bytes));
}
