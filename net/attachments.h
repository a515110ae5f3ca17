/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "net/network_store.h"
#include "specs/network_document.h"

/* What all containers have of networks, as it is on the disk; by id. */
struct attachments {
	struct network_attachment *items;
	size_t count;
};

int attachments_read(const struct network_store *store, struct arena *arena,
		     struct attachments *attachments, struct error *err);

/* The first container that is in a network, or NULL. */
const struct network_attachment *attachments_in(const struct attachments *attachments,
						const char *network);
