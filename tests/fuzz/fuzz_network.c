/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses, ports and the documents of networks: what is read is written, and what was written is
 * read as the same. The first byte says which.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "specs/network_document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const void *a, const void *b, size_t size)
{
	if (memcmp(a, b, size) != 0)
		abort();
}

static void try_address(const char *text)
{
	struct ip_address address, again;
	char printed[ADDRESS_TEXT_SIZE];
	struct error err;

	if (ip_address_parse(text, &address, &err) < 0)
		return;
	if (ip_address_parse(ip_address_print(&address, printed), &again, &err) < 0)
		abort();
	check_same(&address, &again, sizeof(address));
}

static void try_prefix(const char *text)
{
	struct ip_prefix prefix, again;
	char printed[ADDRESS_TEXT_SIZE];
	struct ip_address last;
	struct error err;
	uint64_t offset;

	if (ip_prefix_parse(text, &prefix, &err) < 0)
		return;
	if (ip_prefix_parse(ip_prefix_print(&prefix, printed), &again, &err) < 0)
		abort();
	check_same(&prefix, &again, sizeof(prefix));
	last = ip_prefix_last(&prefix);
	if (!ip_prefix_contains(&prefix, &last) || !ip_prefix_overlaps(&prefix, &again))
		abort();
	last = ip_prefix_nth(&prefix, ip_prefix_last_offset(&prefix));
	if (!ip_prefix_offset(&prefix, &last, &offset) || offset != ip_prefix_last_offset(&prefix))
		abort();
}

static void try_mac(const char *text)
{
	struct mac_address mac, again;
	char printed[ADDRESS_TEXT_SIZE];
	struct error err;

	if (mac_address_parse(text, &mac, &err) < 0)
		return;
	if (mac_address_parse(mac_address_print(&mac, printed), &again, &err) < 0)
		abort();
	check_same(&mac, &again, sizeof(mac));
}

static void try_port(const char *text)
{
	struct published_port port, again;
	char printed[PORT_TEXT_SIZE];
	struct error err;

	if (port_parse(text, &port, &err) < 0)
		return;
	if (port.count < 1 || port.container_port + port.count > 65536 ||
	    port.host_port + port.count > 65536)
		abort();
	if (port_parse(port_print(&port, printed), &again, &err) < 0)
		abort();
	check_same(&port, &again, sizeof(port));
}

static void try_network(struct arena *arena, const char *text, size_t size)
{
	struct network network, again;
	struct error err;
	char *first;

	if (network_decode(arena, "network", text, size, &network, &err) < 0)
		return;
	first = network_encode(arena, &network, NULL);
	if (network_decode(arena, "network", first, strlen(first), &again, &err) < 0 ||
	    strcmp(network_encode(arena, &again, NULL), first) != 0)
		abort();
}

static void try_request(struct arena *arena, const char *text, size_t size)
{
	struct network_request request, again;
	struct error err;
	char *first;

	if (network_request_decode(arena, "request", text, size, &request, &err) < 0)
		return;
	first = network_request_encode(arena, &request, NULL);
	if (network_request_decode(arena, "request", first, strlen(first), &again, &err) < 0 ||
	    strcmp(network_request_encode(arena, &again, NULL), first) != 0)
		abort();
}

static void try_attachment(struct arena *arena, const char *text, size_t size)
{
	struct network_attachment attachment, again;
	struct error err;
	char *first;

	if (network_attachment_decode(arena, "attachment", text, size, &attachment, &err) < 0)
		return;
	first = network_attachment_encode(arena, &attachment, NULL);
	if (network_attachment_decode(arena, "attachment", first, strlen(first), &again, &err) <
		    0 ||
	    strcmp(network_attachment_encode(arena, &again, NULL), first) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	const char *text;

	if (size == 0)
		return 0;
	text = arena_strndup(&arena, (const char *)data + 1, size - 1);
	switch (data[0]) {
	case 'a':
		try_address(text);
		break;
	case 'x':
		try_prefix(text);
		break;
	case 'm':
		try_mac(text);
		break;
	case 'p':
		try_port(text);
		break;
	case 'n':
		try_network(&arena, text, strlen(text));
		break;
	case 'r':
		try_request(&arena, text, strlen(text));
		break;
	default:
		try_attachment(&arena, text, strlen(text));
	}
	return 0;
}
