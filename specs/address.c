/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct mac_address no_mac;

static unsigned bits_of(const struct ip_address *address)
{
	return 8 * (unsigned)ip_address_size(address);
}

int ip_address_parse(const char *text, struct ip_address *address, struct error *err)
{
	struct ip_address parsed = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(parsed.family, text, parsed.bytes) != 1)
		return fail(err, EINVAL,
			    "'%.60s' is no IP address (one is written as 10.89.0.2 or fd00::2)",
			    text);
	*address = parsed;
	return 0;
}

static int fail_prefix(const char *text, struct error *err)
{
	return fail(err, EINVAL,
		    "'%.60s' is no network (one is written as 10.89.0.0/24 or fd00::/64)", text);
}

int ip_prefix_parse(const char *text, struct ip_prefix *prefix, struct error *err)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : 0;
	char address[ADDRESS_TEXT_SIZE], *end;
	struct ip_prefix parsed = { 0 };
	unsigned long bits;

	if (!slash || length >= sizeof(address) || slash[1] < '0' || slash[1] > '9')
		return fail_prefix(text, err);
	memcpy(address, text, length);
	address[length] = '\0';
	if (ip_address_parse(address, &parsed.address, err) < 0)
		return fail_prefix(text, err);
	bits = strtoul(slash + 1, &end, 10);
	if (*end || bits > bits_of(&parsed.address))
		return fail(err, EINVAL, "'%.60s': the length behind the slash is 0 to %u", text,
			    bits_of(&parsed.address));
	parsed.length = (uint8_t)bits;
	*prefix = parsed;
	return 0;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) & 15 : -1;
}

int mac_address_parse(const char *text, struct mac_address *mac, struct error *err)
{
	struct mac_address parsed = { 0 };
	const char *rest = text;

	for (size_t i = 0; i < sizeof(parsed.bytes); i++, rest += 3) {
		int high = hex_digit(rest[0]), low = high < 0 ? -1 : hex_digit(rest[1]);

		if (low < 0 || (i < 5 ? rest[2] != ':' && rest[2] != '-' : rest[2] != '\0'))
			return fail(err, EINVAL,
				    "'%.40s' is no MAC address (one is written as "
				    "02:42:0a:59:00:02)",
				    text);
		parsed.bytes[i] = (uint8_t)(high << 4 | low);
	}
	if ((parsed.bytes[0] & 1) || !mac_address_is_set(&parsed))
		return fail(err, EINVAL, "'%s' cannot be the MAC address of an interface: it %s",
			    text,
			    parsed.bytes[0] & 1 ? "is one of a group (its first byte is odd)"
						: "is zero");
	*mac = parsed;
	return 0;
}

char *ip_address_print(const struct ip_address *address, char buffer[ADDRESS_TEXT_SIZE])
{
	if (!address->family ||
	    !inet_ntop(address->family, address->bytes, buffer, ADDRESS_TEXT_SIZE))
		buffer[0] = '\0';
	return buffer;
}

char *ip_prefix_print(const struct ip_prefix *prefix, char buffer[ADDRESS_TEXT_SIZE])
{
	size_t used = strlen(ip_address_print(&prefix->address, buffer));

	if (used)
		snprintf(buffer + used, ADDRESS_TEXT_SIZE - used, "/%u", prefix->length);
	return buffer;
}

char *mac_address_print(const struct mac_address *mac, char buffer[ADDRESS_TEXT_SIZE])
{
	const uint8_t *bytes = mac->bytes;

	buffer[0] = '\0';
	if (mac_address_is_set(mac))
		snprintf(buffer, ADDRESS_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0],
			 bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]);
	return buffer;
}

struct ip_address ip_address_of(uint8_t family, const void *bytes)
{
	struct ip_address address = { .family = family };

	memcpy(address.bytes, bytes, ip_address_size(&address));
	return address;
}

size_t ip_address_size(const struct ip_address *address)
{
	return address->family == AF_INET ? 4 : address->family == AF_INET6 ? 16 : 0;
}

int ip_address_compare(const struct ip_address *a, const struct ip_address *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool ip_address_equal(const struct ip_address *a, const struct ip_address *b)
{
	return ip_address_compare(a, b) == 0;
}

bool ip_address_is_loopback(const struct ip_address *address)
{
	static const struct ip_address one = { .family = AF_INET6, .bytes = { [15] = 1 } };

	return address->family == AF_INET ? address->bytes[0] == 127
					  : ip_address_equal(address, &one);
}

bool ip_address_is_any(const struct ip_address *address)
{
	const struct ip_address any = { .family = address->family };

	return address->family && ip_address_equal(address, &any);
}

bool ip_address_is_multicast(const struct ip_address *address)
{
	return address->family == AF_INET ? address->bytes[0] >> 4 == 14
					  : address->family == AF_INET6 && address->bytes[0] == 255;
}

bool ip_address_is_link_local(const struct ip_address *address)
{
	if (address->family == AF_INET)
		return address->bytes[0] == 169 && address->bytes[1] == 254;
	return address->family == AF_INET6 && address->bytes[0] == 0xfe &&
	       address->bytes[1] >> 6 == 2;
}

/* The bits of byte number i that are behind a prefix of this length. */
static uint8_t host_bits(unsigned length, unsigned i)
{
	if (length >= 8 * (i + 1))
		return 0;
	return length <= 8 * i ? 0xff : (uint8_t)(0xff >> (length - 8 * i));
}

struct ip_prefix ip_prefix_network(const struct ip_prefix *prefix)
{
	struct ip_prefix network = *prefix;

	for (unsigned i = 0; i < sizeof(network.address.bytes); i++)
		network.address.bytes[i] &= (uint8_t)~host_bits(prefix->length, i);
	return network;
}

struct ip_address ip_prefix_last(const struct ip_prefix *prefix)
{
	struct ip_address last = prefix->address;

	for (unsigned i = 0; i < ip_address_size(&last); i++)
		last.bytes[i] |= host_bits(prefix->length, i);
	return last;
}

bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_address *address)
{
	if (!address->family || prefix->address.family != address->family)
		return false;
	for (unsigned i = 0; i < ip_address_size(address); i++)
		if ((prefix->address.bytes[i] ^ address->bytes[i]) &
		    (uint8_t)~host_bits(prefix->length, i))
			return false;
	return true;
}

bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->length <= b->length ? ip_prefix_contains(a, &b->address)
				      : ip_prefix_contains(b, &a->address);
}

bool ip_prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->length == b->length && ip_prefix_contains(a, &b->address);
}

uint64_t ip_prefix_last_offset(const struct ip_prefix *prefix)
{
	unsigned bits = bits_of(&prefix->address) - prefix->length;

	return bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

struct ip_address ip_prefix_nth(const struct ip_prefix *prefix, uint64_t offset)
{
	struct ip_address address = ip_prefix_network(prefix).address;

	for (size_t i = ip_address_size(&address); i-- > 0 && offset; offset >>= 8)
		address.bytes[i] |= (uint8_t)offset;
	return address;
}

bool ip_prefix_offset(const struct ip_prefix *prefix, const struct ip_address *address,
		      uint64_t *offset)
{
	size_t size = ip_address_size(address);
	uint64_t value = 0;

	if (!ip_prefix_contains(prefix, address))
		return false;
	for (unsigned i = 0; i < size; i++) {
		uint8_t bits = address->bytes[i] & host_bits(prefix->length, i);

		if (size - i > sizeof(value) && bits)
			return false;
		value = value << 8 | bits;
	}
	*offset = value;
	return true;
}

bool mac_address_is_set(const struct mac_address *mac)
{
	return !mac_address_equal(mac, &no_mac);
}

bool mac_address_equal(const struct mac_address *a, const struct mac_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
