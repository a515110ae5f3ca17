/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_known.h"

#include <errno.h>
#include <string.h>

struct reader {
	struct arena *arena;
	struct host_since *since;
	const struct journal_state *state;
	const struct journal *journal;
	struct host_known *items;
	size_t count, room;
	bool own;
};

static void add(struct reader *reader, const char *target, uint64_t inode, struct timespec time,
		const struct journal_seen *seen)
{
	if (!inode)
		return;
	if (reader->count == reader->room) {
		size_t room = 2 * reader->room + 256;
		struct host_known *items = arena_array(reader->arena, struct host_known, room);

		if (reader->count)
			memcpy(items, reader->items, reader->count * sizeof(*items));
		reader->items = items;
		reader->room = room;
	}
	reader->items[reader->count++] = (struct host_known){
		.target = target,
		.inode = inode,
		.time = time,
		.seen = seen,
	};
}

/* Whether it was changed last before the moment. */
static bool is_older(const struct reader *reader, int64_t seconds, uint32_t nanoseconds)
{
	const struct timespec *time = &reader->since->time;

	return seconds < time->tv_sec ||
	       (seconds == time->tv_sec && nanoseconds <= (uint32_t)time->tv_nsec);
}

static bool is_undone(const struct reader *reader, size_t i)
{
	return reader->state->phase == JOURNAL_UNDONE ||
	       journal_has(reader->state->undone.items, reader->state->undone.count, i);
}

static void add_operations(struct reader *reader)
{
	const struct journal *journal = reader->journal;
	const struct timespec settled = { reader->state->settled,
					  reader->state->settled_nanoseconds };

	for (size_t i = 0; i < journal->operations.count; i++) {
		const struct journal_operation *operation = &journal->operations.items[i];
		const struct journal_seen *old = &operation->old, *new = &operation->new;
		const char *target = journal->targets.items[operation->part];

		if (reader->own)
			add(reader, target, new->inode, settled, new);
		if (reader->own ||
		    (is_undone(reader, i) && is_older(reader, old->ctime, old->ctime_nanoseconds)))
			add(reader, target, old->inode, settled, old);
	}
	for (size_t i = 0; i < journal->directories.count; i++) {
		const struct journal_directory *directory = &journal->directories.items[i];

		if (reader->own ||
		    (reader->state->phase == JOURNAL_UNDONE &&
		     is_older(reader, directory->ctime, directory->ctime_nanoseconds)))
			add(reader, journal->targets.items[directory->part], directory->inode,
			    settled, NULL);
	}
}

/* Directories in which .ctr-undo was made and removed. */
static void add_areas(struct reader *reader)
{
	const struct journal_state *state = reader->state;

	for (size_t i = 0; i < state->areas.count; i++) {
		const struct journal_area *area = &state->areas.items[i];

		if (reader->own || is_older(reader, area->ctime, area->ctime_nanoseconds))
			add(reader, state->targets.items[area->part], area->inode,
			    (struct timespec){ area->settled, area->settled_nanoseconds }, NULL);
	}
}

static int read_one(const struct journals *journals, unsigned number, const char *container,
		    const char *created, struct reader *reader, struct error *err)
{
	struct journal_state *state = arena_new(reader->arena, struct journal_state);
	struct journal *journal = arena_new(reader->arena, struct journal);

	if (journal_load_state(journals, number, reader->arena, state, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	reader->state = state;
	reader->own = container && state->container && !strcmp(state->container, container) &&
		      state->created && !strcmp(state->created, created);
	add_areas(reader);
	if (!reader->own && state->phase != JOURNAL_UNDONE && !state->undone.count)
		return 0;
	if (journal_load(journals, number, reader->arena, journal, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	reader->journal = journal;
	add_operations(reader);
	return 0;
}

int host_known_read(const struct journals *journals, const char *container, const char *created,
		    struct arena *arena, struct host_since *since, struct error *err)
{
	struct reader reader = { .arena = arena, .since = since };
	unsigned *numbers;
	size_t count;

	if (journals_list(journals, arena, &numbers, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (read_one(journals, numbers[i], container, created, &reader, err) < 0)
			return -1;
	host_known_sort(reader.items, reader.count);
	since->known = reader.items;
	since->known_count = reader.count;
	return 0;
}
