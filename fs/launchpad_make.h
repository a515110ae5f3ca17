/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/* How a launchpad (fs/launchpad.h) comes to be: only for that. */

#define LAUNCHPAD_FOLDER ".@launchpad" /* in the state folder */
#define LAUNCHPAD_FILE "mnt"

/*
 * root is the open state folder, whose only writer is the caller. Returns the pinned namespace, or
 * fails with ENOENT when there is none, or none that is finished.
 */
int launchpad_find(int root, struct error *err);

/*
 * Makes one and returns it, the caller's descriptor; that of somebody else who was faster. Whatever
 * kills it on the way: nobody sees one that is half done, and the next one goes on from there.
 */
int launchpad_make(int root, struct error *err);
