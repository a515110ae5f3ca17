/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "fs/layer_stack.h"
#include "runtime/settings.h"
#include "specs/optional.h"
#include "specs/runtime_spec.h"

/*
 * The life of containers: what the verbs of the command line call, one function a verb.
 *
 * A container of the OCI form exists as long as <root>/<id> does. One of the spec form has a
 * folder <data-root>/containers/<id> besides, with its writable layer; it outlives the process and
 * a reboot, until container_remove().
 */

enum container_status {
	STATUS_CREATING, /* state folder there, not yet a process (or its creator was killed) */
	STATUS_CREATED,	 /* waits for start */
	STATUS_RUNNING,
	STATUS_PAUSED,
	STATUS_STOPPED,
	STATUS_COUNT,
};

const char *status_name(enum container_status status);

struct run_changes;
struct skeleton;

/* How a container is made, from whichever form of the command line. */
enum container_form {
	FORM_OCI,  /* create, run --bundle: root.path is used as it is, state goes with the process
		    */
	FORM_SPEC, /* run spec.json or image: own writable layer, stays until rm */
};

struct container_options {
	enum container_form form;
	const char *id;		 /* NULL (spec form): one is made */
	const char *bundle;	 /* OCI form: the bundle's folder, absolute or relative */
	const char *config;	 /* OCI form: instead of its config.json; relative to it. NULL */
	const char *spec_path;	 /* spec form: the JSON file; NULL: the image's defaults */
	const struct spec *spec; /* spec form: instead of a file, of a view of this host */
	const struct skeleton *skeleton; /* with spec: made to be its lower layer; NULL: none */
	const char *image;		 /* spec form: NAME[:TAG] of the store instead of a file */
	struct string_list args;	 /* spec form: replaces process.args when not empty */
	const struct run_changes *changes; /* spec form: what options change in it; NULL: nothing */
	const char *pid_file; /* NULL: none; written before create and detached run return */
	const char *console_socket, *pidfd_socket;
	int preserve_fds; /* descriptors 3 .. 3+N-1 are handed to the process */
	bool detach;
	bool remove; /* --rm */
	bool keep;   /* OCI form of run: not deleted at the end */
	bool no_pivot, no_new_keyring, no_subreaper;
};

/* Makes a container that waits for start (OCI `create`). */
int container_create(const struct settings *settings, const struct container_options *options,
		     struct error *err);

/*
 * Makes and starts a container. In the foreground it forwards signals, waits, and sets
 * *exit_status to that of the process (128 + N for signal N). Detached it sets it to 0 when the
 * process runs; *id (in the arena) is the container's. On failure err->errnum tells "not found"
 * (ENOENT: 127) and "cannot execute" (EACCES, ENOEXEC: 126) of the program apart by
 * *exit_status, which is then 125, 126 or 127.
 */
int container_run(const struct settings *settings, const struct container_options *options,
		  struct arena *arena, const char **id, int *exit_status, struct error *err);

/* Starts a created container. */
int container_start(const struct settings *settings, const char *id, struct error *err);

/*
 * Whether `start` of it means to run a stopped container of the spec form once more: with this and
 * not with container_start(). One that is not there has no such meaning.
 */
bool container_starts_again(const struct settings *settings, const char *id);

enum start_again {
	START_DETACHED,	 /* with a monitor and its log going on */
	START_ATTACHED,	 /* in the foreground */
	START_BY_ITSELF, /* as its restart policy says: detached, unless it was stopped (ECANCELED)
			  */
};

/*
 * Runs it, on its own writable layer, as container_run() does. *exit_status as of
 * container_run().
 */
int container_start_again(const struct settings *settings, const char *id, enum start_again how,
			  int *exit_status, struct error *err);

/*
 * Makes a container like id, which shares its layers: of a stopped one without copying anything,
 * whatever its size. number: as it was at that snapshot; 0: as it is. name: of the new one; NULL:
 * one is made up. *made (in the arena) is its ID. It has stopped, for container_start_again().
 */
struct clone_request {
	const char *id;
	uint64_t number;
	const char *name;
};

int container_clone(const struct settings *settings, const struct clone_request *request,
		    struct arena *arena, const char **made, struct error *err);

/*
 * A numbered snapshot of a container's files, to go back to with container_rollback(). Of a
 * stopped one nothing is copied. message: for who reads the list; NULL: none.
 */
int container_snapshot(const struct settings *settings, const char *id, const char *message,
		       uint64_t *number, struct error *err);

struct snapshot_info {
	uint64_t number;
	const char *created, *message; /* RFC 3339; NULL: none */
};

/* Its snapshots, oldest first. */
int container_snapshots(const struct settings *settings, const char *id, struct arena *arena,
			struct snapshot_info **items, size_t *count, struct error *err);

/* Removes one with what no other needs. ENOENT: there is none of this number. */
int container_remove_snapshot(const struct settings *settings, const char *id, uint64_t number,
			      struct error *err);

/*
 * Makes the files of a stopped container what they were at the snapshot. What they are now becomes
 * a snapshot itself, *saved, unless discard (or nothing was written since the last one: 0).
 */
int container_rollback(const struct settings *settings, const char *id, uint64_t number,
		       bool discard, uint64_t *saved, struct error *err);

/* Sends a signal to the first process; to all of the container's with all. */
int container_kill(const struct settings *settings, const char *id, int signal, bool all,
		   struct error *err);

/*
 * OCI `delete`: undoes everything of a container that is stopped (or only created). force: kills
 * it first, and a container that does not exist is no error.
 */
int container_delete(const struct settings *settings, const char *id, bool force,
		     struct error *err);

/* `rm`: delete, and the folder with the writable layer as well. force as above. */
int container_remove(const struct settings *settings, const char *id, bool force,
		     struct error *err);

/* Removes one whose making was interrupted, nothing else. Returns 1 if it was such a one. */
int container_remove_incomplete(const struct settings *settings, const char *id, struct error *err);

/* `stop`: SIGTERM (or the image's stop signal), after timeout_ms SIGKILL; returns when it ended. */
int container_stop(const struct settings *settings, const char *id, int timeout_ms,
		   struct error *err);

/* `wait`: until it ended, however long; the exit status, -1 when nobody recorded one. */
int container_wait(const struct settings *settings, const char *id, int *exit_status,
		   struct error *err);

/*
 * The end of a detached container: the hidden verb `cleanup`, which its monitor becomes. Another
 * container of this name is not touched. With a restart policy it may come back only when the
 * container has started again (runtime/restart.h).
 */
int container_cleanup(const struct settings *settings, const char *id, bool remove,
		      struct error *err);

/* `freeze` and `thaw`: return only when the kernel says so (cgroup/freeze.h). */
int container_freeze(const struct settings *settings, const char *id, int timeout_ms,
		     struct error *err);
int container_thaw(const struct settings *settings, const char *id, struct error *err);

/*
 * `update`: changes the limits that are set in change (linux.resources of a config.json), all of
 * them or, with an error, none. It counts together with what was asked for before (update.h).
 * intel_rdt: other schemata for its resctrl group, NULL: these stay.
 */
int container_update(const struct settings *settings, const char *id,
		     const struct spec_resources *change, const struct spec_intel_rdt *intel_rdt,
		     struct error *err);

/*
 * What `state`, `list`, `ps` and `inspect` show; as JSON: runtime/state_document.h. Strings live in
 * the arena.
 */
struct container_info {
	const char *id;
	int status; /* enum container_status */
	pid_t pid;  /* 0 when stopped */
	const char *bundle, *rootfs;
	const char *created;	   /* RFC 3339 with nanoseconds */
	const char *command;	   /* process.args joined by blanks */
	const char *image;	   /* NULL: from a spec */
	const char *image_digest;  /* of its manifest when the container was made */
	const char *cgroup;	   /* below the cgroup2 mount, NULL: none */
	const char *systemd_scope; /* the unit of systemd that its cgroup is of, NULL: none */
	const char *data;	   /* its folder below the data root, NULL: none */
	const char *owner;	   /* name of the user who made it */
	struct string_map annotations;
	const char *oci_version;
	struct opt_int exit_code; /* when one is recorded */
	const char *finished;	  /* RFC 3339, NULL: unknown */
	bool remains;		  /* was to go at its end, but the machine's came before */
};

int container_info(const struct settings *settings, const char *id, struct arena *arena,
		   struct container_info *info, struct error *err);

/* The IDs of all containers of both folders, also of those that are broken. */
int container_names(const struct settings *settings, struct arena *arena, struct string_list *names,
		    struct error *err);

/* All containers of both folders, sorted by time of creation. */
int container_list(const struct settings *settings, struct arena *arena,
		   struct container_info **items, size_t *count, struct error *err);

/*
 * The processes of a container as the host numbers them: those of its cgroup and below it, or if
 * it has none those of its pid namespace. One that has stopped mostly has none.
 */
int container_processes(const struct settings *settings, const char *id, struct arena *arena,
			pid_t **pids, size_t *count, struct error *err);

/* Which cgroups criu makes below that of the container, with which of their settings. */
enum checkpoint_cgroups { CGROUPS_SOFT, CGROUPS_FULL, CGROUPS_STRICT, CGROUPS_IGNORE };

/* How criu keeps packets away from a network namespace meanwhile. */
enum checkpoint_network_lock {
	NETWORK_LOCK_DEFAULT,
	NETWORK_LOCK_IPTABLES,
	NETWORK_LOCK_NFTABLES,
	NETWORK_LOCK_SKIP,
};

/* What checkpoint and restore say to criu (criu(8)); the two have most of it in common. */
struct checkpoint_options {
	const char *image_path;	 /* the folder of the images */
	const char *work_path;	 /* of criu's log; NULL: image_path */
	const char *parent_path; /* the images of an earlier pre-dump, relative to image_path */
	const char *page_server; /* ADDRESS:PORT: pages go there (or, lazily, are fetched there) */
	const char *lsm_profile, *lsm_mount_context;
	struct string_list empty_ns; /* "network": its interfaces are not saved */
	enum checkpoint_cgroups manage_cgroups;
	enum checkpoint_network_lock network_lock;
	int status_fd; /* gets a \0 when lazy pages can be fetched; -1: none */
	bool leave_running, pre_dump;
	bool tcp_established, tcp_skip_in_flight, tcp_close;
	bool ext_unix_sk, shell_job, file_locks, link_remap, auto_dedup, lazy_pages;
};

/*
 * Saves the processes of a running container of the OCI form as images. Without leave_running and
 * pre_dump they and the container are gone then. If it fails the container goes on as it was.
 */
int container_checkpoint(const struct settings *settings, const char *id,
			 const struct checkpoint_options *options, struct error *err);

/*
 * Makes a container of the OCI form from images instead of a program; otherwise as container_run().
 */
int container_restore(const struct settings *settings, const struct container_options *options,
		      const struct checkpoint_options *criu, struct arena *arena, int *exit_status,
		      struct error *err);

struct exec_options {
	const char *id;
	struct string_list args;  /* the command; empty: process_path */
	struct string_list env;	  /* added to the container's */
	struct string_list caps;  /* added to all sets but inheritable and ambient */
	struct string_list gids;  /* added to the supplementary groups; numbers */
	const char *user;	  /* USER[:GROUP], names of the container; NULL: as its process */
	const char *cwd;	  /* NULL: as its process */
	const char *process_path; /* a JSON file that is a process object */
	const char *cgroup;	  /* below the container's; NULL: that itself */
	const char *apparmor_profile, *selinux_label; /* NULL: as its process */
	const char *pid_file, *console_socket, *pidfd_socket;
	int preserve_fds;
	bool terminal, interactive, detach, ignore_paused, no_new_privileges, no_subreaper;
};

/* Runs a process in a running container; *exit_status as of container_run(), 255 on failure. */
int container_exec(const struct settings *settings, const struct exec_options *options,
		   int *exit_status, struct error *err);

/* `logs`: opens the log (json-lines) of a detached container; the descriptor is the caller's. */
int container_open_log(const struct settings *settings, const char *id, struct error *err);

/*
 * One copy-on-write tree of a container: its root, or a mount beside it. Paths of a walk through
 * stack begin at target.
 */
struct container_part {
	const char *target; /* where it is in the container; "/" is the root */
	const char *host;   /* the tree of the host that it is a view of; NULL: of layers */
	struct layer_stack stack;
	const char *upper_path;
	struct string_list lower_paths;
};

/*
 * The layers of a container's root for diff and commit: the upper directory and the lower ones,
 * topmost first, as descriptors which are the caller's.
 */
struct container_layers {
	int upper; /* -1: the root is read-only */
	int *lowers;
	size_t lower_count;
	const char *upper_path;
	struct string_list lower_paths;
	size_t own_layers;	/* see fs/layer_stack.h */
	struct string_list own; /* what ctr made in it: no changes (fs/own_paths.h) */
	bool user_xattr;	/* marks are user.overlay.*: see fs/layer_stack.h */
	bool idmapped;		/* ownership on disk is as seen inside already */
	/*
	 * All that can be written, the root too (unless it is read-only), sorted by target as
	 * path_compare() does. What is in a part where another one, or any other mount, is on top
	 * of it cannot be seen in the container. The descriptors of the root's are those above.
	 */
	struct container_part *parts;
	size_t part_count;
};

int container_layers_open(const struct settings *settings, const char *id, struct arena *arena,
			  struct container_layers *layers, struct error *err);
void container_layers_close(struct container_layers *layers);

/*
 * The lower layers of all containers there are, and the digests of the images that they are from:
 * for struct store_keep. strict: a container whose record cannot be read is an error, since nobody
 * knows what it uses.
 */
int container_keep(const struct settings *settings, bool strict, struct arena *arena,
		   struct string_list *list, struct error *err);

/*
 * Removes what crashed commands left (the container part of `prune`), *removed counts, and the
 * launchpad (fs/launchpad.h).
 */
int container_prune(const struct settings *settings, bool stopped, size_t *removed,
		    struct error *err);
