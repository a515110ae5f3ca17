/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/systemd_plan.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "base/path.h"

#define PROPERTY_PREFIX "org.systemd.property."
#define SUBGROUP "run.oci.systemd.subgroup"
/* The limit of systemd's names of units (systemd.unit(5)). */
#define UNIT_NAME_MAX 255

static bool is_slice(const char *name)
{
	size_t length = strlen(name), size = strlen(".slice");

	return length > size && strcmp(name + length - size, ".slice") == 0;
}

int systemd_slice_path(struct arena *arena, const char *slice, const char **path, struct error *err)
{
	size_t length = strlen(slice) - (is_slice(slice) ? strlen(".slice") : 0);

	*path = "";
	if (strcmp(slice, "-.slice") == 0)
		return 0;
	if (!is_slice(slice) || strchr(slice, '/') || slice[0] == '-' || slice[length - 1] == '-' ||
	    strstr(slice, "--"))
		return fail(err, EINVAL,
			    "linux.cgroupsPath: invalid slice name '%s' (one like a-b.slice "
			    "expected)",
			    slice);
	for (size_t i = 1; i <= length; i++)
		if (i == length || slice[i] == '-')
			*path = arena_printf(arena, "%s/%.*s.slice", *path, (int)i, slice);
	return 0;
}

/* Letters that systemd takes in names of units; it says so itself, but when ctr has begun. */
static int check_unit(const char *unit, struct error *err)
{
	for (const char *letter = unit; *letter; letter++)
		if (!isalnum((unsigned char)*letter) && !strchr(":-_.\\@", *letter))
			return fail(
				err, EINVAL,
				"linux.cgroupsPath: '%c' cannot be part of a unit's name ('%s')",
				*letter, unit);
	if (strlen(unit) > UNIT_NAME_MAX)
		return fail(err, ENAMETOOLONG,
			    "linux.cgroupsPath: the unit's name has more than %d letters",
			    UNIT_NAME_MAX);
	return 0;
}

/* runc's words for what is no slice:prefix:name. */
static int split_path(struct arena *arena, const char *path, const char *id,
		      struct systemd_plan *plan, struct error *err)
{
	char *text = arena_strdup(arena, path && *path ? path : ":ctr:");
	const char *slice = strsep(&text, ":"), *prefix = strsep(&text, ":"), *name = text;

	if (!name || strchr(name, ':'))
		return fail(err, EINVAL,
			    "linux.cgroupsPath: expected cgroupsPath to be of format "
			    "\"slice:prefix:name\" for systemd cgroups, got \"%s\" instead",
			    path);
	if (!*name)
		name = id;
	plan->slice = *slice ? slice : plan->user ? "user.slice" : "system.slice";
	if (is_slice(name))
		plan->unit = name;
	else
		plan->unit = arena_printf(arena, "%s-%s.scope", prefix, name);
	return check_unit(plan->unit, err);
}

void systemd_add_property(struct arena *arena, struct string_list *list, const char *name,
			  const char *value)
{
	char *text = arena_printf(arena, "%s=%s", name, value);
	const struct string_list last = { .items = &text, .count = 1 };

	*list = string_list_join(arena, list, &last);
}

/* A string of GVariant's text format. */
static char *quote(struct arena *arena, const char *text)
{
	char *quoted = arena_alloc(arena, 2 * strlen(text) + 3), *to = quoted;

	*to++ = '\'';
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to = '\'';
	return quoted;
}

static void plan_unit(struct arena *arena, const char *id, struct systemd_plan *plan)
{
	static const char *const accounting[] = { "MemoryAccounting", "CPUAccounting",
						  "IOAccounting", "TasksAccounting" };

	systemd_add_property(arena, &plan->required, "Description",
			     quote(arena, arena_printf(arena, "ctr container %s", id)));
	if (is_slice(plan->unit)) {
		systemd_add_property(arena, &plan->required, "Wants",
				     arena_printf(arena, "[%s]", quote(arena, plan->slice)));
	} else {
		systemd_add_property(arena, &plan->required, "Slice", quote(arena, plan->slice));
		systemd_add_property(arena, &plan->required, "Delegate", "true");
	}
	systemd_add_property(arena, &plan->required, "DefaultDependencies", "false");
	for (size_t i = 0; i < ARRAY_SIZE(accounting); i++)
		systemd_add_property(arena, &plan->wanted, accounting[i], "true");
}

static void plan_annotations(struct arena *arena, const struct string_map *annotations,
			     struct systemd_plan *plan)
{
	size_t prefix = strlen(PROPERTY_PREFIX);

	for (size_t i = 0; annotations && i < annotations->count; i++) {
		const struct string_pair *pair = &annotations->items[i];

		if (strncmp(pair->key, PROPERTY_PREFIX, prefix) == 0)
			systemd_add_property(arena, &plan->required, pair->key + prefix,
					     pair->value);
	}
}

static int plan_subgroup(const struct string_map *annotations, struct systemd_plan *plan,
			 struct error *err)
{
	const char *name = annotations ? string_map_get(annotations, SUBGROUP) : NULL;

	if (!name || !*name)
		return 0;
	if (!path_is_plain_name(name))
		return fail(err, EINVAL, "annotations." SUBGROUP ": '%s' is not a plain name",
			    name);
	plan->subgroup = name;
	return 0;
}

int systemd_plan(struct arena *arena, const struct spec_linux *linux_, const char *id,
		 const struct limits *limits, const struct systemd_options *options,
		 struct systemd_plan *plan, struct error *err)
{
	const char *slice, *parent;

	*plan = (struct systemd_plan){ .user = options->user };
	if (split_path(arena, linux_ ? linux_->cgroups_path : NULL, id, plan, err) < 0 ||
	    systemd_slice_path(arena, plan->slice, &slice, err) < 0)
		return -1;
	/* a slice is where its own name says */
	if (is_slice(plan->unit)) {
		if (systemd_slice_path(arena, plan->unit, &parent, err) < 0)
			return -1;
		plan->cgroup = arena_printf(arena, "%s%s", options->manager, parent);
	} else {
		plan->cgroup = arena_printf(arena, "%s%s/%s", options->manager, slice, plan->unit);
	}
	plan_unit(arena, id, plan);
	plan_annotations(arena, options->annotations, plan);
	systemd_limit_properties(arena, limits, &plan->wanted);
	if (linux_ && linux_->resources &&
	    systemd_device_properties(arena, linux_->resources, &plan->wanted, err) < 0)
		return -1;
	return plan_subgroup(options->annotations, plan, err);
}

const char *systemd_process_cgroup(struct arena *arena, const struct systemd_plan *plan,
				   const char *cgroup)
{
	return plan->subgroup ? arena_printf(arena, "%s/%s", cgroup, plan->subgroup) : cgroup;
}

char *systemd_plan_print(struct arena *arena, const struct systemd_plan *plan)
{
	char *text = arena_printf(arena, "systemd %s %s in %s\nsystemd cgroup %s\n",
				  plan->user ? "user unit" : "unit", plan->unit, plan->slice,
				  plan->cgroup);

	if (plan->subgroup)
		text = arena_printf(arena, "%ssystemd subgroup %s\n", text, plan->subgroup);
	for (size_t i = 0; i < plan->required.count; i++)
		text = arena_printf(arena, "%ssystemd property %s\n", text,
				    plan->required.items[i]);
	for (size_t i = 0; i < plan->wanted.count; i++)
		text = arena_printf(arena, "%ssystemd property %s, if it is known\n", text,
				    plan->wanted.items[i]);
	return text;
}
