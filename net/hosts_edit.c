/* SPDX-License-Identifier: Apache-2.0 */
#include "net/hosts_edit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The file is the container's to write: who fills it with holes shall not have each line tried in
 * all.
 */
#define HOLES_MAX 4096
/* A line that is longer is looked for by reading all of the file. */
#define QUICK_LINE 512

/* A line of the file: where it begins, and how long it is without the spaces at its end. */
struct line {
	const char *start;
	size_t length, room; /* room: with them */
};

struct editor {
	struct arena *arena;
	const struct hosts_change *change;
	struct hosts_edit *edit;
	struct line *holes; /* those of the file and those that are made by removing */
	size_t hole_count;
	bool *present; /* by the lines of change->add */
	const char *text;
	const char *end; /* behind the last line that stays */
};

static int compare_lines(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

void hosts_change_sort(struct hosts_change *change)
{
	if (change->add.count)
		qsort(change->add.items, change->add.count, sizeof(char *), compare_lines);
	if (change->remove.count)
		qsort(change->remove.items, change->remove.count, sizeof(char *), compare_lines);
}

static int compare_with(const void *key, const void *item)
{
	const struct line *line = key;
	const char *text = *(char *const *)item;
	const size_t length = strlen(text);
	int order = memcmp(line->start, text, line->length < length ? line->length : length);

	return order ? order : (line->length > length) - (line->length < length);
}

/* Its place in a sorted list; -1: it is not in there. */
static ptrdiff_t find_line(const struct string_list *list, const struct line *line)
{
	char **found = NULL;

	if (list->count)
		found = bsearch(line, list->items, list->count, sizeof(char *), compare_with);
	return found ? found - list->items : -1;
}

static void add_write(struct editor *editor, size_t offset, const char *bytes, size_t size)
{
	editor->edit->writes[editor->edit->count++] =
		(struct hosts_write){ .offset = offset, .size = size, .bytes = bytes };
}

/* What becomes of a line that the file has. */
static void look_at_line(struct editor *editor, const struct line *line)
{
	ptrdiff_t wanted = find_line(&editor->change->add, line);

	if (wanted >= 0)
		editor->present[wanted] = true;
	if (wanted < 0 && line->length && find_line(&editor->change->remove, line) >= 0) {
		char *spaces = arena_alloc(editor->arena, line->room + 1);

		memset(spaces, ' ', line->room);
		add_write(editor, (size_t)(line->start - editor->text), spaces, line->room);
	} else if (line->length) {
		editor->end = line->start + line->room;
		return;
	}
	if (editor->hole_count < HOLES_MAX)
		editor->holes[editor->hole_count++] = *line;
}

static void look_at_lines(struct editor *editor, size_t size)
{
	const char *const end = editor->text + size;

	for (const char *start = editor->text; start < end;) {
		const char *newline = memchr(start, '\n', (size_t)(end - start)) ?: end;
		struct line line = { start, (size_t)(newline - start), (size_t)(newline - start) };

		while (line.length && start[line.length - 1] == ' ')
			line.length--;
		look_at_line(editor, &line);
		start = newline + 1;
	}
}

/* Into the first hole that it fits in. The rest of the hole stays spaces. */
static bool fill_hole(struct editor *editor, const char *line)
{
	const size_t length = strlen(line);

	for (size_t i = 0; i < editor->hole_count; i++) {
		struct line *hole = &editor->holes[i];

		if (hole->room < length || hole->start >= editor->end)
			continue;
		add_write(editor, (size_t)(hole->start - editor->text), line, length);
		hole->room = 0;
		return true;
	}
	return false;
}

/* What finds no hole, as one write at the end. */
static void append(struct editor *editor, size_t size, const struct string_list *lines)
{
	const size_t end = (size_t)(editor->end - editor->text);
	const bool unfinished = end == size && size && editor->text[size - 1] != '\n';
	/* behind the newline of the last line that stays */
	const size_t offset = end && !unfinished ? end + 1 : end;
	char *text;

	editor->edit->size = offset;
	if (!lines->count)
		return;
	text = arena_printf(editor->arena, "%s%s\n", unfinished ? "\n" : "",
			    string_list_text(editor->arena, lines, "\n"));
	add_write(editor, offset, text, strlen(text));
	editor->edit->size += strlen(text);
}

static size_t count_lines(const char *text, size_t size)
{
	size_t lines = 1;

	for (const char *at = text; (at = memchr(at, '\n', (size_t)(text + size - at))); at++)
		lines++;
	return lines;
}

void hosts_edit_plan(struct arena *arena, const char *text, size_t size,
		     const struct hosts_change *change, struct hosts_edit *edit)
{
	const size_t lines = count_lines(text, size), adds = change->add.count;
	struct editor editor = {
		.arena = arena,
		.change = change,
		.edit = edit,
		.holes = arena_array(arena, struct line, lines < HOLES_MAX ? lines : HOLES_MAX),
		.present = arena_array(arena, bool, adds + 1),
		.text = text,
		.end = text,
	};
	struct string_list rest = { .items = arena_array(arena, char *, adds + 1) };

	*edit = (struct hosts_edit){ 0 };
	edit->writes = arena_array(arena, struct hosts_write, lines + adds + 1);
	look_at_lines(&editor, size);
	for (size_t i = 0; i < adds; i++)
		if (!editor.present[i] && !fill_hole(&editor, change->add.items[i]))
			rest.items[rest.count++] = change->add.items[i];
	append(&editor, size, &rest);
}

size_t hosts_edit_find(const char *text, size_t size, const char *line)
{
	const size_t length = strlen(line);
	const char *at = text, *const end = text + size;

	while ((at = memmem(at, (size_t)(end - at), line, length))) {
		const char *behind = at + length;

		while (behind < end && *behind == ' ')
			behind++;
		if ((at == text || at[-1] == '\n') && (behind == end || *behind == '\n'))
			return (size_t)(end - at);
		at++;
	}
	return 0;
}

static int append_quick(int fd, size_t size, const char *line, struct error *err)
{
	const size_t length = strlen(line);
	char text[QUICK_LINE + 1], last = '\n';

	if (length > QUICK_LINE || (size && pread(fd, &last, 1, (off_t)size - 1) != 1) ||
	    last != '\n')
		return 0;
	*(char *)mempcpy(text, line, length) = '\n';
	if (pwrite(fd, text, length + 1, (off_t)size) != (ssize_t)length + 1)
		return fail_errno(err, "write at %zu", size);
	return 1;
}

static int remove_quick(int fd, size_t size, const char *line, size_t distance, struct error *err)
{
	const size_t length = strlen(line), offset = size - distance;
	char text[QUICK_LINE + 2];

	/* with the newlines in front of it and behind it */
	if (length > QUICK_LINE || distance >= size || distance <= length ||
	    pread(fd, text, length + 2, (off_t)offset - 1) != (ssize_t)length + 2 ||
	    text[0] != '\n' || text[length + 1] != '\n' || memcmp(text + 1, line, length) != 0)
		return 0;
	if (distance == length + 1)
		return ftruncate(fd, (off_t)offset) < 0 ? fail_errno(err, "cut off at %zu", offset)
							: 1;
	memset(text, ' ', length);
	if (pwrite(fd, text, length, (off_t)offset) != (ssize_t)length)
		return fail_errno(err, "write at %zu", offset);
	return 1;
}

int hosts_edit_quick(int fd, size_t size, const struct hosts_change *change, size_t distance,
		     struct error *err)
{
	if (change->add.count == 1 && !change->remove.count)
		return append_quick(fd, size, change->add.items[0], err);
	if (change->remove.count == 1 && !change->add.count && distance)
		return remove_quick(fd, size, change->remove.items[0], distance, err);
	return 0;
}

int hosts_edit_apply(int fd, size_t old_size, const struct hosts_edit *edit, struct error *err)
{
	for (size_t i = 0; i < edit->count; i++) {
		const struct hosts_write *write = &edit->writes[i];

		if (pwrite(fd, write->bytes, write->size, (off_t)write->offset) !=
		    (ssize_t)write->size)
			return fail_errno(err, "write at %zu", write->offset);
	}
	if (edit->size < old_size && ftruncate(fd, (off_t)edit->size) < 0)
		return fail_errno(err, "cut off at %zu", edit->size);
	return 0;
}
