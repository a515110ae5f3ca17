/* SPDX-License-Identifier: Apache-2.0 */
#include "net/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/step.h"
#include "net/attach.h"
#include "net/attach_names.h"
#include "net/attachment.h"
#include "net/conntrack.h"
#include "net/detach.h"
#include "net/owner.h"
#include "net/rules_members.h"

/* The network namespace of a process that is known to be the right one before and behind it. */
static int open_netns(const struct identity *process, struct error *err)
{
	cleanup_fd int pidfd = identity_open(process, err), netns = -1;
	char path[64];

	if (pidfd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%lld/ns/net", (long long)process->pid);
	netns = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return fail_errno(err, "open %s", path);
	if (identity_wait_end(pidfd, 0))
		return fail(err, ESRCH, "process %lld is gone", (long long)process->pid);
	return take_fd(&netns);
}

/* Locks and reads what a container has, and gives back what a killed `connect` has left. */
static int open_record(struct network_host *host, struct arena *arena, const char *id,
		       struct attachment_file *file, struct network_attachment *attachment,
		       struct error *err)
{
	if (attachment_open(host->store.dir, id, ATTACHMENT_WAIT, file, err) < 0) {
		if (err->errnum != ENOENT)
			return -1;
		return fail(err, ENOENT,
			    "container %s has no networks of ctr's (it runs and was started with "
			    "--network?)",
			    id);
	}
	if (network_detach_pending(host, arena, id, err) < 0)
		return -1;
	return attachment_load(file, arena, id, attachment, err);
}

static int connect_running(struct attach *attach, struct error *err)
{
	const struct identity *process = &attach->before.process;
	cleanup_fd int netns = open_netns(process, err);

	if (netns < 0)
		return fail_in(err, "container %s does not run", attach->request.id);
	if (attach_reserve(attach, err) < 0 ||
	    attach_enter(attach, netns, (pid_t)process->pid, err) < 0)
		return -1;
	if (attach_keep(attach, err) < 0)
		return -1;
	if (attach->unpublished)
		attachment_publish_names(attach->host, &attach->attachment);
	return 0;
}

int network_connect(struct network_host *host, struct arena *arena, const char *id,
		    const struct network_request_endpoint *endpoint, struct error *err)
{
	struct attach attach = { .host = host, .arena = arena, .more = true, ATTACH_NONE };
	struct network_request_endpoint wanted = *endpoint;
	struct network_attachment *before = &attach.before;
	int result;

	if (open_record(host, arena, id, &attach.record, before, err) < 0) {
		attach_give_back(&attach);
		return -1;
	}
	attach.request = (struct network_request){
		.id = before->id,
		.name = before->name,
		.hostname = before->hostname,
		.hosts_file = before->hosts_file,
		.endpoints = { .items = &wanted, .count = 1 },
	};
	result = connect_running(&attach, err);
	attach_give_back(&attach);
	return result;
}

/* The end in a network, by itself, with the ports if they lead there; and the rest. */
static int split(struct arena *arena, struct network_attachment *attachment, const char *network,
		 struct network_attachment *part, struct error *err)
{
	struct network_endpoint *items = attachment->endpoints.items;
	size_t number = 0;

	while (number < attachment->endpoints.count && strcmp(items[number].network, network) != 0)
		number++;
	if (number == attachment->endpoints.count)
		return fail(err, ENOENT, "container %s is not in network %s", attachment->id,
			    network);
	*part = *attachment;
	part->endpoints.count = 1;
	part->endpoints.items = arena_new(arena, struct network_endpoint);
	part->endpoints.items[0] = items[number];
	if (attachment_publisher(attachment) != &items[number])
		part->ports.count = 0;
	attachment->endpoints.count--;
	memmove(&items[number], &items[number + 1],
		(attachment->endpoints.count - number) * sizeof(*items));
	return 0;
}

/* The next bridge network has them now. */
static int move_ports(struct network_host *host, struct arena *arena,
		      const struct network_attachment *rest, struct error *err)
{
	const struct network_endpoint *publisher = attachment_publisher(rest);
	struct network network;

	if (!publisher)
		return 0;
	if (network_load(&host->store, arena, publisher->network, &network, err) < 0)
		return -1;
	if (rules_members_write(host, arena, &network, err) < 0)
		return -1;
	return conntrack_forget(&host->filter, arena, rest->ports.items, rest->ports.count, err);
}

int network_disconnect(struct network_host *host, struct arena *arena, const char *id,
		       const char *network, struct error *err)
{
	cleanup_attachment struct attachment_file file = ATTACHMENT_FILE_NONE;
	struct network_attachment attachment, part;
	struct error ignored;
	cleanup_fd int netns = -1;

	if (open_record(host, arena, id, &file, &attachment, err) < 0 ||
	    split(arena, &attachment, network, &part, err) < 0)
		return -1;
	netns = open_netns(&attachment.process, &ignored);
	/* the record is changed behind it: one that is killed in between is done again */
	if (network_detach_part(host, arena, &part, netns, err) < 0 ||
	    step_point("network left", err) < 0 ||
	    attachment_replace(host->store.dir, &file, arena, &attachment, err) < 0)
		return -1;
	return part.ports.count ? move_ports(host, arena, &attachment, err) : 0;
}
