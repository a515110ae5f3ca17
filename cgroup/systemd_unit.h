/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/systemd_plan.h"

/*
 * Units of systemd, by the companion program ctr-systemd (systemd_main.c): it has the library that
 * speaks D-Bus, which the start path does not pay for.
 *
 * A scope needs a process from its beginning, and one that is empty ends. The container's process
 * is cloned into the cgroup, which must be there before; so the companion is the scope's first
 * process and stays until systemd_unit_release(). Should ctr die, it ends as well, and with it the
 * scope.
 */

struct systemd_unit {
	int sock;  /* to the companion that holds the scope, -1: none does */
	int pidfd; /* of it */
	pid_t pid;
};

#define SYSTEMD_UNIT_NONE                                                                          \
	{                                                                                          \
		.sock = -1, .pidfd = -1                                                            \
	}

/* Whether the companion is installed. ENOENT with the way out if not. Costs an access(2). */
int systemd_unit_available(struct error *err);

/*
 * Starts the unit and returns when systemd has done it; *cgroup (in the arena) is where its
 * directory is. Then systemd_unit_release().
 */
int systemd_unit_start(struct arena *arena, const struct systemd_plan *plan,
		       struct systemd_unit *unit, const char **cgroup, struct error *err);

/* Lets the companion leave the scope, and returns when it has. */
void systemd_unit_release(struct systemd_unit *unit);

/* Sets properties of a running unit, until it ends (systemctl set-property --runtime). */
int systemd_unit_set(struct arena *arena, const char *name, bool user,
		     const struct string_list *wanted, struct error *err);

/* Stops the unit, and has systemd forget it when it has failed. Gone already is success. */
int systemd_unit_stop(struct arena *arena, const char *name, bool user, struct error *err);
