/* SPDX-License-Identifier: Apache-2.0 */
#include "net/name_record.h"

#include <errno.h>
#include <string.h>

#include "net/hosts_file.h"

static struct string_list split(struct arena *arena, char *text, const char *between)
{
	struct string_list list = { 0 };
	size_t room = 2;

	for (const char *c = text; *c; c++)
		room += *c == *between;
	list.items = arena_array(arena, char *, room);
	for (char *word; (word = strsep(&text, between));)
		if (*word)
			list.items[list.count++] = word;
	return list;
}

/* Cuts the line in pieces. */
static bool parse_record(struct arena *arena, char *line, struct name_record *record)
{
	enum { ID, ADDRESSES, NAMES, HOSTNAME, HOSTS_FILE, FIELDS };
	char *fields[FIELDS];

	record->size = strlen(line);
	record->state = line[0];
	if (line[0] != NAME_COMING && line[0] != NAME_KNOWN && line[0] != NAME_GOING)
		return false;
	line++;
	for (int i = 0; i < FIELDS; i++) {
		fields[i] = strsep(&line, "\t");
		if (!fields[i])
			return false;
	}
	record->id = fields[ID];
	record->hostname = fields[HOSTNAME];
	record->hosts_file = fields[HOSTS_FILE];
	record->addresses = split(arena, fields[ADDRESSES], ",");
	record->names = split(arena, fields[NAMES], " ");
	return *record->id && record->addresses.count && record->names.count;
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
		if (parse_record(arena, line, record))
			records.count++;
		else
			records.holes += record->size + 1;
	}
	return records;
}

static int check_names(const struct name_member *member, struct error *err)
{
	for (size_t i = 0; i < member->names->count; i++)
		if (!hosts_name_is_fit(member->names->items[i]))
			return fail(err, EINVAL, "name '%s': it cannot stand in a hosts file",
				    member->names->items[i]);
	if (member->hostname && *member->hostname && !hosts_name_is_fit(member->hostname))
		return fail(err, EINVAL, "hostname '%s': it cannot stand in a hosts file",
			    member->hostname);
	for (const char *c = member->hosts_file ?: ""; *c; c++)
		if ((unsigned char)*c < ' ')
			return fail(err, EINVAL, "%s: a control character in a path",
				    member->hosts_file);
	return 0;
}

int name_record_print(struct arena *arena, const struct name_member *member, char **line,
		      struct error *err)
{
	if (check_names(member, err) < 0)
		return -1;
	*line = arena_printf(arena, "%c%s\t%s\t%s\t%s\t%s\n", NAME_COMING, member->id,
			     string_list_text(arena, member->addresses, ","),
			     string_list_text(arena, member->names, " "), member->hostname ?: "",
			     member->hosts_file ?: "");
	return 0;
}

void name_record_add_lines(struct arena *arena, const struct name_record *record, bool own,
			   struct string_list *list)
{
	struct string_list names = record->names, hostname = { .items = (char *[]){ NULL, NULL } };

	/* what it calls itself comes first: `hostname -f` and others ask for the first one */
	if (own && *record->hostname && !string_list_has(&record->names, record->hostname)) {
		hostname.items[hostname.count++] = record->hostname;
		names = string_list_join(arena, &hostname, &record->names);
	}
	for (size_t i = 0; i < record->addresses.count; i++)
		list->items[list->count++] = hosts_line(arena, record->addresses.items[i], &names);
}

size_t name_records_lines(const struct name_records *records)
{
	size_t lines = 0;

	for (size_t i = 0; i < records->count; i++)
		lines += records->items[i].addresses.count;
	return lines;
}
