/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network_reload.h"

#include "cli/verbs.h"

struct network_reload_options network_reload_options;

static const struct option rows[] = {
	OPTION_FLAG('a', "all", struct network_reload_options, all,
		    "the networks of all containers (so without any ID too)"),
};

const struct command network_reload_command = {
	.name = "network reload",
	.group = GROUP_NETWORKS,
	.summary = HELP("Make networks whole again: bridges and firewall rules"),
	.arguments = "[ID...]",
	.max = -1,
	.description = HELP("For when another program has removed them (nft flush ruleset, a "
			    "firewall that was started\nanew). Containers go on meanwhile.\n"),
	.examples = HELP("ctr network reload --all\nctr network reload web\n"),
	COMMAND_OPTIONS(rows, network_reload_options),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_RUN,
};
