/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cp.h"

#include "cli/progress.h"
#include "cli/verbs.h"
#include "runtime/copy.h"

int cmd_cp(struct invocation *invocation, struct error *err)
{
	cleanup_progress_line struct progress_line line;
	const struct copy_options options = {
		.owner = cp_options.archive,
		.overwrite = cp_options.overwrite,
		.progress = progress_line_open(&line, cp_options.quiet),
	};
	struct copy_end from, to;

	if (copy_end_parse(invocation->arena, invocation->arguments[0], &from, err) < 0 ||
	    copy_end_parse(invocation->arena, invocation->arguments[1], &to, err) < 0)
		return -1;
	return container_copy(&invocation->settings, &from, &to, &options, err);
}
