/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/process_table.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "cli/table.h"

/* The number of the process in the innermost of its pid namespaces: the last of "NSpid:". */
static const char *inside_number(struct arena *arena, int pid)
{
	char text[4096], *line, *end;
	struct error err;

	if (file_read_short_at(AT_FDCWD, arena_printf(arena, "/proc/%d/status", pid), text,
			       sizeof(text), &err) < 0)
		return NULL;
	line = strstr(text, "\nNSpid:");
	if (!line)
		return NULL;
	line++;
	end = strchrnul(line, '\n');
	*end = '\0';
	return arena_strdup(arena, strrchr(line, '\t') + 1);
}

/* The arguments joined by blanks, or the name in brackets of a process that has none. */
static const char *command_line(struct arena *arena, int pid, const char *name)
{
	char *text;
	size_t size;
	struct error err;

	if (file_read_at(AT_FDCWD, arena_printf(arena, "/proc/%d/cmdline", pid), (size_t)1 << 22,
			 arena, &text, &size, &err) < 0 ||
	    !size)
		return arena_printf(arena, "[%s]", name);
	for (size_t i = 0; i + 1 < size; i++)
		if (!text[i])
			text[i] = ' ';
	return text;
}

static void add_process(struct table *table, int pid)
{
	struct arena *arena = table->arena;
	char text[1024], *name, *rest, state;
	struct error err;
	int parent;

	/* "PID (NAME) STATE PPID ...", where NAME may have blanks and brackets in it. */
	if (file_read_short_at(AT_FDCWD, arena_printf(arena, "/proc/%d/stat", pid), text,
			       sizeof(text), &err) < 0)
		return;
	name = strchr(text, '(');
	rest = strrchr(text, ')');
	if (!name || !rest || sscanf(rest + 1, " %c %d", &state, &parent) != 2)
		return;
	*rest = '\0';
	table_add(table, arena_printf(arena, "%d", pid), inside_number(arena, pid),
		  arena_printf(arena, "%d", parent), arena_printf(arena, "%c", state),
		  command_line(arena, pid, name + 1));
}

void process_table_print(struct arena *arena, const pid_t *pids, size_t count, FILE *out)
{
	struct table table = TABLE(arena, "PID", "INSIDE", "PARENT", "STATE", "COMMAND");

	for (size_t i = 0; i < count; i++)
		add_process(&table, pids[i]);
	table_print(&table, out);
}
