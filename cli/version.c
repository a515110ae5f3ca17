/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "cli/build-commit.h"

/* Engines read the first line, "NAME version X"; docker any text around these words. */
void version_print(FILE *out)
{
	fprintf(out, "%s version %s\ncommit: %s\nspec: 1.3.0\n", program_name(), PACKAGE_VERSION,
		CTR_BUILD_COMMIT);
}
