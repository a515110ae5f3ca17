/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/diff.h"

/*
 * All that is below a directory, as it is seen there: for what copies or archives a merged root,
 * a volume or a tree of the host. (diff_walk() reads layers as they are on disk.)
 *
 * Nothing is opened but directories, and regular files where that is asked for, through no link, so
 * that whoever changes the tree meanwhile can lead the walk nowhere else; what vanishes is left
 * out.
 */

/*
 * Calls callback for each thing below root with an entry of kind DIFF_ADDED, the names of each
 * directory sorted by bytes, a directory before what is in it; root itself is not listed. Ends with
 * -1 when the callback returns a negative number. needs: DIFF_ALL, and DIFF_CONTENT.
 *
 * Mounts are gone into, but not filesystems that are the kernel's own view of itself (proc, sysfs,
 * cgroups, ...): of these there is the directory only. At most about 70 descriptors are open at a
 * time, whatever the depth.
 */
int tree_walk(int root, unsigned needs, diff_callback *callback, void *context, struct error *err);
