/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "specs/optional.h"

/* gnu17 predefines this word as 1; here it is a member of the document */
#undef linux

/*
 * The OCI runtime specification 1.3 for Linux (config.md, config-linux.md) with the two extra
 * objects "overlay" and "network", as C structures. Members have the document's names in snake
 * case. Strings that are absent are NULL, lists that are absent are empty, absent objects are
 * NULL; where absent and zero differ, the member is an opt_*.
 */

/* A list of structures: struct mount_list { struct spec_mount *items; size_t count; } */
#define SPEC_LIST(type)                                                                            \
	struct {                                                                                   \
		struct type *items;                                                                \
		size_t count;                                                                      \
	}

struct spec_console_size {
	uint64_t height, width; /* character cells */
};

struct spec_user {
	uint32_t uid, gid;
	struct opt_uint umask;
	struct {
		uint32_t *items;
		size_t count;
	} additional_gids;
	char *username; /* Windows; kept for the round trip */
};

struct spec_capabilities {
	struct string_list bounding, effective, inheritable, permitted, ambient;
};

struct spec_rlimit {
	char *type; /* RLIMIT_NOFILE ... */
	uint64_t hard, soft;
};

struct spec_scheduler {
	char *policy; /* SCHED_OTHER ... */
	int32_t nice, priority;
	struct string_list flags;
	struct opt_uint runtime, deadline, period; /* nanoseconds */
};

struct spec_io_priority {
	char *class; /* IOPRIO_CLASS_BE ... */
	int32_t priority;
};

struct spec_exec_cpu_affinity {
	char *initial, *final; /* CPU lists: "0-3,7" */
};

struct spec_process {
	bool terminal;
	struct spec_console_size *console_size;
	struct spec_user user;
	struct string_list args, env;
	char *cwd;
	struct spec_capabilities *capabilities;
	SPEC_LIST(spec_rlimit) rlimits;
	bool no_new_privileges;
	char *apparmor_profile;
	struct opt_int oom_score_adj;
	struct spec_scheduler *scheduler;
	char *selinux_label;
	struct spec_io_priority *io_priority;
	struct spec_exec_cpu_affinity *exec_cpu_affinity;
};

struct spec_root {
	char *path; /* relative to the bundle, or absolute */
	bool readonly;
};

struct spec_id_mapping {
	uint32_t container_id, host_id, size;
};

struct spec_id_mappings {
	struct spec_id_mapping *items;
	size_t count;
};

struct spec_mount {
	char *destination, *type, *source;
	struct string_list options;
	struct spec_id_mappings uid_mappings, gid_mappings;
};

struct spec_hook {
	char *path;
	struct string_list args, env;
	struct opt_int timeout; /* seconds */
};

struct spec_hook_list {
	struct spec_hook *items;
	size_t count;
};

struct spec_hooks {
	struct spec_hook_list prestart, create_runtime, create_container, start_container,
		poststart, poststop;
};

enum namespace_type {
	NAMESPACE_USER, /* first: it owns those made after it */
	NAMESPACE_PID,
	NAMESPACE_NETWORK,
	NAMESPACE_MOUNT,
	NAMESPACE_IPC,
	NAMESPACE_UTS,
	NAMESPACE_CGROUP,
	NAMESPACE_TIME,
	NAMESPACE_COUNT,
};

struct spec_namespace {
	int type;   /* enum namespace_type */
	char *path; /* NULL: a new one */
};

struct spec_device {
	char *path;
	char *type; /* "c", "u", "b" or "p" */
	int64_t major, minor;
	struct opt_uint file_mode; /* default 0666 */
	struct opt_uint uid, gid;
};

struct spec_net_device {
	char *host_name; /* the key of the map */
	char *name;	 /* inside the container; NULL: the same */
};

struct spec_device_rule {
	bool allow;
	char *type; /* "a", "c", "b" */
	struct opt_int major, minor;
	char *access; /* letters of "rwm" */
};

struct spec_memory {
	struct opt_int limit, reservation, swap, kernel, kernel_tcp; /* bytes, -1: no limit */
	struct opt_uint swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct spec_cpu {
	struct opt_uint shares, burst, period, realtime_period; /* microseconds */
	struct opt_int quota, realtime_runtime, idle;
	char *cpus, *mems;
};

struct spec_weight_device {
	int64_t major, minor;
	struct opt_uint weight, leaf_weight;
};

struct spec_throttle_device {
	int64_t major, minor;
	uint64_t rate; /* bytes or operations a second */
};

struct spec_throttle_list {
	struct spec_throttle_device *items;
	size_t count;
};

struct spec_block_io {
	struct opt_uint weight, leaf_weight;
	SPEC_LIST(spec_weight_device) weight_device;
	struct spec_throttle_list throttle_read_bps_device, throttle_write_bps_device,
		throttle_read_iops_device, throttle_write_iops_device;
};

struct spec_hugepage_limit {
	char *page_size; /* "2MB", "1GB" */
	uint64_t limit;	 /* bytes */
};

struct spec_interface_priority {
	char *name;
	uint32_t priority;
};

struct spec_network_class {
	struct opt_uint class_id;
	SPEC_LIST(spec_interface_priority) priorities;
};

struct spec_rdma {
	char *device; /* the key of the map */
	struct opt_uint hca_handles, hca_objects;
};

struct spec_pids {
	struct opt_int limit;
};

struct spec_resources {
	SPEC_LIST(spec_device_rule) devices;
	struct spec_memory *memory;
	struct spec_cpu *cpu;
	struct spec_pids *pids;
	struct spec_block_io *block_io;
	SPEC_LIST(spec_hugepage_limit) hugepage_limits;
	struct spec_network_class *network;
	SPEC_LIST(spec_rdma) rdma;
	struct string_map unified;
};

struct spec_seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	char *op; /* SCMP_CMP_EQ ... */
};

struct spec_seccomp_rule {
	struct string_list names;
	char *action; /* SCMP_ACT_ALLOW ... */
	struct opt_uint errno_ret;
	SPEC_LIST(spec_seccomp_arg) args;
};

struct spec_seccomp {
	char *default_action;
	struct opt_uint default_errno_ret;
	struct string_list architectures, flags;
	char *listener_path, *listener_metadata;
	bool fail_unknown; /* no member: see spec_apply_annotations() */
	SPEC_LIST(spec_seccomp_rule) syscalls;
};

struct spec_intel_rdt {
	char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct string_list schemata;
	bool enable_cmt, enable_mbm, enable_monitoring;
};

struct spec_memory_policy {
	char *mode, *nodes;
	struct string_list flags;
};

struct spec_personality {
	char *domain;
	struct string_list flags;
};

struct spec_time_offset {
	char *clock; /* the key of the map: "monotonic" or "boottime" */
	int64_t secs;
	uint32_t nanosecs;
};

struct spec_linux {
	struct spec_id_mappings uid_mappings, gid_mappings;
	struct string_map sysctl;
	struct spec_resources *resources;
	char *cgroups_path;
	SPEC_LIST(spec_namespace) namespaces;
	SPEC_LIST(spec_device) devices;
	SPEC_LIST(spec_net_device) net_devices;
	struct spec_seccomp *seccomp;
	char *rootfs_propagation;
	struct string_list masked_paths, readonly_paths;
	char *mount_label;
	struct spec_intel_rdt *intel_rdt;
	struct spec_memory_policy *memory_policy;
	struct spec_personality *personality;
	SPEC_LIST(spec_time_offset) time_offsets;
};

/* The two extra objects (specs/schema/). */
struct spec_overlay {
	struct string_list lower; /* topmost first; relative to the spec's folder */
	char *image;
	char *upper;
	bool volatile_upper; /* "volatile" */
	char *size;
};

/* One network that the container is a member of. Words are as they were written. */
struct spec_network_endpoint {
	char *name;
	char *ipv4, *ipv6, *mac; /* NULL: chosen */
	char *interface;	 /* inside; NULL: eth0, eth1... */
	struct string_list aliases;
	char *rate_in, *rate_out; /* as specs/bit_rate.h reads them; NULL: no limit */
};

struct spec_network {
	char *mode; /* see spec_network_mode() */
	/* of a network that is made if there is none of this name */
	char *bridge, *subnet, *subnet6;
	struct opt_uint mtu;
	/* of the only network */
	char *ipv4, *ipv6, *mac, *rate_in, *rate_out;
	struct string_list aliases;
	SPEC_LIST(spec_network_endpoint) networks; /* empty: the default one */
	struct string_list ports;		   /* as specs/port.h reads them */
	struct string_list dns, dns_search, dns_options;
	struct string_list hosts; /* NAME:ADDRESS */
	bool no_hosts;		  /* /etc/hosts stays the root's own */
};

struct spec {
	char *oci_version;
	struct spec_process *process;
	struct spec_root *root;
	char *hostname, *domainname;
	SPEC_LIST(spec_mount) mounts;
	struct spec_hooks *hooks;
	struct string_map annotations;
	struct spec_linux *linux;
	struct spec_overlay *overlay;
	struct spec_network *network;
};

/*
 * Decodes a config.json. name is the file's, for messages ("spec.json: process.rlimits[2].soft:
 * number expected, found string"). Everything of *spec lives in the arena. Unknown members are
 * ignored as the specification demands. Pure: reads nothing but text.
 */
int spec_decode(struct arena *arena, const char *name, const char *text, size_t size,
		struct spec *spec, struct error *err);

/* The paths of the members that spec_decode() ignores, for `ctr explain`. */
int spec_unknown_members(struct arena *arena, const char *name, const char *text, size_t size,
			 struct string_list *paths, struct error *err);

/* Encodes *spec as JSON, indented by two blanks; what is absent is left out. */
char *spec_encode(struct arena *arena, const struct spec *spec, size_t *size);

/* Decodes a document that is a process alone (exec --process). */
int spec_process_decode(struct arena *arena, const char *name, const char *text, size_t size,
			struct spec_process *process, struct error *err);

/*
 * Decodes a document that is linux.resources alone (update --resources) into *resources, over what
 * that has already: members of the text replace those.
 */
int spec_resources_decode(struct arena *arena, const char *name, const char *text, size_t size,
			  struct spec_resources *resources, struct error *err);
char *spec_resources_encode(struct arena *arena, const struct spec_resources *resources,
			    size_t *size);

/*
 * Annotations that say what a member says (run.oci.seccomp.receiver, run.oci.timens_offset,
 * run.oci.seccomp_fail_unknown_syscall) become that member. spec_read() does it.
 */
int spec_apply_annotations(struct arena *arena, struct spec *spec, struct error *err);

/*
 * Reads file path below dirfd (regular, at most SPEC_MAX_SIZE bytes) and decodes it. If text is
 * not NULL the file's contents are handed out too.
 */
#define SPEC_MAX_SIZE ((size_t)16 << 20)
int spec_read(struct arena *arena, int dirfd, const char *path, struct spec *spec, char **text,
	      size_t *size, struct error *err);

/*
 * The template of `ctr spec`: complete and runnable beside a folder "rootfs" (template.c).
 * Rootless: with a user namespace in which uid and gid, the caller's own, are root.
 */
void spec_template(struct arena *arena, bool rootless, uint32_t uid, uint32_t gid,
		   struct spec *spec);

/*
 * Rules between members that no schema row can say (validate.c): what must be there to run, what
 * contradicts what, what this build does not do. name as in spec_decode(). Pure.
 */
int spec_validate(const char *name, const struct spec *spec, struct error *err);

/* What a container's network namespace is connected with. */
enum network_mode {
	NETWORK_MODE_NONE,   /* a loopback interface, and what the namespace that is joined has */
	NETWORK_MODE_HOST,   /* no namespace of its own */
	NETWORK_MODE_MEMBER, /* "bridge": of networks of ctr's (net/) */
	NETWORK_MODE_CONTAINER, /* "container:ID": in that container's namespace */
	NETWORK_MODE_PATH,	/* "ns:PATH": in this one */
	NETWORK_MODE_PASTA,	/* "pasta" or "pasta:OPTIONS": of a user's (pasta(1)) */
	NETWORK_MODE_UNKNOWN,
};

/*
 * Which one "network" asks for: none where it is absent, "bridge" where only members are there that
 * need it. rest: what is behind the colon of mode, else NULL. Pure.
 */
enum network_mode spec_network_mode(const struct spec *spec, const char **rest);

/* What stands beside "networks" for the case of one network, without its name. */
struct spec_network_endpoint spec_network_only(const struct spec_network *network);

/* The word of a namespace type in config.json ("mount"), and its CLONE_NEW* flag (clone(2)). */
const char *namespace_name(enum namespace_type type);
uint64_t namespace_flag(enum namespace_type type);
