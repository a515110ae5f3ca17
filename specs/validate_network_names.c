/* SPDX-License-Identifier: Apache-2.0 */
/* The members of "network" that say how names are found: dns, dnsSearch, dnsOptions, hosts. */
#include <string.h>

#include "specs/address.h"
#include "specs/validate.h"

#define HOST_GATEWAY "host-gateway"

bool validate_host_name(const char *text)
{
	return *text && strlen(text) <= 253 && !strpbrk(text, " \t\r\n\v\f#:=;,/");
}

/* An address of IPv6 may be in brackets. */
static int parse_bracketed(const char *text, struct ip_address *address, struct error *err)
{
	char inner[ADDRESS_TEXT_SIZE];
	const size_t length = strlen(text);

	if (*text != '[' || text[length - 1] != ']' || length - 2 >= sizeof(inner))
		return ip_address_parse(text, address, err);
	memcpy(inner, text + 1, length - 2);
	inner[length - 2] = '\0';
	return ip_address_parse(inner, address, err);
}

/* NAME[;NAME...]:ADDRESS; of an IPv6 address the colons are behind the first. */
static int check_host(const struct validation *validation, size_t index, const char *text)
{
	const size_t length = strcspn(text, ":");
	struct ip_address address;
	struct error why;
	char name[256];

	for (const char *rest = text, *end = text + length; rest <= end;) {
		const size_t part = strcspn(rest, ";:");

		if (part >= sizeof(name) || !text[length])
			return refuse(validation, "network.hosts[%zu]: '%s' is not NAME:ADDRESS",
				      index, text);
		memcpy(name, rest, part);
		name[part] = '\0';
		if (!validate_host_name(name))
			return refuse(validation,
				      "network.hosts[%zu]: '%s': '%s' is no name of a host", index,
				      text, name);
		rest += part + 1;
	}
	if (!strcmp(text + length + 1, HOST_GATEWAY) ||
	    parse_bracketed(text + length + 1, &address, &why) == 0)
		return 0;
	return refuse(validation, "network.hosts[%zu]: '%s': %s; or '" HOST_GATEWAY "'", index,
		      text, why.text);
}

int validate_network_names(const struct validation *validation)
{
	const struct spec_network *network = validation->spec->network;
	struct ip_address address;
	struct error why;

	for (size_t i = 0; i < network->dns.count; i++) {
		if (network->dns.count == 1 && !strcmp(network->dns.items[i], "none"))
			break;
		if (ip_address_parse(network->dns.items[i], &address, &why) < 0)
			return refuse(validation, "network.dns[%zu]: %s", i, why.text);
	}
	for (size_t i = 0; i < network->dns_search.count; i++)
		if (!validate_host_name(network->dns_search.items[i]))
			return refuse(validation, "network.dnsSearch[%zu]: '%s' is no domain", i,
				      network->dns_search.items[i]);
	for (size_t i = 0; i < network->dns_options.count; i++)
		if (!network->dns_options.items[i][0] ||
		    strpbrk(network->dns_options.items[i], " \t\r\n\v\f"))
			return refuse(validation, "network.dnsOptions[%zu]: '%s' is no option", i,
				      network->dns_options.items[i]);
	for (size_t i = 0; i < network->hosts.count; i++)
		if (check_host(validation, i, network->hosts.items[i]) < 0)
			return -1;
	if (network->no_hosts && network->hosts.count)
		return refuse(validation, "network.hosts: noHosts leaves /etc/hosts as it is");
	return 0;
}
