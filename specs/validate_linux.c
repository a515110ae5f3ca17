/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of config-linux.md */
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "specs/validate.h"

/* The kernel's bound on the lines of a map, user_namespaces(7) */
#define MAX_MAPPINGS 340

/* network.mode 'host' takes a network namespace out of the list (runtime/namespaces.c) */
const struct spec_namespace *find_namespace(const struct spec *spec, enum namespace_type type)
{
	const char *ignored;

	if (!spec->linux)
		return NULL;
	if (type == NAMESPACE_NETWORK && spec_network_mode(spec, &ignored) == NETWORK_MODE_HOST)
		return NULL;
	for (size_t i = 0; i < spec->linux->namespaces.count; i++) {
		if (spec->linux->namespaces.items[i].type == (int)type)
			return &spec->linux->namespaces.items[i];
	}
	return NULL;
}

/* From inside of a new user namespace there is no way into the mounts of another. */
int validate_mount_namespace(const struct validation *validation)
{
	const struct spec_namespace *user = find_namespace(validation->spec, NAMESPACE_USER);
	const struct spec_namespace *mount = find_namespace(validation->spec, NAMESPACE_MOUNT);

	if (!user || user->path || (mount && !mount->path))
		return 0;
	return refuse(validation,
		      "linux.namespaces: a new user namespace needs a new mount namespace: it has "
		      "no power over %s",
		      mount ? "the one that is joined" : "the host's");
}

int validate_namespaces(const struct validation *validation)
{
	const struct spec_linux *linux_spec = validation->spec->linux;
	unsigned seen = 0;

	if (!linux_spec)
		return 0;
	for (size_t i = 0; i < linux_spec->namespaces.count; i++) {
		int type = linux_spec->namespaces.items[i].type;

		if (seen & 1U << type)
			return refuse(validation,
				      "linux.namespaces[%zu].type: '%s' was given before", i,
				      namespace_name((enum namespace_type)type));
		seen |= 1U << type;
	}
	return 0;
}

static bool overlap(uint32_t a, uint32_t b, uint32_t a_size, uint32_t b_size)
{
	return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

static int validate_mapping_list(const struct validation *validation, const char *member,
				 const struct spec_id_mappings *mappings)
{
	if (mappings->count > MAX_MAPPINGS)
		return refuse(validation, "%s: more than %d", member, MAX_MAPPINGS);
	for (size_t i = 0; i < mappings->count; i++) {
		const struct spec_id_mapping *item = &mappings->items[i];

		if (item->size == 0)
			return refuse(validation, "%s[%zu].size: is 0", member, i);
		/* 2^32 - 1 is no id but "none" */
		if ((uint64_t)item->container_id + item->size > UINT32_MAX ||
		    (uint64_t)item->host_id + item->size > UINT32_MAX)
			return refuse(validation, "%s[%zu].size: %u ids end above 4294967294",
				      member, i, item->size);
		for (size_t j = 0; j < i; j++) {
			const struct spec_id_mapping *other = &mappings->items[j];

			if (overlap(item->container_id, other->container_id, item->size,
				    other->size))
				return refuse(validation,
					      "%s[%zu].containerID: overlaps with [%zu]", member, i,
					      j);
			if (overlap(item->host_id, other->host_id, item->size, other->size))
				return refuse(validation, "%s[%zu].hostID: overlaps with [%zu]",
					      member, i, j);
		}
	}
	return 0;
}

static int validate_user_namespace(const struct validation *validation)
{
	const struct spec_linux *linux_spec = validation->spec->linux;
	const struct spec_namespace *user = find_namespace(validation->spec, NAMESPACE_USER);
	const struct {
		const char *member;
		const struct spec_id_mappings *mappings;
	} kinds[] = {
		{ "linux.uidMappings", &linux_spec->uid_mappings },
		{ "linux.gidMappings", &linux_spec->gid_mappings },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!user && kinds[i].mappings->count > 0)
			return refuse(validation,
				      "%s: needs a namespace of type 'user' in linux.namespaces",
				      kinds[i].member);
		/* none at all: id_map_complete() */
		if (user && !user->path && kinds[i].mappings->count == 0 &&
		    kinds[1 - i].mappings->count > 0)
			return refuse(validation, "%s: is missing, while there are %s",
				      kinds[i].member, kinds[1 - i].member);
		if (validate_mapping_list(validation, kinds[i].member, kinds[i].mappings) < 0)
			return -1;
	}
	return 0;
}

int validate_id_mappings(const struct validation *validation)
{
	const struct spec *spec = validation->spec;

	if (spec->linux && validate_user_namespace(validation) < 0)
		return -1;
	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct spec_mount *mount = &spec->mounts.items[i];
		char member[48];

		snprintf(member, sizeof(member), "mounts[%zu].uidMappings", i);
		if (validate_mapping_list(validation, member, &mount->uid_mappings) < 0)
			return -1;
		snprintf(member, sizeof(member), "mounts[%zu].gidMappings", i);
		if (validate_mapping_list(validation, member, &mount->gid_mappings) < 0)
			return -1;
	}
	return 0;
}

int validate_time_offsets(const struct validation *validation)
{
	const struct spec_linux *linux_spec = validation->spec->linux;
	const struct spec_namespace *time;

	if (!linux_spec || linux_spec->time_offsets.count == 0)
		return 0;
	time = find_namespace(validation->spec, NAMESPACE_TIME);
	if (!time || time->path)
		return refuse(validation,
			      "linux.timeOffsets: need a new namespace of type 'time' in "
			      "linux.namespaces");
	for (size_t i = 0; i < linux_spec->time_offsets.count; i++) {
		const char *clock = linux_spec->time_offsets.items[i].clock;

		if (strcmp(clock, "monotonic") != 0 && strcmp(clock, "boottime") != 0)
			return refuse(validation,
				      "linux.timeOffsets.%s: unknown clock (one of: monotonic, "
				      "boottime)",
				      clock);
	}
	return 0;
}

/* The words behind the member are runc's */
int validate_net_devices(const struct validation *validation)
{
	const struct spec_linux *linux_spec = validation->spec->linux;

	if (!linux_spec || !linux_spec->net_devices.count ||
	    find_namespace(validation->spec, NAMESPACE_NETWORK))
		return 0;
	return refuse(validation,
		      "linux.netDevices: unable to move network devices without a NET namespace: "
		      "linux.namespaces needs one of type 'network'");
}

/* The kernel's dev_t has 12 bits for the major number and 20 for the minor one */
int validate_devices(const struct validation *validation)
{
	const struct spec_linux *linux_spec = validation->spec->linux;

	for (size_t i = 0; linux_spec && i < linux_spec->devices.count; i++) {
		const struct spec_device *device = &linux_spec->devices.items[i];

		if (device->type[0] == 'p')
			continue;
		if (device->major < 0 || device->major > 0xfff)
			return refuse(validation,
				      "linux.devices[%zu].major: %lld is out of range (0 to 4095)",
				      i, (long long)device->major);
		if (device->minor < 0 || device->minor > 0xfffff)
			return refuse(
				validation,
				"linux.devices[%zu].minor: %lld is out of range (0 to 1048575)", i,
				(long long)device->minor);
	}
	return 0;
}

int validate_device_rules(const struct validation *validation)
{
	const struct spec_linux *linux_spec = validation->spec->linux;

	if (!linux_spec || !linux_spec->resources)
		return 0;
	for (size_t i = 0; i < linux_spec->resources->devices.count; i++) {
		const char *access = linux_spec->resources->devices.items[i].access;

		/* an 'a' beside them says nothing */
		if (access && *access &&
		    (access[strspn(access, "rwma")] || !strpbrk(access, "rwm")))
			return refuse(validation,
				      "linux.resources.devices[%zu].access: '%s': letters r, w, m "
				      "expected",
				      i, access);
	}
	return 0;
}

static int validate_path_list(const struct validation *validation, const char *member,
			      const struct string_list *paths)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (paths->items[i][0] != '/')
			return refuse(validation, "%s[%zu]: absolute path expected, found '%s'",
				      member, i, paths->items[i]);
	}
	return 0;
}

int validate_protected_paths(const struct validation *validation)
{
	const struct spec_linux *linux_spec = validation->spec->linux;

	if (!linux_spec)
		return 0;
	if (validate_path_list(validation, "linux.maskedPaths", &linux_spec->masked_paths) < 0)
		return -1;
	return validate_path_list(validation, "linux.readonlyPaths", &linux_spec->readonly_paths);
}

static bool takes_errno(const char *action)
{
	return strcmp(action, "SCMP_ACT_ERRNO") == 0 || strcmp(action, "SCMP_ACT_TRACE") == 0;
}

static int validate_seccomp_rules(const struct validation *validation, bool *notifies)
{
	const struct spec_seccomp *seccomp = validation->spec->linux->seccomp;

	*notifies = false;
	for (size_t i = 0; i < seccomp->syscalls.count; i++) {
		const struct spec_seccomp_rule *rule = &seccomp->syscalls.items[i];

		if (rule->names.count == 0)
			return refuse(validation,
				      "linux.seccomp.syscalls[%zu].names: at least one is required",
				      i);
		if (rule->errno_ret.set && !takes_errno(rule->action))
			return refuse(validation,
				      "linux.seccomp.syscalls[%zu].errnoRet: %s has no errno", i,
				      rule->action);
		if (strcmp(rule->action, "SCMP_ACT_NOTIFY") == 0)
			*notifies = true;
	}
	return 0;
}

int validate_seccomp(const struct validation *validation)
{
	const struct spec_linux *linux_spec = validation->spec->linux;
	const struct spec_seccomp *seccomp;
	bool notifies;

	if (!linux_spec || !linux_spec->seccomp)
		return 0;
	seccomp = linux_spec->seccomp;
	if (seccomp->default_errno_ret.set && !takes_errno(seccomp->default_action))
		return refuse(validation, "linux.seccomp.defaultErrnoRet: %s has no errno",
			      seccomp->default_action);
	if (strcmp(seccomp->default_action, "SCMP_ACT_NOTIFY") == 0)
		return refuse(validation, "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY would stop "
					  "the start of the container itself");
	if (validate_seccomp_rules(validation, &notifies) < 0)
		return -1;
	if (notifies && (!seccomp->listener_path || !seccomp->listener_path[0]))
		return refuse(validation,
			      "linux.seccomp.listenerPath: required with SCMP_ACT_NOTIFY");
	return 0;
}

int validate_personality(const struct validation *validation)
{
	const struct spec_linux *linux_spec = validation->spec->linux;

	/* the specification has the member and no flag to go into it */
	if (linux_spec && linux_spec->personality && linux_spec->personality->flags.count > 0)
		return refuse(validation, "linux.personality.flags[0]: unknown value '%s'",
			      linux_spec->personality->flags.items[0]);
	return 0;
}
