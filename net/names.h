/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/*
 * The names of a network's members, and how every other member's /etc/hosts comes to know of one.
 *
 * The file NETWORK/names has a line for each member: its state, ID, addresses, names, hostname, and
 * the path of its hosts file. A member that comes is appended as "coming", one that goes is marked as
 * "going", by one small write each. names_publish() then brings all that is coming or going into the
 * hosts files of all members at once, under the one lock of names: of two hundred that start together
 * a few publish for all, and what somebody killed has not published the next one does. Every write
 * may be repeated.
 *
 *	names_join()	before the container's own file is written, so that who publishes meanwhile
 *			finds it, and who did so before is in names_lines()
 *	names_publish()	when it is sure to stay
 *	names_leave(), names_publish()
 */

struct name_member {
	const char *id;
	const struct string_list *addresses; /* one of each family, as words */
	const struct string_list *names;     /* what others call it: its ID, aliases */
	const char *hostname;		     /* what it calls itself too; may be NULL */
	const char *hosts_file;		     /* absolute; NULL: none that is ours to write */
};

/*
 * Enters a member. folder: the network's (networks/NAME). What is left of an earlier membership of
 * the same ID goes. Names that cannot stand in a hosts file are refused (EINVAL).
 */
int names_join(int folder, const struct name_member *member, struct error *err);

/* Marks it as going; no error if it is no member. */
int names_leave(int folder, const char *id, struct error *err);

/* The lines that a member has of itself (hosts_wish.own). Pure. */
struct string_list names_own_lines(struct arena *arena, const struct name_member *member);

/* The lines that member id has of the others (hosts_wish.members). */
int names_lines(struct arena *arena, int folder, const char *id, struct string_list *lines,
		struct error *err);

/*
 * Writes what is coming and going into the hosts files of the members of this network, and all of it
 * into that of the member id. root: the folder network/ of the data root. A member whose file is gone
 * or cannot be written does not keep the others from theirs. A network that is gone is no error.
 */
int names_publish(int root, const char *network, const char *id, struct error *err);

/*
 * Whether that takes no more than some tenths of a millisecond, so that nobody minds to wait for it:
 * the network has few members.
 */
bool names_publish_is_quick(int root, const char *network);

/* Forgets all members, as after a reboot: their hosts files are gone. */
int names_forget(int folder, struct error *err);
