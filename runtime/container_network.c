/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/container_network.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/path.h"
#include "net/attachment.h"
#include "runtime/pasta.h"

/* Of a user's network all that is ctr's are the ports. */
static int read_pasta(const struct settings *settings, const struct container_info *info,
		      struct arena *arena, struct network_attachment *attachment, struct error *err)
{
	cleanup_fd int state = openat(AT_FDCWD, path_join(arena, settings->root, info->id),
				      O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct published_ports ports;

	if (state < 0 || faccessat(state, PASTA_FOLDER "/" PASTA_NETNS, F_OK, 0) < 0)
		return 0;
	if (pasta_read_ports(arena, state, &ports, err) < 0)
		return -1;
	attachment->id = arena_strdup(arena, info->id);
	attachment->ports.items = ports.items;
	attachment->ports.count = ports.count;
	return 1;
}

int container_network(const struct settings *settings, const struct container_info *info,
		      struct arena *arena, struct network_attachment *attachment, struct error *err)
{
	cleanup_fd int store = -1;
	int has;

	*attachment = (struct network_attachment){ 0 };
	if (!info->pid)
		return 0;
	has = read_pasta(settings, info, arena, attachment, err);
	if (has != 0)
		return has;
	store = openat(AT_FDCWD, path_join(arena, settings->data_root, "network"),
		       O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (store < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open the data of networks");
	if (attachment_read(store, arena, info->id, attachment, err) == 0)
		return 1;
	return err->errnum == ENOENT ? 0 : fail_in(err, "%s: network", info->id);
}
