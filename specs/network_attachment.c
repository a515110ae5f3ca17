/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "specs/network_rows.h"

SCHEMA(network_address, TEXT(network_address, address, "ipnet", ip_prefix, .flags = REQUIRED),
       TEXT(network_address, gateway, "gateway", ip_address));

SCHEMA(network_endpoint, STRING(network_endpoint, network, "network", .flags = REQUIRED),
       STRING(network_endpoint, interface, "interface"),
       STRING(network_endpoint, host_interface, "host_interface"),
       UINT(network_endpoint, host_index, "host_index"),
       TEXT(network_endpoint, mac, "mac_address", mac_address),
       OBJECTS(network_endpoint, addresses, "subnets", network_address, .flags = ALWAYS),
       STRINGS(network_endpoint, aliases, "aliases"), UINT(network_endpoint, rate_in, "rate_in"),
       UINT(network_endpoint, rate_out, "rate_out"));

SCHEMA(network_namespace, UINT(network_namespace, device, "device"),
       UINT(network_namespace, inode, "inode"));

SCHEMA(network_attachment, STRING(network_attachment, id, "id", .flags = REQUIRED),
       STRING(network_attachment, name, "name"), STRING(network_attachment, hostname, "hostname"),
       OBJECTS(network_attachment, endpoints, "endpoints", network_endpoint, .flags = ALWAYS),
       OBJECTS(network_attachment, ports, "ports", published_port),
       STRING(network_attachment, hosts_file, "hosts_file", .flags = ABSOLUTE),
       STRINGS(network_attachment, add_hosts, "add_hosts"),
       EMBEDDED(network_attachment, maker, "maker", identity),
       EMBEDDED(network_attachment, process, "process", identity),
       EMBEDDED(network_attachment, namespace, "namespace", network_namespace));

int network_attachment_decode(struct arena *arena, const char *name, const char *text, size_t size,
			      struct network_attachment *attachment, struct error *err)
{
	*attachment = (struct network_attachment){ 0 };
	if (schema_decode(&network_attachment_schema, arena, name, text, size, attachment, err) < 0)
		return -1;
	for (size_t i = 0; i < attachment->endpoints.count; i++)
		if (network_name_check(attachment->endpoints.items[i].network, err) < 0)
			return fail_in(err, "%s: endpoints[%zu]", name, i);
	return 0;
}

char *network_attachment_encode(struct arena *arena, const struct network_attachment *attachment,
				size_t *size)
{
	return schema_encode(&network_attachment_schema, arena, attachment, JSON_COMPACT, size);
}

void network_attachment_write(struct json_writer *writer,
			      const struct network_attachment *attachment)
{
	schema_write(&network_attachment_schema, writer, attachment);
}

const struct network_endpoint *network_attachment_in(const struct network_attachment *attachment,
						     const char *network)
{
	for (size_t i = 0; i < attachment->endpoints.count; i++)
		if (strcmp(attachment->endpoints.items[i].network, network) == 0)
			return &attachment->endpoints.items[i];
	return NULL;
}

const struct network_address *network_endpoint_address(const struct network_endpoint *endpoint,
						       uint8_t family)
{
	for (size_t i = 0; i < endpoint->addresses.count; i++)
		if (endpoint->addresses.items[i].address.address.family == family)
			return &endpoint->addresses.items[i];
	return NULL;
}
