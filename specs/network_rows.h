/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <netinet/in.h>

#include "specs/network_document.h"
#include "specs/schema.h"

/* Rows of what a request and an attachment both have; for specs/network_*.c only. */

static const struct schema_word network_protocols[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "sctp", IPPROTO_SCTP },
	{ NULL, 0 },
};

SCHEMA_TEXT_OF(ip_address, ip_address_parse, ip_address_print);
SCHEMA_TEXT_OF(ip_prefix, ip_prefix_parse, ip_prefix_print);
SCHEMA_TEXT_OF(mac_address, mac_address_parse, mac_address_print);

SCHEMA(identity, INT(identity, pid, "pid"), UINT(identity, inode, "inode"),
       UINT(identity, start, "start"));

/* podman's words */
SCHEMA(published_port, TEXT(published_port, host_address, "host_ip", ip_address),
       UINT(published_port, host_port, "host_port", RANGE(0, 65535)),
       UINT(published_port, container_port, "container_port", RANGE(1, 65535), .flags = REQUIRED),
       UINT(published_port, count, "range", RANGE(1, 65535), .flags = REQUIRED),
       UINT(published_port, choices, "choices", RANGE(0, 65535)),
       ENUM(published_port, protocol, "protocol", network_protocols, .flags = REQUIRED));
