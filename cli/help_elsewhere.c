/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

int help_print(const struct help_page *page, FILE *out, char **argv, struct error *err)
{
	(void)page, (void)out;
	return program_become("ctr-more", argv, err);
}
