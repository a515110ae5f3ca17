/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network.h"

#include <errno.h>
#include <string.h>

#include "cli/network_verb.h"
#include "cli/verbs.h"
#include "net/network_make.h"

/* Words of the form KEY=VALUE; of a label the value may be missing. */
static int make_map(struct arena *arena, const struct string_list *words, const char *option,
		    bool value_needed, struct string_map *map, struct error *err)
{
	map->items = arena_array(arena, struct string_pair, words->count);
	for (map->count = 0; map->count < words->count; map->count++) {
		char *key = arena_strdup(arena, words->items[map->count]);
		char *equals = strchr(key, '=');

		if (equals == key || (!equals && value_needed))
			return fail(err, EINVAL, "%s '%.60s': NAME=VALUE is expected", option, key);
		if (equals)
			*equals++ = '\0';
		map->items[map->count] = (struct string_pair){
			.key = key,
			.value = equals ? equals : arena_strdup(arena, ""),
		};
	}
	return 0;
}

static int check_ipam(struct network_wish *wish, struct error *err)
{
	const char *driver = network_create_options.ipam;

	if (!driver || strcmp(driver, "host-local") == 0)
		return 0;
	wish->no_addresses = strcmp(driver, "none") == 0;
	return wish->no_addresses
		       ? 0
		       : fail(err, EINVAL,
			      "--ipam-driver '%.40s': unknown (one of: host-local, none)", driver);
}

int cmd_network_create(struct invocation *invocation, struct error *err)
{
	cleanup_network_host struct network_host host = NETWORK_HOST_CLOSED;
	const struct network_create_options *options = &network_create_options;
	struct arena *arena = invocation->arena;
	struct network_wish wish = {
		.name = invocation->arguments[0],
		.driver = options->driver,
		.interface = options->interface,
		.subnets = options->subnets,
		.gateways = options->gateways,
		.ranges = options->ranges,
		.ipv6 = options->ipv6,
		.internal = options->internal,
	};
	struct network network;

	if (make_map(arena, &options->options, "--opt", true, &wish.options, err) < 0 ||
	    make_map(arena, &options->labels, "--label", false, &wish.labels, err) < 0 ||
	    check_ipam(&wish, err) < 0)
		return -1;
	if (network_verb_begin(invocation, &host, err) < 0)
		return -1;
	if (options->ignore && network_load(&host.store, arena, wish.name, &network, err) == 0)
		return puts(wish.name) < 0;
	if (network_make(&host.store, arena, &wish, &network, err) < 0)
		return -1;
	puts(network.name);
	return 0;
}
