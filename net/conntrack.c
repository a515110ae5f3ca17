/* SPDX-License-Identifier: Apache-2.0 */
#include "net/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "base/log.h"

struct forgetting {
	const struct published_port *ports;
	size_t count;
	struct netlink_batch found; /* a message for each connection that goes */
};

static struct nlmsghdr *message_begin(struct netlink_batch *batch, uint8_t command, uint16_t flags,
				      uint8_t family)
{
	struct nlmsghdr *message = netlink_message(
		batch, "conntrack", (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | command), flags);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	return message;
}

/* What the client has sent to: address, protocol, port. */
struct target {
	struct ip_address address;
	int protocol;
	uint32_t port;
};

static bool read_target(const struct nlattr *tuple, uint8_t family, struct target *target)
{
	uint16_t type = family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST;
	const struct nlattr *ip = netlink_nested(tuple, CTA_TUPLE_IP, 0), *address, *number, *port;
	const struct nlattr *protocol = netlink_nested(tuple, CTA_TUPLE_PROTO, 0);

	if (!ip || !protocol)
		return false;
	address = netlink_nested(ip, type, family == AF_INET ? 4 : 16);
	number = netlink_nested(protocol, CTA_PROTO_NUM, 1);
	port = netlink_nested(protocol, CTA_PROTO_DST_PORT, 2);
	if (!address || !number || !port)
		return false;
	*target = (struct target){ ip_address_of(family, mnl_attr_get_payload(address)),
				   mnl_attr_get_u8(number), ntohs(mnl_attr_get_u16(port)) };
	return true;
}

static bool is_of(const struct target *target, const struct published_port *port)
{
	const struct ip_address *host = &port->host_address;

	if (port->protocol == IPPROTO_TCP || target->protocol != port->protocol ||
	    target->port < port->host_port || target->port - port->host_port >= port->count)
		return false;
	if (!host->family)
		return true;
	return ip_address_is_any(host) ? host->family == target->address.family
				       : ip_address_equal(host, &target->address);
}

/* Of a container's with another host, it leaves by masquerade: to a port of ours it would not. */
static bool leaves(const struct nlmsghdr *answer)
{
	const struct nlattr *status =
		netlink_attribute(answer, sizeof(struct nfgenmsg), CTA_STATUS, 4);

	return status &&
	       (ntohl(mnl_attr_get_u32(status)) & (IPS_SRC_NAT | IPS_DST_NAT)) == IPS_SRC_NAT;
}

/* Each of the dump. Its identity goes along: another one of the same addresses stays. */
static int look_at(const struct nlmsghdr *answer, void *context, struct error *err)
{
	struct forgetting *forgetting = context;
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(answer);
	const struct nlattr *tuple = netlink_attribute(answer, sizeof(*header), CTA_TUPLE_ORIG, 0);
	const struct nlattr *id = netlink_attribute(answer, sizeof(*header), CTA_ID, 4);
	struct target target;

	(void)err;
	if (!tuple || !id || leaves(answer) || !read_target(tuple, header->nfgen_family, &target))
		return 0;
	for (size_t i = 0; i < forgetting->count; i++) {
		struct nlmsghdr *message;

		if (!is_of(&target, &forgetting->ports[i]))
			continue;
		message = message_begin(&forgetting->found, IPCTNL_MSG_CT_DELETE, 0,
					header->nfgen_family);
		mnl_attr_put(message, CTA_TUPLE_ORIG | NLA_F_NESTED,
			     mnl_attr_get_payload_len(tuple), mnl_attr_get_payload(tuple));
		mnl_attr_put(message, CTA_ID, 4, mnl_attr_get_payload(id));
		return 0;
	}
	return 0;
}

int conntrack_forget(struct netlink *netlink, struct arena *arena,
		     const struct published_port *ports, size_t count, struct error *err)
{
	struct forgetting forgetting = { .ports = ports, .count = count };
	struct netlink_batch batch;
	size_t tcp = 0;

	while (tcp < count && ports[tcp].protocol == IPPROTO_TCP)
		tcp++;
	if (tcp == count)
		return 0;
	netlink_batch_begin(&batch, arena);
	netlink_batch_begin(&forgetting.found, arena);
	message_begin(&batch, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC);
	if (netlink_dump(netlink, &batch, look_at, &forgetting, err) < 0 && err->errnum != EAGAIN)
		return err->errnum == EINVAL || err->errnum == EOPNOTSUPP ? 0 : -1;
	if (!forgetting.found.count)
		return 0;
	return netlink_send(netlink, &forgetting.found, NULL, err) < 0 && err->errnum != ENOENT ? -1
												: 0;
}
