/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/string_list.h"

/* Options of the verbs of networks; the tables (network_command.c) are linked into ctr-more too. */

struct network_create_options {
	const char *driver, *interface, *ipam;
	struct string_list subnets, gateways, ranges, options, labels;
	bool ipv6, internal, ignore;
};

struct network_ls_options {
	int format; /* enum format */
	struct string_list filters;
	bool quiet, no_heading, no_trunc;
};

struct network_rm_options {
	bool force;
};

struct network_prune_options {
	struct string_list filters;
	bool force;
};

extern struct network_create_options network_create_options;
extern struct network_ls_options network_ls_options;
extern struct network_rm_options network_rm_options;
extern struct network_prune_options network_prune_options;
