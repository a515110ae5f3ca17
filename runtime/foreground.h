/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "runtime/notify.h"

/*
 * A process of a container in the foreground: what ctr does between its start and its end. Every
 * signal that ctr gets goes on to the process, except those that mean ctr alone (SIGCHLD, and
 * SIGTSTP, SIGTTIN, SIGTTOU, so that the shell's job control works); a terminal is copied.
 */
struct foreground {
	int signals; /* signalfd(2) */
	sigset_t saved;
	bool reaps;	       /* is a subreaper: reaps also what the process left behind */
	struct notify *notify; /* what the container tells the service manager; NULL: nothing */
	/* Called once when the process has run for a while: work that no start should wait for. */
	void (*settle)(void *context);
	void *context;
};

/*
 * Blocks the signals from here on. Before the clone, so that none is lost; the child resets
 * its own (process_protect()). subreaper: orphans of a container without a pid namespace come to
 * ctr.
 */
int foreground_begin(struct foreground *foreground, bool subreaper, struct error *err);

/*
 * Forwards until the process of pidfd has ended, reaps it and sets *exit_status (128 + N for
 * signal N). master is the container's terminal, -1: none, which it takes over.
 */
int foreground_wait(struct foreground *foreground, int pidfd, pid_t pid, int master,
		    int *exit_status, struct error *err);

/* Unblocks the signals again; accepts one that was never begun (signals -1). */
void foreground_end(struct foreground *foreground);
