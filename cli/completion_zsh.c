/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion.h"

#include <string.h>

/* Text inside of '...' and of [...]: what means something to the shell or to _arguments. */
static void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr("[]:\\", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void print_value(FILE *out, const struct option *option)
{
	if (!*option->argument)
		return;
	fputc(':', out);
	print_escaped(out, option->argument);
	fputc(':', out);
	if (!option->words) {
		fputs(strcmp(option->argument, "DIR") ? "_files" : "_files -/", out);
		return;
	}
	fputc('(', out);
	for (const char *const *word = option->words; *word; word++)
		fprintf(out, "%s ", *word);
	fputc(')', out);
}

/* One argument of _arguments for each spelling: '--bundle=[help]:DIR:_files -/' */
static void print_options(FILE *out, const struct option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct option *option = &options[i];
		const char *repeats = option->kind == OPTION_IS_STRINGS ? "*" : "";

		fprintf(out, " \\\n\t\t\t'%s--%s%s[", repeats, option->name,
			*option->argument ? "=" : "");
		print_escaped(out, option->help);
		fputs("]", out);
		print_value(out, option);
		fputs("'", out);
		if (!option->letter)
			continue;
		fprintf(out, " \\\n\t\t\t'%s-%c%s[", repeats, option->letter,
			*option->argument ? "+" : "");
		print_escaped(out, option->help);
		fputs("]", out);
		print_value(out, option);
		fputs("'", out);
	}
}

static void print_subject(FILE *out, const struct command *command, const char *name)
{
	switch (completion_subject(command)) {
	case SUBJECT_CONTAINER:
		fprintf(out, " \\\n\t\t\t'*:container:_%s_containers'", name);
		break;
	case SUBJECT_IMAGE:
		fprintf(out, " \\\n\t\t\t'*:image:_%s_images'", name);
		break;
	case SUBJECT_NETWORK:
		fprintf(out, " \\\n\t\t\t'*:network:_%s_networks'", name);
		break;
	case SUBJECT_FILE:
		fputs(" \\\n\t\t\t'*:file:_files'", out);
		break;
	case SUBJECT_NONE:
		break;
	}
}

static void print_case(FILE *out, const struct command *command, const char *name)
{
	fputc('\t', out);
	completion_print_verb(out, command->name);
	if (command->alias) {
		fputc('|', out);
		completion_print_verb(out, command->alias);
	}
	fputs(")\n\t\t_arguments -s '--help[show help]'", out);
	print_options(out, command->options, command->option_count);
	print_subject(out, command, name);
	fputs("\n\t\t;;\n", out);
}

/* Verbs, and of those of two words the first. */
static void print_verbs(FILE *out, const struct program *program)
{
	for (size_t i = 0; i < program->count; i++) {
		const struct command *command = program->verbs[i].command;
		const char *family = completion_new_family(program, i);

		if (family)
			fprintf(out, "\n\t\t'%s:verbs of their own'", family);
		if (command->group == GROUP_HIDDEN || completion_family(command))
			continue;
		fprintf(out, "\n\t\t'%s:", command->name);
		print_escaped(out, command->summary);
		fputs("'", out);
	}
}

/* The second word, of which others are offered until it is there. */
static void print_families(FILE *out, const struct program *program)
{
	fputs("\tlocal verb=$line[1]\n"
	      "\tcase $verb in\n",
	      out);
	for (size_t i = 0; i < program->count; i++) {
		const char *family = completion_new_family(program, i);

		if (!family)
			continue;
		fprintf(out, "\t%s)\n\t\tif ((CURRENT == 2)); then compadd -- ", family);
		completion_print_family(out, program, family);
		fputs("; return; fi\n"
		      "\t\tverb+=\" $words[2]\"; shift words; ((CURRENT--))\n"
		      "\t\t;;\n",
		      out);
	}
	fputs("\tesac\n", out);
}

void completion_zsh(FILE *out, const struct program *program)
{
	const char *name = program_name();

	fprintf(out,
		"#compdef %s\n"
		"# zsh completion of %s, made by '%s completion zsh'\n"
		"_%s_containers() { compadd -- ${(f)\"$(command %s list -q 2>/dev/null)\"} }\n"
		"_%s_images() { compadd -- ${(f)\"$(command %s images -q 2>/dev/null)\"} }\n"
		"_%s_networks() { compadd -- ${(f)\"$(command %s network ls -q 2>/dev/null)\"} }\n"
		"_%s() {\n"
		"\tlocal curcontext=$curcontext state line\n"
		"\tlocal -a verbs=(",
		name, name, name, name, name, name, name, name, name, name);
	print_verbs(out, program);
	fputs(")\n\t_arguments -C", out);
	print_options(out, global_options, global_option_count);
	fputs(" \\\n\t\t\t'1:verb:->verb' '*::argument:->rest'\n"
	      "\tif [[ $state == verb ]]; then _describe verb verbs; return; fi\n",
	      out);
	print_families(out, program);
	fputs("\tcase $verb in\n", out);
	for (size_t i = 0; i < program->count; i++)
		if (program->verbs[i].command->group != GROUP_HIDDEN)
			print_case(out, program->verbs[i].command, name);
	/* As a file of $fpath this is the body of _ctr at its first call; else it is sourced. */
	fprintf(out,
		"\tesac\n}\n"
		"if [[ $funcstack[1] == _%s ]]; then _%s \"$@\"; else compdef _%s %s; fi\n",
		name, name, name, name);
}
