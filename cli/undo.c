/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>

#include "cli/age.h"
#include "cli/host_commit.h"
#include "cli/table.h"
#include "runtime/host_commit.h"
#include "specs/json_writer.h"

struct undo_options {
	bool list, drop, all, force, dry_run;
	int format; /* enum format */
};

static struct undo_options options;

static const struct option rows[] = {
	OPTION_FLAG('l', "list", struct undo_options, list, "list what can be undone"),
	OPTION_FLAG(0, "drop", struct undo_options, drop,
		    "give up the old files of ID or N, which cannot be undone any more"),
	OPTION_FLAG('a', "all", struct undo_options, all, "with --drop: those of all commits"),
	OPTION_FLAG(0, "force", struct undo_options, force,
		    "what has changed since the commit too; those changes are lost"),
	OPTION_FLAG('n', "dry-run", struct undo_options, dry_run, "only show what would be done"),
	OPTION_WORD('f', "format", "FORMAT", struct undo_options, format, format_words,
		    "table or json"),
};

const struct command undo_command = {
	.name = "undo",
	.group = GROUP_SAVE,
	.summary = HELP("Take a commit to the host back"),
	.arguments = "[ID | N]",
	.min = 0,
	.max = 1,
	.description =
		HELP("Restores what the last 'commit --to-host' has replaced or deleted, or the "
		     "last one of "
		     "container\n"
		     "ID, or number N of --list: the very files, and removes what it has added. "
		     "What has "
		     "changed\n"
		     "since then is left as it is and told; the exit status is 1 then. All of it "
		     "is done, or "
		     "after\n"
		     "a crash nothing.\n"),
	.examples = HELP("ctr undo\nctr undo --list\nctr undo --drop --all\n"),
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};

static void print_list_json(struct arena *arena, const struct host_undo_entry *entries,
			    size_t count)
{
	struct json_writer *writer = json_writer_new(arena, JSON_INDENTED);

	json_begin_array(writer);
	for (size_t i = 0; i < count; i++) {
		const struct journal_state *state = &entries[i].state;

		json_begin_object(writer);
		json_write_key(writer, "number");
		json_write_uint(writer, entries[i].number);
		json_write_key(writer, "container");
		json_write_string(writer, state->container);
		json_write_key(writer, "time");
		json_write_string(writer, state->time);
		json_write_key(writer, "added");
		json_write_uint(writer, state->added);
		json_write_key(writer, "changed");
		json_write_uint(writer, state->changed);
		json_write_key(writer, "deleted");
		json_write_uint(writer, state->deleted);
		json_end_object(writer);
	}
	json_end_array(writer);
	fputs(json_writer_text(writer, NULL), stdout);
}

static int list(struct invocation *invocation, struct error *err)
{
	struct arena *arena = invocation->arena;
	struct table table =
		TABLE(arena, "N", "CONTAINER", "COMMITTED", "ADDED", "CHANGED", "DELETED");
	struct host_undo_entry *entries;
	size_t count;

	if (host_undo_list(invocation->settings.data_root, arena, &entries, &count, err) < 0)
		return -1;
	if (options.format == FORMAT_JSON) {
		print_list_json(arena, entries, count);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		const struct journal_state *state = &entries[i].state;

		table_add(&table, arena_printf(arena, "%u", entries[i].number), state->container,
			  age_of(arena, state->time), arena_printf(arena, "%u", state->added),
			  arena_printf(arena, "%u", state->changed),
			  arena_printf(arena, "%u", state->deleted));
	}
	table_print(&table, stdout);
	return 0;
}

static int drop(struct invocation *invocation, struct error *err)
{
	const char *which = invocation->arguments[0];
	size_t dropped;

	if (!which == !options.all)
		return fail(err, EINVAL, "--drop takes an ID, a number, or --all");
	if (container_undo_drop(&invocation->settings, which, &dropped, err) < 0)
		return -1;
	printf("%zu dropped\n", dropped);
	return 0;
}

static void print_json(const struct host_undo_result *result)
{
	printf("{\n  \"number\": %u,\n  \"container\": ", result->number);
	diff_print_path_json(stdout, result->container);
	printf(",\n  \"skipped\": %zu,\n  \"changes\": [", result->skipped);
	for (size_t i = 0; i < result->count; i++) {
		const struct host_undo_item *item = &result->items[i];

		host_print_json(i == 0, item->kind, item->path, !item->skipped,
				item->conflict ? host_undo_text(item->conflict) : NULL);
	}
	puts(result->count ? "\n  ]\n}" : "]\n}");
}

static void print_text(const struct host_undo_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		const struct host_undo_item *item = &result->items[i];

		host_print_line(item->kind, item->path,
				item->skipped ? host_undo_text(item->conflict) : NULL);
	}
	printf("commit %u of %s: %zu %s, %zu skipped\n", result->number, result->container,
	       result->count - result->skipped, options.dry_run ? "to undo" : "undone",
	       result->skipped);
}

int cmd_undo(struct invocation *invocation, struct error *err)
{
	const struct host_undo_request request = {
		.data_root = invocation->settings.data_root,
		.which = invocation->arguments[0],
		.force = options.force,
		.dry_run = options.dry_run,
	};
	struct host_undo_result result;

	if (options.list)
		return list(invocation, err);
	if (options.drop)
		return drop(invocation, err);
	if (container_undo(&invocation->settings, &request, invocation->arena, &result, err) < 0)
		return -1;
	if (options.format == FORMAT_JSON)
		print_json(&result);
	else
		print_text(&result);
	return result.skipped ? 1 : 0;
}
