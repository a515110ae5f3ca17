/* SPDX-License-Identifier: Apache-2.0 */
#include "net/network_end.h"

#include <errno.h>

#include "base/fd.h"
#include "net/attachments.h"
#include "net/connect.h"
#include "net/links.h"
#include "net/rules.h"

static int empty(struct network_host *host, struct arena *arena, const char *name, bool force,
		 struct error *err)
{
	const struct network_attachment *member;
	struct attachments attachments;

	if (attachments_read(&host->store, arena, &attachments, err) < 0)
		return -1;
	member = attachments_in(&attachments, name);
	if (member && !force)
		return fail(err, EBUSY,
			    "network '%s': container %s is in it (--force removes it too)", name,
			    member->id);
	for (size_t i = 0; i < attachments.count; i++) {
		member = &attachments.items[i];
		if (network_attachment_in(member, name) &&
		    network_disconnect(host, arena, member->id, name, err) < 0 &&
		    err->errnum != ENOENT)
			return -1;
	}
	return 0;
}

/* What the kernel has of it. Of a bridge that is gone the rules may be there all the same. */
static int remove_from_kernel(struct network_host *host, struct arena *arena,
			      const struct network *network, struct error *err)
{
	struct netlink *route = network_host_route(host, err), *filter;

	if (!route)
		return -1;
	if (network->driver == NETWORK_BRIDGE) {
		filter = network_host_filter(host, err);
		if (!filter || rules_remove(filter, arena, network, err) < 0)
			return -1;
	}
	return links_network_remove(route, arena, network, err);
}

int network_end(struct network_host *host, struct arena *arena, const char *name, bool force,
		struct error *err)
{
	cleanup_fd int locked = -1;
	struct network network;

	if (empty(host, arena, name, force, err) < 0)
		return -1;
	/* until it is gone from the disk: a network of the same name that somebody makes must not lose its
	 * bridge */
	locked = network_store_lock(&host->store, err);
	if (locked < 0)
		return -1;
	if (network_load(&host->store, arena, name, &network, err) < 0)
		return err->errnum == ENOENT ? fail(err, ENOENT, "there is no network '%s'", name)
					     : -1;
	if (network_retire(&host->store, name, err) < 0)
		return -1;
	if (remove_from_kernel(host, arena, &network, err) < 0)
		return fail_in(err, "network '%s'", name);
	return network_remove(locked, name, err);
}

int network_end_retired(struct network_host *host, struct arena *arena, struct error *err)
{
	struct network_list list;

	if (network_list(&host->store, arena, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (network_is_retired(&host->store, list.items[i].name) &&
		    network_end(host, arena, list.items[i].name, false, err) < 0 &&
		    err->errnum != ENOENT)
			return -1;
	return network_store_tidy(&host->store, err);
}
