/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "cli/age.h"
#include "cli/snapshots.h"
#include "cli/table.h"

struct snapshots_options {
	int format; /* enum format */
	bool quiet;
};

static struct snapshots_options options;

static const struct option rows[] = {
	OPTION_WORD('f', "format", "FORMAT", struct snapshots_options, format, format_words,
		    "table or json"),
	OPTION_FLAG('q', "quiet", struct snapshots_options, quiet, "print ID@N only"),
};

const struct command snapshots_command = {
	.name = "snapshots",
	.group = GROUP_SAVE,
	.summary = HELP("List the snapshots of a container"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

void snapshots_write(struct json_writer *writer, const struct snapshot_info *items, size_t count)
{
	json_begin_array(writer);
	for (size_t i = 0; i < count; i++) {
		json_begin_object(writer);
		json_write_key(writer, "number");
		json_write_uint(writer, items[i].number);
		json_write_key(writer, "created");
		json_write_string(writer, items[i].created);
		json_write_key(writer, "message");
		json_write_string(writer, items[i].message);
		json_end_object(writer);
	}
	json_end_array(writer);
}

static void print_json(struct arena *arena, const struct snapshot_info *items, size_t count)
{
	struct json_writer *writer = json_writer_new(arena, JSON_INDENTED);

	snapshots_write(writer, items, count);
	fputs(json_writer_text(writer, NULL), stdout);
}

int cmd_snapshots(struct invocation *invocation, struct error *err)
{
	const char *id = invocation->arguments[0];
	struct arena *arena = invocation->arena;
	struct table table = TABLE(arena, "SNAPSHOT", "CREATED", "MESSAGE");
	struct snapshot_info *items;
	size_t count;

	if (container_snapshots(&invocation->settings, id, arena, &items, &count, err) < 0)
		return -1;
	if (options.format == FORMAT_JSON && !options.quiet) {
		print_json(arena, items, count);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		const char *name =
			arena_printf(arena, "%s@%llu", id, (unsigned long long)items[i].number);

		if (options.quiet)
			puts(name);
		else
			table_add(&table, name, age_of(arena, items[i].created), items[i].message);
	}
	if (!options.quiet)
		table_print(&table, stdout);
	return 0;
}
