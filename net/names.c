/* SPDX-License-Identifier: Apache-2.0 */
#include "net/names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "net/name_record.h"
#include "net/names_file.h"

int names_lock(int folder, struct error *err)
{
	cleanup_fd int lock = openat(folder, NAMES_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (lock < 0)
		return fail_errno(err, "open %s", NAMES_LOCK);
	while (flock(lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return fail_errno(err, "lock %s", NAMES_LOCK);
	return take_fd(&lock);
}

int names_read(struct arena *arena, int folder, struct name_records *records, struct error *err)
{
	char *text;

	*records = (struct name_records){ 0 };
	if (file_read_at(folder, NAMES_FILE, NAMES_FILE_MAX, arena, &text, NULL, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	*records = name_records_parse(arena, text);
	return 0;
}

int names_open(int folder, struct error *err)
{
	int fd = openat(folder, NAMES_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 ? fail_errno(err, "open %s", NAMES_FILE) : fd;
}

int names_set_state(int fd, const struct name_record *record, enum name_state state,
		    struct error *err)
{
	const char byte = (char)state;

	if (pwrite(fd, &byte, 1, (off_t)record->offset) != 1)
		return fail_errno(err, "write %s", NAMES_FILE);
	return 0;
}

/* With the lock. Those of the ID that are not going yet are from now on. */
static int mark_going(int fd, const struct name_records *records, const char *id, struct error *err)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct name_record *record = &records->items[i];

		if (record->state != NAME_GOING && strcmp(record->id, id) == 0 &&
		    names_set_state(fd, record, NAME_GOING, err) < 0)
			return -1;
	}
	return 0;
}

/* Behind a line that was not written to its end, by somebody killed or on a full disk. */
static int append(int fd, struct arena *arena, const char *line, struct error *err)
{
	const off_t end = lseek(fd, 0, SEEK_END);
	char last = '\n';

	if (end < 0 || (end > 0 && pread(fd, &last, 1, end - 1) != 1))
		return fail_errno(err, "read %s", NAMES_FILE);
	if (last != '\n')
		line = arena_printf(arena, "\n%s", line);
	return write_all(fd, line, strlen(line), err);
}

int names_join(int folder, const struct name_member *member, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int lock = -1, fd = -1;
	struct name_records records;
	char *line;

	if (name_record_print(&arena, member, &line, err) < 0)
		return -1;
	lock = names_lock(folder, err);
	fd = lock < 0 ? -1 : names_open(folder, err);
	if (fd < 0 || names_read(&arena, folder, &records, err) < 0 ||
	    mark_going(fd, &records, member->id, err) < 0)
		return -1;
	return append(fd, &arena, line, err);
}

int names_leave(int folder, const char *id, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int lock = -1, fd = -1;
	struct name_records records;

	lock = names_lock(folder, err);
	fd = lock < 0 ? -1 : names_open(folder, err);
	if (fd < 0 || names_read(&arena, folder, &records, err) < 0)
		return -1;
	return mark_going(fd, &records, id, err);
}

struct string_list names_own_lines(struct arena *arena, const struct name_member *member)
{
	const struct name_record record = {
		.hostname = name_member_hostname(member),
		.addresses = string_list_text(arena, member->addresses, ","),
		.names = string_list_text(arena, member->names, " "),
	};
	struct string_list lines = {
		.items = arena_array(arena, char *, member->addresses->count + 1),
	};

	name_record_add_lines(arena, &record, true, &lines);
	return lines;
}

void names_add_others(struct arena *arena, const struct name_records *records, const char *id,
		      struct string_list *lines)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct name_record *record = &records->items[i];

		if (record->state != NAME_GOING && strcmp(record->id, id) != 0)
			name_record_add_lines(arena, record, false, lines);
	}
}

int names_lines(struct arena *arena, int folder, const char *id, struct string_list *lines,
		struct error *err)
{
	struct name_records records;

	if (names_read(arena, folder, &records, err) < 0)
		return -1;
	*lines = (struct string_list){
		.items = arena_array(arena, char *, name_records_lines(&records) + 1),
	};
	names_add_others(arena, &records, id, lines);
	return 0;
}

int names_forget(int folder, struct error *err)
{
	cleanup_fd int lock = names_lock(folder, err);

	if (lock < 0)
		return -1;
	if (unlinkat(folder, NAMES_FILE, 0) < 0 && errno != ENOENT)
		return fail_errno(err, "remove %s", NAMES_FILE);
	return 0;
}
