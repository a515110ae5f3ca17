/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <string.h>

#include "cli/age.h"
#include "cli/size.h"
#include "cli/table.h"
#include "fs/store.h"
#include "specs/json_writer.h"

struct history_options {
	int format; /* enum format */
	bool whole;
};

static struct history_options options;

static const struct option rows[] = {
	OPTION_WORD('f', "format", "FORMAT", struct history_options, format, format_words,
		    "table or json"),
	OPTION_FLAG(0, "no-trunc", struct history_options, whole, "do not cut long commands"),
};

const struct command history_command = {
	.name = "history",
	.group = GROUP_IMAGES,
	.summary = HELP("Show of what steps an image was made, the last one first"),
	.arguments = "IMAGE",
	.min = 1,
	.max = 1,
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

/* The length at which a command is cut for people. */
#define SHORT_COMMAND 60

/* One step: what the history says of it, and its layer, if it made one. */
struct history_step {
	struct image_history said;
	const struct image_descriptor *layer; /* NULL: none */
};

/* The steps, the last one first. Layers that no history tells of are steps too. */
static size_t find_steps(const struct image *image, struct history_step *steps)
{
	const struct image_descriptors *layers = &image->manifest.layers;
	size_t told = 0, count = 0, next = layers->count;

	for (size_t i = 0; i < image->config.history.count; i++)
		told += !image->config.history.items[i].empty_layer;
	for (; next > told; next--)
		steps[count++].layer = &layers->items[next - 1];
	for (size_t i = image->config.history.count; i-- > 0;) {
		struct history_step *step = &steps[count++];

		step->said = image->config.history.items[i];
		if (!step->said.empty_layer && told-- <= layers->count)
			step->layer = &layers->items[told];
	}
	return count;
}

static const char *command_text(struct arena *arena, const char *command)
{
	if (!command || options.whole || strlen(command) <= SHORT_COMMAND)
		return command;
	return arena_printf(arena, "%.*s...", SHORT_COMMAND - 3, command);
}

static void print_table(struct arena *arena, const struct history_step *steps, size_t count)
{
	struct table table = TABLE(arena, "LAYER", "CREATED", "SIZE", "CREATED BY", "COMMENT");

	for (size_t i = 0; i < count; i++) {
		const struct image_descriptor *layer = steps[i].layer;

		table_add(&table, layer ? arena_printf(arena, "%.19s", layer->digest) : NULL,
			  age_of(arena, steps[i].said.created),
			  size_text(arena, layer ? (uint64_t)layer->size : 0),
			  command_text(arena, steps[i].said.created_by), steps[i].said.comment);
	}
	table_print(&table, stdout);
}

static void write_text(struct json_writer *writer, const char *key, const char *text)
{
	json_write_key(writer, key);
	json_write_string(writer, text);
}

static void print_json(struct arena *arena, const struct history_step *steps, size_t count)
{
	struct json_writer *writer = json_writer_new(arena, JSON_INDENTED);

	json_begin_array(writer);
	for (size_t i = 0; i < count; i++) {
		const struct image_descriptor *layer = steps[i].layer;

		json_begin_object(writer);
		write_text(writer, "layer", layer ? layer->digest : NULL);
		json_write_key(writer, "size");
		json_write_int(writer, layer ? layer->size : 0);
		write_text(writer, "created", steps[i].said.created);
		write_text(writer, "createdBy", steps[i].said.created_by);
		write_text(writer, "author", steps[i].said.author);
		write_text(writer, "comment", steps[i].said.comment);
		json_end_object(writer);
	}
	json_end_array(writer);
	fputs(json_writer_text(writer, NULL), stdout);
}

int cmd_history(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	struct arena *arena = invocation->arena;
	struct history_step *steps;
	struct image image;
	size_t count;

	if (store_open(&store, invocation->settings.data_root, arena, err) < 0 ||
	    store_find(&store, invocation->arguments[0], arena, &image, err) < 0)
		return -1;
	steps = arena_array(arena, struct history_step,
			    image.config.history.count + image.manifest.layers.count);
	count = find_steps(&image, steps);
	if (options.format == FORMAT_JSON)
		print_json(arena, steps, count);
	else
		print_table(arena, steps, count);
	return 0;
}
