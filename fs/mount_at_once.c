/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/mount_at_once.h"

#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/sys.h"

static const struct {
	uint64_t attribute;
	unsigned long flag;
} flags[] = {
	{ MOUNT_ATTR_NOSUID, MS_NOSUID },	    { MOUNT_ATTR_NODEV, MS_NODEV },
	{ MOUNT_ATTR_NOEXEC, MS_NOEXEC },	    { MOUNT_ATTR_NOATIME, MS_NOATIME },
	{ MOUNT_ATTR_STRICTATIME, MS_STRICTATIME }, { MOUNT_ATTR_NODIRATIME, MS_NODIRATIME },
	{ MOUNT_ATTR_RDONLY, MS_RDONLY },
};

/* False when an attribute has no flag. */
static bool plan_flags(uint64_t attributes, unsigned long *result)
{
	*result = 0;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (attributes & flags[i].attribute)
			*result |= flags[i].flag;
		attributes &= ~flags[i].attribute;
	}
	return !attributes;
}

static bool has_mode(const struct string_list *data)
{
	for (size_t i = 0; i < data->count; i++)
		if (!strncmp(data->items[i], "mode=", strlen("mode=")))
			return true;
	return false;
}

/* mount(2) takes a comma for the end of an option. */
static bool has_comma(const struct string_list *data)
{
	for (size_t i = 0; i < data->count; i++)
		if (strchr(data->items[i], ','))
			return true;
	return false;
}

/*
 * MS_RDONLY makes the filesystem itself read-only, not this mount alone: all the same where nobody
 * has files. A tmpfs without a mode looks at what is beneath it first.
 */
static bool comes_to_the_same(const struct mount_plan *plan)
{
	bool tmpfs = !strcmp(plan->type, "tmpfs");

	if (tmpfs && (plan->options.attr_set & MOUNT_ATTR_RDONLY || plan->options.copy_up ||
		      !has_mode(&plan->options.data)))
		return false;
	return !plan->label && !plan->readonly_at_end && !plan->options.flags.count &&
	       !has_comma(&plan->options.data) &&
	       (!plan->options.propagation || plan->options.propagation == MS_PRIVATE);
}

void mount_at_once_plan(struct arena *arena, struct mount_plan *plan)
{
	const struct mount_options *options = &plan->options;

	if (plan->kind != MOUNT_FILESYSTEM || plan->holds_others || !comes_to_the_same(plan) ||
	    !plan_flags(options->attr_set | (options->recursive_attr_set & ~options->attr_clear),
			&plan->at_once_flags))
		return;
	plan->at_once = string_list_text(arena, &options->data, ",");
}

bool mount_at_once(const struct mount_plan *plan, const char *name)
{
	return plan->at_once &&
	       mount(plan->source, name, plan->type, plan->at_once_flags, plan->at_once) == 0;
}

bool mount_at_once_on(const struct mount_plan *plan, int fd)
{
	return plan->at_once && fchdir(fd) == 0 && mount_at_once(plan, ".");
}
