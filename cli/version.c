/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "cli/build-commit.h"

/* Engines read the first line, "NAME version X"; docker any text around these words. */
void version_print(FILE *out)
{
	fprintf(out, "%s version %s\ncommit: %s\nspec: 1.3.0\n", program_name(), PACKAGE_VERSION,
		CTR_BUILD_COMMIT);
}

const struct command version_command = {
	.name = "version",
	.group = GROUP_ABOUT,
	.summary = "Print the version of ctr and of the specification that it follows",
	.arguments = "",
	.failure = FAILURE_RUN,
};

int cmd_version(struct invocation *invocation, struct error *err)
{
	(void)invocation, (void)err;
	version_print(stdout);
	return 0;
}
