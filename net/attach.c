/* SPDX-License-Identifier: Apache-2.0 */
#include "net/attach.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/step.h"
#include "net/attach_links.h"
#include "net/attach_names.h"
#include "net/attach_reserve.h"
#include "net/detach.h"
#include "net/owner.h"

STEPS(attach);

/* What an earlier container of this id has left is given back; one that lives keeps it. */
static int clear_id(struct attach *attach, const char *id, struct error *err)
{
	struct network_attachment before;

	if (attachment_read(attach->host->store.dir, attach->arena, id, &before, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (owner_process_lives(&before.process))
		return fail(err, EEXIST, "container %s has networks already", id);
	return network_detach(attach->host, attach->arena, id, NULL, err);
}

static int begin_record(struct attach *attach, struct error *err)
{
	const char *id = attach->request.id;
	int store = attach->host->store.dir;
	struct error none;

	if (!attach->more && clear_id(attach, id, err) < 0)
		return -1;
	if (attachment_begin(store, id, &attach->pending, err) == 0)
		return 0;
	if (err->errnum != EEXIST)
		return -1;
	/* of a dead one, or somebody is at it */
	if (network_detach_pending(attach->host, attach->arena, id, &none) < 0)
		return fail(err, EBUSY, "container %s is being attached by another ctr", id);
	return attachment_begin(store, id, &attach->pending, err);
}

static int end_record(struct attach *attach, struct error *err)
{
	if (attach->pending.fd < 0)
		return 0;
	if (attachment_remove_pending(attach->host->store.dir, attach->request.id, err) < 0)
		return -1;
	attachment_close(&attach->pending);
	rules_members_unlock(&attach->locks);
	return 0;
}

static int write_record(struct attach *attach, struct error *err)
{
	return attachment_write(&attach->pending, attach->arena, &attach->attachment, err);
}

static const struct attach_step reserve_steps[] = {
	{ "network record", begin_record, end_record },
	{ "networks", attach_find_networks, NULL },
	{ "network plan", write_record, NULL },
	{ "addresses", attach_take_addresses, attach_release_addresses },
	{ "ports", attach_take_ports, attach_release_ports },
	{ "network reserved", write_record, NULL },
	{ "network interfaces", attach_make_networks, NULL },
};

static const struct attach_step enter_steps[] = {
	{ "network owner", write_record, NULL },
	{ "names", attach_join_names, attach_leave_names },
	{ "links", attach_make_links, attach_remove_links },
	{ "rules", attach_add_rules, attach_remove_rules },
};

/* What it had and what is new, in one document. */
static struct network_attachment joined(struct attach *attach)
{
	const struct network_attachment *new = &attach->attachment;
	struct network_attachment all = attach->before;

	all.endpoints.items = arena_array(attach->arena, struct network_endpoint,
					  all.endpoints.count + new->endpoints.count);
	if (all.endpoints.count)
		memcpy(all.endpoints.items, attach->before.endpoints.items,
		       all.endpoints.count * sizeof(*all.endpoints.items));
	memcpy(all.endpoints.items + all.endpoints.count, new->endpoints.items,
	       new->endpoints.count * sizeof(*all.endpoints.items));
	all.endpoints.count += new->endpoints.count;
	return all;
}

static int keep_record(struct attach *attach, struct error *err)
{
	int store = attach->host->store.dir;
	struct network_attachment all;

	/* with the indexes of the links */
	if (write_record(attach, err) < 0)
		return -1;
	if (!attach->more)
		return attachment_keep(store, attach->request.id, err);
	all = joined(attach);
	if (attachment_replace(store, &attach->record, attach->arena, &all, err) < 0)
		return -1;
	return attachment_remove_pending(store, attach->request.id, err);
}

static int unkeep_record(struct attach *attach, struct error *err)
{
	int store = attach->host->store.dir;

	if (!attach->more)
		return attachment_remove(store, attach->request.id, err);
	return attachment_replace(store, &attach->record, attach->arena, &attach->before, err);
}

static const struct attach_step keep_steps[] = {
	{ "network kept", keep_record, unkeep_record },
};

int attach_reserve(struct attach *attach, struct error *err)
{
	return attach_run(reserve_steps, ARRAY_SIZE(reserve_steps), attach, err);
}

int attach_enter(struct attach *attach, int netns, pid_t pid, struct error *err)
{
	struct network_attachment *attachment = &attach->attachment;

	if (owner_process(pid, &attachment->process, err) < 0 ||
	    owner_namespace(netns, &attachment->namespace, err) < 0)
		return -1;
	attach->netns = netns;
	if (attach_run(enter_steps, ARRAY_SIZE(enter_steps), attach, err) < 0)
		return -1;
	attach->netns = -1;
	attach->entered = true;
	return 0;
}

int attach_keep(struct attach *attach, struct error *err)
{
	if (attach_run(keep_steps, ARRAY_SIZE(keep_steps), attach, err) < 0)
		return -1;
	attach->kept = true;
	/* from here on nothing is undone: what others are not told now the next member tells them */
	attach->unpublished = !attachment_publishes_quickly(attach->host, &attach->attachment);
	if (!attach->unpublished)
		attachment_publish_names(attach->host, &attach->attachment);
	return step_point("network names", err);
}

void attach_give_back(struct attach *attach)
{
	struct error err;

	if (!attach->kept && attach->entered &&
	    attach_undo(enter_steps, ARRAY_SIZE(enter_steps), attach, &err) < 0)
		log_warning("network of %s: %s", attach->request.id, err.text);
	if (!attach->kept && attach->pending.fd >= 0 &&
	    attach_undo(reserve_steps, ARRAY_SIZE(reserve_steps), attach, &err) < 0)
		log_warning("network of %s: %s", attach->request.id, err.text);
	attachment_close(&attach->pending);
	attachment_close(&attach->record);
	rules_members_unlock(&attach->locks);
}
