/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/run_changes.h"

/* The parts of run_changes_apply(); the same contract. */
typedef int run_change(struct arena *arena, const struct run_changes *changes, struct spec *spec,
		       struct error *err);

/* run_limits.c: rlimits, cgroup limits, sysctls */
run_change run_change_rlimits, run_change_resources, run_change_sysctls;
/* run_privileges.c */
run_change run_change_security, run_change_devices;

/* run_network.c */
bool run_network_is_none(const struct network_changes *changes);
int run_change_network(struct arena *arena, const struct network_changes *changes,
		       const struct string_list *exposed, struct spec *spec, struct error *err);

/* Adds a word to the end of a list. */
void run_append(struct arena *arena, struct string_list *list, char *word);
