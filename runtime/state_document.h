/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/string_list.h"
#include "runtime/container.h"
#include "specs/json_writer.h"

/*
 * The state of a container as JSON (runtime-spec, runtime.md, "State"): one table of members for
 * all who get it. `state` and `list` show what is known of a container, with the members that runc
 * adds (rootfs, created, owner) and ours (command, image, cgroup, systemd-scope, data, exitCode,
 * finished); hooks and the seccomp agent get what is set of a container that is being made.
 */

/* Members that are NULL or not set are left out; pid, status and annotations are always there. */
char *state_document(struct arena *arena, const struct container_info *info, enum json_style style,
		     size_t *size);

/* An array of them in one line, as engines and tests of runc expect it of `list`; "[]" of none. */
char *state_documents(struct arena *arena, const struct container_info *items, size_t count);

/* What an agent gets with a seccomp notify descriptor (config-linux.md, "containerProcessState").
 */
struct container_process_state {
	const char *oci_version;
	struct string_list fds; /* names of the descriptors that come with it, in their order */
	pid_t pid;		/* of the process with the filter */
	const char *metadata;	/* linux.seccomp.listenerMetadata */
	struct container_info state;
};

char *process_state_document(struct arena *arena, const struct container_process_state *state,
			     size_t *size);
