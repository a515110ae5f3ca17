/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/cgroup.h"
#include "cgroup/resctrl.h"
#include "fs/rootfs.h"
#include "net/devices.h"
#include "runtime/connection.h"
#include "runtime/hook_state.h"
#include "runtime/hooks.h"
#include "runtime/id_map.h"
#include "runtime/namespaces.h"
#include "runtime/process.h"
#include "runtime/seccomp.h"
#include "runtime/sysctl.h"
#include "runtime/terminal.h"
#include "specs/runtime_spec.h"

/*
 * Everything that a launch will do, decided before it does anything: spec and options in, a plan
 * out. Making it touches nothing; `ctr explain` prints it.
 */

struct plan_options {
	const char *id;
	const char *bundle;		       /* absolute */
	const char *own_cgroup;		       /* cgroup_own(), when cgroup_plan_needs_own() */
	const char *cgroup_mount;	       /* cgroup_host's; NULL: no cgroup is wanted */
	const struct systemd_options *systemd; /* NULL: ctr makes the cgroup itself */
	struct rootfs_options rootfs;
	const struct seccomp_plan *seccomp;    /* compiled before; NULL: not yet */
	const struct connection_plan *network; /* NULL: none */
	unsigned int last_capability;	       /* capability_last() */
	int preserve_fds;
	bool no_pivot, no_new_keyring;
	bool as_caller; /* process_context.as_caller */
};

struct plan {
	const struct spec *spec;
	const char *id, *bundle;
	bool has_cgroup;
	struct cgroup_plan cgroup;
	struct namespaces_plan namespaces;
	struct id_map id_map; /* if namespaces.own[NAMESPACE_USER] */
	struct rootfs_plan rootfs;
	struct process_plan process;
	struct terminal_plan terminal;
	struct seccomp_plan seccomp;
	struct sysctl_plan sysctl;
	struct net_devices_plan net_devices;
	struct resctrl_plan resctrl;
	struct spec_hooks hooks; /* empty lists where there are none */
	struct hook_state hook_state;
	const struct connection_plan *network; /* NULL: nothing but what the namespaces say */
	bool raise_loopback;		       /* a new network namespace: its lo is down */
	bool mount_hooks;		       /* there are hooks for when the mounts are done */
	bool no_pivot;
};

int plan_make(struct arena *arena, const struct spec *spec, const struct plan_options *options,
	      struct plan *plan, struct error *err);

/*
 * What a pids.limit of 0 means: a limit since version 1.3 of the specification. Before, engines
 * said "none" by it, and podman 4 does.
 */
bool plan_zero_pids_is_limit(const char *oci_version);

/* The little that start and delete of an existing container need: hooks and their state. */
int plan_existing(struct arena *arena, const struct spec *spec, const char *id, const char *bundle,
		  struct plan *plan, struct error *err);

/* The plan as text, for `ctr explain`. */
char *plan_print(struct arena *arena, const struct plan *plan);
