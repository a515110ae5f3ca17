/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * netlink(7) by libmnl, for rtnetlink(7) and nf_tables alike: messages are written one behind the
 * other into a batch, which one system call sends. The kernel works on them while it is called, so
 * all answers are there when it returns: a second call finds that there is none, which is success.
 *
 *	struct netlink_batch batch;
 *	struct nlmsghdr *message;
 *
 *	netlink_batch_begin(&batch, &arena);
 *	message = netlink_message(&batch, "set eth0 up", RTM_NEWLINK, 0);
 *	link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
 *	mnl_attr_put_strz(message, IFLA_IFNAME, "eth0");
 *	netlink_send(&netlink, &batch, err);
 *
 * Linked into ctr-net only: there is no static library of libmnl.
 */

struct netlink {
	int fd;
	int protocol;
};

#define NETLINK_CLOSED ((struct netlink){ .fd = -1 })

/*
 * A socket of protocol (NETLINK_ROUTE, NETLINK_NETFILTER) in the network namespace netns, or with -1
 * in the caller's: a socket belongs to the namespace that it was made in. The first needs
 * CAP_SYS_ADMIN in both and a process of one thread, which leaves its namespace for a moment.
 * Errors say which kernel support is missing.
 */
int netlink_open(struct netlink *netlink, int protocol, int netns, struct error *err);

/* Accepts one that is not open. */
void netlink_close(struct netlink *netlink);
#define cleanup_netlink __attribute__((cleanup(netlink_close)))

/* The most bytes that one message may have: callers with more split it. */
#define NETLINK_MESSAGE_MAX ((size_t)96 * 1024)

struct netlink_batch {
	struct arena *arena;
	char *data;
	size_t room, used;
	struct nlmsghdr *last; /* being written */
	const char **names;    /* what each message is for, for errors */
	size_t count, names_room;
};

void netlink_batch_begin(struct netlink_batch *batch, struct arena *arena);

/*
 * Begins a message, of which attributes may follow until the next one is begun. The pointer is good
 * until then. what: for an error, "add the address 10.89.0.2/24"; it must outlive the batch. flags:
 * NLM_F_* besides NLM_F_REQUEST.
 */
struct nlmsghdr *netlink_message(struct netlink_batch *batch, const char *what, uint16_t type,
				 uint16_t flags);

/* How many messages it has, and the bytes so far. */
size_t netlink_batch_size(struct netlink_batch *batch);

/*
 * Sends it, and fails with the first failure that the kernel tells, in its own words. rtnetlink goes
 * on behind a message that failed; nf_tables does not: there nothing of a batch is done then. The
 * batch is as it was and may be sent again. failed, if not NULL, gets the number of the message that
 * failed, counted from 0.
 */
int netlink_send(struct netlink *netlink, struct netlink_batch *batch, size_t *failed,
		 struct error *err);

/*
 * The same, and calls each for every object in the answers: those of requests without NLM_F_DUMP, and
 * what NLM_F_ECHO tells of changes. each may return -1 with *err, which ends it.
 */
int netlink_ask(struct netlink *netlink, struct netlink_batch *batch,
		int (*each)(const struct nlmsghdr *answer, void *context, struct error *err),
		void *context, size_t *failed, struct error *err);

/*
 * For a batch of one message with NLM_F_DUMP: all objects, however many answers that takes. A list
 * that changed meanwhile (NLM_F_DUMP_INTR) is EAGAIN.
 */
int netlink_dump(struct netlink *netlink, struct netlink_batch *batch,
		 int (*each)(const struct nlmsghdr *answer, void *context, struct error *err),
		 void *context, struct error *err);

/*
 * The attribute of a type in a message whose first structure has body bytes, or in one that nests
 * others; NULL when there is none or when it is shorter than least bytes.
 */
const struct nlattr *netlink_attribute(const struct nlmsghdr *message, size_t body, uint16_t type,
				       size_t least);
const struct nlattr *netlink_nested(const struct nlattr *attribute, uint16_t type, size_t least);
