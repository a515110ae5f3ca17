/* SPDX-License-Identifier: Apache-2.0 */
#include "net/attachments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/attachment.h"

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct network_attachment *)a)->id,
		      ((const struct network_attachment *)b)->id);
}

int attachments_read(const struct network_store *store, struct arena *arena,
		     struct attachments *attachments, struct error *err)
{
	struct string_list ids;

	*attachments = (struct attachments){ 0 };
	if (attachment_list(store->dir, arena, &ids, err) < 0)
		return -1;
	attachments->items = arena_array(arena, struct network_attachment, ids.count);
	for (size_t i = 0; i < ids.count; i++) {
		if (attachment_read(store->dir, arena, ids.items[i],
				    &attachments->items[attachments->count], err) == 0)
			attachments->count++;
		else if (err->errnum != ENOENT) /* that container is just ending */
			return -1;
	}
	if (attachments->count)
		qsort(attachments->items, attachments->count, sizeof(*attachments->items), by_id);
	return 0;
}

const struct network_attachment *attachments_in(const struct attachments *attachments,
						const char *network)
{
	for (size_t i = 0; i < attachments->count; i++)
		if (network_attachment_in(&attachments->items[i], network))
			return &attachments->items[i];
	return NULL;
}
