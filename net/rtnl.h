/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * rtnetlink(7) in the little that ctr needs: messages are written into a buffer on the stack and
 * sent one by one. (libmnl is the library for it, but Debian has no static archive of it, and
 * `ctr` is one static program.)
 *
 *	struct rtnl_message message;
 *	struct ifinfomsg link = { .ifi_index = index };
 *
 *	rtnl_begin(&message, RTM_SETLINK, 0, &link, sizeof(link));
 *	rtnl_add_string(&message, IFLA_IFNAME, "eth0");
 *	rtnl_request(sock, &message, err);
 */

#define RTNL_MESSAGE_SIZE 1024

struct rtnl_message {
	union {
		struct nlmsghdr header;
		unsigned char bytes[RTNL_MESSAGE_SIZE];
	};
	bool too_long; /* an attribute did not fit: the request fails */
};

/*
 * A socket of the network namespace that the caller is in, or of the one whose descriptor is
 * netns (-1: the caller's): a socket belongs to the namespace that it was made in. The second
 * needs CAP_SYS_ADMIN in both and a process of one thread, which leaves its namespace for a
 * moment.
 */
int rtnl_open(int netns, struct error *err);

/* Begins a message of an RTM_* type with the structure that this type begins with. */
void rtnl_begin(struct rtnl_message *message, uint16_t type, uint16_t flags, const void *body,
		size_t size);

/* Appends an attribute. */
void rtnl_add(struct rtnl_message *message, uint16_t type, const void *data, size_t size);
void rtnl_add_string(struct rtnl_message *message, uint16_t type, const char *text);
void rtnl_add_u32(struct rtnl_message *message, uint16_t type, uint32_t value);

/* Sends it and waits for the kernel's answer. The kernel's own words about a failure are told. */
int rtnl_request(int sock, struct rtnl_message *message, struct error *err);

/*
 * Sends it as a question for all objects (NLM_F_DUMP) and calls each for every one in the answer;
 * what it returns below 0 ends the dump.
 */
int rtnl_dump(int sock, struct rtnl_message *message,
	      int (*each)(const struct nlmsghdr *answer, void *context, struct error *err),
	      void *context, struct error *err);

/*
 * The attribute of a type in a message whose first structure has size bytes; NULL when there is
 * none or when it is shorter than least bytes.
 */
const struct rtattr *rtnl_find(const struct nlmsghdr *message, size_t size, uint16_t type,
			       size_t least);
