/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of config.json, in the order of the specification's text, inner objects first.
 * Rules between members are in validate.c.
 */
#include "specs/runtime_spec.h"

#include "base/file.h"
#include "base/sys.h"
#include "specs/schema.h"

#define U16 RANGE(0, UINT16_MAX)
#define U32 RANGE(0, UINT32_MAX)
/* Bytes or microseconds, with -1 for "no limit" */
#define LIMIT RANGE(-1, INT64_MAX)

SCHEMA(spec_id_mapping, UINT(spec_id_mapping, container_id, "containerID", .flags = REQUIRED),
       UINT(spec_id_mapping, host_id, "hostID", .flags = REQUIRED),
       UINT(spec_id_mapping, size, "size", .flags = REQUIRED));

/* config.md: root, mounts */
SCHEMA(spec_root, STRING(spec_root, path, "path", .flags = REQUIRED),
       BOOL(spec_root, readonly, "readonly"));

SCHEMA(spec_mount, STRING(spec_mount, destination, "destination", .flags = REQUIRED),
       STRING(spec_mount, type, "type"), STRING(spec_mount, source, "source"),
       STRINGS(spec_mount, options, "options"),
       OBJECTS(spec_mount, uid_mappings, "uidMappings", spec_id_mapping),
       OBJECTS(spec_mount, gid_mappings, "gidMappings", spec_id_mapping));

/* config.md: process */
SCHEMA(spec_console_size, UINT(spec_console_size, height, "height", U16, .flags = REQUIRED),
       UINT(spec_console_size, width, "width", U16, .flags = REQUIRED));

SCHEMA(spec_user, UINT(spec_user, uid, "uid", .flags = ALWAYS),
       UINT(spec_user, gid, "gid", .flags = ALWAYS),
       OPT_UINT(spec_user, umask, "umask", RANGE(0, 0777)),
       UINTS(spec_user, additional_gids, "additionalGids"),
       STRING(spec_user, username, "username"));

SCHEMA(spec_capabilities, STRINGS(spec_capabilities, bounding, "bounding"),
       STRINGS(spec_capabilities, effective, "effective"),
       STRINGS(spec_capabilities, inheritable, "inheritable"),
       STRINGS(spec_capabilities, permitted, "permitted"),
       STRINGS(spec_capabilities, ambient, "ambient"));

static const struct schema_word rlimit_types[] = {
	{ "RLIMIT_AS", 0 },
	{ "RLIMIT_CORE", 0 },
	{ "RLIMIT_CPU", 0 },
	{ "RLIMIT_DATA", 0 },
	{ "RLIMIT_FSIZE", 0 },
	{ "RLIMIT_LOCKS", 0 },
	{ "RLIMIT_MEMLOCK", 0 },
	{ "RLIMIT_MSGQUEUE", 0 },
	{ "RLIMIT_NICE", 0 },
	{ "RLIMIT_NOFILE", 0 },
	{ "RLIMIT_NPROC", 0 },
	{ "RLIMIT_RSS", 0 },
	{ "RLIMIT_RTPRIO", 0 },
	{ "RLIMIT_RTTIME", 0 },
	{ "RLIMIT_SIGPENDING", 0 },
	{ "RLIMIT_STACK", 0 },
	{ NULL, 0 },
};

SCHEMA(spec_rlimit, WORD(spec_rlimit, type, "type", rlimit_types, .flags = REQUIRED),
       UINT(spec_rlimit, hard, "hard", .flags = REQUIRED),
       UINT(spec_rlimit, soft, "soft", .flags = REQUIRED));

static const struct schema_word scheduler_policies[] = {
	{ "SCHED_OTHER", 0 }, { "SCHED_FIFO", 0 }, { "SCHED_RR", 0 },	    { "SCHED_BATCH", 0 },
	{ "SCHED_ISO", 0 },   { "SCHED_IDLE", 0 }, { "SCHED_DEADLINE", 0 }, { NULL, 0 },
};

SCHEMA(spec_scheduler,
       WORD(spec_scheduler, policy, "policy", scheduler_policies, .flags = REQUIRED),
       INT(spec_scheduler, nice, "nice", RANGE(-20, 19)),
       INT(spec_scheduler, priority, "priority", RANGE(0, 99)),
       STRINGS(spec_scheduler, flags, "flags"), OPT_UINT(spec_scheduler, runtime, "runtime"),
       OPT_UINT(spec_scheduler, deadline, "deadline"), OPT_UINT(spec_scheduler, period, "period"));

static const struct schema_word io_priority_classes[] = {
	{ "IOPRIO_CLASS_RT", 0 },
	{ "IOPRIO_CLASS_BE", 0 },
	{ "IOPRIO_CLASS_IDLE", 0 },
	{ NULL, 0 },
};

SCHEMA(spec_io_priority,
       WORD(spec_io_priority, class, "class", io_priority_classes, .flags = REQUIRED),
       INT(spec_io_priority, priority, "priority", RANGE(0, 7), .flags = ALWAYS));

SCHEMA(spec_exec_cpu_affinity, STRING(spec_exec_cpu_affinity, initial, "initial"),
       STRING(spec_exec_cpu_affinity, final, "final"));

SCHEMA(spec_process, BOOL(spec_process, terminal, "terminal"),
       OBJECT(spec_process, console_size, "consoleSize", spec_console_size),
       EMBEDDED(spec_process, user, "user", spec_user, .flags = ALWAYS),
       STRINGS(spec_process, args, "args"), STRINGS(spec_process, env, "env"),
       STRING(spec_process, cwd, "cwd", .flags = REQUIRED | ABSOLUTE),
       OBJECT(spec_process, capabilities, "capabilities", spec_capabilities),
       OBJECTS(spec_process, rlimits, "rlimits", spec_rlimit),
       BOOL(spec_process, no_new_privileges, "noNewPrivileges"),
       STRING(spec_process, apparmor_profile, "apparmorProfile"),
       OPT_INT(spec_process, oom_score_adj, "oomScoreAdj", RANGE(-1000, 1000)),
       OBJECT(spec_process, scheduler, "scheduler", spec_scheduler),
       STRING(spec_process, selinux_label, "selinuxLabel"),
       OBJECT(spec_process, io_priority, "ioPriority", spec_io_priority),
       OBJECT(spec_process, exec_cpu_affinity, "execCPUAffinity", spec_exec_cpu_affinity));

/* config.md: POSIX-platform hooks */
SCHEMA(spec_hook, STRING(spec_hook, path, "path", .flags = REQUIRED | ABSOLUTE),
       STRINGS(spec_hook, args, "args"), STRINGS(spec_hook, env, "env"),
       OPT_INT(spec_hook, timeout, "timeout"));

SCHEMA(spec_hooks, OBJECTS(spec_hooks, prestart, "prestart", spec_hook),
       OBJECTS(spec_hooks, create_runtime, "createRuntime", spec_hook),
       OBJECTS(spec_hooks, create_container, "createContainer", spec_hook),
       OBJECTS(spec_hooks, start_container, "startContainer", spec_hook),
       OBJECTS(spec_hooks, poststart, "poststart", spec_hook),
       OBJECTS(spec_hooks, poststop, "poststop", spec_hook));

/* config-linux.md: namespaces, devices */
static const struct schema_word namespace_types[] = {
	{ "pid", NAMESPACE_PID },
	{ "network", NAMESPACE_NETWORK },
	{ "mount", NAMESPACE_MOUNT },
	{ "ipc", NAMESPACE_IPC },
	{ "uts", NAMESPACE_UTS },
	{ "user", NAMESPACE_USER },
	{ "cgroup", NAMESPACE_CGROUP },
	{ "time", NAMESPACE_TIME },
	{ NULL, 0 },
};

SCHEMA(spec_namespace, ENUM(spec_namespace, type, "type", namespace_types, .flags = REQUIRED),
       STRING(spec_namespace, path, "path", .flags = ABSOLUTE));

static const struct schema_word device_types[] = {
	{ "c", 0 }, { "u", 0 }, { "b", 0 }, { "p", 0 }, { NULL, 0 }
};

SCHEMA(spec_device, STRING(spec_device, path, "path", .flags = REQUIRED | ABSOLUTE),
       WORD(spec_device, type, "type", device_types, .flags = REQUIRED),
       INT(spec_device, major, "major"), INT(spec_device, minor, "minor"),
       OPT_UINT(spec_device, file_mode, "fileMode", U32), OPT_UINT(spec_device, uid, "uid", U32),
       OPT_UINT(spec_device, gid, "gid", U32));

SCHEMA(spec_net_device, STRING(spec_net_device, name, "name"));

/* config-linux.md: control groups */
static const struct schema_word device_rule_types[] = {
	{ "a", 0 }, { "c", 0 }, { "b", 0 }, { NULL, 0 }
};

SCHEMA(spec_device_rule, BOOL(spec_device_rule, allow, "allow", .flags = REQUIRED),
       WORD(spec_device_rule, type, "type", device_rule_types),
       OPT_INT(spec_device_rule, major, "major"), OPT_INT(spec_device_rule, minor, "minor"),
       STRING(spec_device_rule, access, "access"));

SCHEMA(spec_memory, OPT_INT(spec_memory, limit, "limit", LIMIT),
       OPT_INT(spec_memory, reservation, "reservation", LIMIT),
       OPT_INT(spec_memory, swap, "swap", LIMIT), OPT_INT(spec_memory, kernel, "kernel", LIMIT),
       OPT_INT(spec_memory, kernel_tcp, "kernelTCP", LIMIT),
       OPT_UINT(spec_memory, swappiness, "swappiness"),
       OPT_BOOL(spec_memory, disable_oom_killer, "disableOOMKiller"),
       OPT_BOOL(spec_memory, use_hierarchy, "useHierarchy"),
       OPT_BOOL(spec_memory, check_before_update, "checkBeforeUpdate"));

SCHEMA(spec_cpu, OPT_UINT(spec_cpu, shares, "shares"), OPT_INT(spec_cpu, quota, "quota", LIMIT),
       OPT_UINT(spec_cpu, burst, "burst"), OPT_UINT(spec_cpu, period, "period"),
       OPT_INT(spec_cpu, realtime_runtime, "realtimeRuntime"),
       OPT_UINT(spec_cpu, realtime_period, "realtimePeriod"), STRING(spec_cpu, cpus, "cpus"),
       STRING(spec_cpu, mems, "mems"), OPT_INT(spec_cpu, idle, "idle", RANGE(0, 1)));

SCHEMA(spec_weight_device, INT(spec_weight_device, major, "major", .flags = REQUIRED),
       INT(spec_weight_device, minor, "minor", .flags = REQUIRED),
       OPT_UINT(spec_weight_device, weight, "weight", U16),
       OPT_UINT(spec_weight_device, leaf_weight, "leafWeight", U16));

SCHEMA(spec_throttle_device, INT(spec_throttle_device, major, "major", .flags = REQUIRED),
       INT(spec_throttle_device, minor, "minor", .flags = REQUIRED),
       UINT(spec_throttle_device, rate, "rate", .flags = REQUIRED));

SCHEMA(spec_block_io, OPT_UINT(spec_block_io, weight, "weight", U16),
       OPT_UINT(spec_block_io, leaf_weight, "leafWeight", U16),
       OBJECTS(spec_block_io, weight_device, "weightDevice", spec_weight_device),
       OBJECTS(spec_block_io, throttle_read_bps_device, "throttleReadBpsDevice",
	       spec_throttle_device),
       OBJECTS(spec_block_io, throttle_write_bps_device, "throttleWriteBpsDevice",
	       spec_throttle_device),
       OBJECTS(spec_block_io, throttle_read_iops_device, "throttleReadIOPSDevice",
	       spec_throttle_device),
       OBJECTS(spec_block_io, throttle_write_iops_device, "throttleWriteIOPSDevice",
	       spec_throttle_device));

SCHEMA(spec_hugepage_limit, STRING(spec_hugepage_limit, page_size, "pageSize", .flags = REQUIRED),
       UINT(spec_hugepage_limit, limit, "limit", .flags = REQUIRED));

SCHEMA(spec_interface_priority, STRING(spec_interface_priority, name, "name", .flags = REQUIRED),
       UINT(spec_interface_priority, priority, "priority", .flags = REQUIRED));

SCHEMA(spec_network_class, OPT_UINT(spec_network_class, class_id, "classID", U32),
       OBJECTS(spec_network_class, priorities, "priorities", spec_interface_priority));

SCHEMA(spec_rdma, OPT_UINT(spec_rdma, hca_handles, "hcaHandles", U32),
       OPT_UINT(spec_rdma, hca_objects, "hcaObjects", U32));

SCHEMA(spec_pids, OPT_INT(spec_pids, limit, "limit"));

SCHEMA(spec_resources, OBJECTS(spec_resources, devices, "devices", spec_device_rule),
       OBJECT(spec_resources, memory, "memory", spec_memory),
       OBJECT(spec_resources, cpu, "cpu", spec_cpu),
       OBJECT(spec_resources, pids, "pids", spec_pids),
       OBJECT(spec_resources, block_io, "blockIO", spec_block_io),
       OBJECTS(spec_resources, hugepage_limits, "hugepageLimits", spec_hugepage_limit),
       OBJECT(spec_resources, network, "network", spec_network_class),
       OBJECT_MAP(spec_resources, rdma, "rdma", spec_rdma, device),
       MAP(spec_resources, unified, "unified"));

/* config-linux.md: seccomp */
static const struct schema_word seccomp_actions[] = {
	{ "SCMP_ACT_ALLOW", 0 },       { "SCMP_ACT_ERRNO", 0 },
	{ "SCMP_ACT_KILL", 0 },	       { "SCMP_ACT_KILL_PROCESS", 0 },
	{ "SCMP_ACT_KILL_THREAD", 0 }, { "SCMP_ACT_TRAP", 0 },
	{ "SCMP_ACT_TRACE", 0 },       { "SCMP_ACT_LOG", 0 },
	{ "SCMP_ACT_NOTIFY", 0 },      { NULL, 0 },
};

static const struct schema_word seccomp_operators[] = {
	{ "SCMP_CMP_NE", 0 },	     { "SCMP_CMP_LT", 0 }, { "SCMP_CMP_LE", 0 },
	{ "SCMP_CMP_EQ", 0 },	     { "SCMP_CMP_GE", 0 }, { "SCMP_CMP_GT", 0 },
	{ "SCMP_CMP_MASKED_EQ", 0 }, { NULL, 0 },
};

SCHEMA(spec_seccomp_arg, UINT(spec_seccomp_arg, index, "index", RANGE(0, 5), .flags = REQUIRED),
       UINT(spec_seccomp_arg, value, "value", .flags = REQUIRED),
       UINT(spec_seccomp_arg, value_two, "valueTwo"),
       WORD(spec_seccomp_arg, op, "op", seccomp_operators, .flags = REQUIRED));

SCHEMA(spec_seccomp_rule, STRINGS(spec_seccomp_rule, names, "names", .flags = REQUIRED),
       WORD(spec_seccomp_rule, action, "action", seccomp_actions, .flags = REQUIRED),
       OPT_UINT(spec_seccomp_rule, errno_ret, "errnoRet", U32),
       OBJECTS(spec_seccomp_rule, args, "args", spec_seccomp_arg));

SCHEMA(spec_seccomp,
       WORD(spec_seccomp, default_action, "defaultAction", seccomp_actions, .flags = REQUIRED),
       OPT_UINT(spec_seccomp, default_errno_ret, "defaultErrnoRet", U32),
       STRINGS(spec_seccomp, architectures, "architectures"), STRINGS(spec_seccomp, flags, "flags"),
       STRING(spec_seccomp, listener_path, "listenerPath"),
       STRING(spec_seccomp, listener_metadata, "listenerMetadata"),
       OBJECTS(spec_seccomp, syscalls, "syscalls", spec_seccomp_rule));

/* config-linux.md: the rest */
SCHEMA(spec_intel_rdt, STRING(spec_intel_rdt, clos_id, "closID"),
       STRINGS(spec_intel_rdt, schemata, "schemata"),
       STRING(spec_intel_rdt, l3_cache_schema, "l3CacheSchema"),
       STRING(spec_intel_rdt, mem_bw_schema, "memBwSchema"),
       BOOL(spec_intel_rdt, enable_cmt, "enableCMT"), BOOL(spec_intel_rdt, enable_mbm, "enableMBM"),
       BOOL(spec_intel_rdt, enable_monitoring, "enableMonitoring"));

SCHEMA(spec_memory_policy, STRING(spec_memory_policy, mode, "mode"),
       STRING(spec_memory_policy, nodes, "nodes"), STRINGS(spec_memory_policy, flags, "flags"));

static const struct schema_word personality_domains[] = { { "LINUX", 0 },
							  { "LINUX32", 0 },
							  { NULL, 0 } };

SCHEMA(spec_personality,
       WORD(spec_personality, domain, "domain", personality_domains, .flags = REQUIRED),
       STRINGS(spec_personality, flags, "flags"));

SCHEMA(spec_time_offset, INT(spec_time_offset, secs, "secs"),
       UINT(spec_time_offset, nanosecs, "nanosecs", RANGE(0, 999999999)));

static const struct schema_word propagations[] = {
	{ "shared", 0 },     { "slave", 0 },	   { "private", 0 },
	{ "unbindable", 0 }, { "rshared", 0 },	   { "rslave", 0 },
	{ "rprivate", 0 },   { "runbindable", 0 }, { NULL, 0 },
};

SCHEMA(spec_linux, OBJECTS(spec_linux, uid_mappings, "uidMappings", spec_id_mapping),
       OBJECTS(spec_linux, gid_mappings, "gidMappings", spec_id_mapping),
       MAP(spec_linux, sysctl, "sysctl"),
       OBJECT(spec_linux, resources, "resources", spec_resources),
       STRING(spec_linux, cgroups_path, "cgroupsPath"),
       OBJECTS(spec_linux, namespaces, "namespaces", spec_namespace),
       OBJECTS(spec_linux, devices, "devices", spec_device),
       OBJECT_MAP(spec_linux, net_devices, "netDevices", spec_net_device, host_name),
       OBJECT(spec_linux, seccomp, "seccomp", spec_seccomp),
       WORD(spec_linux, rootfs_propagation, "rootfsPropagation", propagations),
       STRINGS(spec_linux, masked_paths, "maskedPaths"),
       STRINGS(spec_linux, readonly_paths, "readonlyPaths"),
       STRING(spec_linux, mount_label, "mountLabel"),
       OBJECT(spec_linux, intel_rdt, "intelRdt", spec_intel_rdt),
       OBJECT(spec_linux, memory_policy, "memoryPolicy", spec_memory_policy),
       OBJECT(spec_linux, personality, "personality", spec_personality),
       OBJECT_MAP(spec_linux, time_offsets, "timeOffsets", spec_time_offset, clock));

/* specs/schema/overlay.schema.json and network.schema.json */
SCHEMA(spec_overlay, STRINGS(spec_overlay, lower, "lower"), STRING(spec_overlay, image, "image"),
       STRING(spec_overlay, upper, "upper"), BOOL(spec_overlay, volatile_upper, "volatile"),
       STRING(spec_overlay, size, "size"));

SCHEMA(spec_network_endpoint, STRING(spec_network_endpoint, name, "name", .flags = REQUIRED),
       STRING(spec_network_endpoint, ipv4, "ipv4"), STRING(spec_network_endpoint, ipv6, "ipv6"),
       STRING(spec_network_endpoint, mac, "mac"),
       STRING(spec_network_endpoint, interface, "interface"),
       STRINGS(spec_network_endpoint, aliases, "aliases"),
       STRING(spec_network_endpoint, rate_in, "rateIn"),
       STRING(spec_network_endpoint, rate_out, "rateOut"));

SCHEMA(spec_network, STRING(spec_network, mode, "mode"), STRING(spec_network, bridge, "bridge"),
       STRING(spec_network, subnet, "subnet"), STRING(spec_network, subnet6, "subnet6"),
       OPT_UINT(spec_network, mtu, "mtu", RANGE(68, 65535)), STRING(spec_network, ipv4, "ipv4"),
       STRING(spec_network, ipv6, "ipv6"), STRING(spec_network, mac, "mac"),
       STRING(spec_network, rate_in, "rateIn"), STRING(spec_network, rate_out, "rateOut"),
       STRINGS(spec_network, aliases, "aliases"),
       OBJECTS(spec_network, networks, "networks", spec_network_endpoint),
       STRINGS(spec_network, ports, "ports"), STRINGS(spec_network, dns, "dns"),
       STRINGS(spec_network, dns_search, "dnsSearch"),
       STRINGS(spec_network, dns_options, "dnsOptions"), STRINGS(spec_network, hosts, "hosts"),
       BOOL(spec_network, no_hosts, "noHosts"));

SCHEMA(spec, STRING(spec, oci_version, "ociVersion", .flags = REQUIRED),
       OBJECT(spec, process, "process", spec_process), OBJECT(spec, root, "root", spec_root),
       STRING(spec, hostname, "hostname"), STRING(spec, domainname, "domainname"),
       OBJECTS(spec, mounts, "mounts", spec_mount), OBJECT(spec, hooks, "hooks", spec_hooks),
       MAP(spec, annotations, "annotations"), OBJECT(spec, linux, "linux", spec_linux),
       OBJECT(spec, overlay, "overlay", spec_overlay),
       OBJECT(spec, network, "network", spec_network));

int spec_decode(struct arena *arena, const char *name, const char *text, size_t size,
		struct spec *spec, struct error *err)
{
	*spec = (struct spec){ 0 };
	return schema_decode(&spec_schema, arena, name, text, size, spec, err);
}

int spec_unknown_members(struct arena *arena, const char *name, const char *text, size_t size,
			 struct string_list *paths, struct error *err)
{
	return schema_unknown_members(&spec_schema, arena, name, text, size, paths, err);
}

char *spec_encode(struct arena *arena, const struct spec *spec, size_t *size)
{
	return schema_encode(&spec_schema, arena, spec, JSON_INDENTED, size);
}

int spec_process_decode(struct arena *arena, const char *name, const char *text, size_t size,
			struct spec_process *process, struct error *err)
{
	*process = (struct spec_process){ 0 };
	return schema_decode(&spec_process_schema, arena, name, text, size, process, err);
}

int spec_resources_decode(struct arena *arena, const char *name, const char *text, size_t size,
			  struct spec_resources *resources, struct error *err)
{
	return schema_decode(&spec_resources_schema, arena, name, text, size, resources, err);
}

char *spec_resources_encode(struct arena *arena, const struct spec_resources *resources,
			    size_t *size)
{
	return schema_encode(&spec_resources_schema, arena, resources, JSON_COMPACT, size);
}

int spec_read(struct arena *arena, int dirfd, const char *path, struct spec *spec, char **text,
	      size_t *size, struct error *err)
{
	char *contents;
	size_t length;

	if (file_read_at(dirfd, path, SPEC_MAX_SIZE, arena, &contents, &length, err) < 0)
		return -1;
	if (spec_decode(arena, path, contents, length, spec, err) < 0)
		return -1;
	if (spec_apply_annotations(arena, spec, err) < 0)
		return fail_in(err, "%s", path);
	if (text)
		*text = contents;
	if (size)
		*size = length;
	return 0;
}

const char *namespace_name(enum namespace_type type)
{
	for (const struct schema_word *word = namespace_types; word->word; word++) {
		if (word->value == (int)type)
			return word->word;
	}
	return NULL;
}

uint64_t namespace_flag(enum namespace_type type)
{
	static const uint64_t flags[NAMESPACE_COUNT] = {
		[NAMESPACE_USER] = CLONE_NEWUSER,     [NAMESPACE_PID] = CLONE_NEWPID,
		[NAMESPACE_NETWORK] = CLONE_NEWNET,   [NAMESPACE_MOUNT] = CLONE_NEWNS,
		[NAMESPACE_IPC] = CLONE_NEWIPC,	      [NAMESPACE_UTS] = CLONE_NEWUTS,
		[NAMESPACE_CGROUP] = CLONE_NEWCGROUP, [NAMESPACE_TIME] = CLONE_NEWTIME,
	};

	return flags[type];
}
