/* SPDX-License-Identifier: Apache-2.0 */
#include "net/interfaces.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

/* A machine with ten thousand containers has as many interfaces. */
#define MAX_DEV_FILE ((size_t)16 << 20)

/* The columns: eight of what was received, then eight of what was sent. */
enum { BYTES, PACKETS, ERRORS, DROPPED, SENT = 8, COLUMNS = 16 };

static bool read_columns(const char *text, uint64_t columns[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++) {
		int used = 0;

		if (sscanf(text, "%" SCNu64 "%n", &columns[i], &used) != 1)
			return false;
		text += used;
	}
	return true;
}

/* "  eth0: 1 2 ...", of which the text is cut in pieces. */
static bool read_interface(char *line, struct interface_stats *interface)
{
	char *colon = strchr(line, ':');
	uint64_t c[COLUMNS];

	if (!colon || !read_columns(colon + 1, c))
		return false;
	*colon = '\0';
	*interface = (struct interface_stats){
		.name = line + strspn(line, " "),
		.rx_bytes = c[BYTES],
		.rx_packets = c[PACKETS],
		.rx_errors = c[ERRORS],
		.rx_dropped = c[DROPPED],
		.tx_bytes = c[SENT + BYTES],
		.tx_packets = c[SENT + PACKETS],
		.tx_errors = c[SENT + ERRORS],
		.tx_dropped = c[SENT + DROPPED],
	};
	return strcmp(interface->name, "lo") != 0;
}

struct interfaces_stats interfaces_parse(struct arena *arena, const char *text)
{
	struct interfaces_stats interfaces = { 0 };
	char *rest = arena_strdup(arena, text), *line;
	size_t lines = 1;

	for (const char *newline = text; (newline = strchr(newline, '\n')); newline++)
		lines++;
	interfaces.items = arena_array(arena, struct interface_stats, lines);
	while ((line = strsep(&rest, "\n")))
		if (read_interface(line, &interfaces.items[interfaces.count]))
			interfaces.count++;
	return interfaces;
}

int interfaces_read(pid_t pid, struct arena *arena, struct interfaces_stats *interfaces,
		    struct error *err)
{
	char path[48], *text;

	snprintf(path, sizeof(path), "/proc/%d/net/dev", pid);
	if (file_read_at(AT_FDCWD, path, MAX_DEV_FILE, arena, &text, NULL, err) < 0)
		return -1;
	*interfaces = interfaces_parse(arena, text);
	return 0;
}
