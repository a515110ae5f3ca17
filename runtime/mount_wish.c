/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/mount_wish.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "base/path.h"
#include "base/value.h"
#include "runtime/run_change_parts.h"

int mount_wish_refuse(const struct mount_wish *wish, struct error *err, const char *why)
{
	return fail(err, EINVAL, "option '%s': '%s': %s", wish->option, wish->text, why);
}

void mount_wish_add(struct arena *arena, struct mount_wish *wish, const char *word)
{
	run_append(arena, &wish->options, arena_strdup(arena, word));
}

/* A word of the mount options that both notations know. Returns whether it is one. */
static bool add_common(struct arena *arena, struct mount_wish *wish, const char *word)
{
	static const char *const same[] = { "rw",     "bind",  "rbind",	   "exec",    "noexec",
					    "dev",    "nodev", "suid",	   "nosuid",  "private",
					    "shared", "slave", "rprivate", "rshared", "rslave" };

	/* nothing below it may be written either */
	if (!strcmp(word, "ro") || !strcmp(word, "readonly")) {
		mount_wish_add(arena, wish, "rro");
		return true;
	}
	/* labels of SELinux, and the copying that volumes have anyway, are no options of a mount */
	if (!strcmp(word, "z") || !strcmp(word, "Z") || !strcmp(word, "copy"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		if (strcmp(word, same[i]) != 0)
			continue;
		mount_wish_add(arena, wish, word);
		return true;
	}
	return false;
}

bool mount_wish_has_propagation(const struct mount_wish *wish)
{
	static const char *const words[] = { "private",	 "shared",  "slave",
					     "rprivate", "rshared", "rslave" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (string_list_has(&wish->options, words[i]))
			return true;
	return false;
}

int mount_wish_check(const struct mount_wish *wish, struct error *err)
{
	if (!wish->target || wish->target[0] != '/')
		return mount_wish_refuse(wish, err,
					 "the place in the container is to be an absolute path");
	if (!strcmp(wish->target, "/") || path_has_dot_dot(wish->target))
		return mount_wish_refuse(wish, err, "not a place to mount something at");
	return 0;
}

int mount_wish_read_volume(struct arena *arena, const char *text, struct mount_wish *wish,
			   struct error *err)
{
	char *rest = arena_strdup(arena, text), *words, *word;

	*wish = (struct mount_wish){ .option = "--volume", .text = text };
	wish->type = arena_strdup(arena, "bind");
	wish->target = strsep(&rest, ":");
	if (rest) {
		wish->source = wish->target;
		wish->target = strsep(&rest, ":");
		if (!*wish->source)
			return mount_wish_refuse(wish, err, "[SOURCE:]TARGET[:OPTIONS] expected");
	}
	words = strsep(&rest, ":");
	if (rest)
		return mount_wish_refuse(wish, err, "[SOURCE:]TARGET[:OPTIONS] expected");
	while (words && (word = strsep(&words, ",")))
		if (*word && !add_common(arena, wish, word))
			return fail(err, EINVAL, "option '--volume': '%s': unknown option '%s'",
				    text, word);
	return mount_wish_check(wish, err);
}

int mount_wish_read_tmpfs(struct arena *arena, const char *text, struct mount_wish *wish,
			  struct error *err)
{
	char *rest = arena_strdup(arena, text), *word;

	*wish = (struct mount_wish){ .option = "--tmpfs", .text = text };
	wish->type = arena_strdup(arena, "tmpfs");
	wish->target = strsep(&rest, ":");
	while (rest && (word = strsep(&rest, ",")))
		if (*word)
			mount_wish_add(arena, wish, word);
	return mount_wish_check(wish, err);
}

/* The words of --mount that have a value. */
typedef int set_word(struct arena *arena, struct mount_wish *wish, char *value, struct error *err);

static int set_type(struct arena *arena, struct mount_wish *wish, char *value, struct error *err)
{
	(void)arena;
	if (strcmp(value, "bind") != 0 && strcmp(value, "volume") != 0 &&
	    strcmp(value, "tmpfs") != 0)
		return mount_wish_refuse(wish, err, "type: bind, volume or tmpfs expected");
	wish->type = value;
	return 0;
}

static int set_source(struct arena *arena, struct mount_wish *wish, char *value, struct error *err)
{
	(void)arena;
	(void)err;
	wish->source = value;
	return 0;
}

static int set_target(struct arena *arena, struct mount_wish *wish, char *value, struct error *err)
{
	(void)arena;
	(void)err;
	wish->target = value;
	return 0;
}

static int set_propagation(struct arena *arena, struct mount_wish *wish, char *value,
			   struct error *err)
{
	mount_wish_add(arena, wish, value);
	return mount_wish_has_propagation(wish)
		       ? 0
		       : mount_wish_refuse(wish, err, "bind-propagation: unknown word");
}

static int set_size(struct arena *arena, struct mount_wish *wish, char *value, struct error *err)
{
	(void)err;
	mount_wish_add(arena, wish, arena_printf(arena, "size=%s", value));
	return 0;
}

static int set_mode(struct arena *arena, struct mount_wish *wish, char *value, struct error *err)
{
	(void)err;
	mount_wish_add(arena, wish, arena_printf(arena, "mode=%s", value));
	return 0;
}

/* Those that are true or false; readonly=false is how it is anyway. */
static int set_readonly(struct arena *arena, struct mount_wish *wish, char *value,
			struct error *err)
{
	bool flag;

	if (value_parse_bool(value, &flag) < 0)
		return mount_wish_refuse(wish, err, "readonly: true or false expected");
	if (flag)
		add_common(arena, wish, "ro");
	return 0;
}

static int set_nonrecursive(struct arena *arena, struct mount_wish *wish, char *value,
			    struct error *err)
{
	bool flag;

	if (value_parse_bool(value, &flag) < 0)
		return mount_wish_refuse(wish, err, "bind-nonrecursive: true or false expected");
	if (flag)
		mount_wish_add(arena, wish, "bind");
	return 0;
}

static const struct {
	const char *name;
	set_word *set;
} mount_words[] = {
	{ "type", set_type },
	{ "source", set_source },
	{ "src", set_source },
	{ "target", set_target },
	{ "destination", set_target },
	{ "dst", set_target },
	{ "bind-propagation", set_propagation },
	{ "bind-nonrecursive", set_nonrecursive },
	{ "readonly", set_readonly },
	{ "ro", set_readonly },
	{ "tmpfs-size", set_size },
	{ "tmpfs-mode", set_mode },
};

static int read_word(struct arena *arena, struct mount_wish *wish, char *word, struct error *err)
{
	char *value = strchr(word, '=');

	if (!value && add_common(arena, wish, word))
		return 0;
	if (value)
		*value++ = '\0';
	else
		value = arena_strdup(arena, "true");
	for (size_t i = 0; i < ARRAY_SIZE(mount_words); i++)
		if (!strcmp(word, mount_words[i].name))
			return mount_words[i].set(arena, wish, value, err);
	return fail(err, EINVAL, "option '--mount': '%s': unknown word '%s'", wish->text, word);
}

int mount_wish_read_words(struct arena *arena, const char *text, struct mount_wish *wish,
			  struct error *err)
{
	char *rest = arena_strdup(arena, text), *word;

	*wish = (struct mount_wish){ .option = "--mount", .text = text };
	wish->type = arena_strdup(arena, "volume");
	while ((word = strsep(&rest, ",")))
		if (*word && read_word(arena, wish, word, err) < 0)
			return -1;
	if (mount_wish_check(wish, err) < 0)
		return -1;
	if (!strcmp(wish->type, "tmpfs") && wish->source)
		return mount_wish_refuse(wish, err, "a tmpfs has no source");
	if (!strcmp(wish->type, "bind") && !wish->source)
		return mount_wish_refuse(wish, err, "type=bind needs a source");
	return 0;
}
