/* SPDX-License-Identifier: Apache-2.0 */
/* What json_parse() accepts, it must accept again when written, and it must then write the same. */
#include <stdlib.h>
#include <string.h>

#include "specs/json.h"
#include "specs/json_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit_positions(const struct json *node, const char *text, size_t size)
{
	size_t line, column;

	json_position(node, text, &line, &column);
	if (line == 0 || column == 0 || line + column > size + 2)
		abort();
	for (const struct json *inner = node->first; inner; inner = inner->next)
		visit_positions(inner, text, size);
}

static char *write_tree(struct arena *arena, const struct json *root, enum json_style style,
			size_t *size)
{
	struct json_writer *writer = json_writer_new(arena, style);

	json_write_node(writer, root);
	return json_writer_text(writer, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum json_style styles[] = { JSON_COMPACT, JSON_INDENTED };
	cleanup_arena struct arena arena = { 0 };
	struct json *root, *again;
	struct error err;

	if (json_parse(&arena, "input", (const char *)data, size, &root, &err) < 0)
		return 0;
	/* a position is counted from the begin of the text: not for each of very many */
	if (size < 1024)
		visit_positions(root, (const char *)data, size);
	for (size_t i = 0; i < 2; i++) {
		size_t length, length_again;
		char *text = write_tree(&arena, root, styles[i], &length), *text_again;

		if (json_parse(&arena, "again", text, length, &again, &err) < 0)
			abort();
		text_again = write_tree(&arena, again, styles[i], &length_again);
		if (length != length_again || memcmp(text, text_again, length) != 0)
			abort();
	}
	return 0;
}
