/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* What the global options of the command line say; the same for every container of one call. */
struct settings {
	const char *root;      /* run-time state, default /run/ctr */
	const char *data_root; /* writable layers, images, default /var/lib/ctr */
	bool sticky_root;      /* root is in $XDG_RUNTIME_DIR, which is tidied up otherwise */
	const char *criu;      /* --criu; NULL: the one in the PATH */
	bool rootless;	       /* we are in namespaces that ctr made for an ordinary user, */
	uid_t user;	       /* who is this; else who we are */
	mode_t umask;	       /* the caller's */
	bool no_cgroup;	       /* --cgroup-manager=disabled */
	bool systemd_cgroup;   /* --systemd-cgroup, --cgroup-manager=systemd: for new containers */
};
