/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/arena.h"

/* Prints what proc(5) says of these processes; those that are gone meanwhile are left out. */
void process_table_print(struct arena *arena, const pid_t *pids, size_t count, FILE *out);
