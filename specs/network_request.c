/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "specs/network_rows.h"

SCHEMA(network_on_demand, STRING(network_on_demand, interface, "interface"),
       TEXT(network_on_demand, subnet, "subnet", ip_prefix),
       TEXT(network_on_demand, subnet6, "subnet6", ip_prefix),
       UINT(network_on_demand, mtu, "mtu", RANGE(0, 65535)));

SCHEMA(network_request_endpoint,
       STRING(network_request_endpoint, network, "network", .flags = REQUIRED),
       TEXT(network_request_endpoint, ipv4, "ipv4", ip_address),
       TEXT(network_request_endpoint, ipv6, "ipv6", ip_address),
       TEXT(network_request_endpoint, mac, "mac", mac_address),
       STRING(network_request_endpoint, interface, "interface"),
       STRINGS(network_request_endpoint, aliases, "aliases"),
       UINT(network_request_endpoint, rate_in, "rate_in"),
       UINT(network_request_endpoint, rate_out, "rate_out"),
       OBJECT(network_request_endpoint, on_demand, "on_demand", network_on_demand));

SCHEMA(network_request, STRING(network_request, id, "id", .flags = REQUIRED),
       STRING(network_request, name, "name"), STRING(network_request, hostname, "hostname"),
       OBJECTS(network_request, endpoints, "endpoints", network_request_endpoint),
       OBJECTS(network_request, ports, "ports", published_port),
       STRING(network_request, hosts_file, "hosts_file", .flags = ABSOLUTE),
       STRINGS(network_request, add_hosts, "add_hosts"),
       STRING(network_request, resolv_file, "resolv_file", .flags = ABSOLUTE),
       STRINGS(network_request, dns, "dns"), STRINGS(network_request, dns_search, "dns_search"),
       STRINGS(network_request, dns_options, "dns_options"),
       EMBEDDED(network_request, maker, "maker", identity));

static int check_endpoint(const struct network_request_endpoint *endpoint, struct error *err)
{
	if (network_name_check(endpoint->network, err) < 0)
		return -1;
	return endpoint->interface ? network_interface_check(endpoint->interface, err) : 0;
}

int network_request_decode(struct arena *arena, const char *name, const char *text, size_t size,
			   struct network_request *request, struct error *err)
{
	*request = (struct network_request){ 0 };
	if (schema_decode(&network_request_schema, arena, name, text, size, request, err) < 0)
		return -1;
	for (size_t i = 0; i < request->endpoints.count; i++)
		if (check_endpoint(&request->endpoints.items[i], err) < 0)
			return fail_in(err, "%s: endpoints[%zu]", name, i);
	return 0;
}

char *network_request_encode(struct arena *arena, const struct network_request *request,
			     size_t *size)
{
	return schema_encode(&network_request_schema, arena, request, JSON_COMPACT, size);
}
