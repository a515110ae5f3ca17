/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network_reload.h"

#include <errno.h>

#include "cli/verbs.h"
#include "net/reload.h"
#include "net/sweep.h"

int cmd_network_reload(struct invocation *invocation, struct error *err)
{
	const struct string_list ids = {
		.items = invocation->arguments,
		.count = (size_t)invocation->count,
	};
	cleanup_network_host struct network_host host = NETWORK_HOST_CLOSED;

	if (network_reload_options.all && ids.count)
		return fail(err, EINVAL, "give --all or the names of containers, not both");
	if (network_host_open(invocation->settings.data_root, &host, err) < 0 ||
	    network_sweep(&host, err) < 0)
		return -1;
	if (!ids.count)
		return network_reload_all(&host, invocation->arena, err);
	return network_reload(&host, invocation->arena, &ids, err);
}
