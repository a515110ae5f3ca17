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
	if (!strncmp(arguments, "NAME", 4) || !strncmp(arguments, "IMAGE", 5))
		return SUBJECT_IMAGE;
	return !strncmp(arguments, "SPEC", 4) ? SUBJECT_FILE : SUBJECT_NONE;
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
