/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network.h"

#include <errno.h>
#include <stdio.h>

#include "cli/verbs.h"
#include "net/network_end.h"
#include "net/sweep.h"

static struct network_host host = NETWORK_HOST_CLOSED;

static int remove_one(struct invocation *invocation, const char *name, struct error *err)
{
	const bool force = network_rm_options.force;

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
