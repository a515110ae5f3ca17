/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a container, for diff and commit, and what `prune` does about containers. */
#include <errno.h>

#include "base/fd.h"
#include "base/user_namespace.h"
#include "fs/layer_stack.h"
#include "fs/own_paths.h"
#include "runtime/container.h"
#include "runtime/handle.h"

int container_layers_open(const struct settings *settings, const char *id, struct arena *arena,
			  struct container_layers *layers, struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	const struct state *state = &handle.state;
	struct spec spec = { 0 };

	*layers = (struct container_layers){ .upper = -1 };
	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, &handle, err) < 0)
		return -1;
	if (!state->data)
		return fail(err, ENOTSUP,
			    "%s: was made from a bundle, whose root is used as it is: there are no "
			    "layers",
			    id);
	if (handle_read_spec(arena, &handle, &spec, err) < 0 ||
	    own_paths(arena, &spec, &layers->own, err) < 0)
		return fail_in(err, "%s", id);
	layers->user_xattr = in_user_namespace();
	layers->idmapped = state->idmapped;
	layers->upper_path = state->upper;
	layers->lower_paths = state->lowers;
	layers->lowers = arena_array(arena, int, state->lowers.count);
	for (size_t i = 0; i < state->lowers.count; i++) {
		int fd = layer_open(state->lowers.items[i], err);

		if (fd < 0)
			goto failed;
		layers->lowers[layers->lower_count++] = fd;
	}
	if (state->upper) {
		layers->upper = layer_open(state->upper, err);
		if (layers->upper < 0)
			goto failed;
	}
	return 0;
failed:
	container_layers_close(layers);
	return fail_in(err, "%s", id);
}

void container_layers_close(struct container_layers *layers)
{
	for (size_t i = 0; i < layers->lower_count; i++)
		close_fd(&layers->lowers[i]);
	layers->lower_count = 0;
	close_fd(&layers->upper);
}

int container_prune(const struct settings *settings, bool stopped, size_t *removed,
		    struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct container_info *items;
	size_t count;

	*removed = 0;
	if (container_list(settings, &arena, &items, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		/* without a time of creation its making was interrupted, and nobody works on it */
		bool broken = !items[i].created[0];

		if (items[i].status != STATUS_STOPPED || (!broken && !stopped))
			continue;
		if (container_remove(settings, items[i].id, false, err) < 0) {
			if (err->errnum == ENOENT || err->errnum == EBUSY)
				continue;
			return -1;
		}
		(*removed)++;
	}
	return 0;
}
