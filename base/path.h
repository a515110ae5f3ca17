/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * Paths below a root that somebody else wrote. Every component is resolved by the kernel inside
 * that root (openat2(2), RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS): "..", absolute links and links
 * of /proc never lead out of it. Only descriptors are handed on, so that nothing is looked up
 * twice.
 */

/* openat2 below root. Returns a descriptor (O_CLOEXEC is added). */
int open_in_root(int root, const char *path, int flags, mode_t mode, struct error *err);

/*
 * Makes the directory path below root with all that is missing of it, mode being that of the new
 * ones. Returns an O_PATH descriptor of it. A file on the way is an error; what a dangling link
 * leads to is made, inside the root.
 */
int mkdir_in_root(int root, const char *path, mode_t mode, struct error *err);

/*
 * Opens what is at path below root, or makes an empty regular file there (and the directories
 * above it) to mount a file upon. Returns an O_PATH descriptor.
 */
int mkfile_in_root(int root, const char *path, mode_t mode, struct error *err);

/*
 * Opens the directory that path's last component is in, making what is missing of it, and sets
 * *name to that last component (part of the arena). For mknodat, symlinkat and unlinkat, which
 * follow no link themselves. Returns an O_PATH descriptor.
 */
int open_parent_in_root(int root, const char *path, mode_t mode, struct arena *arena, char **name,
			struct error *err);

/* dir + "/" + path, or path when it is absolute. */
char *path_join(struct arena *arena, const char *dir, const char *path);

/* Whether a component of path is "..". */
bool path_has_dot_dot(const char *path);

/*
 * Lexically cleans path: no "//", "." and "..", no slash at the end; the result is absolute
 * ("/" is put in front of a relative one), and ".." stops at "/".
 */
char *path_clean(struct arena *arena, const char *path);
/*
 * Where the kernel says that an open file is: absolute and without links, what realpath(3) finds out
 * name by name.
 */
char *path_of_fd(struct arena *arena, int fd, struct error *err);

/*
 * Compares paths in the order of a walk with the names of each directory sorted by bytes, a
 * directory before what is in it: as strcmp(3), but with '/' in front of every other byte.
 */
int path_compare(const char *left, const char *right);

/*
 * What path has behind directory: "" for directory itself, "/x" below it, NULL elsewhere. By the
 * names alone: both are as path_clean() leaves them. Points into path.
 */
const char *path_behind(const char *path, const char *directory);

/*
 * Whether name is fit to be a container's ID or a file's name: [A-Za-z0-9_+.-]+, not "." or "..",
 * and not like an option, which begins with "-".
 */
bool path_is_plain_name(const char *name);
