/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network_connect.h"

#include "cli/verbs.h"

struct network_connect_options network_connect_options;

static const struct option rows[] = {
	OPTION_STRING(0, "ip", "ADDRESS", struct network_connect_options, ip,
		      "its IPv4 address in the network"),
	OPTION_STRING(0, "ip6", "ADDRESS", struct network_connect_options, ip6, "its IPv6 address"),
	OPTION_STRING(0, "mac-address", "MAC", struct network_connect_options, mac,
		      "the MAC address of the interface"),
	OPTION_STRINGS(0, "alias", "NAME", struct network_connect_options, aliases,
		       "what else it is called in this network; may be repeated"),
};

const struct command network_connect_command = {
	.name = "network connect",
	.group = GROUP_NETWORKS,
	.summary = HELP("Attach a running container to one more network"),
	.arguments = "NETWORK ID",
	.min = 2,
	.max = 2,
	.description = HELP("It gets the next interface that is free there (eth1...). Members of "
			    "the network know its name\nat once. This lasts until it ends.\n"),
	.examples = HELP("ctr network connect backend web\n"
			 "ctr network connect --ip 10.90.0.7 --alias db backend web\n"),
	COMMAND_OPTIONS(rows, network_connect_options),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_RUN,
};
