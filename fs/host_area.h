/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "fs/host_journal.h"
#include "fs/host_part.h"

/*
 * Areas: folders on the host where a commit keeps its new files before they are exchanged, and the
 * old ones behind that, until they are undone or dropped:
 *
 *	DIRECTORY/.ctr-undo/NUMBER-RANDOM/SLOT
 *
 * DIRECTORY is as far up as a rename to the changed directories is possible and allowed: mostly the
 * root of a mount. The folder .ctr-undo is the caller's and 0700: old set-user-ID programs are out
 * of everybody's reach, and nobody can move anything in there.
 */

/*
 * The name of that folder in directory, which is open: .ctr-undo, or with a random end where
 * somebody else has taken that name (in /tmp everybody can). In buffer, which is returned.
 */
#define HOST_FOLDER_SIZE 40
const char *host_area_folder(int directory, char buffer[HOST_FOLDER_SIZE]);

/* The length of the path of the directory that the folder of an area is in. */
size_t host_area_above(const char *name);

/* What a rename cannot leave. */
struct host_realm {
	dev_t device;	  /* a subvolume of btrfs has its own */
	uint32_t project; /* that new files belong to (quotas); 0: none */
	bool encrypted;
};

int host_realm_of(int fd, struct host_realm *realm, struct error *err);

/*
 * Whether what is there can be brought back once it has been moved: a directory that hands its
 * project on takes nothing of another project, even if it had that before. EXDEV.
 */
int host_realm_check(const struct host_realm *realm, int dir, const char *name, struct error *err);

bool host_realm_equal(const struct host_realm *one, const struct host_realm *other);

/*
 * Makes an area in directory place of the part that is open as root, and checks that the filesystem
 * can exchange names. name is its path, for host_area_open(). Returns its descriptor.
 */
int host_area_make(int root, const char *name, struct error *err);

/* Opens one, through no link. ENOENT, without struct error, when it is gone. */
int host_area_open(int root, const char *name);

/* Removes one with all that is in it, and its folder if that is empty then. Gone is no error. */
int host_area_remove(int root, const char *name, struct error *err);
