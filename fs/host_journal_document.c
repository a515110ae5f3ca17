/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of a journal: schemas, and the escaping of what is no UTF-8. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/host_journal.h"
#include "specs/schema.h"

/* A hundred thousand files are some 40 MB. */
#define MAX_JOURNAL ((size_t)1 << 30)
#define MAX_STATE ((size_t)64 << 20)

static const struct schema_word phases[] = {
	{ "staging", JOURNAL_STAGING },
	{ "committing", JOURNAL_COMMITTING },
	{ "committed", JOURNAL_COMMITTED },
	{ "undoing", JOURNAL_UNDOING },
	{ "undone", JOURNAL_UNDONE },
	{ "dropped", JOURNAL_DROPPED },
	{ 0 },
};

SCHEMA(journal_seen, UINT(journal_seen, inode, "inode"), UINT(journal_seen, size, "size"),
       INT(journal_seen, mtime, "mtime"),
       UINT(journal_seen, mtime_nanoseconds, "mtimeNanoseconds", RANGE(0, 999999999)),
       INT(journal_seen, ctime, "ctime"),
       UINT(journal_seen, ctime_nanoseconds, "ctimeNanoseconds", RANGE(0, 999999999)),
       UINT(journal_seen, mode, "mode"));

SCHEMA(journal_operation, UINT(journal_operation, part, "part"),
       UINT(journal_operation, area, "area"),
       STRING(journal_operation, path, "path", .flags = REQUIRED),
       EMBEDDED(journal_operation, old, "old", journal_seen),
       EMBEDDED(journal_operation, new, "new", journal_seen));

SCHEMA(journal_xattr, STRING(journal_xattr, name, "name", .flags = REQUIRED),
       STRING(journal_xattr, value, "value", .flags = REQUIRED));

SCHEMA(journal_attributes, UINT(journal_attributes, mode, "mode"),
       UINT(journal_attributes, uid, "uid"), UINT(journal_attributes, gid, "gid"),
       INT(journal_attributes, mtime, "mtime"),
       UINT(journal_attributes, mtime_nanoseconds, "mtimeNanoseconds", RANGE(0, 999999999)),
       OBJECTS(journal_attributes, xattrs, "xattrs", journal_xattr));

SCHEMA(journal_directory, UINT(journal_directory, part, "part"),
       STRING(journal_directory, path, "path", .flags = REQUIRED),
       UINT(journal_directory, inode, "inode", .flags = REQUIRED),
       INT(journal_directory, ctime, "ctime"),
       UINT(journal_directory, ctime_nanoseconds, "ctimeNanoseconds", RANGE(0, 999999999)),
       BOOL(journal_directory, attributes, "attributes"),
       EMBEDDED(journal_directory, old, "old", journal_attributes),
       EMBEDDED(journal_directory, new, "new", journal_attributes));

SCHEMA(journal, STRINGS(journal, targets, "targets"),
       OBJECTS(journal, operations, "operations", journal_operation),
       OBJECTS(journal, directories, "directories", journal_directory));

SCHEMA(journal_area, UINT(journal_area, part, "part"),
       STRING(journal_area, path, "path", .flags = REQUIRED), UINT(journal_area, inode, "inode"),
       INT(journal_area, ctime, "ctime"),
       UINT(journal_area, ctime_nanoseconds, "ctimeNanoseconds", RANGE(0, 999999999)),
       INT(journal_area, settled, "settled"),
       UINT(journal_area, settled_nanoseconds, "settledNanoseconds", RANGE(0, 999999999)));

SCHEMA(journal_state, ENUM(journal_state, phase, "phase", phases, .flags = REQUIRED),
       STRING(journal_state, container, "container"), STRING(journal_state, created, "created"),
       STRING(journal_state, time, "time"), UINT(journal_state, added, "added"),
       UINT(journal_state, changed, "changed"), UINT(journal_state, deleted, "deleted"),
       STRINGS(journal_state, targets, "targets"),
       OBJECTS(journal_state, areas, "areas", journal_area), INT(journal_state, settled, "settled"),
       UINT(journal_state, settled_nanoseconds, "settledNanoseconds", RANGE(0, 999999999)),
       UINTS(journal_state, undone, "undone"), UINTS(journal_state, left, "left"),
       UINTS(journal_state, spared, "spared"));

/* Names have any bytes but NUL; in JSON they are UTF-8. %XX stands for all but printable ASCII. */
static bool is_plain(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '%';
}

static char *escape(struct arena *arena, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	size_t length = 0;
	char *escaped, *to;

	for (const char *from = text; *from; from++)
		length += is_plain((unsigned char)*from) ? 1 : 3;
	escaped = to = arena_array(arena, char, length + 1);
	for (const char *from = text; *from; from++) {
		unsigned char c = (unsigned char)*from;

		if (is_plain(c)) {
			*to++ = *from;
			continue;
		}
		*to++ = '%';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	return escaped;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. */
static int unescape(char *text, struct error *err)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		int high, low;

		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		high = digit(from[1]);
		low = high < 0 ? -1 : digit(from[2]);
		if (low < 0 || high + low == 0)
			return fail(err, EINVAL, "'%s': not an escaped name", text);
		*to++ = (char)(high << 4 | low);
		from += 2;
	}
	*to = '\0';
	return 0;
}

static void escape_list(struct arena *arena, struct string_list *list)
{
	char **items = arena_array(arena, char *, list->count + 1);

	for (size_t i = 0; i < list->count; i++)
		items[i] = escape(arena, list->items[i]);
	list->items = items;
}

static int unescape_list(const struct string_list *list, struct error *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (unescape(list->items[i], err) < 0)
			return -1;
	return 0;
}

static void escape_xattrs(struct arena *arena, struct journal_xattrs *xattrs)
{
	struct journal_xattr *items = arena_array(arena, struct journal_xattr, xattrs->count);

	for (size_t i = 0; i < xattrs->count; i++) {
		items[i] = xattrs->items[i];
		items[i].name = escape(arena, items[i].name);
	}
	xattrs->items = items;
}

static int unescape_xattrs(const struct journal_xattrs *xattrs, struct error *err)
{
	for (size_t i = 0; i < xattrs->count; i++)
		if (unescape(xattrs->items[i].name, err) < 0)
			return -1;
	return 0;
}

static int open_folder(const struct journals *journals, unsigned number, struct error *err)
{
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "%u", number);
	fd = openat(journals->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return fail(err, ENOENT, "there is no commit to the host with number %u", number);
	return fd < 0 ? fail_errno(err, "open the folder of commit %u", number) : fd;
}

/* The two documents of a commit. */
struct document {
	const char *name;
	const struct schema *schema;
	size_t limit; /* bytes */
};

static const struct document state_document = { "state.json", &journal_state_schema, MAX_STATE };
static const struct document journal_document = { "journal.json", &journal_schema, MAX_JOURNAL };

static int save(const struct journals *journals, unsigned number, const struct document *document,
		struct arena *arena, const void *value, struct error *err)
{
	cleanup_fd int dir = open_folder(journals, number, err);
	size_t size;
	char *text;

	if (dir < 0)
		return -1;
	text = schema_encode(document->schema, arena, value, JSON_COMPACT, &size);
	if (file_replace_at(dir, document->name, text, size, 0600, true, err) < 0)
		return fail_in(err, "commit %u", number);
	return 0;
}

static int load(const struct journals *journals, unsigned number, const struct document *document,
		struct arena *arena, void *value, struct error *err)
{
	cleanup_fd int dir = open_folder(journals, number, err);
	size_t size;
	char *text;

	if (dir < 0)
		return -1;
	if (file_read_at(dir, document->name, document->limit, arena, &text, &size, err) < 0 ||
	    schema_decode(document->schema, arena, document->name, text, size, value, err) < 0)
		return fail_in(err, "commit %u", number);
	return 0;
}

int journal_save_state(const struct journals *journals, unsigned number,
		       const struct journal_state *state, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct journal_state escaped = *state;

	escaped.areas.items = arena_array(&arena, struct journal_area, state->areas.count);
	for (size_t i = 0; i < state->areas.count; i++) {
		escaped.areas.items[i] = state->areas.items[i];
		escaped.areas.items[i].path = escape(&arena, state->areas.items[i].path);
	}
	escape_list(&arena, &escaped.targets);
	return save(journals, number, &state_document, &arena, &escaped, err);
}

int journal_load_state(const struct journals *journals, unsigned number, struct arena *arena,
		       struct journal_state *state, struct error *err)
{
	*state = (struct journal_state){ 0 };
	if (load(journals, number, &state_document, arena, state, err) < 0 ||
	    unescape_list(&state->targets, err) < 0)
		return -1;
	for (size_t i = 0; i < state->areas.count; i++) {
		if (unescape(state->areas.items[i].path, err) < 0)
			return -1;
		if (state->areas.items[i].part >= state->targets.count)
			return fail(err, EINVAL,
				    "commit %u: state.json: areas[%zu].part: too large", number, i);
	}
	return 0;
}

int journal_save(const struct journals *journals, unsigned number, const struct journal *journal,
		 struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct journal escaped = *journal;

	escape_list(&arena, &escaped.targets);
	escaped.operations.items =
		arena_array(&arena, struct journal_operation, journal->operations.count);
	for (size_t i = 0; i < journal->operations.count; i++) {
		escaped.operations.items[i] = journal->operations.items[i];
		escaped.operations.items[i].path =
			escape(&arena, journal->operations.items[i].path);
	}
	escaped.directories.items =
		arena_array(&arena, struct journal_directory, journal->directories.count);
	for (size_t i = 0; i < journal->directories.count; i++) {
		struct journal_directory *directory = &escaped.directories.items[i];

		*directory = journal->directories.items[i];
		directory->path = escape(&arena, directory->path);
		escape_xattrs(&arena, &directory->old.xattrs);
		escape_xattrs(&arena, &directory->new.xattrs);
	}
	return save(journals, number, &journal_document, &arena, &escaped, err);
}

static int check_journal(struct journal *journal, struct error *err)
{
	if (unescape_list(&journal->targets, err) < 0)
		return -1;
	for (size_t i = 0; i < journal->operations.count; i++) {
		if (unescape(journal->operations.items[i].path, err) < 0)
			return -1;
		if (journal->operations.items[i].part >= journal->targets.count)
			return fail(err, EINVAL, "operations[%zu].part: too large", i);
	}
	for (size_t i = 0; i < journal->directories.count; i++) {
		struct journal_directory *directory = &journal->directories.items[i];

		if (unescape(directory->path, err) < 0 ||
		    unescape_xattrs(&directory->old.xattrs, err) < 0 ||
		    unescape_xattrs(&directory->new.xattrs, err) < 0)
			return -1;
		if (directory->part >= journal->targets.count)
			return fail(err, EINVAL, "directories[%zu].part: too large", i);
	}
	return 0;
}

int journal_load(const struct journals *journals, unsigned number, struct arena *arena,
		 struct journal *journal, struct error *err)
{
	*journal = (struct journal){ 0 };
	if (load(journals, number, &journal_document, arena, journal, err) < 0)
		return -1;
	if (check_journal(journal, err) < 0)
		return fail_in(err, "commit %u: journal.json", number);
	return 0;
}
