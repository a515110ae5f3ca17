/* SPDX-License-Identifier: Apache-2.0 */
#include "net/link_message.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/macro.h"

struct nlmsghdr *link_message(struct netlink_batch *batch, const char *what, uint16_t type,
			      uint16_t flags, uint32_t index)
{
	struct nlmsghdr *message = netlink_message(batch, what, type, flags);
	struct ifinfomsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));

	body->ifi_family = AF_UNSPEC;
	body->ifi_index = (int)index;
	return message;
}

struct link_kind link_kind_begin(struct nlmsghdr *message, const char *kind)
{
	struct link_kind begun = { .info = mnl_attr_nest_start(message, IFLA_LINKINFO) };

	mnl_attr_put_str(message, IFLA_INFO_KIND, kind);
	begun.data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	return begun;
}

void link_kind_end(struct nlmsghdr *message, struct link_kind kind)
{
	mnl_attr_nest_end(message, kind.data);
	mnl_attr_nest_end(message, kind.info);
}

void link_put_up(struct nlmsghdr *message)
{
	struct ifinfomsg *body = mnl_nlmsg_get_payload(message);

	body->ifi_flags |= IFF_UP;
	body->ifi_change |= IFF_UP;
}

static void put_address_generation(struct nlmsghdr *message, bool generate)
{
	struct nlattr *inet6 = mnl_attr_nest_start(message, AF_INET6);

	mnl_attr_put_u8(message, IFLA_INET6_ADDR_GEN_MODE,
			generate ? IN6_ADDR_GEN_MODE_EUI64 : IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(message, inet6);
}

void link_message_address_generation(struct netlink_batch *batch, const char *what, uint32_t index,
				     bool generate)
{
	struct nlmsghdr *message = link_message(batch, what, RTM_SETLINK, 0, index);
	struct nlattr *families = mnl_attr_nest_start(message, IFLA_AF_SPEC);

	put_address_generation(message, generate);
	mnl_attr_nest_end(message, families);
}

void link_message_seclude(struct netlink_batch *batch, const char *what, const char *name)
{
	struct nlmsghdr *message = link_message(batch, what, RTM_SETLINK, 0, 0);
	struct nlattr *families, *inet, *parameters;

	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	inet = mnl_attr_nest_start(message, AF_INET);
	parameters = mnl_attr_nest_start(message, IFLA_INET_CONF);
	mnl_attr_put_u32(message, IPV4_DEVCONF_RP_FILTER, 1);
	mnl_attr_nest_end(message, parameters);
	mnl_attr_nest_end(message, inet);
	put_address_generation(message, false);
	mnl_attr_nest_end(message, families);
}

static void put_vlan(struct netlink_batch *batch, const char *what, uint16_t type, uint32_t index,
		     bool itself, const struct bridge_vlan_info *vlan)
{
	struct nlmsghdr *message = link_message(batch, what, type, 0, index);
	struct ifinfomsg *body = mnl_nlmsg_get_payload(message);
	struct nlattr *nest = mnl_attr_nest_start(message, IFLA_AF_SPEC);

	body->ifi_family = AF_BRIDGE;
	if (itself)
		mnl_attr_put_u16(message, IFLA_BRIDGE_FLAGS, BRIDGE_FLAGS_SELF);
	mnl_attr_put(message, IFLA_BRIDGE_VLAN_INFO, sizeof(*vlan), vlan);
	mnl_attr_nest_end(message, nest);
}

void link_message_vlan(struct netlink_batch *batch, const char *what, uint32_t index, bool itself,
		       uint16_t vlan)
{
	const struct bridge_vlan_info first = { .vid = 1 };
	const struct bridge_vlan_info info = {
		.flags = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED,
		.vid = vlan,
	};

	if (vlan != 1)
		put_vlan(batch, what, RTM_DELLINK, index, itself, &first);
	put_vlan(batch, what, RTM_SETLINK, index, itself, &info);
}

void link_message_address(struct netlink_batch *batch, const char *what, uint16_t flags,
			  uint32_t index, const struct ip_prefix *address)
{
	struct nlmsghdr *message = netlink_message(batch, what, RTM_NEWADDR, NLM_F_CREATE | flags);
	struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
	const size_t size = ip_address_size(&address->address);
	struct ip_address last;

	body->ifa_family = address->address.family;
	body->ifa_prefixlen = address->length;
	body->ifa_index = index;
	body->ifa_scope = RT_SCOPE_UNIVERSE;
	mnl_attr_put(message, IFA_LOCAL, size, address->address.bytes);
	mnl_attr_put(message, IFA_ADDRESS, size, address->address.bytes);
	if (body->ifa_family == AF_INET6)
		mnl_attr_put_u32(message, IFA_FLAGS, IFA_F_NODAD);
	if (body->ifa_family != AF_INET || address->length > 30)
		return;
	last = ip_prefix_last(address);
	mnl_attr_put(message, IFA_BROADCAST, size, last.bytes);
}

void link_message_default_route(struct netlink_batch *batch, const char *what, uint32_t index,
				uint8_t family, const struct ip_address *gateway)
{
	struct nlmsghdr *message =
		netlink_message(batch, what, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
	struct rtmsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
	const bool direct = !gateway || !gateway->family;

	body->rtm_family = family;
	body->rtm_table = RT_TABLE_MAIN;
	body->rtm_protocol = RTPROT_STATIC;
	body->rtm_scope = direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	body->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(message, RTA_OIF, index);
	if (!direct)
		mnl_attr_put(message, RTA_GATEWAY, ip_address_size(gateway), gateway->bytes);
}

static const struct {
	char kind[8], option[20];
} kinds[] = {
	{ "bridge", "CONFIG_BRIDGE" },	 { "ipvlan", "CONFIG_IPVLAN" },
	{ "macvlan", "CONFIG_MACVLAN" }, { "veth", "CONFIG_VETH" },
	{ "vlan", "CONFIG_VLAN_8021Q" },
};

int link_kind_failed(const char *kind, struct error *err)
{
	const char *module = strcmp(kind, "vlan") ? kind : "8021q";

	if (err->errnum != EOPNOTSUPP)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].kind, kind))
			return fail(err, EOPNOTSUPP, "this kernel has no %s (module %s, %s)", kind,
				    module, kinds[i].option);
	return -1;
}

int link_kind_check(struct netlink *netlink, struct arena *arena, const char *kind,
		    struct error *err)
{
	/* of a group: the address of no link, which those that need no parent look at first */
	static const uint8_t address[] = { 1, 0, 0, 0, 0, 0 };
	struct netlink_batch batch;
	struct nlmsghdr *message;

	netlink_batch_begin(&batch, arena);
	message = link_message(&batch, "look for its kind", RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
			       0);
	mnl_attr_put(message, IFLA_ADDRESS, sizeof(address), address);
	link_kind_end(message, link_kind_begin(message, kind));
	if (netlink_send(netlink, &batch, NULL, err) == 0 || err->errnum != EOPNOTSUPP)
		return 0;
	return link_kind_failed(kind, err);
}

int link_vlan_failed(struct error *err)
{
	if (err->errnum != EOPNOTSUPP)
		return -1;
	return fail(err, EOPNOTSUPP,
		    "the bridges of this kernel know no VLANs (CONFIG_BRIDGE_VLAN_FILTERING)");
}

int link_remove(struct netlink *netlink, struct arena *arena, const char *name, struct error *err)
{
	struct netlink_batch batch;
	struct nlmsghdr *message;

	netlink_batch_begin(&batch, arena);
	message = link_message(&batch, arena_printf(arena, "remove interface %s", name),
			       RTM_DELLINK, 0, 0);
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	if (netlink_send(netlink, &batch, NULL, err) == 0 || err->errnum == ENODEV)
		return 0;
	return -1;
}

uint32_t link_index(const struct netlink *netlink, const char *name)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(netlink->fd, SIOCGIFINDEX, &request) < 0 ? 0 : (uint32_t)request.ifr_ifindex;
}

uint32_t link_mtu(const struct netlink *netlink, const char *name)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(netlink->fd, SIOCGIFMTU, &request) < 0 ? 0 : (uint32_t)request.ifr_mtu;
}
