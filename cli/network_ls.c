/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network.h"

#include <stdio.h>

#include "cli/age.h"
#include "cli/network_text.h"
#include "cli/network_verb.h"
#include "cli/table.h"
#include "cli/verbs.h"

/* Keeps those that the filters mean. Filters are looked at even if there is no network. */
static int apply_filters(struct network_list *list, struct error *err)
{
	const struct network nothing = { .name = (char[]){ "" } };
	size_t count = 0;

	if (network_matches(&nothing, &network_ls_options.filters, err) < 0)
		return -1;
	for (size_t i = 0; i < list->count; i++)
		if (network_matches(&list->items[i], &network_ls_options.filters, err) > 0)
			list->items[count++] = list->items[i];
	list->count = count;
	return 0;
}

static int print_json(const struct network_store *store, struct arena *arena,
		      const struct network_list *list, struct error *err)
{
	struct json_writer *writer = json_writer_new(arena, JSON_INDENTED);
	struct attachments attachments;

	if (attachments_read(store, arena, &attachments, err) < 0)
		return -1;
	json_begin_array(writer);
	for (size_t i = 0; i < list->count; i++)
		network_write(writer, &list->items[i], &attachments);
	json_end_array(writer);
	fputs(json_writer_text(writer, NULL), stdout);
	return 0;
}

static void print_table(struct arena *arena, const struct network_list *list)
{
	struct table table = TABLE(arena, "NETWORK ID", "NAME", "DRIVER", "INTERFACE", "SUBNETS");

	if (network_ls_options.no_heading)
		table.count = 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct network *network = &list->items[i];
		int shown = network_ls_options.no_trunc ? 64 : 12;

		table_add(&table,
			  network->id ? arena_printf(arena, "%.*s", shown, network->id) : NULL,
			  network->name, network_driver_name(network->driver), network->interface,
			  network_subnets_text(arena, network));
	}
	table_print(&table, stdout);
}

int cmd_network_ls(struct invocation *invocation, struct error *err)
{
	cleanup_network_host struct network_host host = NETWORK_HOST_CLOSED;
	struct network_list list;

	if (network_verb_begin(invocation, &host, err) < 0 ||
	    network_list(&host.store, invocation->arena, &list, err) < 0 ||
	    apply_filters(&list, err) < 0)
		return -1;
	if (network_ls_options.quiet)
		for (size_t i = 0; i < list.count; i++)
			puts(list.items[i].name);
	else if (network_ls_options.format == FORMAT_JSON)
		return print_json(&host.store, invocation->arena, &list, err);
	else
		print_table(invocation->arena, &list);
	return 0;
}
