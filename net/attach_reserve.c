/* SPDX-License-Identifier: Apache-2.0 */
#include "net/attach_reserve.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "net/detach.h"
#include "net/lease.h"
#include "net/port_lease.h"
#include "net/rules.h"
#include "net/sweep.h"

/* Addresses and ports of the dead are free: when something is not to be had, they are looked for. */
static bool is_taken(const struct error *err)
{
	return err->errnum == EEXIST || err->errnum == ENOSPC || err->errnum == EADDRINUSE;
}

static bool swept(struct attach *attach)
{
	struct error err;

	if (network_sweep(attach->host, &err) == 0)
		return true;
	log_warning("%s", err.text);
	return false;
}

/* All that it takes are names of its record. */
static struct lease_owner owner_of(const struct attach *attach)
{
	return (struct lease_owner){ .id = attach->request.id, .record = attach->pending.fd };
}

/* What was asked for of this family, or none: the next one that is free. */
static const struct ip_address *wanted_address(const struct network_request_endpoint *wanted,
					       uint8_t family)
{
	const struct ip_address *address = family == AF_INET ? &wanted->ipv4 : &wanted->ipv6;

	return address->family ? address : NULL;
}

/* A second subnet of the family has no address of the first. */
static bool is_for(const struct network_subnet *subnet, const struct ip_address *wanted)
{
	return !wanted || ip_prefix_contains(&subnet->subnet, wanted);
}

static int take_subnet(struct attach *attach, int folder, const struct network *network,
		       const struct network_subnet *subnet, const struct ip_address *wanted,
		       struct network_endpoint *endpoint, struct error *err)
{
	struct network_address *got = &endpoint->addresses.items[endpoint->addresses.count];
	const struct lease_owner owner = owner_of(attach);
	struct ip_address address;

	if (lease_take(folder, subnet, wanted, &owner, &address, err) < 0 &&
	    (!is_taken(err) || !swept(attach) ||
	     lease_take(folder, subnet, wanted, &owner, &address, err) < 0))
		return -1;
	*got = (struct network_address){
		.address = { .address = address, .length = subnet->subnet.length },
	};
	if (!network->internal)
		got->gateway = subnet->gateway;
	endpoint->addresses.count++;
	return 0;
}

/* 02:42 and an IPv4 address, as engines make it: unique in the network as the address is. */
static struct mac_address mac_of(const struct network_endpoint *endpoint)
{
	const struct network_address *address = network_endpoint_address(endpoint, AF_INET);
	struct mac_address mac = { { 0x02, 0x42 } };

	if (address)
		memcpy(mac.bytes + 2, address->address.address.bytes, 4);
	return mac;
}

static int random_mac(struct mac_address *mac, struct error *err)
{
	if (getrandom(mac->bytes, sizeof(mac->bytes), 0) != (ssize_t)sizeof(mac->bytes))
		return fail_errno(err, "get random bytes");
	mac->bytes[0] = (uint8_t)((mac->bytes[0] & ~1) | 2); /* of one station, made by ourselves */
	return 0;
}

/*
 * The lease of it is also what keeps a network without addresses from being removed. A MAC that
 * somebody has chosen may be that of an address.
 */
static int take_mac(struct attach *attach, int folder, const struct mac_address *wanted,
		    struct network_endpoint *endpoint, struct error *err)
{
	const struct lease_owner owner = owner_of(attach);
	struct mac_address mac = mac_address_is_set(wanted) ? *wanted : mac_of(endpoint);
	int result = -1;

	if (mac_address_is_set(wanted) || network_endpoint_address(endpoint, AF_INET)) {
		result = lease_take_mac(folder, &mac, &owner, err);
		if (result < 0 && is_taken(err) && swept(attach))
			result = lease_take_mac(folder, &mac, &owner, err);
		if (result < 0 && err->errnum != EEXIST)
			return -1;
	}
	while (result < 0 && !mac_address_is_set(wanted)) {
		if (random_mac(&mac, err) < 0)
			return -1;
		result = lease_take_mac(folder, &mac, &owner, err);
		if (result < 0 && err->errnum != EEXIST)
			return -1;
	}
	if (result == 0)
		endpoint->mac = mac;
	return result;
}

static int check_wanted(const struct network *network,
			const struct network_request_endpoint *wanted, struct error *err)
{
	const struct ip_address *addresses[] = { &wanted->ipv4, &wanted->ipv6 };
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < 2; i++) {
		bool found = !addresses[i]->family;

		for (size_t k = 0; k < network->subnets.count; k++)
			found |=
				addresses[i]->family &&
				ip_prefix_contains(&network->subnets.items[k].subnet, addresses[i]);
		if (!found)
			return fail(err, EINVAL, "network %s: no subnet of it has the address %s",
				    network->name, ip_address_print(addresses[i], text));
	}
	return 0;
}

static int take_endpoint(struct attach *attach, size_t number, struct error *err)
{
	const struct network_request_endpoint *wanted = &attach->request.endpoints.items[number];
	struct network_endpoint *endpoint = &attach->attachment.endpoints.items[number];
	const struct network *network = attach->networks[number];
	cleanup_fd int folder = -1;

	if (check_wanted(network, wanted, err) < 0)
		return -1;
	folder = network_folder(&attach->host->store, network->name, err);
	if (folder < 0)
		return -1;
	endpoint->addresses.items =
		arena_array(attach->arena, struct network_address, network->subnets.count);
	for (size_t i = 0; i < network->subnets.count; i++) {
		const struct network_subnet *subnet = &network->subnets.items[i];
		const struct ip_address *address =
			wanted_address(wanted, subnet->subnet.address.family);

		if (is_for(subnet, address) &&
		    take_subnet(attach, folder, network, subnet, address, endpoint, err) < 0)
			return fail_in(err, "network %s", network->name);
	}
	if (take_mac(attach, folder, &wanted->mac, endpoint, err) < 0)
		return fail_in(err, "network %s", network->name);
	return 0;
}

int attach_take_addresses(struct attach *attach, struct error *err)
{
	for (size_t i = 0; i < attach->attachment.endpoints.count; i++)
		if (take_endpoint(attach, i, err) < 0)
			return -1;
	return 0;
}

int attach_take_ports(struct attach *attach, struct error *err)
{
	const struct network_request *request = &attach->request;
	struct network_attachment *attachment = &attach->attachment;
	const struct lease_owner owner = owner_of(attach);

	attachment->ports.items =
		arena_array(attach->arena, struct published_port, request->ports.count);
	for (size_t i = 0; i < request->ports.count; i++) {
		struct published_port *port = &attachment->ports.items[i];

		*port = request->ports.items[i];
		if (port_lease_take(&attach->host->store, port, &owner, err) < 0) {
			*port = request->ports.items[i];
			if (!is_taken(err) || !swept(attach) ||
			    port_lease_take(&attach->host->store, port, &owner, err) < 0)
				return -1;
		}
		attachment->ports.count++;
	}
	return rules_check(attachment, err);
}

/* Whether its maker died while it reserved: then it may have more than the record says. */
static bool is_unfinished(const struct network_attachment *attachment)
{
	for (size_t i = 0; i < attachment->endpoints.count; i++)
		if (!attachment->endpoints.items[i].addresses.count)
			return true;
	return false;
}

static int release_endpoint(int folder, const struct network_endpoint *endpoint, const char *id,
			    struct error *err)
{
	int result = 0;

	if (!endpoint->addresses.count)
		return lease_release_all(folder, id, err);
	for (size_t i = 0; i < endpoint->addresses.count; i++)
		if (lease_release(folder, &endpoint->addresses.items[i].address.address, id, err) <
		    0)
			result = -1;
	if (lease_release_mac(folder, &endpoint->mac, id, err) < 0)
		result = -1;
	return result;
}

int reserved_release_addresses(struct network_host *host,
			       const struct network_attachment *attachment, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		const struct network_endpoint *endpoint = &attachment->endpoints.items[i];
		cleanup_fd int folder = network_folder(&host->store, endpoint->network, err);

		/* a network that is gone has taken its leases along */
		if (folder >= 0 && release_endpoint(folder, endpoint, attachment->id, err) < 0)
			result = -1;
	}
	return result;
}

int reserved_release_ports(struct network_host *host, const struct network_attachment *attachment,
			   struct error *err)
{
	int result = 0;

	if (is_unfinished(attachment))
		return port_lease_release_all(&host->store, attachment->id, err);
	for (size_t i = 0; i < attachment->ports.count; i++)
		if (port_lease_release(&host->store, &attachment->ports.items[i], attachment->id,
				       err) < 0)
			result = -1;
	return result;
}

int attach_release_addresses(struct attach *attach, struct error *err)
{
	return reserved_release_addresses(attach->host, &attach->attachment, err);
}

int attach_release_ports(struct attach *attach, struct error *err)
{
	return reserved_release_ports(attach->host, &attach->attachment, err);
}
