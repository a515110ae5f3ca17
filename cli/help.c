/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_RUN] = "Run containers",
	[GROUP_SAVE] = "Freeze, compare, save",
	[GROUP_IMAGES] = "Images and space",
	[GROUP_NETWORKS] = "Networks",
	[GROUP_OCI] = "As the OCI runtime of an engine",
	[GROUP_ABOUT] = "About specs, this machine and ctr",
};

static int name_width(const struct program *program)
{
	size_t width = 0;

	for (size_t i = 0; i < program->count; i++) {
		size_t length = strlen(program->verbs[i].command->name);

		if (length > width)
			width = length;
	}
	return (int)width;
}

static bool is_listed(const struct help_page *page, const struct command *command, int group)
{
	return (int)command->group == group &&
	       (!page->family || command_is_of(command, page->family));
}

static void print_group(FILE *out, const struct help_page *page, int group)
{
	int width = name_width(page->program);
	bool any = false;

	for (size_t i = 0; i < page->program->count; i++) {
		const struct command *command = page->program->verbs[i].command;

		if (!is_listed(page, command, group))
			continue;
		if (!any)
			fprintf(out, "\n%s:\n", group_titles[group]);
		any = true;
		fprintf(out, "  %-*s  %s\n", width, command->name, command->summary);
	}
}

static void print_family(FILE *out, const struct help_page *page)
{
	const char *name = program_name();

	fprintf(out, "Usage: %s %s VERB [OPTIONS] [ARGUMENTS]\n", name, page->family);
	for (int group = 0; group < GROUP_COUNT; group++)
		print_group(out, page, group);
	fprintf(out, "\n'%s %s VERB --help' tells more of a verb.\n", name, page->family);
}

static void print_program(FILE *out, const struct help_page *page)
{
	const char *name = program_name();

	fprintf(out,
		"Usage: %s [GLOBAL OPTIONS] VERB [OPTIONS] [ARGUMENTS]\n\n"
		"Runs a JSON spec, or an image, as a container; freezes, compares and saves it.\n",
		name);
	for (int group = 0; group < GROUP_COUNT; group++)
		print_group(out, page, group);
	fputs("\nGlobal options:\n", out);
	options_print(out, global_options, global_option_count);
	fprintf(out, "\n'%s VERB --help' tells more of a verb; the manual is %s(1).\n", name, name);
}

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-_.", c));
}

/* The examples are written for "ctr"; they are shown for the name that the program has here. */
static void print_examples(FILE *out, const char *examples)
{
	char before = '\n';

	while (*examples) {
		if (before == '\n')
			fputs("  ", out);
		if (!strncmp(examples, "ctr", 3) && !is_of_word(before) &&
		    !is_of_word(examples[3])) {
			fputs(program_name(), out);
			examples += 3;
			before = 'r';
		} else {
			before = *examples++;
			fputc(before, out);
		}
	}
}

static void print_command(FILE *out, const struct command *command)
{
	fprintf(out, "Usage: %s %s%s%s%s\n", program_name(), command->name,
		command->option_count ? " [OPTIONS]" : "", *command->arguments ? " " : "",
		command->arguments);
	if (command->alias)
		fprintf(out, "The same: %s %s\n", program_name(), command->alias);
	fprintf(out, "\n%s.\n", command->summary);
	if (command->description)
		fprintf(out, "\n%s", command->description);
	if (command->option_count) {
		fputs("\nOptions:\n", out);
		options_print(out, command->options, command->option_count);
	}
	if (command->examples) {
		fputs("\nExamples:\n", out);
		print_examples(out, command->examples);
	}
	fprintf(out, "\n'%s --help' tells of the global options.\n", program_name());
}

int help_print(const struct help_page *page, FILE *out, char **argv, struct error *err)
{
	(void)argv, (void)err;
	if (page->command)
		print_command(out, page->command);
	else if (page->family)
		print_family(out, page);
	else
		print_program(out, page);
	return 0;
}
