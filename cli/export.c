/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/export.h"

#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "runtime/export.h"

int cmd_export(struct invocation *invocation, struct error *err)
{
	cleanup_output_file struct output_file output = OUTPUT_FILE_NONE;
	cleanup_progress_line struct progress_line line;
	struct export_request request = {
		.id = invocation->arguments[0],
		.pause = export_options.pause,
		.progress = progress_line_open(&line, export_options.quiet),
	};

	if (output_file_open(&output, export_options.output, err) < 0)
		return -1;
	request.output = output.fd;
	if (container_export(&invocation->settings, &request, err) < 0)
		return -1;
	return output_file_finish(&output, err);
}
