/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctr-net: the companion that knows netlink, by libmnl and libnftnl. It has the verbs of networks,
 * of two words each (`ctr network create`); ctr executes it with the command line that it got. And as
 * `ctr-net serve DATA-ROOT` it serves one start of a container (net/client.h), as `ctr-net probe`
 * a line of `ctr check`.
 */
#include <stdio.h>
#include <string.h>

#include "cli/network_probe.h"
#include "cli/verbs.h"
#include "net/service.h"

static const struct verb verbs[] = {
	{ &network_create_command, cmd_network_create },
	{ &network_ls_command, cmd_network_ls },
	{ &network_inspect_command, cmd_network_inspect },
	{ &network_connect_command, cmd_network_connect },
	{ &network_disconnect_command, cmd_network_disconnect },
	{ &network_reload_command, cmd_network_reload },
	{ &network_rm_command, cmd_network_rm },
	{ &network_prune_command, cmd_network_prune },
};

static const struct program program = { .verbs = verbs, .count = ARRAY_SIZE(verbs) };

int main(int argc, char **argv)
{
	struct error err;

	if (argc == 3 && strcmp(argv[1], "serve") == 0) {
		if (network_service_main(argv[2], &err) == 0)
			return 0;
		fprintf(stderr, "ctr-net: only ctr itself runs this: %s\n", err.text);
		return 1;
	}
	if (argc == 2 && strcmp(argv[1], "probe") == 0)
		return network_probe_main();
	return program_main(&program, argv);
}
