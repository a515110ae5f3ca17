/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/validate.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/value.h"

/* In the order in which a reader of config.json meets them. */
static const struct {
	const char *name;
	int (*check)(const struct validation *validation);
} checks[] = {
	{ "ociVersion", validate_version },
	{ "root", validate_root },
	{ "process", validate_process },
	{ "process.rlimits", validate_rlimits },
	{ "process.scheduler", validate_scheduler },
	{ "mounts", validate_mounts },
	{ "hooks", validate_hooks },
	{ "linux.namespaces", validate_namespaces },
	{ "hostname, domainname", validate_names },
	{ "linux.uidMappings, gidMappings", validate_id_mappings },
	{ "linux.namespaces of mounts", validate_mount_namespace },
	{ "linux.timeOffsets", validate_time_offsets },
	{ "linux.netDevices", validate_net_devices },
	{ "linux.devices", validate_devices },
	{ "linux.resources.devices", validate_device_rules },
	{ "linux.maskedPaths, readonlyPaths", validate_protected_paths },
	{ "linux.seccomp", validate_seccomp },
	{ "linux.personality", validate_personality },
	{ "overlay", validate_overlay },
	{ "network", validate_network },
	{ "linux.sysctl", validate_sysctl },
	{ "cgroup v1 only", validate_v1_only },
};

int spec_validate(const char *name, const struct spec *spec, struct error *err)
{
	const struct validation validation = { .name = name, .spec = spec, .err = err };

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		if (checks[i].check(&validation) < 0)
			return -1;
	}
	return 0;
}

int refuse(const struct validation *validation, const char *format, ...)
{
	char text[sizeof(validation->err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return fail(validation->err, EINVAL, "%s: %s", validation->name, text);
}

static bool skip_number(const char **text)
{
	const char *begin = *text;

	while (isdigit((unsigned char)**text))
		(*text)++;
	return *text > begin && (*begin != '0' || *text == begin + 1);
}

/* Semantic versioning 2.0.0 of major version 1: "1.3.0", "1.0.2-rc.1+dev" */
int validate_version(const struct validation *validation)
{
	const char *version = validation->spec->oci_version, *rest = version + 2;
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ-.";

	if (strncmp(version, "1.", 2) == 0 && skip_number(&rest) && *rest++ == '.' &&
	    skip_number(&rest)) {
		if (*rest == '-' && rest[1] != '+')
			rest += 1 + strspn(rest + 1, letters);
		if (*rest == '+')
			rest += 1 + strspn(rest + 1, letters);
		if (*rest == '\0' && rest[-1] != '-' && rest[-1] != '+')
			return 0;
	}
	return refuse(validation, "ociVersion: '%s': a version 1.x of the specification expected",
		      version);
}

int validate_root(const struct validation *validation)
{
	const struct spec_root *root = validation->spec->root;
	const struct spec_overlay *overlay = validation->spec->overlay;

	if (!root && overlay && (overlay->image || overlay->lower.count > 0))
		return 0; /* those are the root */
	if (!root)
		return refuse(validation, "root: required, but missing");
	if (!root->path[0])
		return refuse(validation, "root.path: is empty");
	return 0;
}

int validate_process(const struct validation *validation)
{
	const struct spec_process *process = validation->spec->process;

	if (!process)
		return refuse(validation, "process: required, but missing");
	if (process->args.count == 0)
		return refuse(validation, "process.args: at least the command is required");
	if (!process->args.items[0][0])
		return refuse(validation, "process.args[0]: is empty");
	return 0;
}

int validate_rlimits(const struct validation *validation)
{
	const struct spec_process *process = validation->spec->process;

	for (size_t i = 0; i < process->rlimits.count; i++) {
		const struct spec_rlimit *limit = &process->rlimits.items[i];

		/* the types are words of one table: the same word has the same address */
		for (size_t j = 0; j < i; j++) {
			if (strcmp(limit->type, process->rlimits.items[j].type) == 0)
				return refuse(validation,
					      "process.rlimits[%zu].type: %s was given before", i,
					      limit->type);
		}
		if (limit->soft > limit->hard)
			return refuse(validation,
				      "process.rlimits[%zu].soft: %llu is more than hard, %llu", i,
				      (unsigned long long)limit->soft,
				      (unsigned long long)limit->hard);
	}
	return 0;
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

/* sched(7): 1024 ns <= runtime <= deadline <= period < 2^63 ns. In the words of crun. */
static int validate_deadline(const struct validation *validation,
			     const struct spec_scheduler *scheduler)
{
	static const char where[] = "process.scheduler: sched_setattr: `SCHED_DEADLINE`";
	static const uint64_t least = 1024, most = INT64_MAX;
	unsigned long long runtime = scheduler->runtime.value;
	unsigned long long deadline = scheduler->deadline.value;
	unsigned long long period = scheduler->period.value;

	if (!scheduler->runtime.set)
		return refuse(validation, "%s requires `runtime`", where);
	if (!scheduler->deadline.set)
		return refuse(validation, "%s requires `deadline`", where);
	if (runtime == 0)
		return refuse(validation, "%s runtime must be greater than 0", where);
	if (runtime < least || runtime > most)
		return refuse(validation, "%s runtime %llu must be between %llu and %llu", where,
			      runtime, (unsigned long long)least, (unsigned long long)most);
	if (runtime > deadline)
		return refuse(validation, "%s runtime %llu must be <= deadline %llu", where,
			      runtime, deadline);
	if (period && deadline > period)
		return refuse(validation, "%s deadline %llu must be <= period %llu", where,
			      deadline, period);
	return 0;
}

/* sched_setattr(2): which members mean something with which policy */
int validate_scheduler(const struct validation *validation)
{
	static const char *const realtime[] = { "SCHED_FIFO", "SCHED_RR", NULL };
	static const char *const deadline[] = { "SCHED_DEADLINE", NULL };
	const struct spec_scheduler *scheduler = validation->spec->process->scheduler;

	if (!scheduler)
		return 0;
	if (is_one_of(scheduler->policy, realtime)) {
		if (scheduler->priority < 1)
			return refuse(validation, "process.scheduler.priority: %s needs 1 to 99",
				      scheduler->policy);
	} else if (scheduler->priority != 0) {
		return refuse(validation, "process.scheduler.priority: %s has none",
			      scheduler->policy);
	}
	if (!is_one_of(scheduler->policy, deadline)) {
		if (scheduler->runtime.value || scheduler->deadline.value ||
		    scheduler->period.value)
			return refuse(validation,
				      "process.scheduler: runtime, deadline and period are for "
				      "SCHED_DEADLINE only");
		return 0;
	}
	return validate_deadline(validation, scheduler);
}

/* Relative destinations are relative to "/" */
int validate_mounts(const struct validation *validation)
{
	const struct spec *spec = validation->spec;

	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct spec_mount *mount = &spec->mounts.items[i];

		if (!mount->destination[0])
			return refuse(validation, "mounts[%zu].destination: is empty", i);
		/* other flags for what it is are another matter */
		if (strspn(mount->destination, "/.") == strlen(mount->destination) &&
		    !string_list_has(&mount->options, "remount"))
			return refuse(validation,
				      "mounts[%zu].destination: '%s' is the root itself, which "
				      "root.path says",
				      i, mount->destination);
		if (!mount->uid_mappings.count != !mount->gid_mappings.count)
			return refuse(validation,
				      "mounts[%zu]: uidMappings and gidMappings go together", i);
	}
	return 0;
}

static int validate_name(const struct validation *validation, const char *member, const char *name)
{
	if (!name || !name[0])
		return 0;
	if (strlen(name) > 64)
		return refuse(validation, "%s: longer than 64 bytes", member);
	if (!find_namespace(validation->spec, NAMESPACE_UTS))
		return refuse(validation,
			      "%s: needs a namespace of type 'uts' in linux.namespaces, else the "
			      "host's would change",
			      member);
	return 0;
}

int validate_names(const struct validation *validation)
{
	if (validate_name(validation, "hostname", validation->spec->hostname) < 0)
		return -1;
	return validate_name(validation, "domainname", validation->spec->domainname);
}

static int validate_hook_list(const struct validation *validation, const char *kind,
			      const struct spec_hook_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct spec_hook *hook = &list->items[i];

		if (hook->timeout.set && hook->timeout.value <= 0)
			return refuse(validation,
				      "hooks.%s[%zu].timeout: %lld: seconds above 0 expected", kind,
				      i, (long long)hook->timeout.value);
	}
	return 0;
}

int validate_hooks(const struct validation *validation)
{
	const struct spec_hooks *hooks = validation->spec->hooks;

	if (!hooks)
		return 0;
	if (validate_hook_list(validation, "prestart", &hooks->prestart) < 0 ||
	    validate_hook_list(validation, "createRuntime", &hooks->create_runtime) < 0 ||
	    validate_hook_list(validation, "createContainer", &hooks->create_container) < 0 ||
	    validate_hook_list(validation, "startContainer", &hooks->start_container) < 0 ||
	    validate_hook_list(validation, "poststart", &hooks->poststart) < 0 ||
	    validate_hook_list(validation, "poststop", &hooks->poststop) < 0)
		return -1;
	return 0;
}

int validate_overlay(const struct validation *validation)
{
	const struct spec_overlay *overlay = validation->spec->overlay;
	uint64_t size;

	if (!overlay)
		return 0;
	if (overlay->image && overlay->lower.count > 0)
		return refuse(validation, "overlay: lower and image exclude each other");
	for (size_t i = 0; i < overlay->lower.count; i++) {
		if (!overlay->lower.items[i][0])
			return refuse(validation, "overlay.lower[%zu]: is empty", i);
	}
	if (overlay->size && overlay->size[0] &&
	    (value_parse_size(overlay->size, &size) < 0 || !size))
		return refuse(validation,
			      "overlay.size: '%s' is no size: bytes, or with K, M, G or T",
			      overlay->size);
	if (validation->spec->root && validation->spec->root->readonly && overlay->upper)
		return refuse(validation,
			      "overlay.upper: root.readonly is true, there is no writable layer");
	return 0;
}
