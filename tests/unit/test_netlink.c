/* SPDX-License-Identifier: Apache-2.0 */
#include "net/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

static void put_link(struct netlink_batch *batch, const char *what, uint16_t type, uint16_t flags,
		     const char *name)
{
	struct nlmsghdr *message = netlink_message(batch, what, type, flags);

	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	if (name)
		mnl_attr_put_strz(message, IFLA_IFNAME, name);
}

TEST(netlink_batch_grows_and_keeps_what_it_has)
{
	struct netlink_batch batch;
	const struct nlmsghdr *first;
	char text[60001];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	netlink_batch_begin(&batch, &arena);
	CHECK_INT(netlink_batch_size(&batch), 0);
	for (int i = 0; i < 20; i++)
		put_link(&batch, "one", RTM_NEWLINK, 0, text);
	CHECK_INT(batch.count, 20);
	CHECK_INT(netlink_batch_size(&batch), 20 * (16 + 16 + 4 + 60004));
	first = (const struct nlmsghdr *)batch.data;
	CHECK_INT(first->nlmsg_flags, NLM_F_REQUEST);
	CHECK_INT(first->nlmsg_seq, 0);
	CHECK_INT(batch.last->nlmsg_seq, 19);
	CHECK_INT(first->nlmsg_len, 16 + 16 + 4 + 60001 + 3);
	arena_free(&arena);
}

/* The error is that of the first message that failed, with its name and number. */
TEST(netlink_error_names_the_message)
{
	cleanup_netlink struct netlink netlink = NETLINK_CLOSED;
	struct netlink_batch batch;
	size_t failed = 99;

	CHECK(netlink_open(&netlink, NETLINK_ROUTE, -1, &err) == 0);
	netlink_batch_begin(&batch, &arena);
	put_link(&batch, "look at lo", RTM_GETLINK, 0, "lo");
	put_link(&batch, "look at none", RTM_GETLINK, 0, "ctr-none-such");
	put_link(&batch, "look at another", RTM_GETLINK, 0, "ctr-no-other");
	CHECK(netlink_send(&netlink, &batch, &failed, &err) == -1);
	CHECK_INT(failed, 1);
	CHECK_INT(err.errnum, ENODEV);
	CHECK_CONTAINS(err.text, "look at none: ");
	arena_free(&arena);
}

static int find_loopback(const struct nlmsghdr *answer, void *context, struct error *error)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(answer);

	(void)error;
	if (answer->nlmsg_type == RTM_NEWLINK && (link->ifi_flags & IFF_LOOPBACK))
		*(int *)context = link->ifi_index;
	return 0;
}

TEST(netlink_answers_and_dumps_are_read)
{
	cleanup_netlink struct netlink netlink = NETLINK_CLOSED;
	struct netlink_batch batch;
	int index = 0;

	CHECK(netlink_open(&netlink, NETLINK_ROUTE, -1, &err) == 0);
	netlink_batch_begin(&batch, &arena);
	put_link(&batch, "look at lo", RTM_GETLINK, 0, "lo");
	CHECK(netlink_ask(&netlink, &batch, find_loopback, &index, NULL, &err) == 0);
	CHECK_INT(index, 1);
	index = 0;
	netlink_batch_begin(&batch, &arena);
	put_link(&batch, "list links", RTM_GETLINK, NLM_F_DUMP, NULL);
	CHECK(netlink_dump(&netlink, &batch, find_loopback, &index, &err) == 0);
	CHECK_INT(index, 1);
	netlink_batch_begin(&batch, &arena);
	CHECK(netlink_send(&netlink, &batch, NULL, &err) == 0);
	arena_free(&arena);
}
