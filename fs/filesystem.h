/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/string_list.h"

/*
 * A filesystem mounted by descriptor (fsopen(2)), detached until somebody attaches it. What the
 * filesystem itself says about a failure is part of the error's text. Nothing here allocates.
 */

/* Returns a filesystem context, the caller's. */
int filesystem_open(const char *type, struct error *err);

/* Sets key to value (at most 255 bytes); value NULL: key is a flag. */
int filesystem_set(int context, const char *key, const char *value, struct error *err);

/* The same of each word: "key=value" or "flag". */
int filesystem_set_words(int context, const struct string_list *words, struct error *err);

/* Sets key to an open file (fsconfig(2), FSCONFIG_SET_FD). */
int filesystem_set_fd(int context, const char *key, int fd, struct error *err);

/* Makes the filesystem and returns a detached mount of it with these MOUNT_ATTR_*, the caller's. */
int filesystem_mount(int context, uint64_t attributes, struct error *err);

/* Attaches a detached mount, or moves an attached one, onto target. Both stay the caller's. */
int mount_move(int mount, int target, struct error *err);

/*
 * Changes MOUNT_ATTR_* and the propagation (MS_*, 0: as it is) of a mount, recursive: and of all
 * below it.
 */
int mount_change(int mount, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive,
		 struct error *err);

/*
 * The same with what a spec says of a bind or of what is mounted already. A user namespace may not
 * change what the host had locked (mount_namespaces(7)): there "rw" and the kinds of atime, which
 * ask for no more than is usual, leave it as it is; "suid", "dev" and "exec" fail.
 */
int mount_change_own(int mount, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive,
		     struct error *err);
