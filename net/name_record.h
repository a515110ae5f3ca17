/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "net/names.h"

/*
 * The lines of a network's file of names (net/names.h): state and ID, addresses, names, hostname,
 * path of the hosts file, between tabs. A line of spaces was one. The state is the first byte, so
 * that one write changes it, and lines do not move while somebody may be about to do so.
 */

#define NAMES_FILE "names"
#define NAMES_LOCK "names.lock"
#define NAMES_FILE_MAX ((size_t)16 << 20)

enum name_state {
	NAME_COMING = '+', /* nobody knows of it but those that have come later */
	NAME_TOLD = '*',   /* some do: somebody is telling them, or was killed meanwhile */
	NAME_KNOWN = '=',
	NAME_GOING = '-', /* not all members have forgotten it yet */
};

struct name_record {
	size_t offset, size; /* of its line in the file; size: without the newline */
	char state;	     /* enum name_state */
	const char *id;
	const char *addresses, *names;	   /* with ',' and ' ' between; not empty */
	const char *hostname, *hosts_file; /* may be "" */
};

struct name_records {
	struct name_record *items;
	size_t count;
	size_t holes; /* bytes of the file that are none */
};

/* Lines that are not of this form are passed over. Pure. */
struct name_records name_records_parse(struct arena *arena, const char *text);

/* "" if it has none that can stand in a hosts file. Pure. */
const char *name_member_hostname(const struct name_member *member);

/* The line of a member that is coming, with its newline. Pure. EINVAL: what cannot stand in it. */
int name_record_print(struct arena *arena, const struct name_member *member, char **line,
		      struct error *err);

/* Adds the lines that others have of it, or (own) that it has itself, to list, which has room. */
void name_record_add_lines(struct arena *arena, const struct name_record *record, bool own,
			   struct string_list *list);

/* How many lines those are together: the room of such a list. */
size_t name_records_lines(const struct name_records *records);
