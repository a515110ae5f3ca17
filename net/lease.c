/* SPDX-License-Identifier: Apache-2.0 */
#include "net/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "net/owned_link.h"

/* The part of a subnet that addresses are given out of, as offsets; both ends belong to it. */
struct span {
	uint64_t first, last;
};

static int open_leases(int folder, struct error *err)
{
	int leases = openat(folder, "leases", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (leases < 0 && errno == ENOENT)
		return fail(err, ENOENT, "the network has just been removed");
	return leases < 0 ? fail_errno(err, "open the network's leases") : leases;
}

/* IPv4's last address is for broadcasts; IPv6's first one is for routers (RFC 4291, 2.6.1). */
static struct span usable_span(const struct network_subnet *subnet)
{
	bool broadcast = subnet->subnet.address.family == AF_INET;

	return (struct span){
		.first = 1,
		.last = ip_prefix_last_offset(&subnet->subnet) - broadcast,
	};
}

/* Where addresses that nobody asked for are from. */
static struct span given_span(const struct network_subnet *subnet)
{
	struct span span = usable_span(subnet), range;

	if (!subnet->range)
		return span;
	if (ip_prefix_offset(&subnet->subnet, &subnet->range->first, &range.first) &&
	    range.first > span.first)
		span.first = range.first;
	if (ip_prefix_offset(&subnet->subnet, &subnet->range->last, &range.last) &&
	    range.last < span.last)
		span.last = range.last;
	return span;
}

static int take(int leases, const char *name, const struct lease_owner *owner, const char *what,
		struct error *err)
{
	char other[OWNER_SIZE];
	int taken = owned_link_make(leases, name, owner, other, err);

	if (taken <= 0)
		return taken;
	return fail(err, EEXIST, "%s %s is in use: container %.128s has it", what, name,
		    *other ? other : "that has just gone");
}

static int take_wanted(int leases, const struct network_subnet *subnet,
		       const struct ip_address *wanted, const struct lease_owner *owner,
		       struct error *err)
{
	char name[ADDRESS_TEXT_SIZE], text[ADDRESS_TEXT_SIZE];
	struct span usable = usable_span(subnet);
	uint64_t offset;

	ip_address_print(wanted, name);
	ip_prefix_print(&subnet->subnet, text);
	if (!ip_prefix_contains(&subnet->subnet, wanted))
		return fail(err, EINVAL, "address %s is not in the subnet %s", name, text);
	if (ip_address_equal(wanted, &subnet->gateway))
		return fail(err, EINVAL, "address %s is the gateway of %s", name, text);
	if (ip_prefix_offset(&subnet->subnet, wanted, &offset) &&
	    (offset < usable.first || offset > usable.last))
		return fail(err, EINVAL, "address %s is the %s address of %s", name,
			    offset ? "broadcast" : "first", text);
	return take(leases, name, owner, "address", err);
}

/*
 * The hint is the offset that was given last, in a file for each subnet. It is written without a lock:
 * whatever it says, what is in use is known by the leases alone.
 */
static int open_hint(int folder, const struct network_subnet *subnet)
{
	char name[ADDRESS_TEXT_SIZE + 8] = "last-", network[ADDRESS_TEXT_SIZE];

	ip_address_print(&subnet->subnet.address, network);
	snprintf(name, sizeof(name), "last-%s", network);
	return openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static uint64_t read_hint(int hint, const struct span *span)
{
	char text[24] = "";
	uint64_t offset;

	if (hint < 0 || pread(hint, text, sizeof(text) - 1, 0) <= 0)
		return span->last;
	offset = strtoull(text, NULL, 16);
	return offset >= span->first && offset <= span->last ? offset : span->last;
}

static void write_hint(int hint, uint64_t offset)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%016" PRIx64 "\n", offset);

	/* if it cannot be written, the next search takes longer */
	if (hint >= 0 && pwrite(hint, text, (size_t)length, 0) < 0)
		return;
}

static int fail_exhausted(const struct network_subnet *subnet, const struct span *span,
			  struct error *err)
{
	char text[ADDRESS_TEXT_SIZE], first[ADDRESS_TEXT_SIZE], last[ADDRESS_TEXT_SIZE];
	struct ip_address from = ip_prefix_nth(&subnet->subnet, span->first);
	struct ip_address to = ip_prefix_nth(&subnet->subnet, span->last);

	return fail(err, ENOSPC, "no address of %s is free: all from %s to %s are in use",
		    ip_prefix_print(&subnet->subnet, text), ip_address_print(&from, first),
		    ip_address_print(&to, last));
}

static int take_next(int folder, int leases, const struct network_subnet *subnet,
		     const struct lease_owner *owner, struct ip_address *address, struct error *err)
{
	cleanup_fd int hint = open_hint(folder, subnet);
	struct span span = given_span(subnet);
	char name[ADDRESS_TEXT_SIZE], other[OWNER_SIZE];
	uint64_t offset, last;
	int taken = 1;

	if (span.first > span.last)
		return fail_exhausted(subnet, &span, err);
	last = offset = read_hint(hint, &span);
	do {
		offset = offset < span.last ? offset + 1 : span.first;
		*address = ip_prefix_nth(&subnet->subnet, offset);
		if (!ip_address_equal(address, &subnet->gateway))
			taken = owned_link_make(leases, ip_address_print(address, name), owner,
						other, err);
	} while (taken > 0 && offset != last);
	if (taken > 0)
		return fail_exhausted(subnet, &span, err);
	if (taken == 0)
		write_hint(hint, offset);
	return taken;
}

int lease_take(int folder, const struct network_subnet *subnet, const struct ip_address *wanted,
	       const struct lease_owner *owner, struct ip_address *address, struct error *err)
{
	cleanup_fd int leases = open_leases(folder, err);

	if (leases < 0)
		return -1;
	if (!wanted)
		return take_next(folder, leases, subnet, owner, address, err);
	if (take_wanted(leases, subnet, wanted, owner, err) < 0)
		return -1;
	*address = *wanted;
	return 0;
}

static int release(int folder, const char *name, const char *id, struct error *err)
{
	cleanup_fd int leases = openat(folder, "leases", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (leases < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open the network's leases");
	return owned_link_lock(leases, err) < 0 ? -1 : owned_link_remove(leases, name, id, err);
}

int lease_release(int folder, const struct ip_address *address, const char *id, struct error *err)
{
	char name[ADDRESS_TEXT_SIZE];

	return release(folder, ip_address_print(address, name), id, err);
}

int lease_take_mac(int folder, const struct mac_address *mac, const struct lease_owner *owner,
		   struct error *err)
{
	cleanup_fd int leases = open_leases(folder, err);
	char name[ADDRESS_TEXT_SIZE];

	if (leases < 0)
		return -1;
	return take(leases, mac_address_print(mac, name), owner, "MAC address", err);
}

int lease_release_mac(int folder, const struct mac_address *mac, const char *id, struct error *err)
{
	char name[ADDRESS_TEXT_SIZE];

	return release(folder, mac_address_print(mac, name), id, err);
}

int lease_release_all(int folder, const char *id, struct error *err)
{
	cleanup_fd int leases = openat(folder, "leases", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (leases < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open the network's leases");
	return owned_link_lock(leases, err) < 0 ? -1 : owned_link_remove_all(leases, id, err);
}
