/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * Protects the program file of ctr from the container (CVE-2019-5736): a process of the container
 * may hold /proc/PID/exe of a ctr that is entering it and later open that for writing. So verbs
 * that run the container's code run from a read-only view of the file: a clone of its mount made
 * read-only, or a sealed copy in memory where mounts cannot be made.
 *
 * Returns 0 when the running program is protected already; otherwise executes it again, with the
 * same arguments, from such a view, and does not return. -1 when that could not be done.
 */
int guard_self(char **argv, struct error *err);

/* The entry point (cli/entry.h) has seen that the program runs from a read-only view. */
extern bool guard_is_seen;

/* Executes it again in any case, for what only execve(2) does. Returns when that failed. */
int guard_execute(char **argv, struct error *err);
