/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <string.h>

#include "cli/age.h"
#include "cli/image_filter.h"
#include "cli/size.h"
#include "cli/table.h"
#include "fs/store.h"
#include "specs/json_writer.h"

struct images_options {
	struct string_list filters;
	int format; /* enum format */
	bool quiet, digests;
};

static struct images_options options;

static const struct option rows[] = {
	OPTION_FLAG(0, "digests", struct images_options, digests, "show digests in full"),
	OPTION_STRINGS(0, "filter", "KEY=VALUE", struct images_options, filters,
		       "only those: reference, label, dangling, before, since"),
	OPTION_WORD('f', "format", "FORMAT", struct images_options, format, format_words,
		    "table or json"),
	OPTION_FLAG('q', "quiet", struct images_options, quiet, "print the names only"),
};

const struct command images_command = {
	.name = "images",
	.group = GROUP_IMAGES,
	.summary = HELP("List the images of the store"),
	.arguments = "[NAME]",
	.max = 1,
	.description =
		HELP("NAME is that of images to list, or a pattern of the shell; with a tag, of "
		     "those with that.\n"),
	.examples = HELP("ctr images --filter label=stage=test\nctr images 'app:*'\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

/* What to call an image by: one without a name by its digest. */
static const char *name_of(const struct image *image)
{
	return image->name[0] ? image->name : image->entry->digest;
}

static void print_table(struct arena *arena, const struct image *images, size_t count)
{
	struct table table = TABLE(arena, "NAME", "DIGEST", "LAYERS", "SIZE", "CREATED");

	for (size_t i = 0; i < count; i++) {
		const struct image *image = &images[i];

		table_add(&table, image->name[0] ? image->name : "<none>",
			  arena_printf(arena, "%.*s", options.digests ? 255 : 19,
				       image->entry->digest),
			  image->broken ? "broken"
					: arena_printf(arena, "%zu", image->manifest.layers.count),
			  size_text(arena, image->size), age_of(arena, image->config.created));
	}
	table_print(&table, stdout);
}

static void write_member(struct json_writer *writer, const char *key, const char *text)
{
	json_write_key(writer, key);
	json_write_string(writer, text);
}

static void write_image(struct json_writer *writer, const struct image *image)
{
	json_begin_object(writer);
	write_member(writer, "name", image->name[0] ? image->name : NULL);
	write_member(writer, "digest", image->entry->digest);
	write_member(writer, "id", image->broken ? NULL : image->manifest.config.digest);
	json_write_key(writer, "broken");
	json_write_bool(writer, image->broken);
	json_write_key(writer, "layers");
	json_write_uint(writer, image->manifest.layers.count);
	json_write_key(writer, "size");
	json_write_uint(writer, image->size);
	write_member(writer, "created", image->config.created);
	write_member(writer, "architecture", image->config.architecture);
	write_member(writer, "os", image->config.os);
	json_write_key(writer, "labels");
	json_begin_object(writer);
	for (size_t i = 0; image->config.config && i < image->config.config->labels.count; i++)
		write_member(writer, image->config.config->labels.items[i].key,
			     image->config.config->labels.items[i].value);
	json_end_object(writer);
	json_end_object(writer);
}

static void print_json(struct arena *arena, const struct image *images, size_t count)
{
	struct json_writer *writer = json_writer_new(arena, JSON_INDENTED);

	json_begin_array(writer);
	for (size_t i = 0; i < count; i++)
		write_image(writer, &images[i]);
	json_end_array(writer);
	fputs(json_writer_text(writer, NULL), stdout);
}

/* Leaves those that are asked for. */
static int choose(const struct invocation *invocation, const struct store *store,
		  struct image *images, size_t *count, struct error *err)
{
	struct string_list said = { .items = invocation->arguments,
				    .count = (size_t)invocation->count };
	struct image_filters filters;
	size_t kept = 0;

	if (image_filters_parse(&options.filters, store, invocation->arena, &filters, err) < 0)
		return -1;
	filters.references = string_list_join(invocation->arena, &filters.references, &said);
	for (size_t i = 0; i < *count; i++)
		if (image_filters_hold(&filters, &images[i], invocation->arena))
			images[kept++] = images[i];
	*count = kept;
	return 0;
}

int cmd_images(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	struct image *images;
	size_t count;

	if (store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0 ||
	    store_list(&store, invocation->arena, &images, &count, err) < 0 ||
	    choose(invocation, &store, images, &count, err) < 0)
		return -1;
	if (options.quiet)
		for (size_t i = 0; i < count; i++)
			puts(name_of(&images[i]));
	else if (options.format == FORMAT_JSON)
		print_json(invocation->arena, images, count);
	else
		print_table(invocation->arena, images, count);
	return 0;
}
