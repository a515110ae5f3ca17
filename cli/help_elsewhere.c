/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

int help_print(const struct program *program, const struct command *command, FILE *out, char **argv,
	       struct error *err)
{
	(void)program, (void)command, (void)out;
	return program_become("ctr-more", argv, err);
}
