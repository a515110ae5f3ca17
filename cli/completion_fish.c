/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion.h"

#include <string.h>

static void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void print_option(FILE *out, const char *name, const char *condition,
			 const struct option *option)
{
	fprintf(out, "complete -c %s -n '%s' -l %s", name, condition, option->name);
	if (option->letter)
		fprintf(out, " -s %c", option->letter);
	if (option->words) {
		fputs(" -x -a '", out);
		for (const char *const *word = option->words; *word; word++)
			fprintf(out, "%s ", *word);
		fputs("'", out);
	} else if (*option->argument) {
		fputs(" -r -F", out);
	}
	fputs(" -d '", out);
	print_escaped(out, option->help);
	fputs("'\n", out);
}

/* The words in front of which the rest of a command line is the verb's, for -n. */
static void print_verb(FILE *out, const char *name, const struct command *command, char *condition,
		       size_t size)
{
	const char *family = completion_family(command);
	const char *alias = command->alias ?: "";

	if (family) {
		fprintf(out, "complete -c %s -n '__fish_seen_subcommand_from %s' -a %s -d '", name,
			family, strchr(command->name, ' ') + 1);
		snprintf(condition, size,
			 "__fish_seen_subcommand_from %s; and __fish_seen_subcommand_from %s %s",
			 family, strchr(command->name, ' ') + 1,
			 *alias ? strchr(alias, ' ') + 1 : "");
	} else {
		fprintf(out, "complete -c %s -n __fish_use_subcommand -a %s -d '", name,
			command->name);
		snprintf(condition, size, "__fish_seen_subcommand_from %s %s", command->name,
			 alias);
	}
	print_escaped(out, command->summary);
	fputs("'\n", out);
}

static void print_command(FILE *out, const char *name, const struct command *command)
{
	static const char *const questions[] = {
		[SUBJECT_CONTAINER] = "list -q",
		[SUBJECT_IMAGE] = "images -q",
		[SUBJECT_NETWORK] = "network ls -q",
		[SUBJECT_FILE] = NULL,
	};
	enum completion_subject subject = completion_subject(command);
	char condition[160];

	print_verb(out, name, command, condition, sizeof(condition));
	for (size_t i = 0; i < command->option_count; i++)
		print_option(out, name, condition, &command->options[i]);
	if (subject == SUBJECT_FILE)
		fprintf(out, "complete -c %s -n '%s' -F\n", name, condition);
	else if (questions[subject])
		fprintf(out, "complete -c %s -n '%s' -a '(command %s %s 2>/dev/null)'\n", name,
			condition, name, questions[subject]);
}

void completion_fish(FILE *out, const struct program *program)
{
	const char *name = program_name();

	fprintf(out, "# fish completion of %s, made by '%s completion fish'\ncomplete -c %s -f\n",
		name, name, name);
	for (size_t i = 0; i < global_option_count; i++)
		print_option(out, name, "true", &global_options[i]);
	for (size_t i = 0; i < program->count; i++) {
		const char *family = completion_new_family(program, i);

		if (family)
			fprintf(out, "complete -c %s -n __fish_use_subcommand -a %s\n", name,
				family);
		if (program->verbs[i].command->group != GROUP_HIDDEN)
			print_command(out, name, program->verbs[i].command);
	}
}
