/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "fs/layer_stack.h"

/*
 * Makes one layer of several: upper and the own_layers below it become the empty directory to, so
 * that it shows the same over the other lowers. Nothing is copied: its files are hard links to
 * theirs, for read-only layers on one mount of a file system (upper and the own layers opened as
 * plain directories, not by layer_open()). Directories that nothing has changed are left out, as
 * diff_walk() does. Nothing is synced; after an error parts of it are there.
 */
int layer_merge(const struct layer_stack *stack, int to, struct error *err);
