/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion.h"

#include <string.h>

/* The script in its order: helpers, what a word behind an option is, what a verb takes. */

static const char *const subject_names[] = {
	[SUBJECT_NONE] = "none",       [SUBJECT_CONTAINER] = "container", [SUBJECT_IMAGE] = "image",
	[SUBJECT_NETWORK] = "network", [SUBJECT_FILE] = "file",
};

static void print_options(FILE *out, const struct option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (options[i].letter)
			fprintf(out, "-%c ", options[i].letter);
		fprintf(out, "--%s ", options[i].name);
	}
}

static void print_verbs(FILE *out, const struct program *program)
{
	for (size_t i = 0; i < program->count; i++) {
		const struct command *command = program->verbs[i].command;
		const char *family = completion_new_family(program, i);

		if (family)
			fprintf(out, "%s ", family);
		if (command->group != GROUP_HIDDEN && !completion_family(command))
			fprintf(out, "%s %s ", command->name, command->alias ?: "");
	}
}

/* "run:-b|run:--bundle) ..." for each option with an argument. */
static void print_values(FILE *out, const char *verb, const struct option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct option *option = &options[i];

		if (!*option->argument)
			continue;
		fputs("\t", out);
		if (option->letter) {
			completion_print_verb(out, verb);
			fprintf(out, ":-%c|", option->letter);
		}
		completion_print_verb(out, verb);
		fprintf(out, ":--%s) ", option->name);
		if (option->words) {
			fputs("_reply -W '", out);
			for (const char *const *word = option->words; *word; word++)
				fprintf(out, "%s ", *word);
			fputs("'; return ;;\n", out);
		} else {
			fprintf(out, "_reply %s; return ;;\n",
				strcmp(option->argument, "DIR") ? "-f" : "-d");
		}
	}
}

static void print_all_values(FILE *out, const struct program *program)
{
	print_values(out, "*", global_options, global_option_count);
	for (size_t i = 0; i < program->count; i++) {
		const struct command *command = program->verbs[i].command;

		print_values(out, command->name, command->options, command->option_count);
	}
}

static void print_aliases(FILE *out, const struct program *program)
{
	for (size_t i = 0; i < program->count; i++) {
		const struct command *command = program->verbs[i].command;

		if (!command->alias)
			continue;
		fputc('\t', out);
		completion_print_verb(out, command->alias);
		fputs(") verb=", out);
		completion_print_verb(out, command->name);
		fputs(" ;;\n", out);
	}
}

static void print_takes(FILE *out, const struct program *program)
{
	for (size_t i = 0; i < program->count; i++) {
		const struct command *command = program->verbs[i].command;

		if (command->group == GROUP_HIDDEN)
			continue;
		fputc('\t', out);
		completion_print_verb(out, command->name);
		fprintf(out, ") subject=%s options='", subject_names[completion_subject(command)]);
		print_options(out, command->options, command->option_count);
		fputs("--help' ;;\n", out);
	}
}

/* Verbs of two words: the second one, of which others are offered until it is there. */
static void print_families(FILE *out, const struct program *program)
{
	fputs("\tcase $verb in\n", out);
	for (size_t i = 0; i < program->count; i++) {
		const char *family = completion_new_family(program, i);

		if (!family)
			continue;
		fprintf(out,
			"\t%s) if ((i + 1 < COMP_CWORD)); then verb+=\" ${COMP_WORDS[i+1]}\"; "
			"else _reply -W '",
			family);
		completion_print_family(out, program, family);
		fputs("--help'; return; fi ;;\n", out);
	}
	fputs("\tesac\n", out);
}

/* The first word that is neither an option nor the argument of a global one. */
static void print_search(FILE *out)
{
	fputs("\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n",
	      out);
	for (size_t i = 0; i < global_option_count; i++)
		if (*global_options[i].argument)
			fprintf(out, "\t\t--%s) ((i++)) ;;\n", global_options[i].name);
	fputs("\t\t-*) ;;\n"
	      "\t\t*) verb=${COMP_WORDS[i]}; break ;;\n"
	      "\t\tesac\n"
	      "\tdone\n",
	      out);
}

void completion_bash(FILE *out, const struct program *program)
{
	const char *name = program_name();

	fprintf(out,
		"# bash completion of %s, made by '%s completion bash'\n"
		"_%s()\n"
		"{\n"
		"\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tlocal verb= options= subject= verbs= i\n"
		"\t_reply() { COMPREPLY+=($(compgen \"$@\" -- \"$word\")); }\n"
		"\tCOMPREPLY=()\n",
		name, name, name);
	print_search(out);
	print_families(out, program);
	fputs("\tcase $verb in\n", out);
	print_aliases(out, program);
	fputs("\tesac\n"
	      "\tcase $verb:$before in\n",
	      out);
	print_all_values(out, program);
	fputs("\tesac\n"
	      "\tverbs='",
	      out);
	print_verbs(out, program);
	fputs("'\n"
	      "\tcase $verb in\n"
	      "\t'') subject=verb options='",
	      out);
	print_options(out, global_options, global_option_count);
	fputs("' ;;\n", out);
	print_takes(out, program);
	fprintf(out,
		"\tesac\n"
		"\tif [[ $word == -* ]]; then _reply -W \"$options\"; return; fi\n"
		"\tcase $verb:$subject in\n"
		"\t:verb|help:*) _reply -W \"$verbs\" ;;\n"
		"\tcompletion:*) _reply -W 'bash zsh fish' ;;\n"
		"\t*:container) _reply -W \"$(command %s list -q 2>/dev/null)\" ;;\n"
		"\t*:image) _reply -W \"$(command %s images -q 2>/dev/null)\" ;;\n"
		"\t*:network) _reply -W \"$(command %s network ls -q 2>/dev/null)\" ;;\n"
		"\trun:file) _reply -f; _reply -W \"$(command %s images -q 2>/dev/null)\" ;;\n"
		"\t*:file) _reply -f ;;\n"
		"\tesac\n"
		"}\n"
		"complete -o filenames -o bashdefault -F _%s %s\n",
		name, name, name, name, name, name);
}
