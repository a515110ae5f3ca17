/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commit.h"

#include "cli/size.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "specs/json_writer.h"

static void print_text(struct arena *arena, const struct commit_result *result)
{
	printf("%s %s\n", result->name, result->digest);
	printf("layer %s, image %s", size_text(arena, result->layer_size),
	       size_text(arena, result->size));
	if (result->frozen)
		printf(", frozen for %.1f ms\n", (double)result->frozen_microseconds / 1000);
	else
		puts(", nothing was running");
}

static void print_json(struct arena *arena, const struct commit_result *result)
{
	struct json_writer *writer = json_writer_new(arena, JSON_INDENTED);

	json_begin_object(writer);
	json_write_key(writer, "name");
	json_write_string(writer, result->name);
	json_write_key(writer, "digest");
	json_write_string(writer, result->digest);
	json_write_key(writer, "layerSize");
	json_write_uint(writer, result->layer_size);
	json_write_key(writer, "size");
	json_write_uint(writer, result->size);
	json_write_key(writer, "frozen");
	json_write_bool(writer, result->frozen);
	json_write_key(writer, "frozenMicroseconds");
	json_write_int(writer, result->frozen_microseconds);
	json_end_object(writer);
	fputs(json_writer_text(writer, NULL), stdout);
}

int cmd_commit(struct invocation *invocation, struct error *err)
{
	struct commit_request *request = &commit_options.request;
	struct commit_result result = { 0 };

	request->id = invocation->arguments[0];
	request->name = invocation->arguments[1];
	if (container_commit(&invocation->settings, request, &result, err) < 0)
		return -1;
	if (commit_options.format == FORMAT_JSON)
		print_json(invocation->arena, &result);
	else
		print_text(invocation->arena, &result);
	return 0;
}
