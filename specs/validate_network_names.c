/* SPDX-License-Identifier: Apache-2.0 */
/* The members of "network" that say how names are found: dns, dnsSearch, dnsOptions, hosts. */
#include <string.h>

#include "specs/address.h"
#include "specs/host_name.h"
#include "specs/validate.h"

int validate_network_names(const struct validation *validation)
{
	const struct spec_network *network = validation->spec->network;
	struct added_host host;
	struct ip_address address;
	struct error why;

	for (size_t i = 0; i < network->dns.count; i++) {
		if (network->dns.count == 1 && !strcmp(network->dns.items[i], "none"))
			break;
		if (ip_address_parse(network->dns.items[i], &address, &why) < 0)
			return refuse(validation, "network.dns[%zu]: %s", i, why.text);
	}
	for (size_t i = 0; i < network->dns_search.count; i++)
		if (!host_name_is_fit(network->dns_search.items[i]))
			return refuse(validation, "network.dnsSearch[%zu]: '%s' is no domain", i,
				      network->dns_search.items[i]);
	for (size_t i = 0; i < network->dns_options.count; i++)
		if (!network->dns_options.items[i][0] ||
		    strpbrk(network->dns_options.items[i], " \t\r\n\v\f"))
			return refuse(validation, "network.dnsOptions[%zu]: '%s' is no option", i,
				      network->dns_options.items[i]);
	for (size_t i = 0; i < network->hosts.count; i++)
		if (added_host_parse(network->hosts.items[i], &host, &why) < 0)
			return refuse(validation, "network.hosts[%zu]: %s", i, why.text);
	if (network->dns.count && !strcmp(network->dns.items[0], "none") &&
	    (network->dns_search.count || network->dns_options.count))
		return refuse(validation, "network.%s: dns 'none' leaves /etc/resolv.conf as it is",
			      network->dns_search.count ? "dnsSearch" : "dnsOptions");
	if (network->no_hosts && network->hosts.count)
		return refuse(validation, "network.hosts: noHosts leaves /etc/hosts as it is");
	return 0;
}
