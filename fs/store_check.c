/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/store_check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/store_check_work.h"
#include "fs/temporary.h"

void store_check_add(struct store_check *check, enum store_finding_kind kind, const char *what,
		     const char *found, const char *advice)
{
	if (check->count == check->room) {
		struct store_finding *larger;

		check->room = 2 * check->room + 16;
		larger = arena_array(check->arena, struct store_finding, check->room);
		if (check->count)
			memcpy(larger, check->findings, check->count * sizeof(*larger));
		check->findings = larger;
	}
	check->findings[check->count++] = (struct store_finding){ kind, what, found, advice };
}

size_t store_check_count(const struct store_check *check, enum store_finding_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < check->count; i++)
		count += check->findings[i].kind == kind;
	return count;
}

/* Unpacked layers ----------------------------------------------------------------------------- */

static bool is_kept(const struct store_work *work, const char *name)
{
	const struct string_list *keep = &work->keep;

	for (size_t i = 0; i < keep->count; i++) {
		const char *slash = strrchr(keep->items[i], '/');

		if (slash && !strcmp(slash + 1, name))
			return true;
	}
	return false;
}

/* It loses its name before its files, as in store_prune(). */
static int remove_layer(struct store_work *work, const char *name, const char *what,
			struct error *err)
{
	const struct store *store = work->check->store;

	if (temporary_rename(store->layers, name, err) < 0 || fsync(store->layers) < 0 ||
	    temporary_clean(store->layers, err) < 0)
		return fail_in(err, "layers");
	store_check_add(work->check, STORE_REPAIRED, what,
			"was removed, and is unpacked again when it is needed", NULL);
	return 0;
}

int store_layer_damaged(struct store_work *work, struct store_item *layer,
			const struct layer_check *answer, struct error *err)
{
	struct arena *arena = work->arena;
	const char *what = arena_printf(arena, "layer %s", layer->name);
	const char *found = arena_strdup(arena, answer->tree_wrong);
	bool used = is_kept(work, layer->name);

	layer->state = ITEM_DAMAGED;
	if (answer->tree_count > 1)
		found = arena_printf(arena, "%s (and %llu more differences to its archive)", found,
				     (unsigned long long)answer->tree_count - 1);
	if (!used && work->check->repair)
		return remove_layer(work, layer->name, what, err);
	store_check_add(work->check, STORE_DAMAGE, what, found,
			used ? "containers use it: remove them with 'rm', then check again with "
			       "--repair"
			     : REPAIR ", and it is unpacked again when it is needed");
	return 0;
}

/* The rest ------------------------------------------------------------------------------------ */

static void note_rubbish(struct store_work *work, const char *what, size_t count,
			 const char *format)
{
	if (count)
		store_check_add(work->check, STORE_RUBBISH, what,
				arena_printf(work->arena, "%zu %s", count, format),
				"'prune' removes them");
}

static void check_unused(struct store_work *work)
{
	size_t blobs = 0, layers = 0;

	for (size_t i = 0; i < work->blobs.count; i++)
		blobs += !work->blobs.items[i].used;
	for (size_t i = 0; i < work->layers.count; i++) {
		const struct store_item *layer = &work->layers.items[i];

		if (layer->used)
			continue;
		if (!is_kept(work, layer->name)) {
			layers++;
			continue;
		}
		store_check_add(work->check, STORE_NOTE,
				arena_printf(work->arena, "layer %s", layer->name),
				"containers use it, but its archive is not in the store: it cannot "
				"be verified",
				NULL);
	}
	note_rubbish(work, "blobs", blobs, "of no image, or of a command at work");
	note_rubbish(work, "layers", layers, "unpacked layers of no image and no container");
	note_rubbish(work, "temporary", work->blobs.temporary + work->layers.temporary,
		     "files and folders that an interrupted command left");
	if (work->blobs.strange + work->layers.strange)
		store_check_add(work->check, STORE_NOTE, "strange",
				arena_printf(work->arena, "%zu names that are no digests",
					     work->blobs.strange + work->layers.strange),
				NULL);
}

static void check_layout(struct store_work *work)
{
	const char *name = "oci-layout";
	struct image_layout layout;
	struct error err;
	char *text;
	size_t size;

	if (file_read_at(work->check->store->root, name, IMAGE_DOCUMENT_MAX_SIZE, work->arena,
			 &text, &size, &err) < 0 ||
	    image_layout_decode(work->arena, name, text, size, &layout, &err) < 0)
		store_check_add(work->check, STORE_DAMAGE, name,
				arena_strdup(work->arena, err.text),
				"remove it: the next command writes it anew");
}

int store_check(struct store_check *check, struct error *err)
{
	struct store_work work = { .check = check, .arena = check->arena };
	const struct store *store = check->store;
	cleanup_fd int blobs = store_lock_blobs(store, check->repair, err), layers = -1;
	struct image_index index;
	struct error wrong;
	int indexed;

	if (blobs < 0)
		return -1;
	layers = store_lock_layers(store, check->repair, err);
	if (layers < 0)
		return -1;
	/* before the folders: what a commit adds meanwhile is in them before the index leads to it
	 */
	indexed = store_index_read(store, work.arena, &index, &wrong);
	if ((check->keep && check->keep->find(check->keep->context, &work.keep, err) < 0) ||
	    store_items_read(&work.blobs, work.arena, store->blobs, err) < 0 ||
	    store_items_read(&work.layers, work.arena, store->layers, err) < 0)
		return -1;
	check_layout(&work);
	if (indexed < 0) {
		/* of nothing can be said then that no image needs it */
		store_check_add(check, STORE_DAMAGE, "index.json",
				arena_strdup(work.arena, wrong.text),
				"the names of all images are in it: restore it from a backup, or "
				"remove it and load or pull the images again");
		return 0;
	}
	if (store_check_images(&work, &index, err) < 0)
		return -1;
	check_unused(&work);
	return 0;
}
