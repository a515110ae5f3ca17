/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/macro.h"
#include "runtime/criu.h"

/* More of them would not fit into a struct error. */
#define MAX_REASONS 2
#define MAX_LENGTH 140

/* What criu says on its way out of every failure, whatever it was. */
static const char *const noise[] = {
	"Dumping FAILED",
	"Pre-dumping FAILED",
	"Restoring FAILED",
	"cg: cgroupd:",
	"Could not initialize kernel features detection",
};

static bool is_noise(const char *reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (!strncmp(reason, noise[i], strlen(noise[i])))
			return true;
	return false;
}

/* "(00.087)      1: Error (criu/files.c:12): what" */
static char *find_reason(char *line)
{
	char *error = strstr(line, "Error (");
	char *reason = error ? strstr(error, "): ") : NULL;

	return reason ? reason + strlen("): ") : NULL;
}

char *criu_log_reasons(struct arena *arena, const char *text)
{
	char *rest = arena_strdup(arena, text), *reasons = arena_strdup(arena, "");
	const char *last = "";
	int count = 0;

	for (char *line; count < MAX_REASONS && (line = strsep(&rest, "\n"));) {
		char *reason = find_reason(line);

		if (!reason || is_noise(reason) || !strcmp(reason, last))
			continue;
		if (strlen(reason) > MAX_LENGTH)
			memcpy(reason + MAX_LENGTH - 3, "...", sizeof("..."));
		reasons = arena_printf(arena, "%s%s%s", reasons, count ? "; " : "", reason);
		last = reason;
		count++;
	}
	return reasons;
}
