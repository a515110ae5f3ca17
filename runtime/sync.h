/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * What parent (runtime/launch.c) and child (runtime/init.c) say to each other, one packet a
 * message over a SOCK_SEQPACKET pair. Each stops only where it must wait for the other:
 *
 *	parent                                   child (pid 1 of the container)
 *	clone3 --------------------------------> dies with the parent from here on
 *	writes uid_map and gid_map
 *	      -- SYNC_MAPPED (with its pid) ---> joins namespaces, mounts the root
 *	      <-- SYNC_CONSOLE + pty master ---- (with a terminal)
 *	      <-- SYNC_MOUNTED ----------------- (if there are hooks for this moment)
 *	prestart, createRuntime hooks
 *	      -- SYNC_HOOKED ------------------> createContainer hooks, pivots
 *	writes the state
 *	      <-- SYNC_READY ------------------- (run: the rest overlaps with the parent's)
 *	                                         becomes the user, finds the program
 *	      <-- SYNC_LISTENER + seccomp fd --- (with a notify listener)
 *	      <-- SYNC_READY ------------------- (create, or with a listener)
 *	gives the state its name
 *	      -- SYNC_SAVED -------------------> (create) may wait: somebody knows of it
 *	      -- SYNC_START -------------------> limits, seccomp, startContainer hooks
 *	      <-- end of file ------------------ execve has closed the socket
 *
 * `create` ends behind SYNC_SAVED; then SYNC_START comes over start.sock from `ctr start`, which
 * reads the answer there. `run` sends SYNC_START as soon as the state is saved. Either side may
 * send SYNC_FAILED with its struct error at any time; an end of file that comes before it should
 * means that the other died.
 *
 * `exec` (runtime/join.c) uses SYNC_MAPPED, SYNC_CONSOLE, SYNC_LISTENER, SYNC_FAILED and the end
 * of file. Other pairs of a ctr and its child (runtime/rootless.c, launch_clone.c, criu.c) speak
 * with the same packets.
 */

enum sync_kind {
	SYNC_END, /* end of file */
	SYNC_MAPPED,
	SYNC_CONSOLE,
	SYNC_MOUNTED,
	SYNC_HOOKED,
	SYNC_READY,
	SYNC_SAVED,
	SYNC_START,
	SYNC_LISTENER,
	SYNC_FAILED,
};

/* Makes the pair; both ends close-on-exec. */
int sync_pair(int pair[2], struct error *err);

/* Sends a message; pid is for SYNC_MAPPED, fd (-1: none) for those that carry one. */
int sync_send(int sock, enum sync_kind kind, pid_t pid, int fd, struct error *err);
/*
 * Tells a child to go on. One that has failed meanwhile has said why: that is the error then, and
 * *exit_status what it gave with sync_send_error(); otherwise *exit_status stays.
 */
int sync_tell(int sock, enum sync_kind kind, int *exit_status, struct error *err);
/* SYNC_MAPPED to a child that resets what its maker ignores (runtime/signals.h). */
int sync_send_mapped(int sock, pid_t pid, uint64_t ignored, struct error *err);
/*
 * Sends SYNC_FAILED. exit_status is what ctr is to exit with, 0: as it sees fit. Nobody may be
 * there to read it: what then happens is of no interest.
 */
void sync_send_error(int sock, const struct error *error, int exit_status);

struct sync_message {
	enum sync_kind kind;
	pid_t pid;
	uint64_t ignored; /* of sync_send_mapped() */
	int exit_status;  /* with SYNC_FAILED: of the program that could not be executed, or 0 */
	int fd;		  /* the receiver's; -1: none */
};

/*
 * Receives the next message. SYNC_FAILED is the other side's error, copied into err: -1. The end
 * of file is a message of kind SYNC_END.
 */
int sync_receive(int sock, struct sync_message *message, struct error *err);

/* Receives a message that must be of this kind; an end of file means that the other side died. */
int sync_expect(int sock, enum sync_kind kind, struct sync_message *message, struct error *err);
