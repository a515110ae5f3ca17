/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "fs/diff_work.h"

/* From how many names on it is worth to read the directory below, which spares a lookup of each. */
#define NAMES_WORTH_READING 8

/* How many directories above the present one keep their descriptors, if these are few. */
#define MAX_DEPTH_OPEN 16

struct frame *frame_top(struct walk *walk)
{
	return walk->frames[walk->depth - 1];
}

struct chain *frame_content(struct frame *frame)
{
	return frame->same ? &frame->base : &frame->content;
}

int walk_set_path(struct walk *walk, size_t length, const char *name, struct error *err)
{
	size_t needed = length + (name ? 1 + strlen(name) : 0) + 2;

	if (walk->path_room < needed) {
		char *path = realloc(walk->path, 2 * needed);

		if (!path)
			return fail(err, ENOMEM, "out of memory");
		walk->path = path;
		walk->path_room = 2 * needed;
	}
	walk->path[length] = '\0';
	if (name) {
		walk->path[length] = '/';
		memcpy(walk->path + length + 1, name, strlen(name) + 1);
	}
	walk->lookup.path = walk->path;
	return 0;
}

const char *walk_path(const struct walk *walk)
{
	return walk->path[0] ? walk->path : "/";
}

int frame_upper(struct walk *walk, struct frame *frame)
{
	if (frame->upper < 0)
		frame->upper = open_below(&walk->lookup, walk->stack->upper, "", walk->path,
					  frame->path_length);
	return frame->upper;
}

void frame_close(struct walk *walk, struct frame *frame)
{
	close_fd(&frame->upper);
	chain_close(&walk->lookup, &frame->base);
	chain_close(&walk->lookup, &frame->content);
}

void frame_leave(struct walk *walk, struct frame *frame)
{
	if (walk->depth > MAX_DEPTH_OPEN || frame->base.count + frame->content.count > 2)
		frame_close(walk, frame);
}

void frame_enter(struct walk *walk, struct frame *frame)
{
	walk->lookup.path_length = frame->path_length;
	walk->lookup.open[0] = &frame->base;
	walk->lookup.open[1] = &frame->content;
}

static void empty(struct walk *walk, struct frame *frame)
{
	frame_close(walk, frame);
	*frame = (struct frame){
		.upper = -1,
		.base = frame->base,
		.content = frame->content,
		.names = frame->names,
		.below = frame->below,
	};
	frame->base.count = frame->content.count = 0;
	name_list_clear(&frame->names);
	name_list_clear(&frame->below);
}

struct frame *frame_next(struct walk *walk, struct error *err)
{
	struct frame *frame;

	if (walk->depth == walk->room) {
		size_t room = 2 * walk->room + 16;
		struct frame **frames = realloc(walk->frames, room * sizeof(struct frame *));

		if (!frames)
			goto no_memory;
		walk->frames = frames;
		for (; walk->room < room; walk->room++)
			frames[walk->room] = NULL;
	}
	frame = walk->frames[walk->depth];
	if (!frame) {
		frame = calloc(1, sizeof(*frame));
		if (!frame)
			goto no_memory;
		walk->frames[walk->depth] = frame;
		frame->upper = -1;
	}
	empty(walk, frame);
	return frame;
no_memory:
	fail(err, ENOMEM, "out of memory");
	return NULL;
}

/* Those of the first count places of chain. Returns 1 where they are too many for the limit. */
static int read_chain(struct walk *walk, struct name_list *names, struct chain *chain, size_t count,
		      bool limit, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++) {
		int fd = place_fd(&walk->lookup, &chain->items[i]);

		if (fd < 0)
			return fail_errno(err, "lower layer %zu", chain->items[i].layer);
		result = name_list_read(names, fd, limit, err);
	}
	return result;
}

/* One look at a small directory tells what is in it and what is not. */
static int read_below(struct walk *walk, struct frame *frame, struct error *err)
{
	int more = read_chain(walk, &frame->below, &frame->base, frame->base.count, true, err);

	if (more < 0)
		return -1;
	name_list_sort(&frame->below);
	frame->below_known = !more;
	return 0;
}

int frame_read_names(struct walk *walk, struct frame *frame, struct error *err)
{
	struct chain *chain = frame_content(frame);
	size_t more = frame->over ? chain->count - frame->base.count : chain->count;

	if (frame->in_upper && name_list_read(&frame->names, frame->upper, false, err) < 0)
		return -1;
	if (!frame->same && read_chain(walk, &frame->names, chain, more, false, err) < 0)
		return -1;
	if (!frame->same && !frame->over &&
	    read_chain(walk, &frame->names, &frame->base, frame->base.count, false, err) < 0)
		return -1;
	name_list_sort(&frame->names);
	frame->below_known = !frame->base.count;
	if (frame->base.count && frame->same && (walk->needs & DIFF_KIND) &&
	    frame->names.count >= NAMES_WORTH_READING * frame->base.count)
		return read_below(walk, frame, err);
	return 0;
}

void frames_free(struct walk *walk)
{
	for (size_t i = 0; i < walk->room; i++) {
		struct frame *frame = walk->frames[i];

		if (!frame)
			continue;
		close_fd(&frame->upper);
		chain_free(&walk->lookup, &frame->base);
		chain_free(&walk->lookup, &frame->content);
		name_list_free(&frame->names);
		name_list_free(&frame->below);
		free(frame);
	}
	free(walk->frames);
}
