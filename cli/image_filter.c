/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/image_filter.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/value.h"
#include "fs/image_name.h"

static int add(struct string_list *list, const char *value, struct arena *arena)
{
	char **items = arena_array(arena, char *, list->count + 2);

	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	items[list->count++] = arena_strdup(arena, value);
	list->items = items;
	return 0;
}

static int created_of(const char *name, const struct store *store, struct arena *arena,
		      const char **created, struct error *err)
{
	struct image image;

	if (store_find(store, name, arena, &image, err) < 0)
		return -1;
	*created = image.config.created;
	return *created ? 0 : fail(err, ENODATA, "image %s: does not say when it was made", name);
}

static int parse_one(const char *key, const char *value, const struct store *store,
		     struct arena *arena, struct image_filters *filters, struct error *err)
{
	bool truth;

	if (!strcmp(key, "reference"))
		return add(&filters->references, value, arena);
	if (!strcmp(key, "label"))
		return add(&filters->labels, value, arena);
	if (!strcmp(key, "before"))
		return created_of(value, store, arena, &filters->before, err);
	if (!strcmp(key, "since") || !strcmp(key, "after"))
		return created_of(value, store, arena, &filters->since, err);
	if (strcmp(key, "dangling") != 0)
		return fail(err, EINVAL,
			    "no such filter; there are reference, dangling, label, before, since");
	if (value_parse_bool(value, &truth) < 0)
		return fail(err, EINVAL, "true or false expected");
	filters->dangling = truth;
	return 0;
}

int image_filters_parse(const struct string_list *texts, const struct store *store,
			struct arena *arena, struct image_filters *filters, struct error *err)
{
	*filters = (struct image_filters){ .dangling = -1 };
	for (size_t i = 0; i < texts->count; i++) {
		char *key = arena_strdup(arena, texts->items[i]);
		char *value = strchr(key, '=');

		if (!value)
			return fail(err, EINVAL, "--filter '%s': KEY=VALUE expected", key);
		*value++ = '\0';
		if (parse_one(key, value, store, arena, filters, err) < 0)
			return fail_in(err, "--filter '%s'", texts->items[i]);
	}
	return 0;
}

/* A pattern with a tag is for the whole name, one without for the name before the tag. */
static bool name_matches(const char *name, const char *pattern, struct arena *arena)
{
	const char *repository = image_name_repository(name, arena);
	const char *slash = strrchr(pattern, '/');
	bool has_tag = strchr(slash ? slash : pattern, ':');

	for (const char *part = has_tag ? name : repository; part;
	     part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
		if (fnmatch(pattern, part, FNM_PATHNAME) == 0)
			return true;
	return false;
}

static bool has_label(const struct image *image, const char *wanted, struct arena *arena)
{
	const char *equals = strchrnul(wanted, '=');
	const char *value;

	if (!image->config.config)
		return false;
	value = string_map_get(&image->config.config->labels,
			       arena_strndup(arena, wanted, (size_t)(equals - wanted)));
	return value && (!*equals || !strcmp(value, equals + 1));
}

/* RFC 3339 in UTC sorts as text, to the second. */
static bool is_between(const struct image_filters *filters, const char *created)
{
	if (!filters->before && !filters->since)
		return true;
	if (!created)
		return false;
	return (!filters->before || strcmp(created, filters->before) < 0) &&
	       (!filters->since || strcmp(created, filters->since) > 0);
}

bool image_filters_hold(const struct image_filters *filters, const struct image *image,
			struct arena *arena)
{
	bool named = !filters->references.count;

	for (size_t i = 0; i < filters->references.count && !named; i++)
		named = name_matches(image->name, filters->references.items[i], arena);
	if (!named || !is_between(filters, image->config.created) ||
	    (filters->dangling >= 0 && filters->dangling != (image->name[0] == '\0')))
		return false;
	for (size_t i = 0; i < filters->labels.count; i++)
		if (!has_label(image, filters->labels.items[i], arena))
			return false;
	return true;
}
