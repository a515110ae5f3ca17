/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network_text.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"

static void write_pair(struct json_writer *writer, const char *key, const char *value)
{
	json_write_key(writer, key);
	json_write_string(writer, value);
}

static void write_flag(struct json_writer *writer, const char *key, bool value)
{
	json_write_key(writer, key);
	json_write_bool(writer, value);
}

static void write_range(struct json_writer *writer, const struct network_range *range)
{
	char text[ADDRESS_TEXT_SIZE];

	json_write_key(writer, "lease_range");
	json_begin_object(writer);
	write_pair(writer, "start_ip", ip_address_print(&range->first, text));
	write_pair(writer, "end_ip", ip_address_print(&range->last, text));
	json_end_object(writer);
}

static void write_subnets(struct json_writer *writer, const struct network *network)
{
	char text[ADDRESS_TEXT_SIZE];

	json_write_key(writer, "subnets");
	json_begin_array(writer);
	for (size_t i = 0; i < network->subnets.count; i++) {
		const struct network_subnet *subnet = &network->subnets.items[i];

		json_begin_object(writer);
		write_pair(writer, "subnet", ip_prefix_print(&subnet->subnet, text));
		if (subnet->gateway.family)
			write_pair(writer, "gateway", ip_address_print(&subnet->gateway, text));
		if (subnet->range)
			write_range(writer, subnet->range);
		json_end_object(writer);
	}
	json_end_array(writer);
}

/* What `network create -o` has set. */
static void write_options(struct json_writer *writer, const struct network *network)
{
	char number[16];

	json_write_key(writer, "options");
	json_begin_object(writer);
	if (network->isolate == NETWORK_SHARED)
		write_pair(writer, "isolate", "false");
	if (network->mode)
		write_pair(writer, "mode", network->mode);
	snprintf(number, sizeof(number), "%u", network->mtu);
	if (network->mtu)
		write_pair(writer, "mtu", number);
	if (network->driver != NETWORK_BRIDGE)
		write_pair(writer, "parent", network->interface);
	snprintf(number, sizeof(number), "%u", network->vlan);
	if (network->vlan)
		write_pair(writer, "vlan", number);
	json_end_object(writer);
}

static void write_labels(struct json_writer *writer, const struct string_map *labels)
{
	json_write_key(writer, "labels");
	json_begin_object(writer);
	for (size_t i = 0; i < labels->count; i++)
		write_pair(writer, labels->items[i].key, labels->items[i].value);
	json_end_object(writer);
}

static void write_endpoint(struct json_writer *writer, const struct network_endpoint *endpoint)
{
	char text[ADDRESS_TEXT_SIZE];

	json_begin_object(writer);
	json_write_key(writer, "subnets");
	json_begin_array(writer);
	for (size_t i = 0; i < endpoint->addresses.count; i++) {
		const struct network_address *address = &endpoint->addresses.items[i];

		json_begin_object(writer);
		write_pair(writer, "ipnet", ip_prefix_print(&address->address, text));
		if (address->gateway.family)
			write_pair(writer, "gateway", ip_address_print(&address->gateway, text));
		json_end_object(writer);
	}
	json_end_array(writer);
	write_pair(writer, "mac_address", mac_address_print(&endpoint->mac, text));
	if (endpoint->host_interface)
		write_pair(writer, "host_interface", endpoint->host_interface);
	json_end_object(writer);
}

static void write_containers(struct json_writer *writer, const char *network,
			     const struct attachments *attachments)
{
	json_write_key(writer, "containers");
	json_begin_object(writer);
	for (size_t i = 0; i < attachments->count; i++) {
		const struct network_attachment *attachment = &attachments->items[i];
		const struct network_endpoint *endpoint =
			network_attachment_in(attachment, network);

		if (!endpoint)
			continue;
		json_write_key(writer, attachment->id);
		json_begin_object(writer);
		write_pair(writer, "name", attachment->name ? attachment->name : attachment->id);
		json_write_key(writer, "interfaces");
		json_begin_object(writer);
		json_write_key(writer, endpoint->interface ? endpoint->interface : "");
		write_endpoint(writer, endpoint);
		json_end_object(writer);
		json_end_object(writer);
	}
	json_end_object(writer);
}

void network_write(struct json_writer *writer, const struct network *network,
		   const struct attachments *attachments)
{
	json_begin_object(writer);
	write_pair(writer, "name", network->name);
	write_pair(writer, "id", network->id);
	write_pair(writer, "driver", network_driver_name(network->driver));
	write_pair(writer, "network_interface", network->interface);
	write_pair(writer, "created", network->created);
	write_subnets(writer, network);
	write_flag(writer, "ipv6_enabled", network_has_family(network, AF_INET6));
	write_flag(writer, "internal", network->internal);
	write_flag(writer, "dns_enabled", false); /* names are in /etc/hosts */
	write_labels(writer, &network->labels);
	write_options(writer, network);
	json_write_key(writer, "ipam_options");
	json_begin_object(writer);
	write_pair(writer, "driver", network->subnets.count ? "host-local" : "none");
	json_end_object(writer);
	write_containers(writer, network->name, attachments);
	json_end_object(writer);
}

static bool has_label(const struct network *network, const char *filter)
{
	size_t length = strcspn(filter, "=");

	for (size_t i = 0; i < network->labels.count; i++) {
		const struct string_pair *label = &network->labels.items[i];

		if (strlen(label->key) == length && memcmp(label->key, filter, length) == 0 &&
		    (!filter[length] || strcmp(label->value, filter + length + 1) == 0))
			return true;
	}
	return false;
}

static bool has_name(const struct network *network, const char *part)
{
	return strstr(network->name, part) != NULL;
}

static bool has_id(const struct network *network, const char *prefix)
{
	return network->id && strncmp(network->id, prefix, strlen(prefix)) == 0;
}

static bool has_driver(const struct network *network, const char *driver)
{
	return strcmp(network_driver_name(network->driver), driver) == 0;
}

static const struct {
	const char *name;
	bool (*matches)(const struct network *network, const char *value);
} kinds[] = {
	{ "name=", has_name },
	{ "id=", has_id },
	{ "driver=", has_driver },
	{ "label=", has_label },
};

static int find_kind(const char *filter, size_t *kind, struct error *err)
{
	for (*kind = 0; *kind < ARRAY_SIZE(kinds); (*kind)++)
		if (strncmp(filter, kinds[*kind].name, strlen(kinds[*kind].name)) == 0)
			return 0;
	return fail(err, EINVAL, "--filter '%.60s': unknown (one of: name=, id=, driver=, label=)",
		    filter);
}

int network_matches(const struct network *network, const struct string_list *filters,
		    struct error *err)
{
	bool asked[ARRAY_SIZE(kinds)] = { false }, matches[ARRAY_SIZE(kinds)] = { false };
	int result = 1;

	for (size_t i = 0; i < filters->count; i++) {
		size_t kind;

		if (find_kind(filters->items[i], &kind, err) < 0)
			return -1;
		asked[kind] = true;
		matches[kind] |=
			kinds[kind].matches(network, filters->items[i] + strlen(kinds[kind].name));
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (asked[i] && !matches[i])
			result = 0;
	return result;
}

char *network_subnets_text(struct arena *arena, const struct network *network)
{
	struct string_list list = { .items = arena_array(arena, char *, network->subnets.count) };
	char text[ADDRESS_TEXT_SIZE];

	for (; list.count < network->subnets.count; list.count++)
		list.items[list.count] = arena_strdup(
			arena, ip_prefix_print(&network->subnets.items[list.count].subnet, text));
	return string_list_text(arena, &list, ", ");
}
