/* SPDX-License-Identifier: Apache-2.0 */
#include "net/names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "net/hosts_edit.h"
#include "net/names_file.h"

/* From here on, and if they are more than what is there, holes are worth to be closed. */
#define MANY_HOLES 4096
/* Bytes of some sixty records. */
#define FEW_NAMES 5000

struct publisher {
	struct arena *arena;
	struct name_records records;
	struct hosts_change news; /* what those have to be told who know of all else */
	const char *id;		  /* who is told all */
	size_t pending;
	bool fresh;	 /* nobody has been told any of the news before */
	size_t room;	 /* a file larger than this is read, so that its holes are used */
	size_t distance; /* of the line that goes, in the file before (hosts_edit_quick()) */
};

static struct string_list list_with_room(const struct publisher *publisher)
{
	return (struct string_list){
		.items = arena_array(publisher->arena, char *,
				     name_records_lines(&publisher->records) + 1),
	};
}

static void collect_news(struct publisher *publisher)
{
	publisher->news.add = list_with_room(publisher);
	publisher->news.remove = list_with_room(publisher);
	publisher->fresh = true;
	for (size_t i = 0; i < publisher->records.count; i++) {
		const struct name_record *record = &publisher->records.items[i];

		publisher->room += 2 * record->size;
		if (record->state == NAME_KNOWN)
			continue;
		publisher->pending++;
		publisher->fresh = publisher->fresh && record->state != NAME_TOLD;
		name_record_add_lines(publisher->arena, record, false,
				      record->state == NAME_GOING ? &publisher->news.remove
								  : &publisher->news.add);
	}
	hosts_change_sort(&publisher->news);
}

static int edit_whole(struct publisher *publisher, struct arena *scratch, int fd, const char *path,
		      const struct hosts_change *change, struct error *err)
{
	struct hosts_edit edit;
	size_t size;
	char *text;

	if (file_read_fd(fd, path, HOSTS_FILE_MAX, scratch, &text, &size, err) < 0)
		return -1;
	if (change->remove.count)
		publisher->distance = hosts_edit_find(text, size, change->remove.items[0]);
	hosts_edit_plan(scratch, text, size, change, &edit);
	return hosts_edit_apply(fd, size, &edit, err) < 0 ? fail_in(err, "%s", path) : 0;
}

static int edit_file(struct publisher *publisher, struct arena *scratch, const char *path,
		     const struct hosts_change *change, struct error *err)
{
	cleanup_fd int fd = openat(AT_FDCWD, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	int done = 0;

	if (fd < 0)
		return fail_errno(err, "open %s", path);
	if (publisher->fresh && change == &publisher->news && fstat(fd, &status) == 0 &&
	    S_ISREG(status.st_mode) && (size_t)status.st_size <= publisher->room)
		done = hosts_edit_quick(fd, (size_t)status.st_size, change, publisher->distance,
					err);
	if (done < 0)
		return fail_in(err, "%s", path);
	return done ? 0 : edit_whole(publisher, scratch, fd, path, change, err);
}

/* A member that is not here any more, but whose file may be: disconnected, or joined again. */
static bool has_successor(const struct publisher *publisher, const struct name_record *gone)
{
	for (size_t i = 0; i < publisher->records.count; i++) {
		const struct name_record *record = &publisher->records.items[i];

		if (record->state != NAME_GOING &&
		    strcmp(record->hosts_file, gone->hosts_file) == 0)
			return true;
	}
	return false;
}

/* Of its own earlier memberships a member has the lines in its own form. */
static void add_gone(const struct publisher *publisher, const char *id, struct string_list *lines)
{
	for (size_t i = 0; i < publisher->records.count; i++) {
		const struct name_record *record = &publisher->records.items[i];

		if (record->state == NAME_GOING)
			name_record_add_lines(publisher->arena, record, strcmp(record->id, id) == 0,
					      lines);
	}
}

/* All that a member is to have in its file, or, as one that goes, is not. */
static struct hosts_change whole_change(const struct publisher *publisher,
					const struct name_record *record)
{
	const bool goes = record->state == NAME_GOING;
	struct hosts_change change = { list_with_room(publisher), list_with_room(publisher) };
	struct string_list *all = goes ? &change.remove : &change.add;

	names_add_others(publisher->arena, &publisher->records, record->id, all);
	name_record_add_lines(publisher->arena, record, true, all);
	if (!goes)
		add_gone(publisher, record->id, &change.remove);
	hosts_change_sort(&change);
	return change;
}

static int tell_member(struct publisher *publisher, const struct name_record *record,
		       struct arena *scratch, struct error *err)
{
	const bool whole = record->state != NAME_KNOWN || strcmp(record->id, publisher->id) == 0;
	struct hosts_change change;

	if (!*record->hosts_file || (!whole && !publisher->pending))
		return 0;
	if (record->state == NAME_GOING && has_successor(publisher, record))
		return 0;
	if (!whole)
		return edit_file(publisher, scratch, record->hosts_file, &publisher->news, err);
	change = whole_change(publisher, record);
	return edit_file(publisher, scratch, record->hosts_file, &change, err);
}

static void tell_members(struct publisher *publisher)
{
	cleanup_arena struct arena scratch = { 0 };
	struct error err;

	for (size_t i = 0; i < publisher->records.count; i++) {
		if (tell_member(publisher, &publisher->records.items[i], &scratch, &err) < 0)
			log_debug("names: %s", err.text);
		arena_clear(&scratch);
	}
}

static int blank(int fd, struct arena *arena, const struct name_record *record, struct error *err)
{
	char *spaces = arena_alloc(arena, record->size + 1);

	memset(spaces, ' ', record->size);
	if (pwrite(fd, spaces, record->size, (off_t)record->offset) != (ssize_t)record->size)
		return fail_errno(err, "write %s", NAMES_FILE);
	return 0;
}

/* With the lock. One that has another state by now goes already: that is for who comes next. */
static int change_state(int fd, const struct name_record *record, enum name_state from,
			enum name_state to, struct error *err)
{
	char state;

	if (pread(fd, &state, 1, (off_t)record->offset) != 1 || state != (char)from)
		return 0;
	return names_set_state(fd, record, to, err);
}

/* From here on files may have the lines of those that come, whatever becomes of us. */
static int begin_telling(const struct publisher *publisher, int folder, struct error *err)
{
	cleanup_fd int lock = names_lock(folder, err), fd = -1;

	fd = lock < 0 ? -1 : names_open(folder, err);
	if (fd < 0)
		return -1;
	for (size_t i = 0; i < publisher->records.count; i++) {
		const struct name_record *record = &publisher->records.items[i];

		if (record->state == NAME_COMING &&
		    change_state(fd, record, NAME_COMING, NAME_TOLD, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * First those that go: who is killed in between has the next one repeat what is left, and a line that
 * is removed once more must not be that of the same member, back again and known.
 */
static int settle(struct publisher *publisher, int fd, struct error *err)
{
	for (size_t i = 0; i < publisher->records.count; i++)
		if (publisher->records.items[i].state == NAME_GOING &&
		    blank(fd, publisher->arena, &publisher->records.items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < publisher->records.count; i++) {
		const struct name_record *record = &publisher->records.items[i];

		if (record->state != NAME_KNOWN && record->state != NAME_GOING &&
		    change_state(fd, record, NAME_TOLD, NAME_KNOWN, err) < 0)
			return -1;
	}
	return 0;
}

/* Without the holes, by another file: a line would be in no place for a moment otherwise. */
static int compact(struct publisher *publisher, int folder, int fd, struct error *err)
{
	struct name_records *records = &publisher->records;
	char *text, *compacted, *end;

	if (file_read_at(folder, NAMES_FILE, NAMES_FILE_MAX, publisher->arena, &text, NULL, err) <
	    0)
		return -1;
	compacted = end = arena_alloc(publisher->arena, strlen(text) + 1);
	*records = name_records_parse(publisher->arena, text);
	if (!records->count)
		return ftruncate(fd, 0) < 0 ? fail_errno(err, "empty %s", NAMES_FILE) : 0;
	if (records->holes < MANY_HOLES || records->holes < strlen(text) / 2)
		return 0;
	for (size_t i = 0; i < records->count; i++)
		end = mempcpy(end, text + records->items[i].offset, records->items[i].size + 1);
	return file_replace_at(folder, NAMES_FILE, compacted, (size_t)(end - compacted), 0600,
			       false, err);
}

static int publish(struct publisher *publisher, int folder, struct error *err)
{
	cleanup_fd int lock = -1, fd = -1;

	if (names_read(publisher->arena, folder, &publisher->records, err) < 0)
		return -1;
	collect_news(publisher);
	if (publisher->news.add.count && begin_telling(publisher, folder, err) < 0)
		return -1;
	tell_members(publisher);
	if (!publisher->pending)
		return 0;
	lock = names_lock(folder, err);
	fd = lock < 0 ? -1 : names_open(folder, err);
	if (fd < 0 || settle(publisher, fd, err) < 0)
		return -1;
	return compact(publisher, folder, fd, err);
}

int names_publish(int root, const char *network, const char *id, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int lock = -1, folder = -1;
	struct publisher publisher = { .arena = &arena, .id = id };
	char *path = arena_printf(&arena, "networks/%s", network);

	folder = openat(root, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open %s", path);
	lock = names_lock(root, err);
	if (lock < 0 || publish(&publisher, folder, err) < 0)
		return fail_in(err, "names of network %s", network);
	return 0;
}

bool names_publish_is_quick(int root, const char *network)
{
	cleanup_arena struct arena arena = { 0 };
	const char *path = arena_printf(&arena, "networks/%s/" NAMES_FILE, network);
	struct stat status;

	return fstatat(root, path, &status, AT_SYMLINK_NOFOLLOW) < 0 || status.st_size < FEW_NAMES;
}
