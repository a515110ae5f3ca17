/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "specs/address.h"

/*
 * Published ports: count ports of the host, one behind the other, that lead to as many ports of a
 * container. Pure.
 */

struct published_port {
	struct ip_address host_address; /* none: all addresses of the host, IPv4 and IPv6 */
	uint32_t host_port;		/* the first; 0: any that is free */
	uint32_t container_port;	/* the first */
	uint32_t count;			/* 1 or more */
	uint32_t choices; /* more than 1: any one of so many from host_port on (count is 1) */
	int protocol;	  /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
};

/*
 * Reads a port as `-p` has it, which is how docker(1) and podman(1) write it:
 *
 *	[HOSTADDRESS:][HOSTPORT[-END]:]PORT[-END][/tcp|/udp|/sctp]
 *
 * An IPv6 address is in brackets. A host port that is empty, 0 or absent: any that is free.
 * 0.0.0.0 and [::] are kept: all addresses of that family alone. A range of host ports before a
 * single port is a choice. Errors: EINVAL, with the text but no place.
 */
int port_parse(const char *text, struct published_port *port, struct error *err);

/* "tcp", "udp", "sctp" */
const char *port_protocol_name(int protocol);
/* The reverse, in any case; -1 for another word. */
int port_protocol(const char *name);

/* Enough for the text of port_print(): "[ADDRESS]:65535-65535:65535-65535/sctp". */
#define PORT_TEXT_SIZE 128

/* As port_parse() reads it. Returns buffer. */
char *port_print(const struct published_port *port, char buffer[PORT_TEXT_SIZE]);
