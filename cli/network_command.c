/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network.h"

#include "cli/table.h"
#include "cli/verbs.h"

struct network_create_options network_create_options;
struct network_ls_options network_ls_options;
struct network_rm_options network_rm_options;
struct network_prune_options network_prune_options;

static const struct option create_rows[] = {
	OPTION_STRING('d', "driver", "DRIVER", struct network_create_options, driver,
		      "bridge (default), macvlan or ipvlan"),
	OPTION_STRINGS(0, "gateway", "ADDRESS", struct network_create_options, gateways,
		       "the gateway in one of the subnets (default: its first address)"),
	OPTION_FLAG(0, "ignore", struct network_create_options, ignore,
		    "no error if there is a network of this name"),
	OPTION_STRING(
		0, "interface-name", "NAME", struct network_create_options, interface,
		"of the bridge (default: ctr1, ctr2...), or the parent of a macvlan or ipvlan"),
	OPTION_FLAG(0, "internal", struct network_create_options, internal,
		    "no way out of the host and into other networks"),
	OPTION_STRING(0, "ipam-driver", "WORD", struct network_create_options, ipam,
		      "host-local (default), or none: members of a macvlan or ipvlan see to "
		      "addresses themselves"),
	OPTION_STRINGS(0, "ip-range", "RANGE", struct network_create_options, ranges,
		       "give members addresses of this part of a subnet: ADDRESS/LENGTH or "
		       "FIRST-LAST"),
	OPTION_FLAG(0, "ipv6", struct network_create_options, ipv6,
		    "IPv6 besides IPv4, by a subnet of fd00::/8 unless one is given"),
	OPTION_STRINGS(0, "label", "KEY=VALUE", struct network_create_options, labels,
		       "a note for users and filters"),
	OPTION_STRINGS('o', "opt", "NAME=VALUE", struct network_create_options, options,
		       "mtu, vlan, isolate (true or false), parent and mode"),
	OPTION_STRINGS(0, "subnet", "ADDRESS/LENGTH", struct network_create_options, subnets,
		       "where addresses are from (default: the next free one from 10.89.0.0/24 "
		       "on)"),
};

const struct command network_create_command = {
	.name = "network create",
	.group = GROUP_NETWORKS,
	.summary = HELP("Make a network for containers"),
	.arguments = "NAME",
	.min = 1,
	.max = 1,
	.description =
		HELP("Prints its name. --subnet, --gateway and --ip-range may be repeated; a "
		     "gateway and a range belong\n"
		     "to the subnet that they are in. Members of different bridges reach each "
		     "other only by published\n"
		     "ports, unless both networks have -o isolate=false. The bridge itself is "
		     "made when the first\n"
		     "container comes.\n"
		     "\n"
		     "The modes are bridge, private, vepa and passthru of a macvlan, l2, l3 and "
		     "l3s of an ipvlan. The\n"
		     "parent is the interface of the default route unless it is named.\n"),
	.examples = HELP("ctr network create backend\n"
			 "ctr network create --subnet 10.90.0.0/24 --ipv6 -o mtu=1400 web\n"
			 "ctr network create -d macvlan -o parent=eth0 --subnet 192.168.1.0/24 "
			 "--ip-range 192.168.1.128/26 lan\n"),
	COMMAND_OPTIONS(create_rows, network_create_options),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_RUN,
};

#define FILTER_HELP "name=PART, id=PREFIX, driver=NAME, label=KEY[=VALUE]"

static const struct option ls_rows[] = {
	OPTION_STRINGS('f', "filter", "WHAT=VALUE", struct network_ls_options, filters,
		       FILTER_HELP),
	OPTION_WORD(0, "format", "FORMAT", struct network_ls_options, format, format_words,
		    "table or json"),
	OPTION_FLAG('n', "noheading", struct network_ls_options, no_heading, "no line of titles"),
	OPTION_FLAG(0, "no-trunc", struct network_ls_options, no_trunc, "whole ids"),
	OPTION_FLAG('q', "quiet", struct network_ls_options, quiet, "print names only"),
};

const struct command network_ls_command = {
	.name = "network ls",
	.alias = "network list",
	.group = GROUP_NETWORKS,
	.summary = HELP("List the networks"),
	.arguments = "",
	.description = HELP("Those of the same filter are one or the other, those of different "
			    "ones both.\n"),
	.examples = HELP("ctr network ls --filter driver=bridge\n"),
	COMMAND_OPTIONS(ls_rows, network_ls_options),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_RUN,
};

const struct command network_inspect_command = {
	.name = "network inspect",
	.group = GROUP_NETWORKS,
	.summary = HELP("Show networks and who is in them as JSON"),
	.arguments = "NETWORK...",
	.min = 1,
	.max = -1,
	.description = HELP("In podman's words. NETWORK is a name or the beginning of an id.\n"),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_RUN,
};

static const struct option rm_rows[] = {
	OPTION_FLAG('f', "force", struct network_rm_options, force,
		    "remove the containers in it first; no error if there is no such network"),
};

const struct command network_rm_command = {
	.name = "network rm",
	.alias = "network remove",
	.group = GROUP_NETWORKS,
	.summary = HELP("Remove networks that no container is in"),
	.arguments = "NETWORK...",
	.min = 1,
	.max = -1,
	.description = HELP("With its bridge and its rules. Prints the names of those removed.\n"),
	.examples = HELP("ctr network rm backend\n"),
	COMMAND_OPTIONS(rm_rows, network_rm_options),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_RUN,
};

static const struct option prune_rows[] = {
	OPTION_STRINGS(0, "filter", "WHAT=VALUE", struct network_prune_options, filters,
		       FILTER_HELP),
	OPTION_FLAG('f', "force", struct network_prune_options, force,
		    "accepted, as podman and docker ask first without it"),
};

const struct command network_prune_command = {
	.name = "network prune",
	.group = GROUP_NETWORKS,
	.summary = HELP("Remove all networks that no container is in"),
	.arguments = "",
	.description =
		HELP("But for the default network, and those that a stopped container will ask "
		     "for when it is started\n"
		     "again. Prints the names of those removed.\n"),
	COMMAND_OPTIONS(prune_rows, network_prune_options),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_RUN,
};
