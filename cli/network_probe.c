/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network_probe.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>

#include "base/macro.h"
#include "net/link_message.h"

/* The kernel loads the module for it, if there is one, and answers with a number. */
static int check_tables(struct arena *arena, struct error *err)
{
	cleanup_netlink struct netlink filter = NETLINK_CLOSED;
	struct netlink_batch batch;
	struct nlmsghdr *message;

	if (netlink_open(&filter, NETLINK_NETFILTER, -1, err) < 0)
		return -1;
	netlink_batch_begin(&batch, arena);
	message = netlink_message(&batch, "look for nf_tables",
				  (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN, 0);
	mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
	return netlink_send(&filter, &batch, NULL, err);
}

struct probe_lines {
	struct arena *arena;
	char *lines[2]; /* what there is, what is missing */
};

static void add(struct probe_lines *probe, const char *name, bool missing)
{
	char **line = &probe->lines[missing];

	*line = *line ? arena_printf(probe->arena, "%s, %s", *line, name)
		      : arena_strdup(probe->arena, name);
}

int network_probe_main(void)
{
	static const char kinds[][8] = { "bridge", "veth", "macvlan", "ipvlan", "vlan" };
	cleanup_netlink struct netlink route = NETLINK_CLOSED;
	cleanup_arena struct arena arena = { 0 };
	struct probe_lines probe = { .arena = &arena };
	struct error err;

	if (netlink_open(&route, NETLINK_ROUTE, -1, &err) < 0)
		return 1;
	add(&probe, "nf_tables", check_tables(&arena, &err) < 0);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		add(&probe, kinds[i], link_kind_check(&route, &arena, kinds[i], &err) < 0);
	printf("%s\n%s\n", probe.lines[0] ?: "", probe.lines[1] ?: "");
	return 0;
}
