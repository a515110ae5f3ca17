/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "runtime/pasta.h"
#include "runtime/settings.h"
#include "specs/network_document.h"
#include "specs/runtime_spec.h"

/*
 * "network" of a spec, decided before anything is made: which namespace the container is in, what is
 * asked of ctr-net for it (net/client.h), and the files of name resolution that are mounted in its
 * root. What is not asked for costs nothing.
 */

/* The folder of those files, in the state folder. */
#define NETWORK_FOLDER "network"

enum network_file { NETWORK_HOSTS, NETWORK_RESOLV_CONF, NETWORK_HOSTNAME, NETWORK_FILE_COUNT };
/* What they are called there, and in /etc. */
extern const char network_files[NETWORK_FILE_COUNT][12];

struct connection_plan {
	enum network_mode mode;
	const char *other;		 /* of NETWORK_MODE_CONTAINER: that container's ID */
	struct network_request *request; /* what ctr-net is asked for; NULL: nothing */
	struct pasta_plan *pasta;	 /* NULL: it is not wanted */
	const struct spec_network *spec; /* the words */
	const char *hostname;
	/* The last of the groups from 0 on that have a name in the container's user namespace. */
	uint32_t last_group;
	/*
	 * Which files are mounted: the container's own, which with a request are filled by ctr-net,
	 * or those of the other container.
	 */
	bool files[NETWORK_FILE_COUNT];
};

/*
 * Pure. id: the container's; folder: where its state folder will be. NULL: the spec asks for nothing
 * but a loopback interface, or the host's network as it is.
 */
int connection_plan(struct arena *arena, const struct spec *spec, const char *id,
		    const char *folder, struct connection_plan **plan, struct error *err);

/*
 * Makes the spec, a copy that nobody keeps, say it in words that the rest of ctr knows: the path of a
 * namespace that is joined, and mounts of the files. netns: of the other container's namespace, NULL
 * without one; folder: where the files are.
 */
void connection_enter(struct arena *arena, const struct connection_plan *plan, const char *netns,
		      const char *folder, struct spec *spec);

/* Lines for `ctr explain`. */
void connection_print(FILE *out, const struct connection_plan *plan);

/*
 * Both, for a container that is about to run. joined: the network namespace of another container
 * that runs, whose descriptor is the caller's and has to stay open until it is joined; else -1.
 */
int connection_settle(const struct settings *settings, struct arena *arena, const char *id,
		      struct spec *spec, const struct connection_plan **plan, int *joined,
		      struct error *err);

/* Finds out whether pasta has to hand on what the container asks the host's servers of names. */
int connection_find_servers(struct arena *arena, const struct connection_plan *plan,
			    struct error *err);

/* Whether ctr-net has given the container of this spec something that it has to give back. */
bool connection_is_attached(const struct spec *spec);
/* The same of pasta, which has to be ended. */
bool connection_has_pasta(const struct spec *spec);

/*
 * Who is not root, asks for ports and names no mode means pasta, as podman has it: says so in the
 * spec.
 */
void connection_choose(const struct settings *settings, struct arena *arena, struct spec *spec);

/*
 * Makes the files that the plan wants, in a new folder of the state folder dir, and writes those
 * that are not ctr-net's to write. uid, gid: whose they are.
 */
int connection_files_make(struct arena *arena, const struct connection_plan *plan, int dir,
			  uid_t uid, gid_t gid, struct error *err);
