/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "runtime/settings.h"
#include "specs/network_document.h"
#include "specs/runtime_spec.h"

/*
 * The network of an ordinary user's container: pasta(1) of the package passt, a process that is a
 * router between the container's namespace, where it makes a tap device, and sockets of the user's on
 * the host. It runs until the file is unlinked that it knows the namespace by, PASTA_FOLDER/PASTA_NETNS
 * in the state folder, so whatever removes that folder ends it, and no process is ever signalled.
 */
#define PASTA_FOLDER "network"
#define PASTA_NETNS "netns"
/* Not a file: the last part of what its process is called. */
#define PASTA_NAME "pasta"
/* Beside it: the published ports, one a line as port_print() has them, each with its host port. */
#define PASTA_PORTS "ports"

/* Where containers find the host's servers of names that listen on a loopback alone; podman's. */
#define PASTA_NAME_SERVER "169.254.1.1"

struct published_ports {
	struct published_port *items;
	size_t count;
};

struct pasta_plan {
	struct string_list options; /* the user's own */
	struct published_ports ports;
	bool forwards_names; /* who asks PASTA_NAME_SERVER asks the host's first server */
};

/*
 * Pure. options: the words behind "pasta:", with commas between, or NULL. Fails with EINVAL for one that is
 * ctr's to say, with ENOTSUP for a port that pasta cannot publish.
 */
int pasta_plan(struct arena *arena, const char *options, const struct published_ports *ports,
	       struct pasta_plan *plan, struct error *err);

/*
 * Its argv, for the namespace behind the path netns. name: what its process is found by, one of the
 * container's alone; of the last part of it pasta knows that it is pasta. Pure.
 */
struct string_list pasta_arguments(struct arena *arena, const struct pasta_plan *plan,
				   const char *name, const char *netns);

/*
 * What it said, as one line: the reason why it has ended, without what it says of every start. NULL:
 * nothing. Changes text, and points into it. Pure.
 */
const char *pasta_reason(char *text);

/* Whether it can be started: it is installed (ENOENT else), and there are tap devices. */
int pasta_check(struct arena *arena, struct error *err);

/*
 * Fills in the host's ports that were left open, and finds out that all are free: pasta would
 * pass over a part of a range in silence, and share a port of datagrams with another. EADDRINUSE: at
 * least *taken, a single one, is not.
 */
int pasta_choose_ports(const struct published_ports *ports, struct published_port *taken,
		       struct error *err);

/* Whether port, a single one, is among those. */
bool pasta_has_port(const struct published_ports *ports, const struct published_port *port);

/* A container as pasta has to do with it. */
struct pasta_subject {
	pid_t pid;	  /* a process that is in its network namespace */
	uid_t user;	  /* whose it is, on the host */
	int state;	  /* the state folder, */
	const char *path; /* and where it is */
};

/* Starts it, and returns when the network is there. */
int pasta_start(struct arena *arena, const struct pasta_plan *plan,
		const struct pasta_subject *subject, struct error *err);

/* Ends it, if it is there, and waits until it has given back its ports. */
int pasta_stop(struct arena *arena, int state, const char *path, struct error *err);

/* Which ports are published, of a container that runs; none: *ports is empty. */
int pasta_read_ports(struct arena *arena, int state, struct published_ports *ports,
		     struct error *err);
