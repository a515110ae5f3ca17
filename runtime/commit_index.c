/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/commit_index.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"

/* A file of the layer that the stage has a copy of. */
struct staged_file {
	const char *path;
	struct stat status;
	bool racy;
};

static uint64_t find_base(const struct state *state)
{
	struct string_list lowers = state_image_lowers(state);
	uint64_t base = layer_index_base(lowers.items, lowers.count);

	return state->image_digest ? base ^ layer_index_base(&state->image_digest, 1) : base;
}

static bool is_good(const struct layer_index_info *info, uint64_t base)
{
	return info->base == base && info->image[0] && info->deltas < COMMIT_INDEX_MAX_DELTAS &&
	       info->delta_size <= info->full_size + COMMIT_INDEX_SLACK;
}

void commit_index_open(struct commit_index *index, int data, const struct state *state, bool full,
		       struct image_commit *image)
{
	struct error ignored;

	index->data = data;
	index->base = find_base(state);
	if (!full)
		index->before = layer_index_open(data, COMMIT_INDEX_FILE, &ignored);
	if (index->before && !is_good(layer_index_info(index->before), index->base))
		layer_index_close(&index->before);
	if (index->before)
		image->previous = layer_index_info(index->before)->image;
}

void commit_index_forget(struct commit_index *index)
{
	layer_index_close(&index->before);
}

bool commit_index_known(const struct commit_index *index, const char *path,
			const struct stat *status)
{
	ssize_t number = index->before ? layer_index_find(index->before, path) : -1;

	return number >= 0 && layer_index_is_same(index->before, (size_t)number, status);
}

/* The stage --------------------------------------------------------------------------------- */

struct collection {
	struct commit_index *index;
	struct arena *arena;
	size_t room;
};

static int collect(const struct stage_entry *entry, void *context, struct error *err)
{
	struct collection *collection = context;
	struct commit_index *index = collection->index;

	(void)err;
	if (index->file_count == collection->room) {
		size_t room = 2 * collection->room + 1024;
		struct staged_file *larger =
			arena_array(collection->arena, struct staged_file, room);

		if (index->file_count)
			memcpy(larger, index->files, index->file_count * sizeof(*larger));
		index->files = larger;
		collection->room = room;
	}
	index->files[index->file_count++] = (struct staged_file){
		.path = arena_strdup(collection->arena, entry->path),
		.status = entry->status,
		.racy = entry->racy,
	};
	return 0;
}

static bool identify(void *context, const char *path, struct stat *status, bool *racy)
{
	const struct commit_index *index = context;
	size_t low = 0, high = index->file_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct staged_file *file = &index->files[middle];
		int order = path_compare(file->path, path);

		if (order == 0) {
			*status = file->status;
			*racy = file->racy;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

int commit_index_stage(struct commit_index *index, const struct stage *stage, struct arena *arena,
		       struct error *err)
{
	struct collection collection = { .index = index, .arena = arena };

	index->delta.identity = identify;
	index->delta.context = index;
	return stage_each(stage, collect, &collection, err);
}

/* The new one ------------------------------------------------------------------------------- */

int commit_index_begin(struct commit_index *index, struct image_commit *image, struct error *err)
{
	if (layer_index_begin(&index->after, index->data, COMMIT_INDEX_FILE, err) < 0)
		return -1;
	clock_gettime(CLOCK_REALTIME, &index->delta.now);
	index->delta.before = index->before;
	index->delta.after = &index->after;
	image->archive.delta = &index->delta;
	return 0;
}

int commit_index_end(struct commit_index *index, const struct image_commit *image,
		     struct error *err)
{
	struct layer_index_info info = { .full_size = image->layer.size };

	if (index->before) {
		info = *layer_index_info(index->before);
		if (image_commit_adds_layer(image)) {
			info.delta_size += image->layer.size;
			info.deltas++;
		}
	}
	info.base = index->base;
	snprintf(info.image, sizeof(info.image), "%s", image->manifest.text);
	return layer_index_end(&index->after, &info, err);
}

int commit_index_publish(struct commit_index *index, struct error *err)
{
	return layer_index_publish(&index->after, COMMIT_INDEX_FILE, err);
}

void commit_index_close(struct commit_index *index)
{
	layer_index_close(&index->before);
	/* what was not published: the next commit would write over it, but nobody may come */
	if (index->after.fd >= 0)
		unlinkat(index->data, COMMIT_INDEX_FILE LAYER_INDEX_NEW, 0);
	layer_index_drop(&index->after);
}
