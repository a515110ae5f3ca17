/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/events.h"

/*
 * The counters of a process's network interfaces, from /proc/PID/net/dev (proc_pid_net(5)).
 * Loopback is left out: what it carries goes nowhere.
 */
int interfaces_read(pid_t pid, struct arena *arena, struct interfaces_stats *interfaces,
		    struct error *err);

/* That file's text. Pure; lines of another form are passed over. */
struct interfaces_stats interfaces_parse(struct arena *arena, const char *text);
