/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "runtime/capability.h"
#include "runtime/credentials.h"
#include "runtime/memory_policy.h"
#include "runtime/personality.h"
#include "runtime/resource_limit.h"
#include "runtime/scheduling.h"
#include "specs/runtime_spec.h"

/*
 * A process of a container, its first one (create, run) or one that joins (exec): what becomes of
 * a clone of ctr until it is the program that the spec names. Both call, in this order:
 *
 *	parent                                  child
 *	process_plan()
 *	scheduling_set_initial_cpus()
 *	clone --------------------------------> process_protect()  (see there when)
 *	resource_limits_raise(pid)
 *	scheduling_apply(pid)                   namespaces, mounts, terminal_open()
 *	                                        process_prepare()      with all privileges
 *	                                        process_become_user()  in the container's root
 *	                                        process_find_executable()
 *	                                        process_limit()
 *	                                        the seccomp filter
 *	                                        process_execute()
 *
 * The wait for `ctr start` and then the startContainer hooks come before process_limit(): what
 * waits is the container's user already, and the program was found, but a small RLIMIT_NOFILE
 * would not let it accept a connection.
 *
 * The functions of the child allocate nothing, write only to the plan and the stack, and use
 * nothing but system calls.
 */

struct process_context {
	const char *id;		      /* the container's, names the session keyring */
	bool joins;		      /* exec: the container runs already */
	bool user_namespace;	      /* the container has one that is not ctr's own */
	bool keyring;		      /* join a session keyring (no --no-new-keyring) */
	bool keep_groups;	      /* annotation run.oci.keep_original_groups */
	bool as_caller;		      /* try: groups and owners of streams stay, the host's
					 abstract sockets are out of reach */
	bool seccomp;		      /* a filter will be loaded before process_execute() */
	unsigned int preserve_fds;    /* descriptors from 3 on that the program inherits */
	unsigned int last_capability; /* capability_last() */
	const struct spec_personality *personality;
	const struct spec_memory_policy *memory_policy;
};

struct process_plan {
	char **argv; /* ends with NULL */
	char **env;  /* ends with NULL; the last of repeated names counts; has room for HOME */
	size_t env_count;
	bool scope_sockets; /* runtime/socket_scope.h */
	bool has_home;
	const char *path; /* PATH of env, or the default */
	const char *cwd;
	struct capability_sets capabilities;
	struct credentials credentials;
	struct resource_limits resource_limits;
	struct scheduling_plan scheduling;
	struct personality_plan personality;
	struct memory_policy_plan memory_policy;
	const char *keyring; /* NULL: none */
	bool user_namespace, no_new_privileges, keep_sys_admin;
	bool make_directory; /* a missing cwd is made; not by exec, as with runc and crun */
	unsigned int preserve_fds;
	const char *apparmor_profile, *selinux_label; /* for the program, NULL: none */
	/* Filled by the child. */
	char home[PATH_MAX + sizeof("HOME=")];
	char executable[PATH_MAX];
};

/*
 * Pure. Messages name the member ("process.env[2]: NAME=VALUE expected, found 'FOO'"). The strings
 * of the spec are used, not copied.
 */
int process_plan(struct arena *arena, const struct spec_process *spec,
		 const struct process_context *context, struct process_plan *plan,
		 struct error *err);

/*
 * Child side: not dumpable, so that nobody of the container can ptrace it or open its descriptors
 * (CVE-2016-9962), a session of its own, signals as at boot. Files of /proc/self belong to root
 * from here until execve. A child that joins a container calls it before that; one in a new user
 * namespace when its maps are written (without root's privileges the parent could not write them
 * any more). Changing the user clears PR_SET_PDEATHSIG. ignored: signals_ignored().
 */
int process_protect(uint64_t ignored, struct error *err);

/* The part of it that is left to a child that was born undumpable; signals are its own matter. */
int process_lead_session(struct error *err);

/*
 * Child side, with all privileges, when the mounts are done: personality, memory policy, session
 * keyring, HOME out of the container's passwd when env has none, security labels, and the working
 * directory is made when it is missing. root: the container's root directory; proc: a trusted
 * procfs.
 */
int process_prepare(struct process_plan *plan, int root, int proc, struct error *err);

/*
 * Child side, in the container's root: stdio to the user, working directory (verified to be
 * inside, CVE-2024-21626), close-on-exec sweep, bounding set, groups, gid, uid, umask,
 * capabilities, no_new_privs. Afterwards the process is the container's user, except that it
 * keeps CAP_SYS_ADMIN when a filter is to be loaded without no_new_privs: execve takes that
 * away (capabilities(7): what is permitted before does not count), so that no system call but
 * execve need be allowed by the filter.
 */
int process_become_user(const struct process_plan *plan, int proc, struct error *err);

/* Child side, as the user: finds argv[0]. errnum is ENOENT (exit 127) or EACCES (exit 126). */
int process_find_executable(struct process_plan *plan, struct error *err);

/* Child side: process.rlimits. */
int process_limit(const struct process_plan *plan, struct error *err);

/* Child side: execve. Returns only on failure, with the reason (ENOENT, EACCES, ENOEXEC, ...). */
int process_execute(const struct process_plan *plan, struct error *err);

/* The exit status of ctr for an error of finding or executing the program: 127, 126, or other. */
int process_exit_status(const struct error *err, int other);
