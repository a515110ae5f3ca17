/* SPDX-License-Identifier: Apache-2.0 */
/* The host's ports of a network by pasta: which are free is known by who can bind them. */
#include "runtime/pasta.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

/* How often a range of as many ports that are free is looked for. */
#define TRIES 200

union place {
	struct sockaddr address;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

/* All addresses are those of both families, where the host has both. */
static socklen_t make_place(const struct ip_address *address, int family, uint32_t port,
			    union place *place)
{
	memset(place, 0, sizeof(*place));
	place->address.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		place->ipv4.sin_port = htons((uint16_t)port);
		memcpy(&place->ipv4.sin_addr, address->bytes, 4);
		return sizeof(place->ipv4);
	}
	place->ipv6.sin6_port = htons((uint16_t)port);
	memcpy(&place->ipv6.sin6_addr, address->bytes, 16);
	return sizeof(place->ipv6);
}

static int bind_family(const struct published_port *port, int family, uint32_t number)
{
	const int kind = port->protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM, on = 1;
	cleanup_fd int sock = socket(family, kind | SOCK_CLOEXEC, 0);
	union place place;
	socklen_t size = make_place(&port->host_address, family, number, &place);

	if (sock < 0)
		return -1;
	/* connections that are over are nobody's; of datagrams it would share the port */
	if (kind == SOCK_STREAM && setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -1;
	return bind(sock, &place.address, size) < 0 ? -1 : take_fd(&sock);
}

/* A socket that holds the port, the caller's; or -1 and errno. */
static int bind_port(const struct published_port *port, uint32_t number)
{
	int sock;

	if (port->host_address.family)
		return bind_family(port, port->host_address.family, number);
	sock = bind_family(port, AF_INET6, number);
	if (sock < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		sock = bind_family(port, AF_INET, number);
	return sock;
}

/* Any port that the kernel has to give; 0 and errno: none. */
static uint32_t find_free(const struct published_port *port)
{
	cleanup_fd int sock = bind_port(port, 0);
	union place place;
	socklen_t size = sizeof(place);

	if (sock < 0 || getsockname(sock, &place.address, &size) < 0)
		return 0;
	return ntohs(place.address.sa_family == AF_INET ? place.ipv4.sin_port
							: place.ipv6.sin6_port);
}

static int fail_port(const struct published_port *port, uint32_t number, struct error *err)
{
	char address[ADDRESS_TEXT_SIZE];
	const char *protocol = port_protocol_name(port->protocol);

	if (errno == EADDRINUSE)
		return fail(err, EADDRINUSE, "port %u/%s is in use", number, protocol);
	if (errno == EACCES)
		return fail(err, EACCES,
			    "port %u/%s: only root may publish it "
			    "(net.ipv4.ip_unprivileged_port_start)",
			    number, protocol);
	if (errno == EADDRNOTAVAIL)
		return fail(err, EADDRNOTAVAIL, "port %u/%s: this host has no address %s", number,
			    protocol, ip_address_print(&port->host_address, address));
	return fail_errno(err, "port %u/%s", number, protocol);
}

/* Of another one of the container's; what the user has named himself is of a valid spec. */
static bool is_ours(const struct published_ports *ports, size_t index, uint32_t number)
{
	for (size_t i = 0; i < ports->count; i++) {
		const struct published_port *port = &ports->items[i];

		if (i != index && port->protocol == ports->items[index].protocol &&
		    port->host_port && port->choices <= 1 && number >= port->host_port &&
		    number < port->host_port + port->count)
			return true;
	}
	return false;
}

/* Whether all ports from first on are free; else *failed is one that is not, and errno says why. */
static bool are_free(const struct published_ports *ports, size_t index, uint32_t first,
		     uint32_t *failed)
{
	const struct published_port *port = &ports->items[index];

	for (uint32_t i = 0; i < port->count; i++) {
		cleanup_fd int sock = -1;

		*failed = first + i;
		errno = EADDRINUSE;
		if (*failed > UINT16_MAX ||
		    ((!port->host_port || port->choices > 1) && is_ours(ports, index, *failed)))
			return false;
		sock = bind_port(port, *failed);
		if (sock < 0)
			return false;
	}
	return true;
}

static int choose(const struct published_ports *ports, size_t index, struct published_port *taken,
		  struct error *err)
{
	struct published_port *port = &ports->items[index];
	const uint32_t tries = !port->host_port ? TRIES : port->choices ?: 1;
	uint32_t failed = 0;

	for (uint32_t i = 0; i < tries; i++) {
		const uint32_t first = port->host_port ? port->host_port + i : find_free(port);

		if (!first)
			break;
		if (are_free(ports, index, first, &failed)) {
			port->host_port = first;
			port->choices = 0;
			return 0;
		}
	}
	*taken = *port;
	taken->host_port = failed;
	taken->count = 1;
	return fail_port(port, failed, err);
}

int pasta_choose_ports(const struct published_ports *ports, struct published_port *taken,
		       struct error *err)
{
	/* those that the user has named first */
	for (int named = 1; named >= 0; named--)
		for (size_t i = 0; i < ports->count; i++)
			if ((ports->items[i].host_port != 0) == named &&
			    choose(ports, i, taken, err) < 0)
				return -1;
	return 0;
}

bool pasta_has_port(const struct published_ports *ports, const struct published_port *port)
{
	for (size_t i = 0; i < ports->count; i++) {
		const struct published_port *other = &ports->items[i];

		if (other->protocol == port->protocol && port->host_port >= other->host_port &&
		    port->host_port < other->host_port + other->count)
			return true;
	}
	return false;
}
