/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/network_document.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/macro.h"
#include "specs/network_rows.h"

static const struct schema_word drivers[] = {
	{ "bridge", NETWORK_BRIDGE },
	{ "macvlan", NETWORK_MACVLAN },
	{ "ipvlan", NETWORK_IPVLAN },
	{ NULL, 0 },
};

static const struct schema_word isolations[] = {
	{ "true", NETWORK_ISOLATED },
	{ "false", NETWORK_SHARED },
	{ NULL, 0 },
};

SCHEMA(network_range, TEXT(network_range, first, "start_ip", ip_address, .flags = REQUIRED),
       TEXT(network_range, last, "end_ip", ip_address, .flags = REQUIRED));

SCHEMA(network_subnet, TEXT(network_subnet, subnet, "subnet", ip_prefix, .flags = REQUIRED),
       TEXT(network_subnet, gateway, "gateway", ip_address),
       OBJECT(network_subnet, range, "lease_range", network_range));

SCHEMA(network, STRING(network, name, "name", .flags = REQUIRED), STRING(network, id, "id"),
       ENUM(network, driver, "driver", drivers, .flags = REQUIRED),
       STRING(network, interface, "network_interface"), STRING(network, created, "created"),
       OBJECTS(network, subnets, "subnets", network_subnet, .flags = ALWAYS),
       BOOL(network, internal, "internal", .flags = ALWAYS),
       ENUM(network, isolate, "isolate", isolations), UINT(network, mtu, "mtu", RANGE(0, 65535)),
       UINT(network, vlan, "vlan", RANGE(0, 4094)), STRING(network, mode, "mode"),
       MAP(network, labels, "labels"));

/* What later code relies on; subnets are networks, so that they compare as bytes. */
static int check_subnet(const char *name, size_t index, struct network_subnet *subnet,
			struct error *err)
{
	const struct network_range *range = subnet->range;

	subnet->subnet = ip_prefix_network(&subnet->subnet);
	if (subnet->gateway.family && !ip_prefix_contains(&subnet->subnet, &subnet->gateway))
		return fail(err, EINVAL, "%s: subnets[%zu].gateway: not in the subnet", name,
			    index);
	if (range && (!ip_prefix_contains(&subnet->subnet, &range->first) ||
		      !ip_prefix_contains(&subnet->subnet, &range->last) ||
		      ip_address_compare(&range->first, &range->last) > 0))
		return fail(err, EINVAL, "%s: subnets[%zu].lease_range: no range of the subnet",
			    name, index);
	return 0;
}

int network_decode(struct arena *arena, const char *name, const char *text, size_t size,
		   struct network *network, struct error *err)
{
	*network = (struct network){ 0 };
	if (schema_decode(&network_schema, arena, name, text, size, network, err) < 0)
		return -1;
	if (network_name_check(network->name, err) < 0)
		return fail_in(err, "%s: name", name);
	if (network->interface && network_interface_check(network->interface, err) < 0)
		return fail_in(err, "%s: network_interface", name);
	for (size_t i = 0; i < network->subnets.count; i++)
		if (check_subnet(name, i, &network->subnets.items[i], err) < 0)
			return -1;
	return 0;
}

char *network_encode(struct arena *arena, const struct network *network, size_t *size)
{
	return schema_encode(&network_schema, arena, network, JSON_INDENTED, size);
}

bool network_has_family(const struct network *network, uint8_t family)
{
	for (size_t i = 0; i < network->subnets.count; i++)
		if (network->subnets.items[i].subnet.address.family == family)
			return true;
	return false;
}

const char *network_driver_name(int driver)
{
	return drivers[driver].word;
}

int network_driver(const char *name)
{
	for (const struct schema_word *word = drivers; word->word; word++)
		if (strcmp(word->word, name) == 0)
			return word->value;
	return -1;
}
