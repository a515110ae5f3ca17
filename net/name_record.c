/* SPDX-License-Identifier: Apache-2.0 */
#include "net/name_record.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "specs/host_name.h"

/* Cuts the line in pieces. */
static bool parse_record(char *line, struct name_record *record)
{
	const char **const fields[] = { &record->id, &record->addresses, &record->names,
					&record->hostname, &record->hosts_file };

	record->size = strlen(line);
	record->state = line[0];
	if (!line[0] || !strchr("+*=-", line[0]))
		return false;
	line++;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		*fields[i] = strsep(&line, "\t");
		if (!*fields[i])
			return false;
	}
	return *record->id && *record->addresses && *record->names;
}

struct name_records name_records_parse(struct arena *arena, const char *text)
{
	struct name_records records = { 0 };
	char *copy = arena_strdup(arena, text), *rest = copy, *line;
	size_t lines = 1;

	for (const char *newline = text; (newline = strchr(newline, '\n')); newline++)
		lines++;
	records.items = arena_array(arena, struct name_record, lines);
	while ((line = strsep(&rest, "\n"))) {
		struct name_record *record = &records.items[records.count];

		if (!rest) /* without its newline it was not written to its end */
			break;
		record->offset = (size_t)(line - copy);
		if (parse_record(line, record))
			records.count++;
		else
			records.holes += record->size + 1;
	}
	return records;
}

/* It may be anything: what does not fit is the container's own affair. */
const char *name_member_hostname(const struct name_member *member)
{
	return member->hostname && host_name_is_fit(member->hostname) ? member->hostname : "";
}

static int check_words(const struct name_member *member, struct error *err)
{
	for (size_t i = 0; i < member->names->count; i++)
		if (!host_name_is_fit(member->names->items[i]))
			return fail(err, EINVAL, "name '%s': it cannot stand in a hosts file",
				    member->names->items[i]);
	for (const char *c = member->hosts_file ?: ""; *c; c++)
		if ((unsigned char)*c < ' ')
			return fail(err, EINVAL, "%s: a control character in a path",
				    member->hosts_file);
	return 0;
}

int name_record_print(struct arena *arena, const struct name_member *member, char **line,
		      struct error *err)
{
	if (check_words(member, err) < 0)
		return -1;
	*line = arena_printf(arena, "%c%s\t%s\t%s\t%s\t%s\n", NAME_COMING, member->id,
			     string_list_text(arena, member->addresses, ","),
			     string_list_text(arena, member->names, " "),
			     name_member_hostname(member), member->hosts_file ?: "");
	return 0;
}

/* By hand, as there are hundreds: what hosts_line() makes of the words. */
static char *make_line(struct arena *arena, const char *address, size_t length, const char *first,
		       const char *names)
{
	const size_t first_length = strlen(first), names_length = strlen(names);
	char *line = arena_alloc(arena, length + first_length + names_length + 3), *end;

	end = mempcpy(line, address, length);
	*end++ = '\t';
	end = mempcpy(end, first, first_length);
	if (first_length)
		*end++ = ' ';
	mempcpy(end, names, names_length);
	return line;
}

/* Whether it is one of the words of names. */
static bool is_among(const char *names, const char *word)
{
	const size_t length = strlen(word);

	for (const char *at = names; *at; at += *at == ' ') {
		const size_t other = strcspn(at, " ");

		if (other == length && memcmp(at, word, length) == 0)
			return true;
		at += other;
	}
	return false;
}

void name_record_add_lines(struct arena *arena, const struct name_record *record, bool own,
			   struct string_list *list)
{
	/* what it calls itself comes first: `hostname -f` and others ask for the first one */
	const char *first = own && !is_among(record->names, record->hostname) ? record->hostname
									      : "";

	for (const char *at = record->addresses; *at; at += *at == ',') {
		const size_t length = strcspn(at, ",");

		list->items[list->count++] = make_line(arena, at, length, first, record->names);
		at += length;
	}
}

size_t name_records_lines(const struct name_records *records)
{
	size_t lines = records->count;

	for (size_t i = 0; i < records->count; i++)
		for (const char *comma = records->items[i].addresses; (comma = strchr(comma, ','));
		     comma++)
			lines++;
	return lines;
}
