/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pull.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "fs/image_name.h"
#include "runtime/registry.h"

struct registry_options transfer_registry_options(const struct transfer_options *options)
{
	struct registry_options registry = options->registry;

	registry.no_tls_verify = !options->tls_verify;
	registry.quiet = registry.quiet || !isatty(STDERR_FILENO);
	return registry;
}

/* All that is in an archive: no transport is needed for that. */
static int load_archive(struct image_load *load, const char *path, struct error *err)
{
	cleanup_progress_line struct progress_line line;
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	load->progress = progress_line_open(&line, pull_options.registry.quiet);
	if (fd < 0)
		return fail_errno(err, "%s", path);
	return image_load(load, fd, err) < 0 ? fail_in(err, "%s", path) : 0;
}

int cmd_pull(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	struct image_load load = { .store = &store, .arena = invocation->arena };
	struct registry_options options = transfer_registry_options(&pull_options);
	struct registry_place place;
	const char *name;
	char *full;
	int result;

	if (registry_place_parse(invocation->arguments[0], invocation->arena, &place, err) < 0)
		return -1;
	name = place.name;
	if (invocation->arguments[1]) {
		if (image_name_parse(invocation->arguments[1], invocation->arena, &full, err) < 0)
			return -1;
		name = full;
	}
	if (store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0)
		return -1;
	load.name = name;
	result = place.archive ? load_archive(&load, place.archive, err)
			       : registry_pull(&load, &place, name, &options, err);
	for (size_t i = 0; result == 0 && i < load.count; i++)
		puts(load.names[i].descriptor->digest);
	return result;
}
