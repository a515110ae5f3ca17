/* SPDX-License-Identifier: Apache-2.0 */
#include "net/detach.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/step.h"
#include "net/attach_names.h"
#include "net/attach_reserve.h"
#include "net/attachment.h"
#include "net/conntrack.h"
#include "net/links.h"
#include "net/netlink.h"
#include "net/owner.h"
#include "net/rules.h"
#include "net/rules_members.h"

/* What is to be removed: the whole attachment or a part of it. */
struct detach {
	struct network_host *host;
	struct arena *arena;
	struct network_attachment attachment;
	const struct network **networks; /* of each endpoint */
	bool dying;			 /* the links go with the container's namespace */
	struct detach_rest *rest;	 /* NULL: nothing is left for later */
	int (*remove)(int store, const char *id,
		      struct error *err); /* the record; NULL: it stays */
	bool part;			  /* the container stays, and keeps its ports */
	struct rules_locks locks;	  /* from the rules to the record */
	int netns; /* where links without an end on the host are removed; -1: nowhere */
};

STEPS(detach);

static int leave_names(struct detach *detach, struct error *err)
{
	return attachment_leave_names(detach->host, &detach->attachment, err);
}

static int remove_rules(struct detach *detach, struct error *err)
{
	struct netlink *filter = network_host_filter(detach->host, err);

	if (!filter)
		return -1;
	rules_members_lock(detach->host, detach->arena, &detach->attachment, &detach->locks);
	return rules_detach(filter, detach->arena, detach->networks, &detach->attachment, err);
}

static int remove_links(struct detach *detach, struct error *err)
{
	struct netlink *route;
	int result = 0;

	if (detach->dying && detach->rest) {
		links_leaving_add(detach->arena, &detach->rest->links, &detach->attachment);
		return 0;
	}
	route = network_host_route(detach->host, err);
	if (!route)
		return -1;
	for (size_t i = 0; i < detach->attachment.endpoints.count; i++) {
		const struct network_endpoint *endpoint = &detach->attachment.endpoints.items[i];

		if (links_remove(route, detach->arena, endpoint, err) < 0)
			result = -1;
		if (!endpoint->host_interface && detach->netns >= 0 &&
		    links_remove_inside(detach->netns, detach->arena, endpoint, err) < 0)
			result = -1;
	}
	return result;
}

static int release_ports(struct detach *detach, struct error *err)
{
	if (detach->part)
		return 0;
	return reserved_release_ports(detach->host, &detach->attachment, err);
}

static int release_addresses(struct detach *detach, struct error *err)
{
	return reserved_release_addresses(detach->host, &detach->attachment, err);
}

/* The record is the last to go, so that who is killed before it is done again. */
static int remove_record(struct detach *detach, struct error *err)
{
	return detach->remove ? detach->remove(detach->host->store.dir, detach->attachment.id, err)
			      : 0;
}

/* An address is free again when no rule speaks of it any more. */
static const struct detach_step detach_steps[] = {
	{ "leave names", leave_names, NULL },
	{ "remove rules", remove_rules, NULL },
	{ "remove links", remove_links, NULL },
	{ "release ports", release_ports, NULL },
	{ "release addresses", release_addresses, NULL },
	{ "remove record", remove_record, NULL },
};

/* A network that is gone has taken along what its members had. */
static int find_networks(struct detach *detach, struct error *err)
{
	struct network_attachment *attachment = &detach->attachment;
	struct network_endpoint *all = attachment->endpoints.items, *found;
	size_t count = 0;

	found = arena_array(detach->arena, struct network_endpoint, attachment->endpoints.count);
	detach->networks =
		arena_array(detach->arena, const struct network *, attachment->endpoints.count);
	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		struct network *network = arena_new(detach->arena, struct network);

		if (network_load(&detach->host->store, detach->arena, all[i].network, network,
				 err) == 0) {
			detach->networks[count] = network;
			found[count++] = all[i];
		} else if (err->errnum != ENOENT) {
			return -1;
		}
	}
	attachment->endpoints.items = found;
	attachment->endpoints.count = count;
	return 0;
}

/* Datagrams of who goes on sending would be the container's for as long as he does. */
static void finish_one(struct network_host *host, struct arena *arena,
		       const struct network_attachment *attachment, bool unpublished)
{
	struct netlink *filter;
	struct error err;

	if (unpublished)
		attachment_publish_names(host, attachment);
	filter = network_host_filter(host, &err);
	if (filter && conntrack_forget(filter, arena, attachment->ports.items,
				       attachment->ports.count, &err) < 0)
		log_warning("network of %s: %s", attachment->id, err.text);
}

/* What takes no time is done, for the rest there may be somebody who does not wait for it. */
static void finish(struct detach *detach)
{
	bool quick = attachment_publishes_quickly(detach->host, &detach->attachment);
	struct detach_rest *rest = detach->rest;
	struct detach_gone *items;

	if (!rest || quick)
		attachment_publish_names(detach->host, &detach->attachment);
	if (!rest) {
		finish_one(detach->host, detach->arena, &detach->attachment, false);
		return;
	}
	items = arena_array(detach->arena, struct detach_gone, rest->gone.count + 1);
	if (rest->gone.count)
		memcpy(items, rest->gone.items, rest->gone.count * sizeof(*items));
	rest->gone.items = items;
	items[rest->gone.count++] = (struct detach_gone){
		.attachment = detach->attachment,
		.unpublished = !quick,
	};
}

static int remove_all(struct detach *detach, struct error *err)
{
	int result = find_networks(detach, err);

	if (result == 0)
		result = detach_run(detach_steps, ARRAY_SIZE(detach_steps), detach, err);
	rules_members_unlock(&detach->locks);
	if (result == 0)
		finish(detach);
	return result;
}

int network_detach_part(struct network_host *host, struct arena *arena,
			const struct network_attachment *part, int netns, struct error *err)
{
	struct detach detach = {
		.host = host,
		.arena = arena,
		.attachment = *part,
		.part = true,
		.netns = netns,
	};

	return remove_all(&detach, err);
}

/* Of more networks that somebody was adding, those that are the container's by now stay. */
static void leave_out(struct network_attachment *attachment, const struct network_attachment *kept)
{
	size_t count = 0;

	for (size_t i = 0; i < attachment->endpoints.count; i++)
		if (!network_attachment_in(kept, attachment->endpoints.items[i].network))
			attachment->endpoints.items[count++] = attachment->endpoints.items[i];
	attachment->endpoints.count = count;
	attachment->ports.count = 0;
}

static int detach_pending(struct network_host *host, struct arena *arena, const char *id,
			  enum attachment_lock how, struct error *err)
{
	cleanup_attachment struct attachment_file file = ATTACHMENT_FILE_NONE;
	struct detach detach = { .host = host, .arena = arena, .netns = -1 };
	struct network_attachment kept;

	if (attachment_open_pending(host->store.dir, id, how, &file, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (attachment_load(&file, arena, id, &detach.attachment, err) < 0)
		return -1;
	if (attachment_read(host->store.dir, arena, id, &kept, err) == 0)
		leave_out(&detach.attachment, &kept);
	detach.remove = attachment_remove_pending;
	return remove_all(&detach, err);
}

static int detach_kept(struct network_host *host, struct arena *arena, const char *id,
		       const struct attachment_file *file, struct detach_rest *rest,
		       struct error *err)
{
	struct detach detach = {
		.host = host,
		.arena = arena,
		.rest = rest,
		.netns = -1,
	};

	if (attachment_load(file, arena, id, &detach.attachment, err) < 0)
		return -1;
	detach.dying = !owner_process_lives(&detach.attachment.process);
	detach.remove = attachment_remove;
	return remove_all(&detach, err);
}

int network_detach(struct network_host *host, struct arena *arena, const char *id,
		   struct detach_rest *rest, struct error *err)
{
	cleanup_attachment struct attachment_file file = ATTACHMENT_FILE_NONE;

	if (attachment_open(host->store.dir, id, ATTACHMENT_WAIT, &file, err) < 0 &&
	    err->errnum != ENOENT)
		return -1;
	if (detach_pending(host, arena, id, ATTACHMENT_WAIT, err) < 0)
		return -1;
	return file.fd < 0 ? 0 : detach_kept(host, arena, id, &file, rest, err);
}

int network_detach_pending(struct network_host *host, struct arena *arena, const char *id,
			   struct error *err)
{
	return detach_pending(host, arena, id, ATTACHMENT_TRY, err);
}

int network_detach_dead(struct network_host *host, struct arena *arena, const char *id,
			struct error *err)
{
	cleanup_attachment struct attachment_file file = ATTACHMENT_FILE_NONE;
	struct network_attachment attachment;

	if (attachment_read(host->store.dir, arena, id, &attachment, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (owner_process_lives(&attachment.process))
		return 0;
	if (attachment_open(host->store.dir, id, ATTACHMENT_TRY, &file, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	/* it may be another one by now */
	if (attachment_load(&file, arena, id, &attachment, err) < 0 ||
	    owner_process_lives(&attachment.process))
		return 0;
	return detach_kept(host, arena, id, &file, NULL, err);
}

void network_detach_finish(struct network_host *host, struct arena *arena,
			   const struct detach_rest *rest)
{
	for (size_t i = 0; i < rest->gone.count; i++)
		finish_one(host, arena, &rest->gone.items[i].attachment,
			   rest->gone.items[i].unpublished);
	links_leaving_wait(arena, &rest->links);
}
