/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "cli/table.h"
#include "runtime/container.h"
#include "runtime/state_document.h"

struct list_options {
	int format; /* enum format */
	bool quiet;
};

static struct list_options options;

static const struct option rows[] = {
	OPTION_WORD('f', "format", "FORMAT", struct list_options, format, format_words,
		    "table or json"),
	OPTION_FLAG('q', "quiet", struct list_options, quiet, "print the IDs only"),
};

const struct command list_command = {
	.name = "list",
	.alias = "ls",
	.group = GROUP_OCI,
	.summary = HELP("List all containers"),
	.arguments = "",
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_OCI,
};

static void print_table(struct arena *arena, const struct container_info *items, size_t count)
{
	struct table table = TABLE(arena, "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER");

	for (size_t i = 0; i < count; i++)
		table_add(&table, items[i].id, arena_printf(arena, "%d", items[i].pid),
			  status_name(items[i].status), items[i].bundle, items[i].created,
			  items[i].owner);
	table_print(&table, stdout);
}

int cmd_list(struct invocation *invocation, struct error *err)
{
	struct container_info *items;
	size_t count;

	if (container_list(&invocation->settings, invocation->arena, &items, &count, err) < 0)
		return -1;
	if (options.quiet)
		for (size_t i = 0; i < count; i++)
			printf("%s\n", items[i].id);
	else if (options.format == FORMAT_JSON)
		puts(state_documents(invocation->arena, items, count));
	else
		print_table(invocation->arena, items, count);
	return 0;
}
