/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network_connect.h"

#include <errno.h>
#include <sys/socket.h>

#include "cli/verbs.h"
#include "net/connect.h"
#include "net/sweep.h"

static int parse_address(const char *text, uint8_t family, const char *option,
			 struct ip_address *address, struct error *err)
{
	if (!text)
		return 0;
	if (ip_address_parse(text, address, err) < 0)
		return fail_in(err, "--%s", option);
	if (address->family != family)
		return fail(err, EINVAL, "--%s: '%s' is an address of the other family", option,
			    text);
	return 0;
}

int cmd_network_connect(struct invocation *invocation, struct error *err)
{
	const struct network_connect_options *options = &network_connect_options;
	struct network_request_endpoint endpoint = {
		.network = invocation->arguments[0],
		.aliases = options->aliases,
	};
	cleanup_network_host struct network_host host = NETWORK_HOST_CLOSED;

	if (parse_address(options->ip, AF_INET, "ip", &endpoint.ipv4, err) < 0 ||
	    parse_address(options->ip6, AF_INET6, "ip6", &endpoint.ipv6, err) < 0)
		return -1;
	if (options->mac && mac_address_parse(options->mac, &endpoint.mac, err) < 0)
		return fail_in(err, "--mac-address");
	if (network_host_open(invocation->settings.data_root, &host, err) < 0 ||
	    network_sweep(&host, err) < 0)
		return -1;
	return network_connect(&host, invocation->arena, invocation->arguments[1], &endpoint, err);
}
