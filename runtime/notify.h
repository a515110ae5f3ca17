/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * sd_notify(3) out of a container. Where the environment of ctr has NOTIFY_SOCKET, the container
 * gets a socket of its own, /run/notify/notify.sock, in a folder of the state folder that is bound
 * there. ctr hands on what comes, without what only makes sense inside (MAINPID, file
 * descriptors), and with READY=1 the number of the container's first process, which the service
 * manager is to watch from then on.
 *
 * As with runc: `create` (or run) makes the folder and tells the container; `start` (or run), if
 * it has NOTIFY_SOCKET as well, binds the socket. Detached, start and run return when the container
 * is ready or has ended; in the foreground messages are handed on as long as it runs.
 */
#define NOTIFY_FOLDER "notify"
#define NOTIFY_DESTINATION "/run/notify"

struct notify {
	const char *host; /* NOTIFY_SOCKET, a path or @name; NULL: nothing is relayed */
	int socket;	  /* the container's; -1: not bound */
	pid_t pid;	  /* the container's first process as the host numbers it */
	bool ready;	  /* it has said so */
};

#define NOTIFY_NONE                                                                                \
	{                                                                                          \
		.socket = -1                                                                       \
	}

/* Sets host from the environment. */
void notify_find(struct notify *notify);

/*
 * Adds mount and variable to the spec, if notify has a host. A spec that mounts /run/notify itself
 * has seen to it: then host becomes NULL. folder: the state folder's path.
 */
void notify_plan(struct arena *arena, const char *folder, struct spec *spec, struct notify *notify);

/* Makes the folder in state folder dir. */
int notify_make_folder(const struct notify *notify, int dir, struct error *err);

/* Binds the socket, if there is the folder. */
int notify_bind(struct notify *notify, int dir, struct error *err);

/* Takes one message from the socket and hands it on. A host that does not listen is no error. */
int notify_relay(struct notify *notify, struct error *err);

/*
 * Hands on until the container is ready, or pidfd, its first process, has ended; then waits until
 * the host has seen all of it. Returns at once where no socket is bound.
 */
int notify_wait(struct notify *notify, int pidfd, struct error *err);

void notify_close(struct notify *notify);

/*
 * The lines of a container's message that are for the host, each with a newline; ready: one of them
 * is READY=1. Pure.
 */
char *notify_filter(struct arena *arena, const char *message, bool *ready);
