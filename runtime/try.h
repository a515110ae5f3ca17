/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "fs/host_view.h"
#include "fs/skeleton.h"
#include "runtime/settings.h"
#include "specs/runtime_spec.h"

/*
 * `ctr try`: a command on a copy-on-write view of the whole host. The container is one of the spec
 * form, of a spec that is made here out of what the host has mounted at the moment; from then on it
 * is as any other. A view of something of the host has nothing of it that answers or acts: no
 * device but the usual ones, no process, no socket that anybody listens on (overlayfs has an inode
 * of its own for each).
 */

struct try_options {
	struct string_list args;     /* the command, at least one word */
	struct string_list writable; /* parts of the host that may change; relative ones too */
	bool own_network;	     /* nothing but a loopback device; else the host's */
	bool terminal;		     /* a terminal of its own, shown on the caller's */
};

struct try_plan {
	struct spec spec;
	struct skeleton skeleton; /* its root, where the host's cannot be a layer; or nothing */
	struct host_view view;	  /* what has become of the host's mounts, for who asks */
};

/*
 * The process is as its caller: user, groups, directory, environment, umask and limits. Looks at
 * the mounts and changes nothing. Everything lives in the arena.
 */
int try_plan(const struct settings *settings, const struct try_options *options,
	     struct arena *arena, struct try_plan *plan, struct error *err);
