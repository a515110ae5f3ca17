/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "net/rules.h"
#include "net/rules_plan.h"

/* The link-local address that the kernel makes of a MAC address (RFC 4291, appendix A). */
static struct ip_address link_local_of(const struct mac_address *mac)
{
	const uint8_t *from = mac->bytes;

	return (struct ip_address){ AF_INET6,
				    { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, from[0] ^ 2, from[1], from[2],
				      0xff, 0xfe, from[3], from[4], from[5] } };
}

static void put_mac(uint8_t *to, const struct mac_address *mac)
{
	memcpy(to, mac->bytes, sizeof(mac->bytes));
}

static void put_address(uint8_t *to, const struct ip_address *address)
{
	memcpy(to, address->bytes, ip_address_size(address));
}

static void put_port(uint8_t *to, uint32_t port)
{
	to[0] = (uint8_t)(port >> 8);
	to[1] = (uint8_t)port;
}

static uint8_t *key_part(struct rule_element *element, size_t number)
{
	return element->key + rule_key_offset(element->set->key, number);
}

static struct rule_element *add_from(struct rule_elements *elements, const struct rule_set *set,
				     const struct network_endpoint *endpoint)
{
	struct rule_element *element = rule_element_add(elements, set);
	const char *name = endpoint->host_interface;

	memcpy(key_part(element, 0), name, strnlen(name, rule_type_size(RULE_INTERFACE) - 1));
	if (set->key_count > 1)
		put_mac(key_part(element, 1), &endpoint->mac);
	return element;
}

/* What it may send from, of one family. */
static void add_ip(struct rule_elements *elements, const struct rule_set *set,
		   const struct network_endpoint *endpoint, uint8_t family)
{
	for (size_t i = 0; i < endpoint->addresses.count; i++) {
		const struct ip_address *address = &endpoint->addresses.items[i].address.address;

		if (address->family == family)
			put_address(key_part(add_from(elements, set, endpoint), 2), address);
	}
}

static void add_arp(struct rule_elements *elements, const struct network_endpoint *endpoint,
		    const struct ip_address *address)
{
	struct rule_element *element = add_from(elements, &rules_from_arp, endpoint);

	put_mac(key_part(element, 2), &endpoint->mac);
	put_address(key_part(element, 3), address);
}

/*
 * Besides its addresses: none, in ARP, when it asks whether one is free; with IPv6 the link-local one,
 * and none as well, for what the rules allow.
 */
static void add_senders(struct rule_elements *elements, const struct network_endpoint *endpoint)
{
	static const struct ip_address none = { .family = AF_INET };
	struct ip_address link_local = link_local_of(&endpoint->mac);

	add_from(elements, &rules_ports, endpoint);
	add_ip(elements, &rules_from_ip, endpoint, AF_INET);
	add_ip(elements, &rules_from_ip6, endpoint, AF_INET6);
	put_address(key_part(add_from(elements, &rules_from_ip6, endpoint), 2), &link_local);
	add_from(elements, &rules_from_ip6, endpoint);
	add_ip(elements, &rules_from_nd, endpoint, AF_INET6);
	put_address(key_part(add_from(elements, &rules_from_nd, endpoint), 2), &link_local);
	for (size_t i = 0; i < endpoint->addresses.count; i++)
		if (endpoint->addresses.items[i].address.address.family == AF_INET)
			add_arp(elements, endpoint, &endpoint->addresses.items[i].address.address);
	add_arp(elements, endpoint, &none);
}

/* All addresses of the host, in one family or both. */
static bool is_everywhere(const struct published_port *port)
{
	return !port->host_address.family || ip_address_is_any(&port->host_address);
}

static void add_port(struct rule_elements *elements, const struct rules_port_sets *sets,
		     const struct published_port *port, const struct ip_address *to)
{
	bool everywhere = is_everywhere(port);

	for (uint32_t i = 0; i < port->count; i++) {
		struct rule_element *element =
			rule_element_add(elements, everywhere ? &sets->any : &sets->at);

		if (!everywhere)
			put_address(key_part(element, 0), &port->host_address);
		put_port(key_part(element, everywhere ? 0 : 1), port->host_port + i);
		put_address(element->value, to);
		put_port(element->value + rule_key_offset(element->set->value, 1),
			 port->container_port + i);
	}
}

static void add_ports(struct rule_elements *elements, const struct network_attachment *attachment,
		      const struct network_endpoint *endpoint, const struct rules_port_sets *sets,
		      bool everywhere)
{
	uint8_t family = sets->daddr == FIELD_IP_DADDR ? AF_INET : AF_INET6;
	const struct network_address *to = network_endpoint_address(endpoint, family);

	for (size_t i = 0; to && i < attachment->ports.count; i++) {
		const struct published_port *port = &attachment->ports.items[i];
		uint8_t of = port->host_address.family;

		if (port->protocol == sets->protocol && is_everywhere(port) == everywhere &&
		    (!of || of == family))
			add_port(elements, sets, port, &to->address.address);
	}
}

/* The endpoint that the attachment's ports are published of, the first on a bridge; or NULL. */
static const struct network_endpoint *publisher_of(const struct network_attachment *attachment)
{
	for (size_t i = 0; i < attachment->endpoints.count; i++)
		if (attachment->endpoints.items[i].host_interface)
			return &attachment->endpoints.items[i];
	return NULL;
}

void rules_member(struct rule_elements *elements, const struct network_attachment *attachment,
		  const struct network_endpoint *endpoint)
{
	if (!endpoint->host_interface)
		return;
	add_senders(elements, endpoint);
	if (endpoint != publisher_of(attachment))
		return;
	for (size_t i = 0; i < RULES_PORT_SETS; i++) {
		add_ports(elements, attachment, endpoint, &rules_port_sets[i], false);
		add_ports(elements, attachment, endpoint, &rules_port_sets[i], true);
	}
}

static int check_port(const struct network_endpoint *endpoint, const struct published_port *port,
		      struct error *err)
{
	const struct ip_address *host = &port->host_address;
	char text[PORT_TEXT_SIZE];

	port_print(port, text);
	if (!endpoint)
		return fail(err, EINVAL,
			    "port %s: none of the container's networks is a bridge: its ports are "
			    "reached directly, and nothing can be published",
			    text);
	if (host->family == AF_INET6 && ip_address_is_loopback(host))
		return fail(err, EINVAL,
			    "port %s: the kernel leads nothing from ::1 to a container: publish it "
			    "on 127.0.0.1, or on another address of the host",
			    text);
	if (host->family == AF_INET6 && ip_address_is_link_local(host))
		return fail(err, EINVAL,
			    "port %s: what is said to a link-local address is never forwarded: "
			    "publish it on another address of the host",
			    text);
	if (host->family && !network_endpoint_address(endpoint, host->family))
		return fail(err, EINVAL,
			    "port %s: the container has no %s address in network %s to lead it to",
			    text, host->family == AF_INET ? "IPv4" : "IPv6", endpoint->network);
	return 0;
}

int rules_check(const struct network_attachment *attachment, struct error *err)
{
	const struct network_endpoint *endpoint = publisher_of(attachment);

	for (size_t i = 0; i < attachment->ports.count; i++)
		if (check_port(endpoint, &attachment->ports.items[i], err) < 0)
			return -1;
	return 0;
}
