/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "runtime/settings.h"

/*
 * The probes of `ctr check`. Each tries the real thing, in a child where it would leave traces,
 * and says what it found and what the user can do.
 */

enum finding_status {
	FINDING_OK,
	FINDING_LIMITED, /* works in part */
	FINDING_MISSING,
	FINDING_COUNT,
};

struct finding {
	enum finding_status status; /* begins as FINDING_OK */
	char found[512];	    /* "6.12.48 x86_64" */
	char advice[512];	    /* empty: none */
};

struct check {
	const struct settings *settings;
	struct arena *arena;
};

typedef void probe_function(const struct check *check, struct finding *finding);

/* Sets status, what was found and the advice (printf format; NULL: none). */
void finding_set(struct finding *finding, enum finding_status status, const char *found,
		 const char *advice);

/* What was tried failed; a user who is not root and was not let is told to ask again as root. */
void finding_failed(struct finding *finding, const struct error *err, const char *advice);

/*
 * Runs function in a child made with these clone flags (0: in the caller's namespaces). In a new
 * user namespace the caller is mapped to root first. Returns what function returned, its error
 * with it.
 */
int check_in_child(uint64_t flags, int (*function)(void *context, struct error *err), void *context,
		   struct error *err);

/* check_kernel.c */
probe_function probe_kernel, probe_process_descriptors, probe_mount_calls, probe_seccomp,
	probe_seccomp_notify, probe_security_modules;
/* check_namespaces.c */
probe_function probe_namespaces, probe_user_namespace;
/* check_cgroup.c */
probe_function probe_cgroup, probe_controllers, probe_freezer, probe_device_rules;
/* check_overlay.c */
probe_function probe_overlay, probe_overlay_user, probe_idmapped_mounts;
/* check_rootless.c */
probe_function probe_subordinate_ids, probe_delegation;
/* check_network.c */
probe_function probe_networks;
/* check_programs.c */
probe_function probe_libraries, probe_companions, probe_criu, probe_skopeo, probe_newuidmap,
	probe_pasta;
