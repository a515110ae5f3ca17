/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/run_changes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/macro.h"
#include "runtime/run_change_parts.h"
#include "specs/json.h"

#define ENV_FILE_MAX_SIZE ((size_t)1 << 20)

/* What an interactive program needs to know of its terminal. */
#define TERMINAL_TYPE "TERM=xterm"

void run_append(struct arena *arena, struct string_list *list, char *word)
{
	struct string_list one = { .items = &word, .count = 1 };

	*list = string_list_join(arena, list, &one);
}

/* The place of the variable that word sets; NULL: nothing does. */
static char **find_variable(const struct string_list *list, const char *word)
{
	size_t length = strcspn(word, "=") + 1;

	for (size_t i = 0; i < list->count; i++)
		if (!strncmp(list->items[i], word, length))
			return &list->items[i];
	return NULL;
}

static void replace_variable(struct arena *arena, struct string_list *list, char *word)
{
	char **present = find_variable(list, word);

	if (present)
		*present = word;
	else
		run_append(arena, list, word);
}

/* The list grows once: an image may have any number of them. */
void run_changes_set_variables(struct arena *arena, struct string_list *list,
			       const struct string_list *words)
{
	struct string_list all = {
		.items = arena_array(arena, char *, list->count + words->count + 1),
		.count = list->count,
	};

	if (list->count)
		memcpy(all.items, list->items, list->count * sizeof(*all.items));
	for (size_t i = 0; i < words->count; i++) {
		char **present = find_variable(&all, words->items[i]);

		*(present ?: &all.items[all.count++]) = words->items[i];
	}
	*list = all;
}

/* NAME alone takes the caller's value; one that the caller does not have stays unset. */
static int set_variable(struct arena *arena, struct string_list *list, const char *word,
			const char *option, struct error *err)
{
	const char *value;

	if (!*word || *word == '=')
		return fail(err, EINVAL, "option '%s': NAME=VALUE expected, not '%s'", option,
			    word);
	if (strchr(word, '=')) {
		replace_variable(arena, list, arena_strdup(arena, word));
		return 0;
	}
	value = getenv(word);
	if (value)
		replace_variable(arena, list, arena_printf(arena, "%s=%s", word, value));
	return 0;
}

/* Lines of NAME=VALUE; empty ones and those that begin with # are comments. Nothing is quoted. */
static int read_env_file(struct arena *arena, const char *path, struct string_list *list,
			 struct error *err)
{
	char *text, *line, *rest;
	size_t size;

	if (file_read_at(AT_FDCWD, path, ENV_FILE_MAX_SIZE, arena, &text, &size, err) < 0)
		return fail_in(err, "option '--env-file'");
	if (strlen(text) != size)
		return fail(err, EINVAL, "option '--env-file': %s: has a NUL in it", path);
	for (rest = text; (line = strsep(&rest, "\n"));) {
		size_t length;

		line += strspn(line, " \t");
		length = strlen(line);
		if (length && line[length - 1] == '\r')
			line[length - 1] = '\0';
		if (*line && *line != '#' && set_variable(arena, list, line, "--env-file", err) < 0)
			return fail_in(err, "%s", path);
	}
	return 0;
}

static int change_environment(struct arena *arena, const struct run_changes *changes,
			      struct spec *spec, struct error *err)
{
	struct string_list *list = &spec->process->env;
	/* the list may be the image's own */
	static const struct string_list none;

	*list = string_list_join(arena, list, &none);
	if (changes->terminal && !find_variable(list, TERMINAL_TYPE))
		replace_variable(arena, list, arena_strdup(arena, TERMINAL_TYPE));
	for (size_t i = 0; i < changes->env_files.count; i++)
		if (read_env_file(arena, changes->env_files.items[i], list, err) < 0)
			return -1;
	for (size_t i = 0; i < changes->env.count; i++)
		if (set_variable(arena, list, changes->env.items[i], "--env", err) < 0)
			return -1;
	return 0;
}

int run_changes_entrypoint(struct arena *arena, const struct run_changes *changes,
			   struct string_list *words, struct error *err)
{
	const char *text = changes->entrypoint;
	struct json *root;

	*words = (struct string_list){ 0 };
	if (!text || !*text)
		return 0;
	if (*text != '[') {
		run_append(arena, words, arena_strdup(arena, text));
		return 0;
	}
	if (json_parse(arena, "option '--entrypoint'", text, strlen(text), &root, err) < 0)
		return -1;
	for (const struct json *item = root->first; item; item = item->next) {
		if (item->kind != JSON_STRING)
			return fail(err, EINVAL, "option '--entrypoint': strings expected in %s",
				    text);
		run_append(arena, words, arena_strdup(arena, item->text));
	}
	return 0;
}

static int change_place(struct arena *arena, const struct run_changes *changes, struct spec *spec,
			struct error *err)
{
	if (changes->directory) {
		if (changes->directory[0] != '/')
			return fail(err, EINVAL,
				    "option '--workdir': an absolute path expected, not '%s'",
				    changes->directory);
		spec->process->cwd = arena_strdup(arena, changes->directory);
	}
	if (changes->hostname)
		spec->hostname = arena_strdup(arena, changes->hostname);
	if (changes->terminal)
		spec->process->terminal = true;
	return 0;
}

static int change_labels(struct arena *arena, const struct run_changes *changes, struct spec *spec,
			 struct error *err)
{
	struct string_map *map = &spec->annotations;
	struct string_pair *items =
		arena_array(arena, struct string_pair, map->count + changes->labels.count + 1);

	if (map->count)
		memcpy(items, map->items, map->count * sizeof(*items));
	map->items = items;
	for (size_t i = 0; i < changes->labels.count; i++) {
		char *name = arena_strdup(arena, changes->labels.items[i]);
		char *value = strchr(name, '=');

		if (value)
			*value++ = '\0';
		if (!*name)
			return fail(err, EINVAL,
				    "option '--label': NAME[=VALUE] expected, not '%s'",
				    changes->labels.items[i]);
		items[map->count++] =
			(struct string_pair){ name, value ?: arena_strdup(arena, "") };
	}
	return 0;
}

struct string_list run_changes_command(const struct string_list *args)
{
	struct string_list command = *args;

	if (command.count > 1 && !strcmp(command.items[0], RUN_INIT_PATH)) {
		command.items++;
		command.count--;
		if (command.count > 1 &&
		    !strncmp(command.items[0], RUN_INIT_AS, strlen(RUN_INIT_AS))) {
			command.items++;
			command.count--;
		}
	}
	return command;
}

/* The init is the program, the program its argument. */
static int change_init(struct arena *arena, const struct run_changes *changes, struct spec *spec,
		       struct error *err)
{
	struct string_list init = { 0 };

	if (!changes->init)
		return 0;
	for (size_t i = 0; i < spec->linux->namespaces.count; i++)
		if (spec->linux->namespaces.items[i].type == NAMESPACE_PID)
			run_append(arena, &init, arena_strdup(arena, RUN_INIT_PATH));
	if (!init.count)
		return fail(err, EINVAL,
			    "option '--init': the container has no pid namespace of its own");
	spec->process->args = string_list_join(arena, &init, &spec->process->args);
	return 0;
}

static int change_root(struct arena *arena, const struct run_changes *changes, struct spec *spec,
		       struct error *err)
{
	(void)arena;
	(void)err;
	if (changes->read_only && spec->root)
		spec->root->readonly = true;
	return 0;
}

bool run_changes_are_none(const struct run_changes *changes)
{
	const struct string_list *const lists[] = {
		&changes->env,	   &changes->env_files, &changes->volumes, &changes->mounts,
		&changes->tmpfs,   &changes->devices,	&changes->cap_add, &changes->cap_drop,
		&changes->ulimits, &changes->sysctls,	&changes->labels,  &changes->security,
	};
	const char *const words[] = {
		changes->user,	     changes->directory, changes->hostname,
		changes->entrypoint, changes->restart,	 changes->stop_signal,
	};
	const struct spec_resources *limits = &changes->resources;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (lists[i]->count)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i])
			return false;
	return !limits->memory && !limits->cpu && !limits->pids && !limits->block_io &&
	       !changes->shm_size && !changes->terminal && !changes->init && !changes->read_only &&
	       run_network_is_none(&changes->network);
}

int run_changes_apply(struct arena *arena, const struct run_changes *changes,
		      const struct string_list *exposed, struct spec *spec, struct error *err)
{
	static run_change *const all[] = {
		change_environment,  change_place,	 change_labels,	       change_init,
		change_root,	     run_change_rlimits, run_change_resources, run_change_sysctls,
		run_change_security, run_change_devices,
	};

	if (!spec->process)
		spec->process = arena_new(arena, struct spec_process);
	if (!spec->linux)
		spec->linux = arena_new(arena, struct spec_linux);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i](arena, changes, spec, err) < 0)
			return -1;
	return run_change_network(arena, &changes->network, exposed, spec, err);
}
