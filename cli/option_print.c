/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/option.h"

#include <string.h>

static int print_name(char *text, size_t size, const struct option *option)
{
	char letter[8] = "    ";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	return snprintf(text, size, "  %s--%s%s%s", letter, option->name,
			*option->argument ? " " : "", option->argument);
}

void options_print(FILE *out, const struct option *options, size_t count)
{
	char text[80];
	int width = 0;

	for (size_t i = 0; i < count; i++) {
		int length = print_name(text, sizeof(text), &options[i]);

		if (length > width)
			width = length;
	}
	for (size_t i = 0; i < count; i++) {
		print_name(text, sizeof(text), &options[i]);
		fprintf(out, "%-*s  %s\n", width, text, options[i].help);
	}
}
