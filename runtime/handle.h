/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "runtime/container.h"
#include "runtime/state.h"
#include "specs/runtime_spec.h"

/* An existing container, found by its ID and held open: what all verbs on containers begin with. */
struct handle {
	int dir;  /* <root>/<id>; -1: it has no process and is of the spec form */
	int data; /* <data-root>/containers/<id>; -1: it is of the OCI form */
	struct state state;
	bool incomplete; /* its making was interrupted: there is no state.json */
	int pidfd;	 /* of its first process; -1: that has ended */
	int cgroup;	 /* O_PATH, while it has a process; -1: none, or handed out */
	enum container_status status;
};

#define HANDLE_NONE ((struct handle){ .dir = -1, .data = -1, .pidfd = -1, .cgroup = -1 })

enum handle_lock {
	HANDLE_NO_LOCK, /* to look only */
	HANDLE_LOCK,	/* waits until no other ctr works on it */
	HANDLE_FORCE,	/* the same, and a state that cannot be read counts as half made */
};

/* Whether a container may be called that: base/path.h's plain names. EINVAL says why not. */
int handle_check_name(const char *id, struct error *err);

/*
 * Opens container id and finds out its status. ENOENT "container does not exist" if neither
 * folder has it. Whatever the result: handle_close().
 */
int handle_open(const struct settings *settings, const char *id, enum handle_lock lock,
		struct arena *arena, struct handle *handle, struct error *err);
void handle_close(struct handle *handle);

#define cleanup_handle __attribute__((cleanup(handle_close)))

/* The cgroup of a container (O_PATH), the caller's, or -1 with ENOENT when it has none. */
int handle_open_cgroup(struct arena *arena, struct handle *handle, struct error *err);

/* Reads its config.json. */
int handle_read_spec(struct arena *arena, const struct handle *handle, struct spec *spec,
		     struct error *err);

/*
 * Whether a verb is allowed in this status, as a bit mask of 1 << enum container_status; if not,
 * fails with the words that engines look for.
 */
int handle_allow(const struct handle *handle, const char *verb, unsigned int statuses,
		 struct error *err);

/*
 * Makes folder name (an ID) below path, and path itself when it is missing, 0700. Returns its
 * descriptor, locked. EEXIST "container with given ID already exists".
 */
int handle_make_folder(const char *path, const char *id, struct error *err);

/* The folder of the spec form's containers: <data-root>/containers. */
char *handle_data_path(struct arena *arena, const struct settings *settings);
