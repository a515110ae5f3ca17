/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "specs/address.h"

/*
 * Asks the kernel whether a program of this network namespace has a port, by binding a socket to it
 * and closing that again. address none: all addresses, IPv4 and IPv6. *port 0: a free one is
 * chosen and filled in. Returns 0: free, 1: in use; protocols that the kernel has no sockets of (SCTP
 * without its module) are used by nobody. EADDRNOTAVAIL: the host has no such address.
 */
int port_probe(const struct ip_address *address, int protocol, uint32_t *port, struct error *err);
