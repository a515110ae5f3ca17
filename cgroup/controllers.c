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

uint32_t controllers_in(char *text)
{
	uint32_t found = 0;
	char *word;

	while ((word = strsep(&text, " \n")))
		for (size_t i = 0; i < CONTROLLER_COUNT; i++)
			if (strcmp(word, controller_name((enum controller)i)) == 0)
				found |= UINT32_C(1) << i;
	return found;
}

static int read_controllers(int root, const char *file, uint32_t *found, struct error *err)
{
	char text[256];

	if (file_read_short_at(root, file, text, sizeof(text), err) < 0)
		return -1;
	*found = controllers_in(text);
	return 0;
}

/* Writes "+memory +pids": the kernel grants all of them or none. */
static int write_controllers(int root, const char *file, uint32_t controllers, struct error *err)
{
	char wish[256];
	size_t used = 0;

	for (size_t i = 0; i < CONTROLLER_COUNT; i++)
		if (controllers & UINT32_C(1) << i)
			used += (size_t)snprintf(wish + used, sizeof(wish) - used, "%s+%s",
						 used ? " " : "",
						 controller_name((enum controller)i));
	return used ? file_write_at(root, file, wish, err) : 0;
}

/*
 * Those that are merely good to have: what cannot be had is left out. One by one only if one of
 * them spoils the others (cpu does while a realtime task is about); a cgroup with processes would
 * take cpu or pids alone, and no cgroup below it could have processes after that.
 */
static uint32_t try_controllers(int root, const char *file, uint32_t controllers)
{
	uint32_t granted = 0;
	struct error err;

	if (write_controllers(root, file, controllers, &err) == 0)
		return controllers;
	for (size_t i = 0; err.errnum == EINVAL && i < CONTROLLER_COUNT; i++) {
		struct error ignored;

		if (write_controllers(root, file, controllers & UINT32_C(1) << i, &ignored) == 0)
			granted |= controllers & UINT32_C(1) << i;
	}
	return granted;
}

/* err: why the kernel did not enable those of limits->controllers that are missing. */
static int explain(int root, const char *prefix, const struct limits *limits, uint32_t missing,
		   struct error *err)
{
	char file[PATH_MAX + 32];
	enum controller first = CONTROLLER_CPUSET;
	uint32_t there;
	struct error other;

	snprintf(file, sizeof(file), "%s%scgroup.controllers", prefix, *prefix ? "/" : "");
	if (read_controllers(root, file, &there, &other) < 0)
		return -1;
	if (missing & ~there)
		missing &= ~there;
	else if (err->errnum != EBUSY)
		return -1;
	while (!(missing & UINT32_C(1) << first))
		first++;
	if (!(there & UINT32_C(1) << first))
		return fail_missing(limits, first, prefix, err);
	return fail(err, EBUSY,
		    "%s: cgroup /%s has processes of its own, so that cgroups below it can have no "
		    "limits",
		    member_of(limits, first), prefix);
}

/*
 * Gives the cgroups below one what limits need, and of *wanted what there is; *wanted becomes what
 * they have of it. prefix is "" or "a/b", without a slash.
 */
static int enable_in(int root, const char *prefix, const struct limits *limits, uint32_t *wanted,
		     struct error *err)
{
	char file[PATH_MAX + 32];
	uint32_t given, missing;

	snprintf(file, sizeof(file), "%s%scgroup.subtree_control", prefix, *prefix ? "/" : "");
	if (read_controllers(root, file, &given, err) < 0)
		return -1;
	given |= try_controllers(root, file, *wanted & ~given);
	*wanted &= given;
	missing = limits->controllers & ~given;
	if (write_controllers(root, file, missing, err) < 0)
		return explain(root, prefix, limits, missing, err);
	return 0;
}

int controllers_enable(int root, char *path, const struct limits *limits, bool all,
		       struct error *err)
{
	char file[PATH_MAX + 32];
	uint32_t wanted = 0, there;

	if (all && read_controllers(root, "cgroup.controllers", &wanted, err) < 0)
		return -1;
	if (!limits->controllers && !wanted)
		return 0;
	/* mostly all above have been told already, when an earlier container came */
	snprintf(file, sizeof(file), "%s/cgroup.controllers", path);
	if (read_controllers(root, file, &there, err) == 0 &&
	    !((limits->controllers | wanted) & ~there))
		return 0;
	if (enable_in(root, "", limits, &wanted, err) < 0)
		return -1;
	for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
		int result;

		*slash = '\0';
		result = enable_in(root, path, limits, &wanted, err);
		*slash = '/';
		if (result < 0)
			return -1;
	}
	return 0;
}
