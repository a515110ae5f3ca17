/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <string.h>

#include "cli/completion.h"

const struct command completion_command = {
	.name = "completion",
	.group = GROUP_ABOUT,
	.summary = HELP("Print a script that lets a shell complete the command lines"),
	.arguments = "bash|zsh|fish",
	.min = 1,
	.max = 1,
	.examples = HELP("ctr completion bash > /etc/bash_completion.d/ctr\n"),
	.failure = FAILURE_RUN,
};

enum completion_subject completion_subject(const struct command *command)
{
	const char *arguments = command->arguments;

	if (*arguments == '[')
		arguments++;
	if (!strncmp(arguments, "ID", 2))
		return SUBJECT_CONTAINER;
	if (!strncmp(arguments, "NETWORK", 7))
		return SUBJECT_NETWORK;
	if (completion_family(command))
		return SUBJECT_NONE;
	if (!strncmp(arguments, "NAME", 4) || !strncmp(arguments, "IMAGE", 5))
		return SUBJECT_IMAGE;
	return !strncmp(arguments, "SPEC", 4) ? SUBJECT_FILE : SUBJECT_NONE;
}

const char *completion_family(const struct command *command)
{
	static char family[32];
	size_t length = strcspn(command->name, " ");

	if (!command->name[length] || length >= sizeof(family))
		return NULL;
	memcpy(family, command->name, length);
	family[length] = '\0';
	return family;
}

const char *completion_new_family(const struct program *program, size_t number)
{
	const char *family = completion_family(program->verbs[number].command);

	for (size_t i = 0; family && i < number; i++)
		if (command_is_of(program->verbs[i].command, family))
			return NULL;
	return family;
}

void completion_print_family(FILE *out, const struct program *program, const char *family)
{
	for (size_t i = 0; i < program->count; i++)
		if (command_is_of(program->verbs[i].command, family))
			fprintf(out, "%s ", strchr(program->verbs[i].command->name, ' ') + 1);
}

void completion_print_verb(FILE *out, const char *name)
{
	for (; *name; name++) {
		if (*name == ' ')
			fputc('\\', out);
		fputc(*name, out);
	}
}

int cmd_completion(struct invocation *invocation, struct error *err)
{
	const char *shell = invocation->arguments[0];

	if (!strcmp(shell, "bash"))
		completion_bash(stdout, invocation->program);
	else if (!strcmp(shell, "zsh"))
		completion_zsh(stdout, invocation->program);
	else if (!strcmp(shell, "fish"))
		completion_fish(stdout, invocation->program);
	else
		return fail(err, EINVAL, "%s: one of bash, zsh, fish expected", shell);
	return 0;
}
