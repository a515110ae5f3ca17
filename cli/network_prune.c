/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/network_text.h"
#include "cli/network_verb.h"
#include "cli/verbs.h"
#include "net/network_end.h"
#include "runtime/handle.h"

/* What is not to be removed. */
struct used {
	struct arena *arena;
	struct string_list names;
	size_t room;
};

static void add(struct used *used, char *name)
{
	struct string_list *names = &used->names;
	char **items = names->items;

	if (!name || string_list_has(names, name))
		return;
	if (names->count == used->room) {
		used->room = used->room ? 2 * used->room : 16;
		names->items = arena_array(used->arena, char *, used->room);
		if (items)
			memcpy(names->items, items, names->count * sizeof(*items));
	}
	names->items[names->count++] = name;
}

/* The networks that a container's spec names, so that it can be started again. */
static int add_named(struct invocation *invocation, const char *id, struct used *used,
		     struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct spec spec;

	if (handle_open(&invocation->settings, id, HANDLE_NO_LOCK, used->arena, &handle, err) < 0 ||
	    handle_read_spec(used->arena, &handle, &spec, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	for (size_t i = 0; spec.network && i < spec.network->networks.count; i++)
		add(used, spec.network->networks.items[i].name);
	if (spec.network)
		add(used, spec.network->bridge);
	return 0;
}

static int find_used(struct invocation *invocation, struct used *used, struct error *err)
{
	struct string_list ids;

	if (container_names(&invocation->settings, invocation->arena, &ids, err) < 0)
		return -1;
	add(used, (char[]){ NETWORK_DEFAULT_NAME });
	for (size_t i = 0; i < ids.count; i++) {
		struct error broken;

		if (add_named(invocation, ids.items[i], used, &broken) < 0)
			log_warning("container %s: %s", ids.items[i], broken.text);
	}
	return 0;
}

static int prune(struct invocation *invocation, struct network_host *host, struct error *err)
{
	const struct string_list *filters = &network_prune_options.filters;
	struct used used = { .arena = invocation->arena };
	struct network_list list;

	if (network_list(&host->store, invocation->arena, &list, err) < 0 ||
	    find_used(invocation, &used, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const struct network *network = &list.items[i];
		int matches = network_matches(network, filters, err);

		if (matches < 0)
			return -1;
		if (!matches || string_list_has(&used.names, network->name))
			continue;
		if (network_end(host, invocation->arena, network->name, false, err) == 0)
			puts(network->name);
		else if (err->errnum != EBUSY && err->errnum != ENOENT)
			return -1;
	}
	return 0;
}

int cmd_network_prune(struct invocation *invocation, struct error *err)
{
	cleanup_network_host struct network_host host = NETWORK_HOST_CLOSED;

	if (network_verb_begin(invocation, &host, err) < 0)
		return -1;
	return prune(invocation, &host, err);
}
