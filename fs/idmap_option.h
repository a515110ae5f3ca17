/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * The mappings of the mount options idmap= and ridmap= as crun has them (crun(1), "idmap mount
 * options"): "uids=0-1000-1#1-5000-10;gids=0-1000-1". Each triple is the first ID on disk, the
 * first ID of the mount, and how many; "@" in front of one says that the second is an ID of the
 * container, of which linux_spec's mappings say who that is on the host. Pure.
 */
int idmap_option_parse(struct arena *arena, const char *text, const struct spec_linux *linux_spec,
		       struct spec_id_mappings *uids, struct spec_id_mappings *gids,
		       struct error *err);
