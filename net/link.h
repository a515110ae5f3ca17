/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <net/if.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * Network interfaces (rtnetlink(7), RTM_*LINK). sock: a netlink socket of the network namespace
 * in question (net/rtnl.h).
 */

struct link {
	int index;
	unsigned int flags; /* IFF_* */
	char name[IFNAMSIZ];
};

struct link_list {
	struct link *items;
	size_t count;
};

/* All interfaces of the namespace. */
int link_list(struct arena *arena, int sock, struct link_list *list, struct error *err);

/* One of them, NULL if there is none. */
const struct link *link_find(const struct link_list *list, const char *name);
const struct link *link_find_index(const struct link_list *list, int index);

/* Sets an interface up. */
int link_raise(int sock, int index, struct error *err);

/*
 * Moves it into the network namespace netns, where it gets this name ("eth%d": the first number
 * that is free) and the index new_index. Its addresses are gone by that, and it is down.
 */
int link_move(int sock, int index, int netns, const char *name, int new_index, struct error *err);
