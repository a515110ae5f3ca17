/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/stats_reader.h"

#include <errno.h>
#include <stdbool.h>

#include "base/file.h"
#include "cgroup/stats_parse.h"

/* io.stat has a line for each disk, cgroup.threads one for each thread. */
#define MAX_FILE ((size_t)16 << 20)

/* EOPNOTSUPP is what pressure says when it is switched off (cgroup.pressure). */
static bool is_absent(int errnum)
{
	return errnum == ENOENT || errnum == ENODEV || errnum == EOPNOTSUPP;
}

int stats_read_text(const struct stats_reader *reader, const char *name, char **text)
{
	static char none[] = "";
	struct error other;

	if (file_read_at(reader->dirfd, name, MAX_FILE, reader->arena, text, NULL, &other) == 0)
		return 0;
	*text = none;
	if (is_absent(other.errnum))
		return 0;
	*reader->err = other;
	return -1;
}

int stats_read_value(const struct stats_reader *reader, const char *name, uint64_t *value)
{
	char *text;

	if (stats_read_text(reader, name, &text) < 0)
		return -1;
	*value = stats_parse_value(text);
	return 0;
}

int stats_read_pairs(const struct stats_reader *reader, const char *name, struct uint_map *pairs)
{
	char *text;

	if (stats_read_text(reader, name, &text) < 0)
		return -1;
	*pairs = stats_parse_pairs(reader->arena, text);
	return 0;
}

int stats_read_psi(const struct stats_reader *reader, const char *name, struct psi_stats **psi)
{
	char *text;

	if (stats_read_text(reader, name, &text) < 0)
		return -1;
	*psi = stats_parse_psi(reader->arena, text);
	return 0;
}
