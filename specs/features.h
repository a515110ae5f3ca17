/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/string_list.h"

/*
 * The document of `ctr features` (runtime-spec: features.md, features-linux.md), as C structures.
 * Everything is written, also what is false or empty.
 */

struct features_enabled {
	bool enabled;
};

struct features_cgroup {
	bool v1, v2, systemd, systemd_user, rdma;
};

struct features_seccomp {
	bool enabled;
	struct string_list actions, operators, archs, known_flags, supported_flags;
};

struct features_intel_rdt {
	bool enabled, schemata, monitoring;
};

struct features_memory_policy {
	struct string_list modes, flags;
};

struct features_mount_extensions {
	struct features_enabled idmap;
};

struct features_linux {
	struct string_list namespaces, capabilities;
	struct features_cgroup cgroup;
	struct features_seccomp seccomp;
	struct features_enabled apparmor, selinux;
	struct features_intel_rdt intel_rdt;
	struct features_memory_policy memory_policy;
	struct features_mount_extensions mount_extensions;
	struct features_enabled net_devices;
};

struct features {
	char *version_min, *version_max;
	struct string_list hooks, mount_options;
	struct features_linux linux_features;
	struct string_map annotations;
	struct string_list potentially_unsafe; /* annotations; one that ends with a dot: a prefix */
};

char *features_encode(struct arena *arena, const struct features *features);
