/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/controllers.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cgroup/cgroup.h"

/* "linux.resources.memory.limit" for memory: the first limit that needs the controller. */
static const char *member_of(const struct limits *limits, enum controller controller)
{
	const char *name = controller_name(controller);
	size_t size = strlen(name);

	for (size_t i = 0; i < limits->count; i++)
		if (strncmp(limits->items[i].file, name, size) == 0 &&
		    limits->items[i].file[size] == '.')
			return limits->items[i].member;
	return "linux.resources";
}

static int fail_missing(const struct limits *limits, enum controller controller, const char *where,
			struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	const char *member = member_of(limits, controller), *name = controller_name(controller);
	const char *v1;
	struct error other;

	if (*where)
		return fail(err, ENODEV, "%s: cgroup /%s has no %s controller to give", member,
			    where, name);
	if (cgroup_v1_mount(&arena, controller, &v1, &other) < 0 || !v1)
		return fail(err, ENODEV,
			    "%s: this host has no %s controller (not in the kernel, or switched "
			    "off with cgroup_disable=)",
			    member, name);
	return fail(err, ENODEV,
		    "%s: the %s controller is bound to cgroup v1 at %s (hybrid host); boot with "
		    "systemd.unified_cgroup_hierarchy=1 or cgroup_no_v1=%s",
		    member, name, v1, controller_v1_name(controller));
}

static bool has_word(const char *text, const char *word)
{
	size_t size = strlen(word);

	for (const char *found = text; (found = strstr(found, word)); found += size)
		if ((found == text || found[-1] == ' ') &&
		    (found[size] == ' ' || found[size] == '\0'))
			return true;
	return false;
}

/* "+memory +pids" for those that text has not yet; which of them is there is the first. */
static size_t missing_controllers(uint32_t controllers, const char *text, char *wish, size_t size,
				  enum controller *first)
{
	size_t used = 0;

	for (size_t i = CONTROLLER_COUNT; i-- > 0;) {
		const char *name = controller_name((enum controller)i);

		if (!(controllers & UINT32_C(1) << i) || has_word(text, name))
			continue;
		*first = (enum controller)i;
		used += (size_t)snprintf(wish + used, size - used, "%s+%s", used ? " " : "", name);
	}
	return used;
}

/* Gives the cgroups below directory what limits need. prefix is "" or "a/b", without a slash. */
static int enable_in(int root, const char *prefix, const struct limits *limits, struct error *err)
{
	char file[PATH_MAX + 32], text[256], wish[256];
	const char *slash = *prefix ? "/" : "";
	enum controller first = CONTROLLER_COUNT;
	struct error other;

	snprintf(file, sizeof(file), "%s%scgroup.subtree_control", prefix, slash);
	if (file_read_short_at(root, file, text, sizeof(text), err) < 0)
		return -1;
	if (!missing_controllers(limits->controllers, text, wish, sizeof(wish), &first) ||
	    file_write_at(root, file, wish, err) == 0)
		return 0;
	snprintf(file, sizeof(file), "%s%scgroup.controllers", prefix, slash);
	if (file_read_short_at(root, file, text, sizeof(text), &other) == 0)
		return -1;
	if (missing_controllers(limits->controllers, text, wish, sizeof(wish), &first))
		return fail_missing(limits, first, prefix, err);
	if (err->errnum == EBUSY)
		return fail(err, EBUSY,
			    "%s: cgroup /%s has processes of its own, so that cgroups below it can "
			    "have no limits",
			    member_of(limits, first), prefix);
	return -1;
}

int controllers_enable(int root, char *path, const struct limits *limits, struct error *err)
{
	if (!limits->controllers)
		return 0;
	if (enable_in(root, "", limits, err) < 0)
		return -1;
	for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
		int result;

		*slash = '\0';
		result = enable_in(root, path, limits, err);
		*slash = '/';
		if (result < 0)
			return -1;
	}
	return 0;
}
