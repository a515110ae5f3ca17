/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "runtime/container.h"
#include "specs/network_document.h"

/*
 * What a container that runs has of networks (struct network_attachment; in the arena). Returns 1, or
 * 0 if it has nothing: it is in no network of ctr's, or has ended.
 */
int container_network(const struct settings *settings, const struct container_info *info,
		      struct arena *arena, struct network_attachment *attachment,
		      struct error *err);
