/* SPDX-License-Identifier: Apache-2.0 */
#include "net/attach_names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "net/hosts_file.h"
#include "net/names.h"
#include "net/resolv_conf.h"

static void add_word(struct string_list *list, char *word)
{
	if (word && *word && !string_list_has(list, word))
		list->items[list->count++] = word;
}

/* One address of each family, as words. */
static struct string_list address_words(struct arena *arena,
					const struct network_endpoint *endpoint)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct string_list words = { .items = arena_array(arena, char *, 3) };
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < 2; i++) {
		const struct network_address *address =
			network_endpoint_address(endpoint, families[i]);

		if (address)
			add_word(&words,
				 arena_strdup(arena,
					      ip_address_print(&address->address.address, text)));
	}
	return words;
}

/* Its name, its id, and what it is called in this network alone. */
static struct string_list member_words(struct arena *arena,
				       const struct network_attachment *attachment,
				       const struct network_endpoint *endpoint)
{
	struct string_list words = { .items = arena_array(arena, char *,
							  endpoint->aliases.count + 4) };

	add_word(&words, attachment->name);
	add_word(&words, attachment->id);
	for (size_t i = 0; i < endpoint->aliases.count; i++)
		add_word(&words, endpoint->aliases.items[i]);
	return words;
}

static void join_lists(struct arena *arena, struct string_list *list,
		       const struct string_list *more)
{
	*list = string_list_join(arena, list, more);
}

/* What each network adds to the container's own file. */
static int join_network(struct attach *attach, const struct network_endpoint *endpoint,
			struct string_list *own, struct string_list *others, struct error *err)
{
	const struct network_attachment *attachment = &attach->attachment;
	struct string_list addresses = address_words(attach->arena, endpoint);
	struct string_list names = member_words(attach->arena, attachment, endpoint);
	const struct name_member member = {
		.id = attachment->id,
		.addresses = &addresses,
		.names = &names,
		.hostname = attachment->hostname,
		.hosts_file = attachment->hosts_file,
	};
	cleanup_fd int folder = network_folder(&attach->host->store, endpoint->network, err);
	struct string_list lines;

	if (folder < 0 || names_join(folder, &member, err) < 0)
		return -1;
	if (!attachment->hosts_file)
		return 0;
	if (names_lines(attach->arena, folder, attachment->id, &lines, err) < 0)
		return -1;
	join_lists(attach->arena, others, &lines);
	lines = names_own_lines(attach->arena, &member);
	join_lists(attach->arena, own, &lines);
	return 0;
}

/* The host, as the first network has it. */
static const char *gateway_word(struct attach *attach)
{
	const struct network_attachment *attachment = &attach->attachment;
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		const struct network_endpoint *endpoint = &attachment->endpoints.items[i];

		for (size_t k = 0; k < endpoint->addresses.count; k++)
			if (endpoint->addresses.items[k].gateway.family)
				return arena_strdup(
					attach->arena,
					ip_address_print(&endpoint->addresses.items[k].gateway,
							 text));
	}
	return NULL;
}

static int write_hosts(struct attach *attach, const struct string_list *own,
		       const struct string_list *others, struct error *err)
{
	const struct hosts_wish wish = {
		.added = &attach->attachment.add_hosts,
		.gateway = gateway_word(attach),
		.own = own,
		.members = others,
	};
	char *text;

	if (hosts_text(attach->arena, &wish, &text, err) < 0)
		return -1;
	return hosts_file_write(attach->attachment.hosts_file, text, err);
}

static bool has_ipv6(const struct network_attachment *attachment)
{
	for (size_t i = 0; i < attachment->endpoints.count; i++)
		if (network_endpoint_address(&attachment->endpoints.items[i], AF_INET6))
			return true;
	return false;
}

static int write_resolv(struct attach *attach, struct error *err)
{
	const struct network_request *request = &attach->request;
	const struct resolv_wish wish = {
		.servers = &request->dns,
		.search = &request->dns_search,
		.options = &request->dns_options,
		.own_network = true,
		.ipv6 = has_ipv6(&attach->attachment),
	};
	char *host;

	if (resolv_conf_read_host(attach->arena, true, &host, err) < 0)
		return -1;
	return hosts_file_write(request->resolv_file, resolv_conf_text(attach->arena, host, &wish),
				err);
}

int attach_join_names(struct attach *attach, struct error *err)
{
	const struct network_attachment *attachment = &attach->attachment;
	struct string_list own = { 0 }, others = { 0 };

	for (size_t i = 0; i < attachment->endpoints.count; i++)
		if (join_network(attach, &attachment->endpoints.items[i], &own, &others, err) < 0)
			return fail_in(err, "network %s", attachment->endpoints.items[i].network);
	/* of one that runs, the file is its own by now: names_publish() adds to it */
	if (!attach->more && attachment->hosts_file && write_hosts(attach, &own, &others, err) < 0)
		return -1;
	return !attach->more && attach->request.resolv_file ? write_resolv(attach, err) : 0;
}

int attachment_leave_names(struct network_host *host, const struct network_attachment *attachment,
			   struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		cleanup_fd int folder =
			network_folder(&host->store, attachment->endpoints.items[i].network, err);

		if (folder >= 0 && names_leave(folder, attachment->id, err) < 0)
			result = -1;
	}
	return result;
}

int attach_leave_names(struct attach *attach, struct error *err)
{
	int result = attachment_leave_names(attach->host, &attach->attachment, err);

	attachment_publish_names(attach->host, &attach->attachment);
	return result;
}

void attachment_publish_names(struct network_host *host,
			      const struct network_attachment *attachment)
{
	struct error err;

	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		const char *network = attachment->endpoints.items[i].network;

		if (names_publish(host->store.dir, network, attachment->id, &err) < 0)
			log_warning("names of network %s: %s", network, err.text);
	}
}

bool attachment_publishes_quickly(struct network_host *host,
				  const struct network_attachment *attachment)
{
	for (size_t i = 0; i < attachment->endpoints.count; i++)
		if (!names_publish_is_quick(host->store.dir,
					    attachment->endpoints.items[i].network))
			return false;
	return true;
}
