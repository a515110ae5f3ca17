/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/container.h"
#include "specs/json_writer.h"

/* The snapshots of a container as a JSON array: `snapshots --format json`, and part of `inspect`.
 */
void snapshots_write(struct json_writer *writer, const struct snapshot_info *items, size_t count);
