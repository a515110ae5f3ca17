/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/hosts as a container may have left it, changed for members that come and go; the host's
 * resolv.conf; a network's file of names. The input is a text, of which the first two lines are the
 * line that comes and the one that goes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/hosts_edit.h"
#include "net/hosts_file.h"
#include "net/name_record.h"
#include "net/resolv_conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *apply(struct arena *arena, const char *text, size_t size,
		   const struct hosts_edit *edit)
{
	size_t end = size;
	char *result;

	for (size_t i = 0; i < edit->count; i++)
		if (edit->writes[i].offset + edit->writes[i].size > end)
			end = edit->writes[i].offset + edit->writes[i].size;
	if (edit->size > end)
		abort();
	result = arena_alloc(arena, end + 1);
	if (size)
		memcpy(result, text, size);
	for (size_t i = 0; i < edit->count; i++)
		memcpy(result + edit->writes[i].offset, edit->writes[i].bytes,
		       edit->writes[i].size);
	return result;
}

/* The next line of *rest, of *size bytes, up to its first NUL and without the spaces at its end. */
static char *take_line(struct arena *arena, const char **rest, size_t *size)
{
	const char *newline = memchr(*rest, '\n', *size);
	const size_t length = newline ? (size_t)(newline - *rest) : *size;
	char *line = arena_strndup(arena, *rest, length);

	for (size_t end = strlen(line); end && line[end - 1] == ' ';)
		line[--end] = '\0';
	*rest += length + (newline != NULL);
	*size -= length + (newline != NULL);
	return line;
}

/* Lines that stay are where they were. */
static void check_others(struct arena *arena, const char *gone, const char *text, size_t size,
			 const char *result, size_t result_size)
{
	const char *rest = text;

	while (size) {
		const size_t offset = (size_t)(rest - text);
		const char *line = take_line(arena, &rest, &size);
		const size_t length = strlen(line);

		if (length && strcmp(line, gone) != 0 &&
		    (offset + length > result_size || memcmp(result + offset, line, length) != 0))
			abort();
	}
}

/* The line that comes is there, the one that goes is not. */
static void check_edit(struct arena *arena, char *add, char *gone, const char *text, size_t size)
{
	struct hosts_change change = {
		.add = { .items = (char *[]){ add, NULL }, .count = *add != 0 },
		.remove = { .items = (char *[]){ gone, NULL }, .count = *gone != 0 },
	};
	struct hosts_edit edit;
	char *result;

	hosts_change_sort(&change);
	hosts_edit_plan(arena, text, size, &change, &edit);
	result = apply(arena, text, size, &edit);
	if (*add && !hosts_edit_find(result, edit.size, add))
		abort();
	if (*gone && strcmp(add, gone) != 0 && hosts_edit_find(result, edit.size, gone))
		abort();
	check_others(arena, gone, text, size, result, edit.size);
}

static void check_resolv_conf(struct arena *arena, const char *text)
{
	static const char *const words[] = { "search ", "nameserver ", "options " };
	const struct resolv_wish wish = { .own_network = true, .ipv6 = true };
	char *result = resolv_conf_text(arena, text, &wish), *line;

	while ((line = strsep(&result, "\n")) && *line) {
		size_t i = 0;

		while (i < 3 && strncmp(line, words[i], strlen(words[i])) != 0)
			i++;
		if (i == 3)
			abort();
	}
}

static void check_records(struct arena *arena, const char *text)
{
	struct name_records records = name_records_parse(arena, text);
	struct string_list lines = {
		.items = arena_array(arena, char *, name_records_lines(&records) + 1),
	};

	for (size_t i = 0; i < records.count; i++) {
		const struct name_record *record = &records.items[i];

		if (record->offset + record->size >= strlen(text) ||
		    text[record->offset + record->size] != '\n')
			abort();
		name_record_add_lines(arena, record, true, &lines);
	}
	if (lines.count > name_records_lines(&records))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	const char *rest = (const char *)data;
	char *text = arena_strndup(&arena, rest, size), *hosts;
	char *add = take_line(&arena, &rest, &size), *gone = take_line(&arena, &rest, &size);
	struct string_list word = { .items = (char *[]){ add, NULL }, .count = 1 };
	struct error err;

	check_records(&arena, text);
	check_resolv_conf(&arena, text);
	hosts_text(&arena, &(struct hosts_wish){ .added = &word, .gateway = "10.0.0.1" }, &hosts,
		   &err);
	check_edit(&arena, add, gone, rest, size);
	return 0;
}
