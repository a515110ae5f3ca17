/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "net/netlink.h"
#include "specs/port.h"

/*
 * Forgets the connections that were made to these ports of the host, of UDP and SCTP: with these no
 * packet says that a connection begins, so those that the kernel knows keep leading where they led,
 * to a container that is gone, or to none, for as long as a client goes on. A new one of TCP has a
 * new port of the client, or a SYN. What containers say to such a port of another host keeps its
 * masquerade. Does nothing when there is no port but of TCP. netlink: of NETLINK_NETFILTER. A kernel
 * without CONFIG_NF_CT_NETLINK is accepted: they end by themselves then.
 */
int conntrack_forget(struct netlink *netlink, struct arena *arena,
		     const struct published_port *ports, size_t count, struct error *err);
