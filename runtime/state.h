/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/identity.h"
#include "base/string_list.h"
#include "cgroup/resctrl.h"
#include "runtime/container.h"
#include "runtime/settings.h"

/*
 * What is remembered of a container between two calls of ctr.
 *
 *	<root>/<id>/state.json			while it has a process, or is of the OCI form
 *	<data-root>/containers/<id>/container.json	the spec form: from its making to `rm`
 *
 * are the same document; in the second the process is absent. Beside each lies config.json, the
 * spec as it is run.
 */
#define STATE_FILE "state.json"
#define RECORD_FILE "container.json"
#define CONFIG_FILE "config.json"
#define RESOURCES_FILE "resources.json" /* linux.resources since `update` changed them */
/* As STATE_FILE, before that, where its unit of systemd or its cgroup could not be found again. */
#define SCOPE_FILE "scope.json"
#define EXIT_FILE "exit.json"
#define LOG_FILE "log"
#define SKELETON_FOLDER "lower"
#define COMMIT_INDEX_FILE "commit.index" /* runtime/commit_index.h */
#define START_SOCKET "start.sock"

/* A copy-on-write mount beside the root; the list is sorted as path_compare() does. */
struct state_part {
	char *target; /* in the container, absolute and clean */
	char *host;   /* the folder that it is a view of */
	char *upper;
};

struct state {
	char *oci_version, *id, *bundle, *rootfs;
	char *created; /* RFC 3339 with nanoseconds */
	char *since;   /* of a clone: when the first container of its writable layer was created */
	char *owner;   /* state_owner() */
	char *command; /* process.args, joined */
	char *image;   /* its name; NULL: from a spec */
	char *image_digest;	   /* of its manifest */
	char *cgroup;		   /* below the cgroup2 mount; NULL: none */
	char *systemd_unit;	   /* that the cgroup is, or is below of; NULL: none */
	char *systemd_cgroup;	   /* that unit's */
	char *data;		   /* its folder in the data root; NULL: the OCI form */
	char *upper;		   /* the writable layer; NULL: none of ctr's making */
	char *user;		   /* USER[:GROUP] as the image or --user names it; NULL: neither */
	char *restart;		   /* restart_policy.h; NULL: no */
	char *stop_signal;	   /* as its image or an option names it; NULL: SIGTERM */
	struct string_list lowers; /* topmost first */
	uint64_t own_layers;	   /* how many of them, from the top, are runtime/uppers.h's */
	struct string_map annotations;
	SPEC_LIST(state_part) parts;
	uint32_t project; /* project id of the writable layer, which has a limit; 0: none */
	struct resctrl_groups resctrl;
	struct identity init, monitor; /* pid 0: none */
	bool systemd_user;	       /* the unit is one of the user's manager */
	bool idmapped;		       /* ownership in the layers is as seen inside */
	bool keep;		       /* the spec form without --rm: stays when it has stopped */
	bool host_view;		       /* the root is a view of the host's own */
	bool needs_spec;	       /* start and delete read config.json: hooks */
	bool started;		       /* by who made it: START_SOCKET was never there */
	bool own_pids; /* a pid namespace of its own: all die with the first process */
};

/* exit.json */
struct exit_record {
	int64_t exit_code;
	char *finished;
};

char *state_encode(struct arena *arena, const struct state *state, size_t *size);
int state_decode(struct arena *arena, const char *name, const char *text, size_t size,
		 struct state *state, struct error *err);

/* Writes the document as file name (STATE_FILE, RECORD_FILE) of directory dir, by rename. */
int state_save(struct arena *arena, int dir, const char *name, const struct state *state,
	       bool durable, struct error *err);
/* The first half of it, not durable: see file_begin_at(). */
int state_prepare(struct arena *arena, int dir, const char *name, const struct state *state,
		  char *temporary, size_t room, struct error *err);
/* Reads it. ENOENT when there is none. */
int state_load(struct arena *arena, int dir, const char *name, struct state *state,
	       struct error *err);

/* The lower directories without the container's own layers: those of the image or spec. */
struct string_list state_image_lowers(const struct state *state);

/* Takes out what is of the process that was, for another one. */
void state_forget_process(struct state *state);

/* Reads exit.json of directory dir. ENOENT when there is none. */
int exit_load(struct arena *arena, int dir, struct exit_record *record, struct error *err);
/* Writes it durably, with the present time. */
int exit_save(struct arena *arena, int dir, int exit_code, struct error *err);

/*
 * Makes what lies in a container's data folder durable: the record, the spec, the names of what is
 * in it and its own. A start does not wait for that; it is done while the container runs.
 */
int state_sync(int dir, struct error *err);

/* A user: "root", or the number. */
char *state_owner(struct arena *arena, uid_t user);
