/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "net/attachment.h"
#include "net/network_host.h"
#include "net/rules_members.h"
#include "specs/network_document.h"

/*
 * One container's way into its networks, in the order that it is called:
 *
 *	attach_reserve()	a record, the networks, addresses, ports: on disk only
 *	attach_enter()		links, addresses, routes, rules, the container's own files
 *	attach_keep()		the record is the container's from here on; other members' files
 *
 * and attach_give_back() at any moment before the last. Each is a table of steps that undoes itself
 * when it fails. Everything is in the record before it is made, so that network_detach() removes
 * what a killed process has left.
 */

struct attach {
	/* What is asked for. */
	struct network_host *host;
	struct arena *arena;
	struct network_request request;
	/* A container that runs and has networks already gets more of them. */
	bool more;

	/* How far it is (ATTACH_NONE). */
	struct network_attachment attachment; /* only what is new */
	const struct network **networks;      /* of each endpoint */
	struct attachment_file pending;
	struct attachment_file record;	  /* with more: the lock of what it has */
	struct network_attachment before; /* that */
	int netns;			  /* the container's, of who called attach_enter() */
	struct rules_locks locks;	  /* while rules and record go */
	bool entered, kept;
	bool unpublished; /* kept, but the other members do not know it yet */
};

#define ATTACH_NONE .pending = ATTACHMENT_FILE_NONE, .record = ATTACHMENT_FILE_NONE, .netns = -1

/*
 * Errors are those of the request: ENOENT (no such network), EEXIST (an address in use; the container
 * has networks), ENOSPC (no address is free), EADDRINUSE (a port), EINVAL.
 */
int attach_reserve(struct attach *attach, struct error *err);

/* netns stays the caller's; pid: the process with whose end the attachment ends. */
int attach_enter(struct attach *attach, int netns, pid_t pid, struct error *err);
/*
 * Where the members are many it leaves them to the caller: attachment_publish_names() if unpublished
 * is set then.
 */
int attach_keep(struct attach *attach, struct error *err);

/* Gives everything back unless it was kept, and frees what it holds. Accepts "not begun". */
void attach_give_back(struct attach *attach);
