/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * process.capabilities: the five sets of capabilities(7) as bit masks (bit N: capability N).
 */
struct capability_sets {
	uint64_t bounding, effective, inheritable, permitted, ambient;
	unsigned int last;     /* highest capability that this kernel has */
	const char *names[64]; /* those that the spec names, for messages */
};

/* The highest capability of the running kernel: mostly it is that of the headers. */
unsigned int capability_last(void);

/*
 * Turns names into sets. An absent object means no capabilities at all, as in runc and crun.
 * What cannot be granted is left out with a warning, which the specification asks for: names that
 * are unknown ("process.capabilities.bounding[3]: unknown capability 'CAP_FOO'") or that this
 * kernel is too old for, effective ones that are not permitted, ambient ones that are not both
 * permitted and inheritable.
 */
void capability_plan(const struct spec_capabilities *spec, unsigned int last,
		     struct capability_sets *sets);

/* "CAP_CHOWN", in a buffer until the next call; not for the child side. */
const char *capability_name(unsigned int capability);

/* Child side. Drops what is not in sets->bounding from the bounding set: needs CAP_SETPCAP. */
int capability_drop_bounding(const struct capability_sets *sets, struct error *err);

/*
 * Child side, after the user was changed with PR_SET_KEEPCAPS: sets the permitted, effective,
 * inheritable and ambient sets. Those in also (a mask) stay permitted and effective besides: for
 * a seccomp filter without no_new_privs CAP_SYS_ADMIN is still needed; call it again with 0 then.
 * EPERM names the first capability that ctr itself lacks.
 */
int capability_apply(const struct capability_sets *sets, uint64_t also, struct error *err);
