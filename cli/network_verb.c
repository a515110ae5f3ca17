/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network_verb.h"

#include "net/network_end.h"
#include "net/sweep.h"

int network_verb_begin(struct invocation *invocation, struct network_host *host, struct error *err)
{
	if (network_host_open(invocation->settings.data_root, host, err) < 0 ||
	    network_sweep(host, err) < 0)
		return -1;
	return network_end_retired(host, invocation->arena, err);
}
