/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "net/network_host.h"
#include "specs/network_document.h"

/*
 * The rules of networks (net/rules.h) for all that the records say is in them. Who writes the rules
 * of a network anew reads all records before; one that changes in between would be forgotten, or be
 * in there for ever. So the writer has the network's folder locked (flock(2)) alone; those who add
 * elements share it meanwhile, and those who remove some until their record is gone as well.
 */

struct rules_locks {
	int *fds;
	size_t count;
};

/* Shares the folders of all networks of an attachment; one that is gone has no rules. */
void rules_members_lock(struct network_host *host, struct arena *arena,
			const struct network_attachment *attachment, struct rules_locks *locks);
/* Accepts that there are none. */
void rules_members_unlock(struct rules_locks *locks);

/*
 * Adds a container, whose record is written, to its networks: rules_attach(). A table that is not
 * there, because the network is new or after `nft flush ruleset`, is written with all members.
 */
int rules_members_add(struct network_host *host, struct arena *arena,
		      const struct network *const *networks,
		      const struct network_attachment *attachment, struct error *err);

/* Writes the rules of a network anew. */
int rules_members_write(struct network_host *host, struct arena *arena,
			const struct network *network, struct error *err);
