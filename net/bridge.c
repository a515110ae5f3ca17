/* SPDX-License-Identifier: Apache-2.0 */
#include "net/bridge.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/blake2b.h"
#include "net/host_sysctl.h"
#include "net/link_message.h"
#include "net/route.h"
#include "net/rules.h"

/* What is there under the bridge's name. */
struct present {
	uint32_t index; /* 0: nothing */
	bool is_bridge, is_ours;
};

static int see_link(const struct nlmsghdr *answer, void *context, struct error *err)
{
	const struct ifinfomsg *body = mnl_nlmsg_get_payload(answer);
	struct present *present = context;
	const struct nlattr *info, *kind, *alias;

	(void)err;
	if (answer->nlmsg_type != RTM_NEWLINK)
		return 0;
	present->index = (uint32_t)body->ifi_index;
	info = netlink_attribute(answer, sizeof(*body), IFLA_LINKINFO, 0);
	kind = info ? netlink_nested(info, IFLA_INFO_KIND, sizeof("bridge") - 1) : NULL;
	alias = netlink_attribute(answer, sizeof(*body), IFLA_IFALIAS, sizeof(LINK_ALIAS) - 1);
	present->is_ours = alias &&
			   !strncmp(mnl_attr_get_payload(alias), LINK_ALIAS, strlen(LINK_ALIAS));
	present->is_bridge = kind && !strncmp(mnl_attr_get_payload(kind), "bridge", 6);
	return 0;
}

static int look(struct netlink *host, struct arena *arena, const char *name,
		struct present *present, struct error *err)
{
	struct netlink_batch batch;
	struct nlmsghdr *message;

	*present = (struct present){ 0 };
	netlink_batch_begin(&batch, arena);
	message = link_message(&batch, "look for the bridge", RTM_GETLINK, 0, 0);
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	if (netlink_ask(host, &batch, see_link, present, NULL, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	if (!present->is_bridge)
		return fail(err, EEXIST,
			    "there is an interface '%s' already, which is no bridge: give the "
			    "network another one (network create --interface-name)",
			    name);
	return 0;
}

/* The same for a network whatever members it has and however often its bridge is made. */
static void make_mac(const struct network *network, struct mac_address *mac)
{
	unsigned char digest[BLAKE2B_SIZE];
	struct blake2b hash;

	blake2b_begin(&hash);
	blake2b_add(&hash, network->name, strlen(network->name) + 1);
	blake2b_add(&hash, network->interface, strlen(network->interface) + 1);
	blake2b_end(&hash, digest);
	memcpy(mac->bytes, digest, sizeof(mac->bytes));
	mac->bytes[0] = 0x02; /* chosen locally, of one interface */
	/* those of members are 02:42 and their address */
	mac->bytes[1] = (uint8_t)(mac->bytes[1] == 0x42 ? 0 : mac->bytes[1]);
}

/* What leaves this host has to pass there. */
static uint32_t choose_mtu(struct netlink *host, struct arena *arena, const struct network *network)
{
	char name[IFNAMSIZ];
	struct error ignored;

	if (network->mtu)
		return network->mtu;
	if (network->internal || route_default_interface(host, arena, name, &ignored) < 0)
		return 0;
	return link_mtu(host, name);
}

static int make_link(struct netlink *host, struct arena *arena, const struct network *network,
		     struct error *err)
{
	const uint32_t mtu = choose_mtu(host, arena, network);
	struct netlink_batch batch;
	struct nlmsghdr *message;
	struct link_kind bridge;
	struct mac_address mac;
	/* frames to 01:80:c2:00:00:0X pass by its rules, and shall teach it no addresses */
	const struct br_boolopt_multi options = { .optval = 1U << BR_BOOLOPT_NO_LL_LEARN,
						  .optmask = 1U << BR_BOOLOPT_NO_LL_LEARN };

	make_mac(network, &mac);
	netlink_batch_begin(&batch, arena);
	message = link_message(&batch, "make it", RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(message, IFLA_IFNAME, network->interface);
	mnl_attr_put(message, IFLA_ADDRESS, sizeof(mac.bytes), mac.bytes);
	if (network->isolate == NETWORK_SHARED)
		mnl_attr_put_u32(message, IFLA_GROUP, RULES_SHARED_GROUP);
	if (mtu)
		mnl_attr_put_u32(message, IFLA_MTU, mtu);
	bridge = link_kind_begin(message, "bridge");
	mnl_attr_put_u32(message, IFLA_BR_FORWARD_DELAY, 0);
	mnl_attr_put_u32(message, IFLA_BR_STP_STATE, 0);
	mnl_attr_put(message, IFLA_BR_MULTI_BOOLOPT, sizeof(options), &options);
	if (network->vlan)
		mnl_attr_put_u8(message, IFLA_BR_VLAN_FILTERING, 1);
	link_kind_end(message, bridge);
	/* two containers started at the same time make the same one */
	if (netlink_send(host, &batch, NULL, err) == 0 || err->errnum == EEXIST)
		return 0;
	/* which of both the kernel does not know, it says in these words (rtnl_newlink()) */
	if (network->vlan && !strstr(err->text, "Unknown device type"))
		return link_vlan_failed(err);
	return link_kind_failed("bridge", err);
}

/*
 * Addresses and up; one that we made is marked as ours. An address that it has already is replaced
 * by the same.
 */
static int complete_link(struct netlink *host, struct arena *arena, const struct network *network,
			 const struct present *present, struct error *err)
{
	const uint32_t index = present->index;
	const bool inet6 = network_has_family(network, AF_INET6);
	struct netlink_batch batch;
	struct nlmsghdr *message;
	char text[ADDRESS_TEXT_SIZE];

	netlink_batch_begin(&batch, arena);
	if (!inet6)
		link_message_address_generation(&batch, "keep IPv6 from it", index, false);
	for (size_t i = 0; i < network->subnets.count; i++) {
		const struct network_subnet *subnet = &network->subnets.items[i];
		const struct ip_prefix address = { subnet->gateway, subnet->subnet.length };

		if (!subnet->gateway.family)
			continue;
		link_message_address(&batch,
				     arena_printf(arena, "give it the address %s",
						  ip_prefix_print(&address, text)),
				     NLM_F_REPLACE, index, &address);
	}
	message = link_message(&batch, "set it up", RTM_NEWLINK, 0, index);
	link_put_up(message);
	if (present->is_ours)
		mnl_attr_put_strz(message, IFLA_IFALIAS,
				  arena_printf(arena, LINK_ALIAS "%s", network->name));
	/* a kernel without IPv6 gives no such addresses either */
	if (netlink_send(host, &batch, NULL, err) < 0 && (inet6 || err->errnum != EAFNOSUPPORT))
		return -1;
	return 0;
}

/* A bridge of others has the VLANs that they gave it. */
static int join_vlan(struct netlink *host, struct arena *arena, const struct network *network,
		     const struct present *present, struct error *err)
{
	struct netlink_batch batch;

	if (!network->vlan || !present->is_ours)
		return 0;
	netlink_batch_begin(&batch, arena);
	link_message_vlan(&batch, "put it into its VLAN", present->index, true,
			  (uint16_t)network->vlan);
	return netlink_send(host, &batch, NULL, err) < 0 ? link_vlan_failed(err) : 0;
}

static int set_ipv6(struct arena *arena, const char *name, const char *parameter, const char *value,
		    struct error *err)
{
	const char *path = arena_printf(arena, "ipv6/conf/%s/%s", name, parameter);

	if (host_sysctl_set(path, value, err) == 0)
		return 0;
	return err->errnum != ENOENT
		       ? -1
		       : fail(err, ENOENT,
			      "this kernel has no IPv6 (CONFIG_IPV6, or ipv6.disable=1)");
}

/* Before it has addresses. A host may have IPv6 off by default: this network wants it. */
static int prepare_ipv6(struct arena *arena, const struct network *network, struct error *err)
{
	if (!network_has_family(network, AF_INET6))
		return 0;
	/* it is the router of its network: nobody in there shall be that for the host */
	if (set_ipv6(arena, network->interface, "accept_ra", "0", err) < 0)
		return -1;
	return set_ipv6(arena, network->interface, "disable_ipv6", "0", err);
}

static int forward(struct arena *arena, const struct network *network, struct error *err)
{
	const char *path = arena_printf(arena, "ipv4/conf/%s/route_localnet", network->interface);

	if (network_has_family(network, AF_INET) && host_sysctl_set(path, "1", err) < 0)
		return -1;
	if (network->internal)
		return 0;
	if (network_has_family(network, AF_INET) && host_sysctl_forward(AF_INET, err) < 0)
		return -1;
	return network_has_family(network, AF_INET6) ? host_sysctl_forward(AF_INET6, err) : 0;
}

static int remove_link(struct netlink *host, struct arena *arena, uint32_t index, struct error *err)
{
	struct netlink_batch batch;

	netlink_batch_begin(&batch, arena);
	link_message(&batch, "remove it", RTM_DELLINK, 0, index);
	return netlink_send(host, &batch, NULL, err) == 0 || err->errnum == ENODEV ? 0 : -1;
}

static int complete(struct netlink *host, struct arena *arena, const struct network *network,
		    const struct present *present, struct error *err)
{
	if (join_vlan(host, arena, network, present, err) < 0 ||
	    prepare_ipv6(arena, network, err) < 0 ||
	    complete_link(host, arena, network, present, err) < 0)
		return -1;
	return forward(arena, network, err);
}

/* A new one that cannot be completed is removed again. */
static int make_new(struct netlink *host, struct arena *arena, const struct network *network,
		    struct error *err)
{
	struct present present;
	struct error other;

	if (make_link(host, arena, network, err) < 0 ||
	    look(host, arena, network->interface, &present, err) < 0)
		return -1;
	present.is_ours = true;
	if (complete(host, arena, network, &present, err) == 0)
		return 0;
	remove_link(host, arena, present.index, &other);
	return -1;
}

int bridge_make(struct netlink *host, struct arena *arena, const struct network *network,
		struct error *err)
{
	struct present present;
	int result = look(host, arena, network->interface, &present, err);

	if (result == 0)
		result = present.index ? complete(host, arena, network, &present, err)
				       : make_new(host, arena, network, err);
	return result < 0 ? fail_in(err, "bridge %s", network->interface) : 0;
}

int bridge_remove(struct netlink *host, struct arena *arena, const struct network *network,
		  struct error *err)
{
	struct present present;

	if (look(host, arena, network->interface, &present, err) < 0)
		return -1;
	if (!present.index || !present.is_ours || remove_link(host, arena, present.index, err) == 0)
		return 0;
	return fail_in(err, "bridge %s", network->interface);
}
