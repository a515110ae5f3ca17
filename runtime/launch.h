/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/cgroup.h"
#include "cgroup/systemd_unit.h"
#include "fs/launchpad.h"
#include "fs/rootfs.h"
#include "net/client.h"
#include "runtime/foreground.h"
#include "runtime/namespaces.h"
#include "runtime/notify.h"
#include "runtime/plan.h"
#include "runtime/state.h"

/*
 * The parent's side of making a container: launch_create() brings it to "created",
 * launch_start() has it execute its program (both with runtime/init.c as the other side).
 */

struct launch {
	/* What is to be done. */
	const struct settings *settings;
	struct plan *plan;
	struct state *state; /* as it will be saved; launch fills pid and identity */
	const char *config;  /* the spec's text, kept beside the state for exec */
	size_t config_size;
	const char *pid_file, *console_socket, *pidfd_socket;
	bool start_socket; /* `create`: the child waits on start.sock */
	bool keep_console; /* the master stays in console, for the caller */
	int stdio[3];	   /* the container's standard streams, -1: inherited */
	struct notify notify;
	struct hook_output hook_output;
	struct arena *arena;
	struct restore *restore; /* the process comes from images; NULL: from the spec */
	/* The spec form only. */
	const char *data_parent;	 /* where its folder is to be made; NULL: the OCI form */
	const struct skeleton *skeleton; /* to be made in that too, as SKELETON_FOLDER; or NULL */
	struct string_list folders;	 /* to be made in that, for volumes */
	bool again; /* it ran before: data_dir is its folder, open and locked */

	/* How far it is: all -1, 0 or false at the beginning (LAUNCH_NONE). */
	struct cgroup_host cgroup_host;
	struct rootfs rootfs;
	struct launchpad launchpad;
	struct namespaces_fds namespaces;
	int data_dir;	  /* <data-root>/containers/<id> */
	bool remove_data; /* it goes when the container is undone */
	int state_dir;	  /* <root>/<id>, locked */
	bool state_dir_made;
	int cgroup;		  /* its directory */
	const char *cgroup_path;  /* NULL: there is none (any more) */
	struct systemd_unit unit; /* what holds the scope until the first process is in it */
	int sync, child_sync;	  /* the pair between parent and child */
	int start_listener;	  /* bound to start.sock */
	int proc;		  /* the host's procfs */
	int joined_network;	  /* of another container */
	struct network_service service;
	bool network_attached;	/* its answer to that has been heard */
	bool network_kept;	/* ctr-net has to be told when the container is gone, */
	bool network_expected;	/* has been started for that */
	bool network_detaching; /* and works on it */
	bool has_pasta;		/* that has to be ended */
	int pidfd;
	pid_t pid;	     /* 0: the process is no child of ours */
	int console;	     /* pty master; the caller's with keep_console */
	int console_sock;    /* connected to console_socket */
	bool hooks_begun;    /* so poststop hooks are owed */
	char state_file[64]; /* state.json under another name, until it is true */
	int exit_status;     /* 126 or 127 when the program could not be executed, else 0 */
	struct foreground foreground;
};

#define LAUNCH_NONE                                                                                \
	.cgroup_host = { .root = -1 }, .data_dir = -1, .state_dir = -1, .cgroup = -1,              \
	.rootfs = { .root = -1 }, .launchpad = LAUNCHPAD_NONE, .namespaces = NAMESPACES_FDS_NONE,  \
	.sync = -1, .child_sync = -1, .start_listener = -1, .proc = -1, .joined_network = -1,      \
	.service = NETWORK_SERVICE_NONE, .pidfd = -1, .console = -1, .console_sock = -1,           \
	.unit = SYSTEMD_UNIT_NONE, .notify = NOTIFY_NONE, .hook_output = HOOK_OUTPUT_NONE,         \
	.stdio = { -1, -1, -1 }, .foreground = { .signals = -1 }

/*
 * Makes the container up to the state "created", all of it or nothing. Afterwards the lock of the
 * state folder is still held.
 */
int launch_create(struct launch *launch, struct error *err);

/*
 * Has the child execute its program and returns when it does. When it cannot, the container is
 * undone, as after a failure of launch_create().
 */
int launch_start(struct launch *launch, struct error *err);

/*
 * Both at once, or from images (launch->restore): the container runs, or there is none.
 */
int launch_run_whole(struct launch *launch, struct error *err);

/*
 * The undo side of launch_create(): kills what still runs, removes cgroup and state folder, runs
 * poststop hooks if hooks_begun. Accepts what is gone already. For the end of a run, and for
 * delete, which fills *launch from the saved state.
 */
int launch_remove(struct launch *launch, struct error *err);

/*
 * `ctr start`, another process than the one that created: has state_dir and plan, and talks to
 * the child over start.sock. On failure nothing is undone.
 */
int launch_start_created(struct launch *launch, struct error *err);

/* Lets go of the lock: others may exec, freeze, delete --force from here on. */
void launch_unlock(const struct launch *launch);

/* Closes what is open and lets go of the lock; the container goes on. */
void launch_close(struct launch *launch);
