/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network_disconnect.h"

#include <errno.h>

#include "cli/verbs.h"
#include "net/connect.h"
#include "net/sweep.h"

int cmd_network_disconnect(struct invocation *invocation, struct error *err)
{
	cleanup_network_host struct network_host host = NETWORK_HOST_CLOSED;

	if (network_host_open(invocation->settings.data_root, &host, err) < 0 ||
	    network_sweep(&host, err) < 0)
		return -1;
	if (network_disconnect(&host, invocation->arena, invocation->arguments[1],
			       invocation->arguments[0], err) == 0)
		return 0;
	return network_disconnect_options.force && err->errnum == ENOENT ? 0 : -1;
}
