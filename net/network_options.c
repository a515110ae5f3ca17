/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/value.h"
#include "net/network_plan.h"

/* What an option is set to; the driver's own rules come behind all options. */
struct option {
	struct arena *arena;
	struct network *network;
	const char *name, *value;
};

static int set_number(const struct option *option, int min, int max, uint32_t *number,
		      struct error *err)
{
	int value;

	if (value_parse_int(option->value, min, max, &value) < 0)
		return fail(err, EINVAL, "option %s: '%.40s': a number from %d to %d is expected",
			    option->name, option->value, min, max);
	*number = (uint32_t)value;
	return 0;
}

static int set_mtu(const struct option *option, struct error *err)
{
	return set_number(option, 68, 65535, &option->network->mtu, err);
}

static int set_vlan(const struct option *option, struct error *err)
{
	return set_number(option, 1, 4094, &option->network->vlan, err);
}

static int set_mode(const struct option *option, struct error *err)
{
	(void)err;
	option->network->mode = arena_strdup(option->arena, option->value);
	return 0;
}

static int set_parent(const struct option *option, struct error *err)
{
	struct network *network = option->network;

	if (network->driver == NETWORK_BRIDGE)
		return fail(err, EINVAL,
			    "option parent: a bridge has none (it is for macvlan and "
			    "ipvlan)");
	if (network->interface && strcmp(network->interface, option->value) != 0)
		return fail(err, EINVAL, "option parent: '%.40s': --interface-name says '%.40s'",
			    option->value, network->interface);
	network->interface = arena_strdup(option->arena, option->value);
	return 0;
}

static int set_bridge(const struct option *option, struct error *err)
{
	if (option->network->driver != NETWORK_BRIDGE)
		return fail(err, EINVAL, "option %s: is for the driver bridge", option->name);
	option->network->interface = arena_strdup(option->arena, option->value);
	return 0;
}

static int set_isolate(const struct option *option, struct error *err)
{
	bool isolate = true;

	if (strcmp(option->value, "strict") != 0 && value_parse_bool(option->value, &isolate) < 0)
		return fail(err, EINVAL,
			    "option isolate: '%.40s': true, strict or false is expected",
			    option->value);
	option->network->isolate = isolate ? NETWORK_ISOLATED : NETWORK_SHARED;
	return 0;
}

static const struct {
	const char *name;
	int (*set)(const struct option *option, struct error *err);
} settings[] = {
	{ "mtu", set_mtu },
	{ "vlan", set_vlan },
	{ "mode", set_mode },
	{ "parent", set_parent },
	{ "isolate", set_isolate },
	/* docker's */
	{ "com.docker.network.driver.mtu", set_mtu },
	{ "com.docker.network.bridge.name", set_bridge },
	{ "macvlan_mode", set_mode },
	{ "ipvlan_mode", set_mode },
};

static int set_option(const struct option *option, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (strcmp(settings[i].name, option->name) == 0)
			return settings[i].set(option, err);
	return fail(err, EINVAL,
		    "option '%.40s': unknown (one of: mtu, vlan, mode, parent, isolate)",
		    option->name);
}

static const char *const modes[][5] = {
	[NETWORK_BRIDGE] = { NULL },
	[NETWORK_MACVLAN] = { "bridge", "private", "vepa", "passthru", NULL },
	[NETWORK_IPVLAN] = { "l2", "l3", "l3s", NULL },
};

/* The first mode is the one that nobody has to name. */
static int check_mode(struct arena *arena, struct network *network, struct error *err)
{
	const char *const *words = modes[network->driver];
	char list[64] = "";
	size_t used = 0;

	if (!network->mode) {
		network->mode = arena_strdup(arena, words[0]);
		return 0;
	}
	for (size_t i = 0; words[i]; i++) {
		if (strcmp(words[i], network->mode) == 0)
			return 0;
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 words[i]);
	}
	if (!words[0])
		return fail(err, EINVAL,
			    "option mode: a bridge has none (it is for macvlan and ipvlan)");
	return fail(err, EINVAL, "option mode: '%.40s': unknown (one of: %s)", network->mode, list);
}

int network_options(struct arena *arena, const struct network_wish *wish, struct network *network,
		    struct error *err)
{
	struct option option = { .arena = arena, .network = network };

	for (size_t i = 0; i < wish->options.count; i++) {
		option.name = wish->options.items[i].key;
		option.value = wish->options.items[i].value;
		if (set_option(&option, err) < 0)
			return -1;
	}
	return check_mode(arena, network, err);
}
