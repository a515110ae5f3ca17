/* SPDX-License-Identifier: Apache-2.0 */
#include "net/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "net/attachment.h"
#include "net/boot.h"
#include "net/detach.h"
#include "net/names.h"
#include "net/owner.h"

typedef int detach_function(struct network_host *host, struct arena *arena, const char *id,
			    struct error *err);

/* What goes wrong with one is no reason to leave the others. */
static void each(struct network_host *host, const struct string_list *ids, detach_function *detach)
{
	cleanup_arena struct arena arena = { 0 };
	struct error err;

	for (size_t i = 0; i < ids->count; i++) {
		if (detach(host, &arena, ids->items[i], &err) < 0 && err.errnum != EAGAIN)
			log_warning("network of %s: %s", ids->items[i], err.text);
		arena_clear(&arena);
	}
}

static int detach_any(struct network_host *host, struct arena *arena, const char *id,
		      struct error *err)
{
	return network_detach(host, arena, id, NULL, err);
}

static int list_all(struct network_host *host, struct arena *arena, struct string_list *pending,
		    struct string_list *kept, struct error *err)
{
	if (attachment_list_pending(host->store.dir, arena, pending, err) < 0)
		return -1;
	return attachment_list(host->store.dir, arena, kept, err);
}

/* Processes of another pid namespace cannot be seen, but the host's ends of their links can. */
static bool is_alive(const struct network_attachment *attachment)
{
	if (owner_process_lives(&attachment->process))
		return true;
	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		const char *name = attachment->endpoints.items[i].host_interface;

		if (name && if_nametoindex(name) != 0)
			return true;
	}
	return false;
}

/*
 * In other namespaces than before, of the same boot, containers may be alive: their links are where
 * the user was then, and the addresses are theirs.
 */
static int check_dead(struct network_host *host, struct arena *arena, const struct string_list *ids,
		      struct error *err)
{
	for (size_t i = 0; i < ids->count; i++) {
		struct network_attachment attachment;

		if (attachment_read(host->store.dir, arena, ids->items[i], &attachment, err) == 0 &&
		    is_alive(&attachment))
			return fail(err, EBUSY,
				    "the networks of this data root belong to another network or "
				    "pid namespace, where container %s runs: use a --data-root of "
				    "its own for this one",
				    ids->items[i]);
	}
	return 0;
}

/* Removes what is in a folder, which stays. */
static void empty(int dir, const char *path)
{
	struct error err;
	cleanup_dir DIR *folder = open_dir_at(dir, path, &err);

	for (struct dirent *entry; folder && (entry = readdir(folder));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    remove_tree_at(dirfd(folder), entry->d_name, &err) < 0)
			log_warning("%s", err.text);
}

/*
 * The kernel knows nothing of another boot. Nor can the disk be trusted in that: none of it was
 * synced, so there may be leases without a record.
 */
static int forget(struct network_host *host, struct arena *arena, struct error *err)
{
	struct network_list networks;

	if (network_list(&host->store, arena, &networks, err) < 0)
		return -1;
	for (size_t i = 0; i < networks.count; i++) {
		cleanup_fd int folder = network_folder(&host->store, networks.items[i].name, err);

		if (folder < 0 || names_forget(folder, err) < 0)
			return -1;
		empty(folder, "leases");
	}
	empty(host->store.dir, "ports");
	empty(host->store.dir, "pending");
	empty(host->store.dir, "attachments");
	return 0;
}

int network_sweep_boot(struct network_host *host, struct error *err)
{
	cleanup_boot struct boot_file boot = BOOT_FILE_NONE;
	cleanup_arena struct arena arena = { 0 };
	struct string_list pending, kept;
	int found = boot_compare(host->store.dir, &boot, err);

	if (found <= BOOT_SAME)
		return found;
	if (found == BOOT_SAME_ELSEWHERE) {
		if (list_all(host, &arena, &pending, &kept, err) < 0 ||
		    check_dead(host, &arena, &kept, err) < 0)
			return -1;
		each(host, &pending, network_detach_pending);
		each(host, &kept, detach_any);
	}
	if (forget(host, &arena, err) < 0)
		return -1;
	return boot_settle(&boot, err);
}

int network_sweep(struct network_host *host, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct string_list pending, kept;

	if (network_sweep_boot(host, err) < 0 || list_all(host, &arena, &pending, &kept, err) < 0)
		return -1;
	each(host, &pending, network_detach_pending);
	each(host, &kept, network_detach_dead);
	return attachment_remove_temporary(host->store.dir, err);
}

int network_sweep_begin(struct network_host *host, struct arena *arena, struct sweep *sweep,
			struct error *err)
{
	struct timespec now;

	*sweep = (struct sweep){ 0 };
	if (list_all(host, arena, &sweep->pending, &sweep->kept, err) < 0)
		return -1;
	/* any other one each time is as good as the next one */
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (sweep->kept.count)
		sweep->first = (size_t)(now.tv_nsec / 1000) % sweep->kept.count;
	sweep->parts = sweep->kept.count <= SWEEP_ALL ? sweep->kept.count : SWEEP_PART;
	sweep->parts += sweep->pending.count;
	return 0;
}

bool network_sweep_one(struct network_host *host, struct sweep *sweep)
{
	size_t number = sweep->done;
	struct string_list one = { .count = 1 };

	if (number >= sweep->parts)
		return false;
	if (number < sweep->pending.count) {
		one.items = &sweep->pending.items[number];
		each(host, &one, network_detach_pending);
	} else {
		number += sweep->first - sweep->pending.count;
		one.items = &sweep->kept.items[number % sweep->kept.count];
		each(host, &one, network_detach_dead);
	}
	return ++sweep->done < sweep->parts;
}
