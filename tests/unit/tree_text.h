/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * All that is to be seen of a directory tree, as text, a line a path: kind, mode, owner, number of
 * links and which other paths they are, times of modification, device, size, extended attributes,
 * where the data and the holes are, and the content itself as a checksum. Two trees are equal when
 * their texts are. The caller frees it.
 */
char *tree_text(const char *root);

/* The first line in which the two differ, and both of them (static buffer); NULL: they are equal.
 */
const char *tree_text_difference(const char *one, const char *other);
