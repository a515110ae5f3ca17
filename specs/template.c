/* SPDX-License-Identifier: Apache-2.0 */
/* What `ctr spec` writes: a shell in ./rootfs with no more rights than containers usually have. */
#include <string.h>

#include "base/macro.h"
#include "specs/runtime_spec.h"

struct template_mount {
	const char *destination, *type, *source;
	const char *options[8]; /* ends with NULL */
};

static const struct template_mount mounts[] = {
	{ "/proc", "proc", "proc", { "nosuid", "noexec", "nodev" } },
	{ "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=65536k" } },
	{ "/dev/pts",
	  "devpts",
	  "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } },
	{ "/dev/shm", "tmpfs", "shm", { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" } },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev" } },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
	{ "/sys/fs/cgroup", "cgroup", "cgroup", { "nosuid", "noexec", "nodev", "relatime", "ro" } },
};

/* A user namespace that does not own its network namespace may not mount a sysfs of its own. */
static const struct template_mount rootless_sys = {
	"/sys", "none", "/sys", { "rbind", "nosuid", "noexec", "nodev", "ro" }
};

static const char *const capabilities[] = { "CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE",
					    NULL };
static const char *const args[] = { "sh", NULL };
static const char *const env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", NULL
};

/* Files of the kernel that tell of the host or reach it, and are not namespaced. */
static const char *const masked_paths[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/sys/firmware",
	"/sys/devices/virtual/powercap",
	NULL,
};
static const char *const readonly_paths[] = { "/proc/bus",	     "/proc/fs",
					      "/proc/irq",	     "/proc/sys",
					      "/proc/sysrq-trigger", NULL };

static const enum namespace_type namespaces[] = {
	NAMESPACE_PID, NAMESPACE_NETWORK, NAMESPACE_IPC,
	NAMESPACE_UTS, NAMESPACE_MOUNT,	  NAMESPACE_CGROUP,
};

static struct string_list copy_list(struct arena *arena, const char *const *words)
{
	struct string_list list = { 0 };

	while (words[list.count])
		list.count++;
	list.items = arena_array(arena, char *, list.count + 1);
	for (size_t i = 0; i < list.count; i++)
		list.items[i] = arena_strdup(arena, words[i]);
	return list;
}

static struct spec_process *make_process(struct arena *arena)
{
	struct spec_process *process = arena_new(arena, struct spec_process);
	struct string_list kept = copy_list(arena, capabilities);

	process->terminal = true;
	process->args = copy_list(arena, args);
	process->env = copy_list(arena, env);
	process->cwd = arena_strdup(arena, "/");
	process->capabilities = arena_new(arena, struct spec_capabilities);
	/* not inheritable: it would survive an execve of a file with capabilities of its own */
	process->capabilities->bounding = kept;
	process->capabilities->effective = kept;
	process->capabilities->permitted = kept;
	process->rlimits.items = arena_new(arena, struct spec_rlimit);
	process->rlimits.count = 1;
	process->rlimits.items[0] = (struct spec_rlimit){
		.type = arena_strdup(arena, "RLIMIT_NOFILE"), .hard = 1024, .soft = 1024
	};
	process->no_new_privileges = true;
	return process;
}

static struct spec_mount make_mount(struct arena *arena, const struct template_mount *mount)
{
	return (struct spec_mount){
		.destination = arena_strdup(arena, mount->destination),
		.type = arena_strdup(arena, mount->type),
		.source = arena_strdup(arena, mount->source),
		.options = copy_list(arena, mount->options),
	};
}

/* gid=5, the host's group tty, has no mapping when only one id has. */
static void drop_option(struct string_list *options, const char *prefix)
{
	size_t kept = 0;

	for (size_t i = 0; i < options->count; i++) {
		if (strncmp(options->items[i], prefix, strlen(prefix)) != 0)
			options->items[kept++] = options->items[i];
	}
	options->items[kept] = NULL;
	options->count = kept;
}

static void make_mounts(struct arena *arena, bool rootless, struct spec *spec)
{
	spec->mounts.items = arena_array(arena, struct spec_mount, ARRAY_SIZE(mounts));
	spec->mounts.count = ARRAY_SIZE(mounts);
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		const struct template_mount *mount = &mounts[i];

		if (rootless && strcmp(mount->destination, rootless_sys.destination) == 0)
			mount = &rootless_sys;
		spec->mounts.items[i] = make_mount(arena, mount);
		if (rootless)
			drop_option(&spec->mounts.items[i].options, "gid=");
	}
}

static struct spec_resources *make_resources(struct arena *arena)
{
	struct spec_resources *resources = arena_new(arena, struct spec_resources);

	resources->devices.items = arena_new(arena, struct spec_device_rule);
	resources->devices.items[0].access = arena_strdup(arena, "rwm");
	resources->devices.count = 1;
	return resources;
}

static struct spec_id_mappings map_to_root(struct arena *arena, uint32_t id)
{
	struct spec_id_mappings mappings = { .items = arena_new(arena, struct spec_id_mapping),
					     .count = 1 };

	mappings.items[0] = (struct spec_id_mapping){ .host_id = id, .size = 1 };
	return mappings;
}

static void make_namespaces(struct arena *arena, bool rootless, struct spec_linux *linux_spec)
{
	struct spec_namespace *items =
		arena_array(arena, struct spec_namespace, ARRAY_SIZE(namespaces) + 1);
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		/* without a privileged helper nothing would connect it to the world */
		if (!rootless || namespaces[i] != NAMESPACE_NETWORK)
			items[count++].type = (int)namespaces[i];
	}
	if (rootless)
		items[count++].type = NAMESPACE_USER;
	linux_spec->namespaces.items = items;
	linux_spec->namespaces.count = count;
}

void spec_template(struct arena *arena, bool rootless, uint32_t uid, uint32_t gid,
		   struct spec *spec)
{
	*spec = (struct spec){
		.oci_version = arena_strdup(arena, "1.3.0"),
		.process = make_process(arena),
		.root = arena_new(arena, struct spec_root),
		.hostname = arena_strdup(arena, "ctr"),
		.linux = arena_new(arena, struct spec_linux),
	};
	spec->root->path = arena_strdup(arena, "rootfs");
	spec->root->readonly = true;
	make_mounts(arena, rootless, spec);
	make_namespaces(arena, rootless, spec->linux);
	spec->linux->masked_paths = copy_list(arena, masked_paths);
	spec->linux->readonly_paths = copy_list(arena, readonly_paths);
	if (rootless) {
		spec->linux->uid_mappings = map_to_root(arena, uid);
		spec->linux->gid_mappings = map_to_root(arena, gid);
	} else {
		spec->linux->resources = make_resources(arena);
	}
}
