/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * Idmapped mounts (mount_setattr(2), MOUNT_ATTR_IDMAP): ownership on disk is as it is seen inside
 * a user namespace, the mount translates.
 */

/*
 * Makes a user namespace with these mappings and nobody in it: a child that lives for this moment
 * only. Needs CAP_SETUID and CAP_SETGID over what is mapped. Returns a descriptor of the
 * namespace, the caller's.
 */
int idmap_userns_fd(const struct spec_id_mappings *uids, const struct spec_id_mappings *gids,
		    struct error *err);

/*
 * Who the root of a user namespace is outside of it. EINVAL when its ID 0 is not mapped.
 */
int idmap_userns_root(int userns, uid_t *uid, gid_t *gid, struct error *err);

/*
 * Gives the detached mount (an fd of open_tree(2) or fsmount(2) that was never attached) the
 * mappings of the user namespace; recursive: all mounts below it too. name is for messages, which
 * say so when the filesystem or kernel has no idmapped mounts, and the way out.
 */
int idmap_mount(int mount, int userns, bool recursive, const char *name, struct error *err);
