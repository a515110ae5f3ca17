/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/*
 * What ctr and `criu swrk` say to each other: messages of Protocol Buffers (criu's rpc.proto; the
 * wire format is https://protobuf.dev/programming-guides/encoding/), one a packet. What criu is to
 * do is a struct criu_options, whose fields one table ties to their numbers. All of it is pure.
 *
 * Why not criu's command line: the master of a terminal comes back only here (orphan-pts-master),
 * and the moments of a restore are asked about (setup-namespaces, status-ready).
 */

enum criu_type {
	CRIU_EMPTY = 0, /* an answer to what criu did not understand */
	CRIU_DUMP = 1,
	CRIU_RESTORE = 2,
	CRIU_NOTIFY = 6, /* criu tells of a moment and waits until it may go on */
	CRIU_PRE_DUMP = 13,
};

enum criu_cgroups {
	CRIU_CGROUPS_IGNORE = 0,
	CRIU_CGROUPS_SOFT = 3,
	CRIU_CGROUPS_FULL = 4,
	CRIU_CGROUPS_STRICT = 5,
};

enum criu_lock {
	CRIU_LOCK_IPTABLES = 1,
	CRIU_LOCK_NFTABLES = 2,
	CRIU_LOCK_SKIP = 3,
};

/* A message of two fields, 1 and 2; the second is text, or else a number. */
struct criu_pair {
	const char *first; /* NULL: left out */
	const char *second;
	int number;
};

struct criu_pairs {
	struct criu_pair *items;
	size_t count;
};

/* Numbers that are -1, strings that are NULL and lists that are empty are not sent. */
struct criu_options {
	int images_dir_fd, work_dir_fd; /* criu opens them in our /proc */
	int pid;
	int log_level;
	const char *log_file;
	const char *root;
	const char *config_file;
	const char *parent_img;
	const char *freeze_cgroup;
	const char *lsm_profile, *lsm_mount_context;
	int manage_cgroups; /* enum criu_cgroups */
	int network_lock;   /* enum criu_lock */
	int empty_ns;	    /* CLONE_NEWNET */
	struct string_list external;
	struct criu_pairs page_server; /* address, port: one at most */
	struct criu_pairs cgroup_root; /* controller, path */
	struct criu_pairs inherit;     /* key, descriptor of criu */
	struct criu_pairs join;	       /* kind of namespace, its file */
	bool leave_running, ext_unix_sk, tcp_established, tcp_skip_in_flight, tcp_close;
	bool evasive_devices, shell_job, file_locks, notify, track_mem, auto_dedup, link_remap;
	bool sibling; /* what is restored becomes a child of ours */
	bool lazy_pages, orphan_pts_master;
};

/* A request as bytes, in the arena. */
void *criu_request_encode(struct arena *arena, enum criu_type type,
			  const struct criu_options *options, size_t *size);

/* "Go on", or not, as the answer to CRIU_NOTIFY. */
void *criu_answer_encode(struct arena *arena, bool success, size_t *size);

/* The options as text, a line for each that is sent: for logs and golden files. */
char *criu_options_print(struct arena *arena, const struct criu_options *options);

struct criu_response {
	enum criu_type type;
	bool success;
	const char *script;  /* CRIU_NOTIFY: which moment; never NULL */
	pid_t pid;	     /* of the process that is restored; 0: not told */
	int errnum;	     /* criu's own, 0: none */
	const char *message; /* the first error that it logged; NULL: none */
};

/* EPROTO for what is no such message. */
int criu_response_decode(struct arena *arena, const void *data, size_t size,
			 struct criu_response *response, struct error *err);
