/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/hook_output.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/path.h"

static int open_one(const struct string_map *annotations, const char *name, const char *bundle,
		    int *fd, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	const char *path = string_map_get(annotations, name);

	if (!path || *fd >= 0)
		return 0;
	*fd = open(path_join(&arena, bundle, path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		   0600);
	return *fd < 0 ? fail_errno(err, "annotations.%s: %s", name, path) : 0;
}

int hook_output_open(const struct string_map *annotations, const char *bundle,
		     struct hook_output *output, struct error *err)
{
	if (open_one(annotations, "run.oci.hooks.stdout", bundle, &output->out, err) < 0)
		return -1;
	return open_one(annotations, "run.oci.hooks.stderr", bundle, &output->error, err);
}

void hook_output_close(struct hook_output *output)
{
	close_fd(&output->out);
	close_fd(&output->error);
}
