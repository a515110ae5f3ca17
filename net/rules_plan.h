/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/ruleset.h"
#include "specs/network_document.h"

/* What net/rules.h writes, as values. Pure. */

/* "ctr-BRIDGE", of both tables. */
char *rules_table_name(struct arena *arena, const struct network *network);

struct rules_plan {
	struct rule_table inet, bridge;
};

/* Both tables of a network. */
void rules_plan(struct arena *arena, const struct network *network, struct rules_plan *plan);

/* The second of them, which is the same for all networks but for names and a group (rules_plan_bridge.c). */
void rules_plan_bridge(struct arena *arena, const struct network *network,
		       struct rule_table *table);

/* Sets of published ports of one protocol and one family. */
struct rules_port_sets {
	int protocol;
	struct rule_set any; /* by port: on all addresses of the host */
	struct rule_set at;  /* by address and port */
	enum rule_field port, daddr;
};

#define RULES_PORT_SETS 6
extern const struct rules_port_sets rules_port_sets[RULES_PORT_SETS]; /* those of IPv4 first */

/* Sets of what members send: interface, MAC, address. */
extern const struct rule_set rules_ports; /* interface alone: who is a member */
extern const struct rule_set rules_from_ip, rules_from_ip6, rules_from_nd, rules_from_arp;

/* Elements of one endpoint, those of a set one behind the other; its ports if it has them. */
void rules_member(struct rule_elements *elements, const struct network_attachment *attachment,
		  const struct network_endpoint *endpoint);
