/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/features.h"

#include "specs/schema.h"

/* clang-format off */
SCHEMA(features_enabled, BOOL(features_enabled, enabled, "enabled", .flags = ALWAYS));

SCHEMA(features_cgroup,
       BOOL(features_cgroup, v1, "v1", .flags = ALWAYS),
       BOOL(features_cgroup, v2, "v2", .flags = ALWAYS),
       BOOL(features_cgroup, systemd, "systemd", .flags = ALWAYS),
       BOOL(features_cgroup, systemd_user, "systemdUser", .flags = ALWAYS),
       BOOL(features_cgroup, rdma, "rdma", .flags = ALWAYS));

SCHEMA(features_seccomp,
       BOOL(features_seccomp, enabled, "enabled", .flags = ALWAYS),
       STRINGS(features_seccomp, actions, "actions", .flags = ALWAYS),
       STRINGS(features_seccomp, operators, "operators", .flags = ALWAYS),
       STRINGS(features_seccomp, archs, "archs", .flags = ALWAYS),
       STRINGS(features_seccomp, known_flags, "knownFlags", .flags = ALWAYS),
       STRINGS(features_seccomp, supported_flags, "supportedFlags", .flags = ALWAYS));

SCHEMA(features_intel_rdt,
       BOOL(features_intel_rdt, enabled, "enabled", .flags = ALWAYS),
       BOOL(features_intel_rdt, schemata, "schemata", .flags = ALWAYS),
       BOOL(features_intel_rdt, monitoring, "monitoring", .flags = ALWAYS));

SCHEMA(features_memory_policy,
       STRINGS(features_memory_policy, modes, "modes", .flags = ALWAYS),
       STRINGS(features_memory_policy, flags, "flags", .flags = ALWAYS));

SCHEMA(features_mount_extensions,
       EMBEDDED(features_mount_extensions, idmap, "idmap", features_enabled, .flags = ALWAYS));

SCHEMA(features_linux,
       STRINGS(features_linux, namespaces, "namespaces", .flags = ALWAYS),
       STRINGS(features_linux, capabilities, "capabilities", .flags = ALWAYS),
       EMBEDDED(features_linux, cgroup, "cgroup", features_cgroup, .flags = ALWAYS),
       EMBEDDED(features_linux, seccomp, "seccomp", features_seccomp, .flags = ALWAYS),
       EMBEDDED(features_linux, apparmor, "apparmor", features_enabled, .flags = ALWAYS),
       EMBEDDED(features_linux, selinux, "selinux", features_enabled, .flags = ALWAYS),
       EMBEDDED(features_linux, intel_rdt, "intelRdt", features_intel_rdt, .flags = ALWAYS),
       EMBEDDED(features_linux, memory_policy, "memoryPolicy", features_memory_policy,
		.flags = ALWAYS),
       EMBEDDED(features_linux, mount_extensions, "mountExtensions", features_mount_extensions,
		.flags = ALWAYS),
       EMBEDDED(features_linux, net_devices, "netDevices", features_enabled, .flags = ALWAYS));

SCHEMA(features,
       STRING(features, version_min, "ociVersionMin", .flags = REQUIRED),
       STRING(features, version_max, "ociVersionMax", .flags = REQUIRED),
       STRINGS(features, hooks, "hooks", .flags = ALWAYS),
       STRINGS(features, mount_options, "mountOptions", .flags = ALWAYS),
       EMBEDDED(features, linux_features, "linux", features_linux, .flags = ALWAYS),
       MAP(features, annotations, "annotations", .flags = ALWAYS),
       STRINGS(features, potentially_unsafe, "potentiallyUnsafeConfigAnnotations",
	       .flags = ALWAYS));
/* clang-format on */

char *features_encode(struct arena *arena, const struct features *features)
{
	return schema_encode(&features_schema, arena, features, JSON_INDENTED, NULL);
}
