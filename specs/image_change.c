/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/image_change.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "specs/json.h"

typedef int change_function(struct arena *arena, const char *rest,
			    struct image_execution *execution, struct error *err);

/* Lists --------------------------------------------------------------------------------------- */

static void list_add(struct arena *arena, struct string_list *list, const char *text)
{
	const struct string_list one = { .items = (char *[]){ arena_strdup(arena, text) },
					 .count = 1 };

	*list = string_list_join(arena, list, &one);
}

static void list_add_once(struct arena *arena, struct string_list *list, const char *text)
{
	if (!string_list_has(list, text))
		list_add(arena, list, text);
}

/*
 * The next word of *rest as a shell would take it, without expansions: quotes and backslashes go.
 * Returns NULL at the end, or with *err for a quote that is not closed.
 */
static char *next_word(struct arena *arena, const char **rest, bool *bad)
{
	const char *at = *rest + strspn(*rest, " \t");
	char *word = arena_alloc(arena, strlen(at) + 1), quote = 0;
	size_t used = 0;

	if (!*at)
		return NULL;
	for (; *at && (quote || (*at != ' ' && *at != '\t')); at++) {
		if (quote && *at == quote)
			quote = 0;
		else if (!quote && (*at == '"' || *at == '\''))
			quote = *at;
		else if (*at == '\\' && quote != '\'' && at[1])
			word[used++] = *++at;
		else
			word[used++] = *at;
	}
	*bad |= quote != 0;
	*rest = at;
	return word;
}

/* Words, or a JSON array of strings. */
static int get_list(struct arena *arena, const char *rest, struct string_list *list,
		    struct error *err)
{
	const char *at = rest;
	struct json *root;
	bool bad = false;
	char *word;

	*list = (struct string_list){ 0 };
	if (*rest != '[') {
		while ((word = next_word(arena, &at, &bad)))
			list_add(arena, list, word);
		return bad ? fail(err, EINVAL, "a quote is not closed") : 0;
	}
	if (json_parse(arena, "the list", rest, strlen(rest), &root, err) < 0)
		return -1;
	for (const struct json *item = root->first; item; item = item->next) {
		if (item->kind != JSON_STRING)
			return fail(err, EINVAL, "the list has something else than strings");
		list_add(arena, list, item->text);
	}
	return 0;
}

/* What is executed: a JSON array, or a line for the shell. */
static int get_command(struct arena *arena, const char *rest, struct string_list *list,
		       struct error *err)
{
	if (*rest == '[')
		return get_list(arena, rest, list, err);
	*list = (struct string_list){ 0 };
	list_add(arena, list, "/bin/sh");
	list_add(arena, list, "-c");
	list_add(arena, list, rest);
	return 0;
}

/* Instructions -------------------------------------------------------------------------------- */

static int change_cmd(struct arena *arena, const char *rest, struct image_execution *execution,
		      struct error *err)
{
	return get_command(arena, rest, &execution->cmd, err);
}

static int change_entrypoint(struct arena *arena, const char *rest,
			     struct image_execution *execution, struct error *err)
{
	return get_command(arena, rest, &execution->entrypoint, err);
}

/* "NAME=VALUE ...", or "NAME VALUE" where the value is all that follows. */
static int get_pairs(struct arena *arena, const char *rest, struct string_list *pairs,
		     struct error *err)
{
	size_t name = strcspn(rest, "= \t");

	if (rest[name] == '=') {
		if (get_list(arena, rest, pairs, err) < 0)
			return -1;
	} else {
		*pairs = (struct string_list){ 0 };
		list_add(arena, pairs,
			 arena_printf(arena, "%.*s=%s", (int)name, rest,
				      rest + name + strspn(rest + name, " \t")));
	}
	for (size_t i = 0; i < pairs->count; i++)
		if (pairs->items[i][0] == '=' || !strchr(pairs->items[i], '='))
			return fail(err, EINVAL, "'%s' is not NAME=VALUE", pairs->items[i]);
	return 0;
}

static int change_env(struct arena *arena, const char *rest, struct image_execution *execution,
		      struct error *err)
{
	struct string_list pairs, kept = { 0 };

	if (get_pairs(arena, rest, &pairs, err) < 0)
		return -1;
	for (size_t i = 0; i < pairs.count; i++) {
		size_t length = (size_t)(strchr(pairs.items[i], '=') - pairs.items[i]) + 1;

		kept = (struct string_list){ 0 };
		for (size_t j = 0; j < execution->env.count; j++)
			if (strncmp(execution->env.items[j], pairs.items[i], length) != 0)
				list_add(arena, &kept, execution->env.items[j]);
		list_add(arena, &kept, pairs.items[i]);
		execution->env = kept;
	}
	return 0;
}

static void set_label(struct arena *arena, struct string_map *labels, const char *pair)
{
	size_t length = (size_t)(strchr(pair, '=') - pair);
	struct string_pair *items = arena_array(arena, struct string_pair, labels->count + 1);
	size_t count = 0;

	for (size_t i = 0; i < labels->count; i++)
		if (strlen(labels->items[i].key) != length ||
		    memcmp(labels->items[i].key, pair, length) != 0)
			items[count++] = labels->items[i];
	items[count++] = (struct string_pair){
		.key = arena_strndup(arena, pair, length),
		.value = arena_strdup(arena, pair + length + 1),
	};
	labels->items = items;
	labels->count = count;
}

static int change_label(struct arena *arena, const char *rest, struct image_execution *execution,
			struct error *err)
{
	struct string_list pairs;

	if (get_pairs(arena, rest, &pairs, err) < 0)
		return -1;
	for (size_t i = 0; i < pairs.count; i++)
		set_label(arena, &execution->labels, pairs.items[i]);
	return 0;
}

static int add_port(struct arena *arena, const char *text, struct string_list *ports,
		    struct error *err)
{
	size_t digits = strspn(text, "0123456789");
	const char *protocol = text + digits;
	long port = digits && digits < 6 ? strtol(text, NULL, 10) : 0;

	if (port < 1 || port > 65535 ||
	    (*protocol && strcmp(protocol, "/tcp") != 0 && strcmp(protocol, "/udp") != 0 &&
	     strcmp(protocol, "/sctp") != 0))
		return fail(err, EINVAL, "'%s' is not PORT[/tcp|udp|sctp]", text);
	list_add_once(arena, ports,
		      arena_printf(arena, "%ld%s", port, *protocol ? protocol : "/tcp"));
	return 0;
}

static int change_expose(struct arena *arena, const char *rest, struct image_execution *execution,
			 struct error *err)
{
	struct string_list ports;

	if (get_list(arena, rest, &ports, err) < 0)
		return -1;
	for (size_t i = 0; i < ports.count; i++)
		if (add_port(arena, ports.items[i], &execution->exposed_ports, err) < 0)
			return -1;
	return 0;
}

static int change_volume(struct arena *arena, const char *rest, struct image_execution *execution,
			 struct error *err)
{
	struct string_list paths;

	if (get_list(arena, rest, &paths, err) < 0)
		return -1;
	for (size_t i = 0; i < paths.count; i++)
		list_add_once(arena, &execution->volumes, paths.items[i]);
	return 0;
}

static int change_onbuild(struct arena *arena, const char *rest, struct image_execution *execution,
			  struct error *err)
{
	(void)err;
	list_add(arena, &execution->on_build, rest);
	return 0;
}

static int change_stopsignal(struct arena *arena, const char *rest,
			     struct image_execution *execution, struct error *err)
{
	(void)err;
	execution->stop_signal = arena_strdup(arena, rest);
	return 0;
}

static int change_user(struct arena *arena, const char *rest, struct image_execution *execution,
		       struct error *err)
{
	(void)err;
	execution->user = arena_strdup(arena, rest);
	return 0;
}

static int change_workdir(struct arena *arena, const char *rest, struct image_execution *execution,
			  struct error *err)
{
	if (*rest != '/')
		return fail(err, EINVAL, "'%s' is not absolute", rest);
	execution->working_dir = arena_strdup(arena, rest);
	return 0;
}

static const struct {
	const char *name;
	change_function *change;
} instructions[] = {
	{ "CMD", change_cmd },
	{ "ENTRYPOINT", change_entrypoint },
	{ "ENV", change_env },
	{ "EXPOSE", change_expose },
	{ "LABEL", change_label },
	{ "ONBUILD", change_onbuild },
	{ "STOPSIGNAL", change_stopsignal },
	{ "USER", change_user },
	{ "VOLUME", change_volume },
	{ "WORKDIR", change_workdir },
};

int image_change(struct arena *arena, const char *text, struct image_execution *execution,
		 struct error *err)
{
	const char *start = text + strspn(text, " \t");
	size_t length = strcspn(start, "= \t");
	const char *rest = start + length + (start[length] == '=');
	size_t end;
	char *value;

	rest += strspn(rest, " \t");
	value = arena_strdup(arena, rest);
	for (end = strlen(value); end && isspace((unsigned char)value[end - 1]); end--)
		value[end - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++) {
		if (strlen(instructions[i].name) != length ||
		    strncasecmp(instructions[i].name, start, length) != 0)
			continue;
		if (!*value)
			return fail(err, EINVAL, "change '%s': nothing behind %s", text,
				    instructions[i].name);
		if (instructions[i].change(arena, value, execution, err) < 0)
			return fail_in(err, "change '%s'", text);
		return 0;
	}
	return fail(err, EINVAL,
		    "change '%s': not one of CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, "
		    "STOPSIGNAL, USER, VOLUME and WORKDIR",
		    text);
}
