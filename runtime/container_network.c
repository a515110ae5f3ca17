/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/container_network.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/path.h"
#include "net/attachment.h"

int container_network(const struct settings *settings, const struct container_info *info,
		      struct arena *arena, struct network_attachment *attachment, struct error *err)
{
	cleanup_fd int store = -1;

	*attachment = (struct network_attachment){ 0 };
	if (!info->pid)
		return 0;
	store = openat(AT_FDCWD, path_join(arena, settings->data_root, "network"),
		       O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (store < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open the data of networks");
	if (attachment_read(store, arena, info->id, attachment, err) == 0)
		return 1;
	return err->errnum == ENOENT ? 0 : fail_in(err, "%s: network", info->id);
}
