/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * What ctr (client.c) and ctr-net (service.c) say to each other: packets of a SOCK_SEQPACKET pair,
 * each a kind and what belongs to it. Both programs are of one build.
 */

enum service_kind {
	/* From ctr. */
	SERVICE_ATTACH = 1, /* struct network_request as JSON -> PREPARED */
	SERVICE_NETNS,	    /* pid_t; with a descriptor: the network namespace -> ATTACHED */
	SERVICE_KEEP,	    /* -> KEPT, and the end */
	SERVICE_DETACH,	    /* the container's id -> DETACHED */
	SERVICE_DEVICES,    /* a spec with linux.netDevices; with a descriptor as NETNS -> MOVED */
	/* The answers. */
	SERVICE_PREPARED,
	SERVICE_ATTACHED,
	SERVICE_KEPT,
	SERVICE_DETACHED,
	SERVICE_MOVED,
	SERVICE_FAILED, /* struct error */
};

struct service_message {
	enum service_kind kind;
	const char *data; /* in the arena, a NUL behind it */
	size_t size;
	int fd; /* that came along, the receiver's; -1: none */
};

/* Sends one. fd -1: none; it stays the caller's. EMSGSIZE when it is larger than a socket takes. */
int service_send(int sock, enum service_kind kind, const void *data, size_t size, int fd,
		 struct error *err);

/*
 * Receives an answer: its kind, or 0 at the end of file. A SERVICE_FAILED is told as the error that it
 * brings. Allocates nothing.
 */
int service_answer(int sock, struct error *err);

/* Receives any message. Returns 0 at the end of file, otherwise 1. */
int service_receive(int sock, struct arena *arena, struct service_message *message,
		    struct error *err);
