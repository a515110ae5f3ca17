/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "cli/command.h"

/* Which verb a command line means. */

/* How many words of args name is: 1 for "run", 2 for "network create"; 0: it is another one. */
static int words_of(const char *name, char **args)
{
	const char *first = args[0];

	/* most differ in their first letter: every start comes by here */
	for (; *first && *first == *name; first++)
		name++;
	if (*first)
		return 0;
	if (!*name)
		return 1;
	return *name == ' ' && args[1] && !strcmp(name + 1, args[1]) ? 2 : 0;
}

static int words_called(const struct command *command, char **args)
{
	int words = words_of(command->name, args);

	return words || !command->alias ? words : words_of(command->alias, args);
}

bool command_is_of(const struct command *command, const char *family)
{
	size_t length = strlen(family);

	return !strncmp(command->name, family, length) && command->name[length] == ' ';
}

bool program_has_family(const struct program *program, const char *family)
{
	for (size_t i = 0; i < program->count; i++)
		if (command_is_of(program->verbs[i].command, family))
			return true;
	return false;
}

static void suggest_verb(const struct command *command, struct suggestion *suggestion)
{
	if (command->group == GROUP_HIDDEN)
		return;
	suggest(suggestion, command->name);
	if (command->alias)
		suggest(suggestion, command->alias);
}

/* Of a verb of two words the second one is what is not known. */
static const char *unknown_words(const struct program *program, char **args, char *buffer,
				 size_t size)
{
	if (!args[1] || !program_has_family(program, args[0]))
		return args[0];
	snprintf(buffer, size, "%s %s", args[0], args[1]);
	return buffer;
}

const struct verb *program_find(const struct program *program, char ***args, struct error *err)
{
	struct suggestion suggestion = { 0 };
	char words[64];

	for (size_t i = 0; i < program->count; i++) {
		int used = words_called(program->verbs[i].command, *args);

		if (!used)
			continue;
		*args += used;
		return &program->verbs[i];
	}
	suggestion.word = unknown_words(program, *args, words, sizeof(words));
	for (size_t i = 0; i < program->count; i++)
		suggest_verb(program->verbs[i].command, &suggestion);
	for (size_t i = 0; i < program->elsewhere_count; i++)
		suggest(&suggestion, program->elsewhere[i].name);
	if (suggestion.best)
		fail(err, EINVAL, "unknown verb '%s' (did you mean '%s'?)", suggestion.word,
		     suggestion.best);
	else
		fail(err, EINVAL, "unknown verb '%s' (see '%s --help')", suggestion.word,
		     program_name());
	return NULL;
}
