/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Addresses of IP and of links as plain values: parsed once where they are read, compared and
 * counted from then on, and written where they are shown. All zeros is "none", so that a structure
 * that has been cleared has no address. Pure.
 */

struct ip_address {
	uint8_t family;	   /* AF_INET, AF_INET6; 0: none */
	uint8_t bytes[16]; /* as on the wire; of IPv4 the first four, zeros behind them */
};

/* A network, or an address with the length of its network's prefix: see ip_prefix_network(). */
struct ip_prefix {
	struct ip_address address;
	uint8_t length; /* bits: 0 to 32 or 128 */
};

struct mac_address {
	uint8_t bytes[6];
};

/* Enough for each of the texts below: an IPv6 address, "/128", a NUL. */
#define ADDRESS_TEXT_SIZE 52

/* "10.89.0.2", "fd00::2"; no zone, no brackets. Errors: EINVAL, with the text but no place. */
int ip_address_parse(const char *text, struct ip_address *address, struct error *err);
/* "10.89.0.0/24"; what is behind the prefix's bits is kept. Errors as above. */
int ip_prefix_parse(const char *text, struct ip_prefix *prefix, struct error *err);
/* "02:42:0a:59:00:02", also with "-" between; a single address that is not zero. As above. */
int mac_address_parse(const char *text, struct mac_address *mac, struct error *err);

/* Return buffer; an address that is none gives an empty text. */
char *ip_address_print(const struct ip_address *address, char buffer[ADDRESS_TEXT_SIZE]);
char *ip_prefix_print(const struct ip_prefix *prefix, char buffer[ADDRESS_TEXT_SIZE]);
char *mac_address_print(const struct mac_address *mac, char buffer[ADDRESS_TEXT_SIZE]);

/* An address from the 4 or 16 bytes of a message or a socket's address. */
struct ip_address ip_address_of(uint8_t family, const void *bytes);
/* 4 or 16 bytes; 0: none */
size_t ip_address_size(const struct ip_address *address);
/* As memcmp(3); IPv4 before IPv6. */
int ip_address_compare(const struct ip_address *a, const struct ip_address *b);
bool ip_address_equal(const struct ip_address *a, const struct ip_address *b);

/* 127.0.0.0/8, ::1 */
bool ip_address_is_loopback(const struct ip_address *address);
/* 0.0.0.0, :: */
bool ip_address_is_any(const struct ip_address *address);
/* 224.0.0.0/4, ff00::/8 */
bool ip_address_is_multicast(const struct ip_address *address);
/* 169.254.0.0/16, fe80::/10 */
bool ip_address_is_link_local(const struct ip_address *address);

/* The network that the address is in: the same with zeros behind the prefix's bits. */
struct ip_prefix ip_prefix_network(const struct ip_prefix *prefix);
/* The last address: of IPv4 the one that is for broadcasts. */
struct ip_address ip_prefix_last(const struct ip_prefix *prefix);
/* Whether the address, of the same family, is in the network. */
bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_address *address);
bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b);
/* Of the same network, whatever address in it either names. */
bool ip_prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b);

/*
 * Counting in a network: its address with all zeros has offset 0. Of networks with more than 64
 * bits behind the prefix the first 2^64 addresses are counted; others have no offset.
 */
/* The highest offset. */
uint64_t ip_prefix_last_offset(const struct ip_prefix *prefix);
/* The address at an offset, which may not be higher than the highest one. */
struct ip_address ip_prefix_nth(const struct ip_prefix *prefix, uint64_t offset);
/* The reverse. Returns false for an address outside or too far behind. */
bool ip_prefix_offset(const struct ip_prefix *prefix, const struct ip_address *address,
		      uint64_t *offset);

bool mac_address_is_set(const struct mac_address *mac);
bool mac_address_equal(const struct mac_address *a, const struct mac_address *b);
