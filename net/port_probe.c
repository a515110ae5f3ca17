/* SPDX-License-Identifier: Apache-2.0 */
#include "net/port_probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "specs/port.h"

union name {
	struct sockaddr address;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

static socklen_t make_name(const struct ip_address *address, int family, uint32_t port,
			   union name *name)
{
	memset(name, 0, sizeof(*name));
	name->address.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		name->ipv4.sin_port = htons((uint16_t)port);
		memcpy(&name->ipv4.sin_addr, address->bytes, sizeof(name->ipv4.sin_addr));
		return sizeof(name->ipv4);
	}
	name->ipv6.sin6_port = htons((uint16_t)port);
	memcpy(&name->ipv6.sin6_addr, address->bytes, sizeof(name->ipv6.sin6_addr));
	return sizeof(name->ipv6);
}

static int open_socket(int family, int protocol, const struct ip_address *address)
{
	int type = protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int sock = socket(family, type | SOCK_CLOEXEC, protocol), on = 1, off = 0;

	if (sock < 0)
		return -1;
	/* connections that wait for their end do not keep a program from listening */
	if (protocol == IPPROTO_TCP)
		setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(sock, IPPROTO_IPV6, IPV6_V6ONLY, address->family ? &on : &off,
			   sizeof(int));
	return sock;
}

/* There is nobody to ask: any of those that are meant for that (RFC 6335). */
static void choose_blindly(uint32_t *port)
{
	uint16_t random = 0;

	if (!*port && getrandom(&random, sizeof(random), 0) > 0)
		*port = 49152 + (random & 16383);
}

int port_probe(const struct ip_address *address, int protocol, uint32_t *port, struct error *err)
{
	int family = address->family ? address->family : AF_INET6;
	cleanup_fd int sock = open_socket(family, protocol, address);
	char text[ADDRESS_TEXT_SIZE];
	union name name;
	socklen_t size;

	if (sock < 0 && !address->family) {
		family = AF_INET; /* a host without IPv6 */
		sock = open_socket(family, protocol, address);
	}
	if (sock < 0) {
		choose_blindly(port);
		return *port ? 0 : fail(err, EAGAIN, "choose a port: no random number");
	}
	size = make_name(address, family, *port, &name);
	if (bind(sock, &name.address, size) < 0) {
		if (errno == EADDRINUSE)
			return 1;
		return fail_errno(err, "use port %u/%s of the host's address %s", *port,
				  port_protocol_name(protocol),
				  address->family ? ip_address_print(address, text) : "*");
	}
	if (*port)
		return 0;
	if (getsockname(sock, &name.address, &size) < 0)
		return fail_errno(err, "ask for the port that the kernel has chosen");
	*port = ntohs(family == AF_INET ? name.ipv4.sin_port : name.ipv6.sin6_port);
	return 0;
}
