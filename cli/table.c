/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <string.h>

const char *const format_words[] = { [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", NULL };

struct table table_new(struct arena *arena, const char *const *titles)
{
	struct table table = { .arena = arena };

	while (titles[table.columns])
		table.columns++;
	table_add_row(&table, titles);
	return table;
}

static void grow(struct table *table)
{
	table->room = table->room ? 2 * table->room : 16;
	for (size_t column = 0; column < table->columns; column++) {
		const char **cells = arena_array(table->arena, const char *, table->room);

		if (table->count)
			memcpy(cells, table->rows[column], table->count * sizeof(*cells));
		table->rows[column] = cells;
	}
}

void table_add_row(struct table *table, const char *const *cells)
{
	if (table->count == table->room)
		grow(table);
	for (size_t column = 0; column < table->columns; column++)
		table->rows[column][table->count] = cells[column] ? cells[column] : "-";
	table->count++;
}

/* Characters, not bytes: what continues one in UTF-8 takes no column of its own. */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

/* What would move the cursor is shown as a question mark. */
static char *put_cell(char *out, const char *text)
{
	for (; *text; text++)
		*out++ = (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text;
	return out;
}

static char *put_row(char *out, const struct table *table, size_t row, const size_t *widths)
{
	for (size_t column = 0; column < table->columns; column++) {
		const char *cell = table->rows[column][row];
		size_t blanks = widths[column] - text_width(cell) + 2;

		out = put_cell(out, cell);
		if (column + 1 == table->columns)
			break;
		memset(out, ' ', blanks);
		out += blanks;
	}
	*out = '\n';
	return out + 1;
}

/* In one piece: a large table is one write(2). */
void table_print(const struct table *table, FILE *out)
{
	size_t widths[TABLE_MAX_COLUMNS] = { 0 }, size = 0;
	char *text, *end;

	for (size_t column = 0; column < table->columns; column++) {
		for (size_t row = 0; row < table->count; row++) {
			size_t width = text_width(table->rows[column][row]);

			size += strlen(table->rows[column][row]);
			if (width > widths[column])
				widths[column] = width;
		}
		/* the blanks, or the newline, of each row */
		size += table->count * (widths[column] + 2);
	}
	text = end = arena_alloc(table->arena, size);
	for (size_t row = 0; row < table->count; row++)
		end = put_row(end, table, row, widths);
	fwrite(text, 1, (size_t)(end - text), out);
}
