/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/port.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"

#define FORM "[HOST-ADDRESS:][HOST-PORT[-END]:]PORT[-END][/tcp|/udp|/sctp]"

static const struct {
	char name[5];
	uint8_t number;
} protocols[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "sctp", IPPROTO_SCTP } };

const char *port_protocol_name(int protocol)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	return "unknown";
}

int port_protocol(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (strcasecmp(protocols[i].name, name) == 0)
			return protocols[i].number;
	return -1;
}

/* A port or a range of them; the text ends with the last digit. */
struct range {
	uint32_t first, count;
};

static const char *read_port(const char *text, uint32_t *port)
{
	const char *start = text;

	*port = 0;
	for (; *text >= '0' && *text <= '9' && *port <= 65535; text++)
		*port = *port * 10 + (uint32_t)(*text - '0');
	return text == start || *port > 65535 ? NULL : text;
}

static bool read_range(const char *text, struct range *range)
{
	uint32_t last;

	text = read_port(text, &range->first);
	if (!text)
		return false;
	last = range->first;
	if (*text == '-') {
		text = read_port(text + 1, &last);
		if (!text || last < range->first || !range->first)
			return false;
	}
	range->count = last - range->first + 1;
	return *text == '\0';
}

/* The parts of a text, cut apart; NULL or empty: not given. */
struct parts {
	char *address, *host, *container, *protocol;
};

static bool split(char *text, struct parts *parts)
{
	char *colon;

	parts->protocol = strchr(text, '/');
	if (parts->protocol)
		*parts->protocol++ = '\0';
	if (*text == '[') {
		char *end = strstr(text, "]:");

		if (!end)
			return false;
		*end = '\0';
		parts->address = text + 1;
		text = end + 2;
	}
	colon = strrchr(text, ':');
	parts->container = colon ? colon + 1 : text;
	if (!colon)
		return true;
	*colon = '\0';
	parts->host = text;
	colon = strchr(text, ':');
	if (!colon)
		return true;
	if (parts->address || strchr(colon + 1, ':'))
		return false;
	*colon = '\0';
	parts->address = text;
	parts->host = colon + 1;
	return true;
}

static int check_ranges(const char *text, const struct range *host, const struct range *container,
			struct published_port *port, struct error *err)
{
	if (!container->first)
		return fail(err, EINVAL, "'%.70s': a container has no port 0", text);
	if (host->first && host->count != container->count && container->count != 1)
		return fail(err, EINVAL, "'%.70s': %u ports of the host for %u of the container",
			    text, host->count, container->count);
	port->host_port = host->first;
	port->container_port = container->first;
	port->count = container->count;
	port->choices = host->first && host->count > container->count ? host->count : 0;
	return 0;
}

int port_parse(const char *text, struct published_port *port, struct error *err)
{
	struct range host = { .count = 1 }, container = { 0 };
	struct published_port parsed = { .protocol = IPPROTO_TCP };
	struct parts parts = { 0 };
	char copy[PORT_TEXT_SIZE];

	if (strlen(text) >= sizeof(copy))
		return fail(err, EINVAL, "'%.70s...' is no port (" FORM ")", text);
	memcpy(copy, text, strlen(text) + 1);
	if (!split(copy, &parts) || !read_range(parts.container, &container) ||
	    (parts.host && *parts.host && !read_range(parts.host, &host)))
		return fail(err, EINVAL, "'%s' is no port (" FORM ", ports are 1 to 65535)", text);
	if (parts.protocol) {
		parsed.protocol = port_protocol(parts.protocol);
		if (parsed.protocol < 0)
			return fail(err, EINVAL,
				    "'%s': unknown protocol '%s' (one of: tcp, udp, sctp)", text,
				    parts.protocol);
	}
	if (parts.address && *parts.address &&
	    ip_address_parse(parts.address, &parsed.host_address, err) < 0)
		return fail_in(err, "'%s'", text);
	if (check_ranges(text, &host, &container, &parsed, err) < 0)
		return -1;
	*port = parsed;
	return 0;
}

static size_t print_range(char *buffer, size_t room, uint32_t first, uint32_t count)
{
	int length = count > 1 ? snprintf(buffer, room, "%u-%u", first, first + count - 1)
			       : snprintf(buffer, room, "%u", first);

	return length < 0 ? 0 : (size_t)length;
}

char *port_print(const struct published_port *port, char buffer[PORT_TEXT_SIZE])
{
	char address[ADDRESS_TEXT_SIZE], container[24], host[24] = "";
	bool bracketed = port->host_address.family == AF_INET6;

	print_range(container, sizeof(container), port->container_port, port->count);
	if (port->host_port)
		print_range(host, sizeof(host), port->host_port,
			    port->choices > 1 ? port->choices : port->count);
	ip_address_print(&port->host_address, address);
	snprintf(buffer, PORT_TEXT_SIZE, "%s%s%s%s:%s/%s", bracketed ? "[" : "", address,
		 bracketed  ? "]:"
		 : *address ? ":"
			    : "",
		 host, container, port_protocol_name(port->protocol));
	return buffer;
}
