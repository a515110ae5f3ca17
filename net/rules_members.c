/* SPDX-License-Identifier: Apache-2.0 */
#include "net/rules_members.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>

#include "base/fd.h"
#include "net/attachment.h"
#include "net/rules.h"

static int lock_network(struct network_host *host, const char *network, int operation,
			struct error *err)
{
	cleanup_fd int folder = network_folder(&host->store, network, err);

	if (folder < 0)
		return -1;
	while (flock(folder, operation) < 0)
		if (errno != EINTR)
			return fail_errno(err, "lock network %s", network);
	return take_fd(&folder);
}

void rules_members_lock(struct network_host *host, struct arena *arena,
			const struct network_attachment *attachment, struct rules_locks *locks)
{
	struct error ignored;

	if (locks->count)
		return;
	locks->fds = arena_array(arena, int, attachment->endpoints.count);
	for (size_t i = 0; i < attachment->endpoints.count; i++)
		locks->fds[locks->count++] = lock_network(
			host, attachment->endpoints.items[i].network, LOCK_SH, &ignored);
}

void rules_members_unlock(struct rules_locks *locks)
{
	while (locks->count)
		close_fd(&locks->fds[--locks->count]);
}

typedef int read_function(int store, struct arena *arena, const char *id,
			  struct network_attachment *attachment, struct error *err);

/*
 * Whether it has its addresses, MACs first among them. One that is under way and has not adds itself
 * when it has; what would be added for it here nobody would know of when it ends.
 */
static bool is_reserved(const struct network_attachment *attachment)
{
	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		const struct network_endpoint *endpoint = &attachment->endpoints.items[i];

		/* only on a bridge: ipvlan's have their parent's MAC */
		if (endpoint->host_interface && !mac_address_is_set(&endpoint->mac))
			return false;
	}
	return true;
}

/* One that has just gone is none. */
static void add_members(struct network_host *host, struct arena *arena,
			const struct string_list *ids, read_function *read,
			struct rules_members *members)
{
	struct error ignored;

	for (size_t i = 0; i < ids->count; i++) {
		struct network_attachment *member = arena_new(arena, struct network_attachment);

		if (read(host->store.dir, arena, ids->items[i], member, &ignored) == 0 &&
		    is_reserved(member))
			members->items[members->count++] = member;
	}
}

/* Those under way first: they may have become the others while we look. Twice is no harm. */
static int find_members(struct network_host *host, struct arena *arena,
			struct rules_members *members, struct error *err)
{
	struct string_list pending, kept;

	if (attachment_list_pending(host->store.dir, arena, &pending, err) < 0)
		return -1;
	*members = (struct rules_members){ 0 };
	members->items = arena_array(arena, const struct network_attachment *, pending.count + 1);
	add_members(host, arena, &pending, attachment_read_pending, members);
	if (attachment_list(host->store.dir, arena, &kept, err) < 0)
		return -1;
	members->items = memcpy(arena_array(arena, const struct network_attachment *,
					    members->count + kept.count + 1),
				members->items, members->count * sizeof(*members->items));
	add_members(host, arena, &kept, attachment_read, members);
	return 0;
}

static int write_locked(struct network_host *host, struct arena *arena,
			const struct network *network, struct error *err)
{
	struct netlink *filter = network_host_filter(host, err);
	struct rules_members members;

	if (!filter || find_members(host, arena, &members, err) < 0)
		return -1;
	return rules_write(filter, arena, network, &members, err);
}

int rules_members_write(struct network_host *host, struct arena *arena,
			const struct network *network, struct error *err)
{
	cleanup_fd int lock = lock_network(host, network->name, LOCK_EX, err);

	return lock < 0 ? -1 : write_locked(host, arena, network, err);
}

/* Of several that have found the table gone the first one writes it. */
static int add_to_network(struct network_host *host, struct arena *arena,
			  const struct network *network,
			  const struct network_attachment *attachment, size_t number,
			  struct error *err)
{
	cleanup_fd int lock = lock_network(host, network->name, LOCK_EX, err);
	const struct network **only =
		arena_array(arena, const struct network *, attachment->endpoints.count);

	if (lock < 0)
		return -1;
	only[number] = network;
	if (rules_attach(&host->filter, arena, only, attachment, err) == 0)
		return 0;
	return err->errnum == ENOENT ? write_locked(host, arena, network, err) : -1;
}

int rules_members_add(struct network_host *host, struct arena *arena,
		      const struct network *const *networks,
		      const struct network_attachment *attachment, struct error *err)
{
	struct netlink *filter = network_host_filter(host, err);
	struct rules_locks locks = { 0 };
	int result;

	if (!filter)
		return -1;
	rules_members_lock(host, arena, attachment, &locks);
	result = rules_attach(filter, arena, networks, attachment, err);
	rules_members_unlock(&locks);
	if (result == 0 || err->errnum != ENOENT)
		return result;
	for (size_t i = 0; i < attachment->endpoints.count; i++)
		if (networks[i]->driver == NETWORK_BRIDGE &&
		    add_to_network(host, arena, networks[i], attachment, i, err) < 0)
			return fail_in(err, "network %s", networks[i]->name);
	return 0;
}
