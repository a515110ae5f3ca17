/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network_disconnect.h"

#include "cli/verbs.h"

struct network_disconnect_options network_disconnect_options;

static const struct option rows[] = {
	OPTION_FLAG('f', "force", struct network_disconnect_options, force,
		    "no error if the container is not in the network"),
};

const struct command network_disconnect_command = {
	.name = "network disconnect",
	.group = GROUP_NETWORKS,
	.summary = HELP("Take a running container out of a network"),
	.arguments = "NETWORK ID",
	.min = 2,
	.max = 2,
	.description = HELP("Its interface, its address and its name there are gone at once. "
			    "Published ports lead into the\nfirst network that is left.\n"),
	.examples = HELP("ctr network disconnect backend web\n"),
	COMMAND_OPTIONS(rows, network_disconnect_options),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_RUN,
};
