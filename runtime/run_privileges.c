/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/value.h"
#include "runtime/capability.h"
#include "runtime/run_change_parts.h"

/* "CAP_NET_ADMIN" for "net_admin"; NULL: there is none of this name. */
static char *find_capability(struct arena *arena, const char *word)
{
	char *name = arena_printf(arena, "%s%s", strncasecmp(word, "cap_", 4) ? "CAP_" : "", word);
	unsigned int last = capability_last();

	for (char *letter = name; *letter; letter++)
		*letter = (char)toupper((unsigned char)*letter);
	for (unsigned int i = 0; i <= last; i++)
		if (!strcmp(name, capability_name(i)))
			return name;
	return NULL;
}

static struct string_list all_capabilities(struct arena *arena)
{
	struct string_list all = { 0 };
	unsigned int last = capability_last();

	for (unsigned int i = 0; i <= last; i++)
		run_append(arena, &all, arena_strdup(arena, capability_name(i)));
	return all;
}

static int read_capabilities(struct arena *arena, const struct string_list *words,
			     const char *option, struct string_list *names, struct error *err)
{
	*names = (struct string_list){ 0 };
	for (size_t i = 0; i < words->count; i++) {
		char *name;

		if (!strcasecmp(words->items[i], "all")) {
			*names = all_capabilities(arena);
			continue;
		}
		name = find_capability(arena, words->items[i]);
		if (!name)
			return fail(err, EINVAL, "option '%s': unknown capability '%s'", option,
				    words->items[i]);
		if (!string_list_has(names, name))
			run_append(arena, names, name);
	}
	return 0;
}

static void change_set(struct arena *arena, struct string_list *set, const struct string_list *add,
		       const struct string_list *drop)
{
	struct string_list changed = { .items = arena_array(arena, char *,
							    set->count + add->count + 1) };

	for (size_t i = 0; i < set->count; i++)
		if (!string_list_has(drop, set->items[i]))
			changed.items[changed.count++] = set->items[i];
	for (size_t i = 0; i < add->count; i++)
		if (!string_list_has(&changed, add->items[i]))
			changed.items[changed.count++] = add->items[i];
	*set = changed;
}

int run_changes_capabilities(struct arena *arena, const struct run_changes *changes,
			     struct spec_process *process, struct error *err)
{
	struct spec_capabilities *sets = process->capabilities;
	struct string_list add, drop, kept = { 0 };

	if (!changes->cap_add.count && !changes->cap_drop.count)
		return 0;
	if (read_capabilities(arena, &changes->cap_add, "--cap-add", &add, err) < 0 ||
	    read_capabilities(arena, &changes->cap_drop, "--cap-drop", &drop, err) < 0)
		return -1;
	for (size_t i = 0; i < add.count; i++)
		if (drop.count > capability_last() || !string_list_has(&drop, add.items[i]))
			run_append(arena, &kept, add.items[i]);
	if (!sets)
		sets = process->capabilities = arena_new(arena, struct spec_capabilities);
	change_set(arena, &sets->bounding, &kept, &drop);
	change_set(arena, &sets->effective, &kept, &drop);
	change_set(arena, &sets->permitted, &kept, &drop);
	/* execve(2) takes all others from who is not root */
	if (process->user.uid == 0)
		kept.count = 0;
	change_set(arena, &sets->inheritable, &kept, &drop);
	change_set(arena, &sets->ambient, &kept, &drop);
	return 0;
}

int run_change_security(struct arena *arena, const struct run_changes *changes, struct spec *spec,
			struct error *err)
{
	for (size_t i = 0; i < changes->security.count; i++) {
		const char *word = changes->security.items[i];
		const char *value = word + strcspn(word, "=:");
		size_t length = (size_t)(value - word);
		bool flag = true;

		value += *value != '\0';
		if (length == 17 && !strncmp(word, "no-new-privileges", length) &&
		    (!*value || value_parse_bool(value, &flag) == 0))
			spec->process->no_new_privileges = flag;
		else if (length == 8 && !strncmp(word, "apparmor", length) && *value)
			spec->process->apparmor_profile = arena_strdup(arena, value);
		else if (length == 7 && !strncmp(word, "seccomp", length) &&
			 !strcmp(value, "unconfined"))
			spec->linux->seccomp = NULL;
		else if (length == 6 && !strncmp(word, "unmask", length) &&
			 !strcasecmp(value, "all"))
			spec->linux->masked_paths = spec->linux->readonly_paths =
				(struct string_list){ 0 };
		else
			return fail(err, EINVAL,
				    "option '--security-opt': no-new-privileges[=false], "
				    "apparmor=PROFILE, seccomp=unconfined or unmask=ALL expected, "
				    "not '%s'",
				    word);
	}
	return 0;
}

static int read_device(struct arena *arena, const char *word, struct spec_device *device,
		       struct spec_device_rule *rule, struct error *err)
{
	char *path = arena_strdup(arena, word), *target = strchr(path, ':'), *access = NULL;
	struct stat status;

	if (target) {
		*target++ = '\0';
		access = target[0] == '/' ? strchr(target, ':') : target;
		if (access == target)
			target = NULL;
		else if (access)
			*access++ = '\0';
	}
	if (access && (!*access || strspn(access, "rwm") != strlen(access)))
		return fail(err, EINVAL,
			    "option '--device': PATH[:TARGET][:PERMISSIONS] with permissions of "
			    "r, w and m expected, not '%s'",
			    word);
	if (stat(path, &status) < 0)
		return fail_errno(err, "option '--device': %s", path);
	if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode))
		return fail(err, EINVAL, "option '--device': %s: not a device", path);
	*device = (struct spec_device){
		.path = target ?: path,
		.type = arena_strdup(arena, S_ISCHR(status.st_mode) ? "c" : "b"),
		.major = major(status.st_rdev),
		.minor = minor(status.st_rdev),
		.file_mode = { .set = true, .value = status.st_mode & 0777 },
		.uid = { .set = true, .value = status.st_uid },
		.gid = { .set = true, .value = status.st_gid },
	};
	*rule = (struct spec_device_rule){
		.allow = true,
		.type = device->type,
		.major = { .set = true, .value = device->major },
		.minor = { .set = true, .value = device->minor },
		.access = access ?: arena_strdup(arena, "rwm"),
	};
	return 0;
}

int run_change_devices(struct arena *arena, const struct run_changes *changes, struct spec *spec,
		       struct error *err)
{
	size_t count = changes->devices.count;
	struct spec_resources *resources;
	struct spec_device *devices;
	struct spec_device_rule *rules;

	if (!count)
		return 0;
	if (!spec->linux->resources)
		spec->linux->resources = arena_new(arena, struct spec_resources);
	resources = spec->linux->resources;
	devices = arena_array(arena, struct spec_device, spec->linux->devices.count + count);
	rules = arena_array(arena, struct spec_device_rule, resources->devices.count + count);
	if (spec->linux->devices.count)
		memcpy(devices, spec->linux->devices.items,
		       spec->linux->devices.count * sizeof(*devices));
	if (resources->devices.count)
		memcpy(rules, resources->devices.items, resources->devices.count * sizeof(*rules));
	for (size_t i = 0; i < count; i++)
		if (read_device(arena, changes->devices.items[i],
				&devices[spec->linux->devices.count++],
				&rules[resources->devices.count++], err) < 0)
			return -1;
	spec->linux->devices.items = devices;
	resources->devices.items = rules;
	return 0;
}
