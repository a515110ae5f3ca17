/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/network_text.h"
#include "cli/network_verb.h"
#include "cli/verbs.h"

/* By its name, or by the beginning of its id if that is no other's. */
static const struct network *find(const struct network_list *list, const char *wanted,
				  struct error *err)
{
	const struct network *found = NULL;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, wanted) == 0)
			return &list->items[i];
	for (size_t i = 0; i < list->count; i++) {
		const struct network *network = &list->items[i];

		if (!*wanted || !network->id || strncmp(network->id, wanted, strlen(wanted)) != 0)
			continue;
		if (found) {
			fail(err, ENOTUNIQ, "ids of several networks begin with '%s'", wanted);
			return NULL;
		}
		found = network;
	}
	if (!found)
		fail(err, ENOENT, "there is no network '%.80s'", wanted);
	return found;
}

/* Prints those that there are, and fails if there was one that is not. */
int cmd_network_inspect(struct invocation *invocation, struct error *err)
{
	cleanup_network_host struct network_host host = NETWORK_HOST_CLOSED;
	struct arena *arena = invocation->arena;
	struct json_writer *writer = json_writer_new(arena, JSON_INDENTED);
	struct attachments attachments;
	struct network_list list;
	int result = 0;

	if (network_verb_begin(invocation, &host, err) < 0 ||
	    network_list(&host.store, arena, &list, err) < 0 ||
	    attachments_read(&host.store, arena, &attachments, err) < 0)
		return -1;
	json_begin_array(writer);
	for (int i = 0; i < invocation->count; i++) {
		const struct network *network = find(&list, invocation->arguments[i], err);

		if (network)
			network_write(writer, network, &attachments);
		else
			result = -1;
	}
	json_end_array(writer);
	fputs(json_writer_text(writer, NULL), stdout);
	return result;
}
