/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <string.h>

#include "cli/age.h"
#include "cli/process_table.h"
#include "cli/table.h"
#include "runtime/container.h"
#include "runtime/host_ps.h"
#include "runtime/state_document.h"
#include "specs/json_writer.h"

struct ps_options {
	bool all, inside;
	int format; /* enum format */
};

static struct ps_options options;

static const struct option rows[] = {
	OPTION_FLAG('a', "all", struct ps_options, all, "stopped containers too"),
	OPTION_WORD('f', "format", "FORMAT", struct ps_options, format, format_words,
		    "table or json"),
	OPTION_FLAG('i', "inside", struct ps_options, inside,
		    "with ID: the numbers inside of the container too"),
};

const struct command ps_command = {
	.name = "ps",
	.group = GROUP_RUN,
	.summary = HELP("List running containers, or the processes of one"),
	.arguments = "[ID [PS-OPTION...]]",
	.max = -1,
	.description =
		HELP("With ID, the host's ps runs with the PS-OPTIONs (-ef if there are none), "
		     "and its lines\n"
		     "for the container's processes are printed. --format json prints their "
		     "numbers as the\n"
		     "host has them: [1,2,3]. What stands behind ID is for ps, so --format "
		     "comes before it.\n"),
	.examples =
		HELP("ctr ps -a\nctr ps web\nctr ps --inside web\nctr ps web -o pid,rss,args\n"),
	COMMAND_OPTIONS(rows, options),
	.order = OPTIONS_FIRST,
	.failure = FAILURE_OCI,
};

static const char *show_status(struct arena *arena, const struct container_info *info)
{
	const char *name = status_name(info->status);

	if (info->status == STATUS_STOPPED && info->exit_code.set)
		return arena_printf(arena, "%s (%d)", name, (int)info->exit_code.value);
	return name;
}

/* The table stays readable; `inspect` has all of it. */
#define COMMAND_WIDTH 48

static const char *show_command(struct arena *arena, const char *command)
{
	if (!command || strlen(command) <= COMMAND_WIDTH)
		return command;
	return arena_printf(arena, "%.*s...", COMMAND_WIDTH - 3, command);
}

static void print_containers(struct arena *arena, const struct container_info *items, size_t count)
{
	struct table table = TABLE(arena, "ID", "STATUS", "PID", "CREATED", "IMAGE", "COMMAND");

	for (size_t i = 0; i < count; i++) {
		const struct container_info *info = &items[i];

		table_add(&table, info->id, show_status(arena, info),
			  info->pid ? arena_printf(arena, "%d", info->pid) : NULL,
			  age_of(arena, info->created), info->image,
			  show_command(arena, info->command));
	}
	table_print(&table, stdout);
}

static int ps_containers(struct invocation *invocation, struct error *err)
{
	struct container_info *items;
	size_t count, kept = 0;

	if (container_list(&invocation->settings, invocation->arena, &items, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (options.all || items[i].status != STATUS_STOPPED)
			items[kept++] = items[i];
	if (options.format == FORMAT_JSON)
		puts(state_documents(invocation->arena, items, kept));
	else
		print_containers(invocation->arena, items, kept);
	return 0;
}

static void print_pids(struct arena *arena, const pid_t *pids, size_t count)
{
	struct json_writer *writer = json_writer_new(arena, JSON_COMPACT);

	json_begin_array(writer);
	for (size_t i = 0; i < count; i++)
		json_write_int(writer, pids[i]);
	json_end_array(writer);
	puts(json_writer_text(writer, NULL));
}

/* As runc prints them; without a ps on this host we have a table of our own. */
static int print_processes(struct invocation *invocation, const pid_t *pids, size_t count,
			   struct error *err)
{
	char **ps_options = invocation->arguments + 1, *text;

	if (options.inside) {
		process_table_print(invocation->arena, pids, count, stdout);
		return 0;
	}
	if (host_ps(invocation->arena, ps_options, pids, count, &text, err) == 0) {
		fputs(text, stdout);
		return 0;
	}
	if (err->errnum != ENOENT || *ps_options)
		return -1;
	process_table_print(invocation->arena, pids, count, stdout);
	return 0;
}

static int ps_processes(struct invocation *invocation, struct error *err)
{
	pid_t *pids;
	size_t count;

	if (container_processes(&invocation->settings, invocation->arguments[0], invocation->arena,
				&pids, &count, err) < 0)
		return -1;
	if (options.format != FORMAT_JSON)
		return print_processes(invocation, pids, count, err);
	print_pids(invocation->arena, pids, count);
	return 0;
}

int cmd_ps(struct invocation *invocation, struct error *err)
{
	return invocation->count ? ps_processes(invocation, err) : ps_containers(invocation, err);
}
