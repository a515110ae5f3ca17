/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check_store.h"

#include "cli/size.h"
#include "cli/table.h"
#include "fs/store_check.h"
#include "runtime/container.h"
#include "runtime/container_check.h"
#include "specs/json_writer.h"

static struct check_options options;

static const struct option rows[] = {
	OPTION_WORD('f', "format", "FORMAT", struct check_options, format, format_words,
		    "table or json"),
	OPTION_FLAG(0, "store", struct check_options, store, "(what this does)"),
	OPTION_FLAG(0, "repair", struct check_options, repair, "remove what is damaged"),
};

const struct command check_store_command = {
	.name = "check",
	.group = GROUP_HIDDEN,
	.summary = HELP("Look whether everything in the store is whole"),
	.arguments = "",
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};

static const char *const kinds[] = {
	[STORE_DAMAGE] = "damage",
	[STORE_RUBBISH] = "rubbish",
	[STORE_REPAIRED] = "repaired",
	[STORE_NOTE] = "note",
};

static void print_table(const struct store_check *check, size_t containers)
{
	struct table table = TABLE(check->arena, "WHAT", "STATUS", "FOUND");

	printf("%zu images, %zu blobs (%s), %zu unpacked layers and %zu containers were looked at: "
	       "%s\n",
	       check->images, check->blobs, size_text(check->arena, check->bytes), check->layers,
	       containers,
	       store_check_count(check, STORE_DAMAGE) ? "not all is whole" : "all is whole");
	if (!check->count)
		return;
	putchar('\n');
	for (size_t i = 0; i < check->count; i++)
		table_add(&table, check->findings[i].what, kinds[check->findings[i].kind],
			  check->findings[i].found);
	table_print(&table, stdout);
	for (size_t i = 0, first = 1; i < check->count; i++) {
		if (!check->findings[i].advice)
			continue;
		printf("%s  %s: %s\n", first ? "\nWhat to do:\n" : "", check->findings[i].what,
		       check->findings[i].advice);
		first = 0;
	}
}

static void write_number(struct json_writer *writer, const char *key, uint64_t value)
{
	json_write_key(writer, key);
	json_write_uint(writer, value);
}

static void write_text(struct json_writer *writer, const char *key, const char *text)
{
	json_write_key(writer, key);
	json_write_string(writer, text);
}

static void print_json(const struct store_check *check, size_t containers)
{
	struct json_writer *writer = json_writer_new(check->arena, JSON_INDENTED);

	json_begin_object(writer);
	write_number(writer, "images", check->images);
	write_number(writer, "blobs", check->blobs);
	write_number(writer, "bytes", check->bytes);
	write_number(writer, "layers", check->layers);
	write_number(writer, "containers", containers);
	json_write_key(writer, "whole");
	json_write_bool(writer, !store_check_count(check, STORE_DAMAGE));
	json_write_key(writer, "findings");
	json_begin_array(writer);
	for (size_t i = 0; i < check->count; i++) {
		json_begin_object(writer);
		write_text(writer, "what", check->findings[i].what);
		write_text(writer, "status", kinds[check->findings[i].kind]);
		write_text(writer, "found", check->findings[i].found);
		write_text(writer, "advice", check->findings[i].advice ?: "");
		json_end_object(writer);
	}
	json_end_array(writer);
	json_end_object(writer);
	fputs(json_writer_text(writer, NULL), stdout);
}

static int keep_used(void *context, struct string_list *list, struct error *err)
{
	const struct invocation *invocation = context;

	return container_keep(&invocation->settings, options.repair, invocation->arena, list, err);
}

int cmd_check_store(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	const struct store_keep keep = { .find = keep_used, .context = invocation };
	struct store_check check = {
		.store = &store,
		.arena = invocation->arena,
		.keep = &keep,
		.repair = options.repair,
	};
	size_t containers;

	if (store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0 ||
	    store_check(&check, err) < 0 ||
	    container_check(&invocation->settings, &check, &containers, err) < 0)
		return -1;
	if (options.format == FORMAT_JSON)
		print_json(&check, containers);
	else
		print_table(&check, containers);
	return store_check_count(&check, STORE_DAMAGE) ? 1 : 0;
}
