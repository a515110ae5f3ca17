/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "runtime/settings.h"
#include "specs/runtime_spec.h"

/*
 * ctr for an ordinary user. It enters a user namespace in which that user is root and has all its
 * subordinate ids, and a mount namespace of that, and from then on does what it does for root: what
 * is refused there all the same is told by EPERM (base/user_namespace.h), as for whoever calls us
 * in a user namespace of his own making. Verbs that only look, signal or freeze need none of this:
 * the state, the cgroups and the processes' user namespace are the user's own.
 */

/* In the environment of the own program executed again: the number of the user who called. */
#define ROOTLESS_VARIABLE "CTR_ROOTLESS_USER"

/*
 * Makes the namespaces and enters them. With ranges in /etc/subuid and /etc/subgid newuidmap(1) and
 * newgidmap(1) map them; without, or without these programs, the user's own id is all there is. The
 * process must have one thread.
 *
 * A spec (NULL: none) may join namespaces of another container of the user's, over which only the
 * user namespace that that one was made in has power: then this is entered instead. And the
 * user namespace of a bundle's spec is itself the one that is made, if the user is root in it.
 */
int rootless_enter(struct arena *arena, const struct spec *spec, struct error *err);

/*
 * Enters the user namespace that a running container was made in, where there is power over it, and
 * a new mount namespace. Of one that does not run nothing is entered, and the verb will say so.
 */
int rootless_join(const struct settings *settings, const char *id, struct arena *arena,
		  struct error *err);

/* How many ids beside the own one the calling user has, for `ctr check`. */
int rootless_count_ids(struct arena *arena, uint64_t *uids, uint64_t *gids, struct error *err);

/*
 * The id mappings of a spec as they are in what rootless_enter() has made; its user namespace goes
 * out of the spec if it is that.
 */
int rootless_translate(struct arena *arena, struct spec *spec, struct error *err);

/*
 * Removes the folder name in directory parent with all that is in it, also what belongs to
 * subordinate ids of the user.
 */
int rootless_remove_tree(struct arena *arena, int parent, const char *name, struct error *err);
