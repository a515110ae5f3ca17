/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * Giving up. A ctr in the foreground blocks all signals before it makes a process, so that it can
 * hand them on; until that process runs, those that ask ctr to end (SIGINT, SIGTERM, SIGHUP,
 * SIGQUIT) end what it waits for instead: a hook that hangs, a child in a frozen cgroup.
 */

/* From here on, when these signals are blocked. */
int interrupt_watch(struct error *err);

/* No longer: the process runs, or we are a child that has these signals for itself. */
void interrupt_ignore(void);

/* Whether interrupt_poll() looks for signals: without, a call that blocks does as well. */
bool interrupt_watched(void);

/*
 * poll(2) of fd for reading, timeout in milliseconds (-1: none). Returns what poll returns, or -1
 * with errno ECANCELED when ctr was asked to end: once, what follows is the undoing.
 */
int interrupt_poll(int fd, int timeout);
