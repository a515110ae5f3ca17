/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/handle.h"
#include "runtime/snapshot_list.h"

/* Between the files of the snapshots only; what verbs call is in runtime/container.h. */

/* All own layers that a container or one of its snapshots has. */
int snapshot_layers(const struct handle *handle, struct arena *arena, struct string_list *layers,
		    struct error *err);

/* Reads the list and finds one in it. ENOENT says what there is. */
int snapshot_find(const struct handle *handle, uint64_t number, struct arena *arena,
		  struct snapshot_list *list, struct snapshot **snapshot, struct error *err);
