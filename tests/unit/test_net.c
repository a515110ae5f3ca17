/* SPDX-License-Identifier: Apache-2.0 */
#include "net/devices.h"
#include "net/link.h"
#include "net/rtnl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static struct net_devices_plan plan;

static int make_plan(struct spec_net_device *items, size_t count)
{
	const struct spec_linux spec = { .net_devices = { items, count } };

	return net_devices_plan(&arena, &spec, &plan, &err);
}

TEST(net_devices_keep_their_name_unless_they_get_one)
{
	struct spec_net_device devices[] = {
		{ .host_name = (char[]){ "eth0" } },
		{ .host_name = (char[]){ "eth1" }, .name = (char[]){ "" } },
		{ .host_name = (char[]){ "eth2" }, .name = (char[]){ "net%d" } },
		{ .host_name = (char[]){ "eth3" }, .name = (char[]){ "net%d" } },
	};

	CHECK(make_plan(devices, ARRAY_SIZE(devices)) == 0);
	CHECK_INT(plan.count, 4);
	CHECK_STRING(plan.items[0].name, "eth0");
	CHECK_STRING(plan.items[1].name, "eth1");
	CHECK_STRING(plan.items[3].name, "net%d");
	CHECK(net_devices_plan(&arena, NULL, &plan, &err) == 0);
	CHECK_INT(plan.count, 0);
	arena_free(&arena);
}

TEST(net_device_names_that_the_kernel_would_refuse_name_the_member)
{
	static const char *const bad[] = { ".",	  "..",	 "a/b", "a:b",	"a b",
					   "%s",  "%%d", "a%",	"%d%d", "sixteen-bytes-xx",
					   "a\tb" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct spec_net_device device = { .host_name = (char[]){ "eth0" },
						  .name = arena_strdup(&arena, bad[i]) };

		CHECK(make_plan(&device, 1) == -1);
		CHECK_CONTAINS(err.text, "linux.netDevices[\"eth0\"].name: ");
		device = (struct spec_net_device){ .host_name = arena_strdup(&arena, bad[i]),
						   .name = (char[]){ "eth0" } };
		CHECK(make_plan(&device, 1) == -1);
		CHECK_CONTAINS(err.text, "linux.netDevices: '");
	}
	arena_free(&arena);
}

TEST(net_devices_may_not_get_the_same_name)
{
	struct spec_net_device devices[] = {
		{ .host_name = (char[]){ "eth0" }, .name = (char[]){ "eth1" } },
		{ .host_name = (char[]){ "eth1" } },
	};

	CHECK(make_plan(devices, 2) == -1);
	CHECK_CONTAINS(err.text, "linux.netDevices[\"eth1\"].name: 'eth1' is that of");
	CHECK_INT(err.errnum, EEXIST);
	arena_free(&arena);
}

TEST(rtnl_messages_have_aligned_attributes)
{
	struct rtnl_message message;
	const struct ifinfomsg body = { .ifi_index = 7 };
	const struct rtattr *found;

	rtnl_begin(&message, RTM_NEWLINK, 0, &body, sizeof(body));
	rtnl_add_string(&message, IFLA_IFNAME, "lo");
	rtnl_add_u32(&message, IFLA_MTU, 1500);
	CHECK_INT(message.header.nlmsg_len, 16 + 16 + 8 + 8);
	found = rtnl_find(&message.header, sizeof(body), IFLA_MTU, 4);
	CHECK(found && *(const uint32_t *)RTA_DATA(found) == 1500);
	found = rtnl_find(&message.header, sizeof(body), IFLA_IFNAME, 1);
	CHECK(found);
	CHECK_STRING((const char *)RTA_DATA(found), "lo");
	CHECK(!rtnl_find(&message.header, sizeof(body), IFLA_MTU, 8));
	CHECK(!rtnl_find(&message.header, sizeof(body), IFLA_MASTER, 4));
	CHECK(!message.too_long);
}

/* Attributes whose lengths lie, as no kernel sends them. */
TEST(rtnl_attributes_that_do_not_fit_are_not_found)
{
	struct rtnl_message message;
	const struct ifinfomsg body = { 0 };
	struct rtattr *first;

	rtnl_begin(&message, RTM_NEWLINK, 0, &body, sizeof(body));
	rtnl_add_u32(&message, IFLA_MTU, 1);
	rtnl_add_u32(&message, IFLA_MASTER, 2);
	first = (struct rtattr *)(message.bytes + NLMSG_SPACE(sizeof(body)));
	first->rta_len = 200;
	CHECK(!rtnl_find(&message.header, sizeof(body), IFLA_MTU, 4));
	first->rta_len = 3;
	CHECK(!rtnl_find(&message.header, sizeof(body), IFLA_MASTER, 4));
	first->rta_len = 0;
	CHECK(!rtnl_find(&message.header, sizeof(body), IFLA_MASTER, 4));
	message.header.nlmsg_len = 10;
	CHECK(!rtnl_find(&message.header, sizeof(body), IFLA_MASTER, 4));
}

TEST(rtnl_message_that_is_too_long_is_an_error)
{
	static char text[RTNL_MESSAGE_SIZE];
	struct rtnl_message message;
	const struct ifinfomsg body = { 0 };

	memset(text, 'x', sizeof(text) - 1);
	rtnl_begin(&message, RTM_NEWLINK, 0, &body, sizeof(body));
	rtnl_add_string(&message, IFLA_IFALIAS, text);
	CHECK(message.too_long);
	CHECK(rtnl_request(-1, &message, &err) == -1);
	CHECK_INT(err.errnum, EMSGSIZE);
}

static int count_answers(const struct nlmsghdr *answer, void *context, struct error *error)
{
	(void)answer;
	(void)error;
	++*(int *)context;
	return 0;
}

/* The size of an answer without the bytes that align it was taken for a large one. */
TEST(rtnl_dump_that_ends_with_an_error_fails)
{
	struct {
		struct nlmsghdr header;
		int status;
	} done = { { .nlmsg_len = sizeof(done), .nlmsg_type = NLMSG_DONE }, -EBUSY };
	char unaligned[NLMSG_LENGTH(1)] = { 0 };
	const struct nlmsghdr first = { .nlmsg_len = sizeof(unaligned), .nlmsg_type = RTM_NEWLINK };
	const struct ifinfomsg body = { 0 };
	struct rtnl_message message;
	int pair[2], count = 0;

	memcpy(unaligned, &first, sizeof(first));
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	CHECK(write(pair[1], unaligned, sizeof(unaligned)) == sizeof(unaligned));
	CHECK(write(pair[1], &done, sizeof(done)) == sizeof(done));
	rtnl_begin(&message, RTM_GETLINK, 0, &body, sizeof(body));
	CHECK(rtnl_dump(pair[0], &message, count_answers, &count, &err) == -1);
	CHECK_INT(err.errnum, EBUSY);
	CHECK_INT(count, 1);
	close_fd(&pair[0]);
	close_fd(&pair[1]);
}

/* Needs no privilege: every network namespace has its loopback device. */
TEST(links_of_this_namespace_are_listed)
{
	cleanup_fd int sock = rtnl_open(-1, &err);
	struct link_list list;
	const struct link *lo;

	CHECK(sock >= 0);
	CHECK(link_list(&arena, sock, &list, &err) == 0);
	lo = link_find(&list, "lo");
	CHECK(lo && lo->index == 1);
	CHECK(link_find_index(&list, 1) == lo);
	CHECK(!link_find(&list, "no-such-device"));
	CHECK(link_raise(sock, 1 << 30, &err) == -1);
	arena_free(&arena);
}
