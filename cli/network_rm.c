/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network.h"

#include <errno.h>
#include <stdio.h>

#include "cli/verbs.h"
#include "net/attachments.h"
#include "net/network_end.h"
#include "net/sweep.h"
#include "runtime/container.h"

static struct network_host host = NETWORK_HOST_CLOSED;

/* As podman does. What is left behind them, of somebody else's state folder say, is only taken out. */
static int remove_containers(struct invocation *invocation, const char *network, struct error *err)
{
	struct attachments attachments;

	if (attachments_read(&host.store, invocation->arena, &attachments, err) < 0)
		return -1;
	for (size_t i = 0; i < attachments.count; i++)
		if (network_attachment_in(&attachments.items[i], network) &&
		    container_remove(&invocation->settings, attachments.items[i].id, true, err) < 0)
			return -1;
	return 0;
}

static int remove_one(struct invocation *invocation, const char *name, struct error *err)
{
	const bool force = network_rm_options.force;

	if (force && remove_containers(invocation, name, err) < 0)
		return -1;
	if (network_end(&host, invocation->arena, name, force, err) < 0)
		return force && err->errnum == ENOENT ? 0 : -1;
	puts(name);
	return 0;
}

int cmd_network_rm(struct invocation *invocation, struct error *err)
{
	int result = -1;

	if (network_host_open(invocation->settings.data_root, &host, err) == 0 &&
	    network_sweep(&host, err) == 0)
		result = invocation_each(invocation, remove_one, err);
	network_host_close(&host);
	return result;
}
