/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "cli/age.h"
#include "cli/size.h"
#include "cli/table.h"
#include "fs/store.h"
#include "specs/json_writer.h"

struct images_options {
	int format; /* enum format */
	bool quiet;
};

static struct images_options options;

static const struct option rows[] = {
	OPTION_WORD('f', "format", "FORMAT", struct images_options, format, format_words,
		    "table or json"),
	OPTION_FLAG('q', "quiet", struct images_options, quiet, "print the names only"),
};

const struct command images_command = {
	.name = "images",
	.group = GROUP_IMAGES,
	.summary = "List the images of the store",
	.arguments = "",
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

static void print_table(struct arena *arena, const struct image *images, size_t count)
{
	struct table table = TABLE(arena, "NAME", "DIGEST", "LAYERS", "SIZE", "CREATED");

	for (size_t i = 0; i < count; i++)
		table_add(&table, images[i].name,
			  arena_printf(arena, "%.19s", images[i].entry->digest),
			  arena_printf(arena, "%zu", images[i].manifest.layers.count),
			  size_text(arena, images[i].size),
			  age_of(arena, images[i].config.created));
	table_print(&table, stdout);
}

static void print_json(struct arena *arena, const struct image *images, size_t count)
{
	struct json_writer *writer = json_writer_new(arena, JSON_INDENTED);

	json_begin_array(writer);
	for (size_t i = 0; i < count; i++) {
		json_begin_object(writer);
		json_write_key(writer, "name");
		json_write_string(writer, images[i].name);
		json_write_key(writer, "digest");
		json_write_string(writer, images[i].entry->digest);
		json_write_key(writer, "layers");
		json_write_uint(writer, images[i].manifest.layers.count);
		json_write_key(writer, "size");
		json_write_uint(writer, images[i].size);
		json_write_key(writer, "created");
		json_write_string(writer, images[i].config.created);
		json_end_object(writer);
	}
	json_end_array(writer);
	fputs(json_writer_text(writer, NULL), stdout);
}

int cmd_images(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	struct image *images;
	size_t count;

	if (store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0 ||
	    store_list(&store, invocation->arena, &images, &count, err) < 0)
		return -1;
	if (options.quiet)
		for (size_t i = 0; i < count; i++)
			puts(images[i].name);
	else if (options.format == FORMAT_JSON)
		print_json(invocation->arena, images, count);
	else
		print_table(invocation->arena, images, count);
	return 0;
}
