/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/size.h"

#include "base/macro.h"

const char *size_text(struct arena *arena, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024)
		return arena_printf(arena, "%u B", (unsigned)bytes);
	for (; value >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1024;
	return arena_printf(arena, "%.1f %s", value, units[unit]);
}
