/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/macro.h"
#include "specs/runtime_spec.h"

static bool needs_network(const struct spec_network *network)
{
	return network->bridge || network->subnet || network->subnet6 || network->mtu.set ||
	       network->ipv4 || network->ipv6 || network->mac || network->rate_in ||
	       network->rate_out || network->aliases.count || network->networks.count ||
	       network->ports.count;
}

struct spec_network_endpoint spec_network_only(const struct spec_network *network)
{
	return (struct spec_network_endpoint){
		.ipv4 = network->ipv4,
		.ipv6 = network->ipv6,
		.mac = network->mac,
		.rate_in = network->rate_in,
		.rate_out = network->rate_out,
		.aliases = network->aliases,
	};
}

enum network_mode spec_network_mode(const struct spec *spec, const char **rest)
{
	static const struct {
		char word[10];
		char end; /* what is behind the word */
		uint8_t mode;
	} modes[] = {
		{ "none", '\0', NETWORK_MODE_NONE },
		{ "host", '\0', NETWORK_MODE_HOST },
		{ "bridge", '\0', NETWORK_MODE_MEMBER },
		{ "container", ':', NETWORK_MODE_CONTAINER },
		{ "ns", ':', NETWORK_MODE_PATH },
		{ "pasta", '\0', NETWORK_MODE_PASTA },
		{ "pasta", ':', NETWORK_MODE_PASTA },
	};
	const struct spec_network *network = spec->network;

	*rest = NULL;
	if (!network)
		return NETWORK_MODE_NONE;
	if (!network->mode)
		return needs_network(network) ? NETWORK_MODE_MEMBER : NETWORK_MODE_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		const size_t length = strlen(modes[i].word);

		if (strncmp(network->mode, modes[i].word, length) != 0 ||
		    network->mode[length] != modes[i].end)
			continue;
		if (modes[i].end)
			*rest = network->mode + length + 1;
		return modes[i].mode;
	}
	return NETWORK_MODE_UNKNOWN;
}
