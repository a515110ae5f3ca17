/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolv_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/file.h"
#include "specs/address.h"

#define HOST_FILE "/etc/resolv.conf"
/* systemd-resolved.service(8): the servers that its stub asks */
#define BEHIND_STUB "/run/systemd/resolve/resolv.conf"
#define STUB "127.0.0.53"
#define MAX_FILE ((size_t)64 << 10)
#define WHITE " \t\r"

/* What a file says, later lines over earlier ones (resolv.conf(5)); servers and options add up. */
struct resolv {
	struct string_list servers, search, options;
};

static struct string_list list_with_room(struct arena *arena, const char *text)
{
	/* no more words than half of its bytes */
	return (struct string_list){ .items = arena_array(arena, char *, strlen(text) / 2 + 2) };
}

static void add_words(struct string_list *list, char *text, size_t most)
{
	char *word;

	while (most-- && (text += strspn(text, WHITE), word = strsep(&text, WHITE)) && *word) {
		list->items[list->count++] = word;
		if (!text)
			break;
	}
}

static struct resolv parse(struct arena *arena, const char *text)
{
	struct resolv resolv = { list_with_room(arena, text), list_with_room(arena, text),
				 list_with_room(arena, text) };
	char *rest = arena_strdup(arena, text), *line;

	while ((line = strsep(&rest, "\n"))) {
		char *word;

		line += strspn(line, WHITE);
		word = strsep(&line, WHITE);
		if (!line)
			continue;
		if (strcmp(word, "nameserver") == 0) {
			add_words(&resolv.servers, line, 1);
		} else if (strcmp(word, "search") == 0 || strcmp(word, "domain") == 0) {
			resolv.search.count = 0;
			add_words(&resolv.search, line, *word == 'd' ? 1 : SIZE_MAX);
		} else if (strcmp(word, "options") == 0) {
			add_words(&resolv.options, line, SIZE_MAX);
		}
	}
	return resolv;
}

/*
 * Whether a server of the host can be asked from another network namespace. A link-local one has the
 * name of an interface of the host behind it, or needs one.
 */
static bool is_of_use(const char *server, bool ipv6)
{
	struct ip_address ip;
	struct error reason;

	return ip_address_parse(server, &ip, &reason) == 0 && !ip_address_is_loopback(&ip) &&
	       !ip_address_is_any(&ip) &&
	       (ip.family == AF_INET || (ipv6 && !ip_address_is_link_local(&ip)));
}

static void keep_useful(struct string_list *servers, bool ipv6)
{
	size_t kept = 0;

	for (size_t i = 0; i < servers->count; i++)
		if (is_of_use(servers->items[i], ipv6))
			servers->items[kept++] = servers->items[i];
	servers->count = kept;
}

static struct string_list public_servers(struct arena *arena, bool ipv6)
{
	static const char *const servers[] = { "8.8.8.8", "8.8.4.4", "2001:4860:4860::8888",
					       "2001:4860:4860::8844" };
	struct string_list list = { .items = arena_array(arena, char *, 5) };

	for (; list.count < (ipv6 ? 4 : 2); list.count++)
		list.items[list.count] = (char *)servers[list.count];
	return list;
}

static struct string_list other_servers(struct arena *arena, const struct resolv_wish *wish)
{
	struct string_list list = { .items = arena_array(arena, char *, 2), .count = 1 };

	if (!wish->forwarder)
		return public_servers(arena, wish->ipv6);
	list.items[0] = arena_strdup(arena, wish->forwarder);
	return list;
}

static bool is_single(const struct string_list *list, const char *word)
{
	return list && list->count == 1 && strcmp(list->items[0], word) == 0;
}

static bool given(const struct string_list *list)
{
	return list && list->count;
}

char *resolv_conf_text(struct arena *arena, const char *host, const struct resolv_wish *wish)
{
	struct resolv resolv = parse(arena, host);
	const char *search = "", *options = "", *servers = "";

	if (given(wish->servers)) {
		resolv.servers = *wish->servers;
	} else if (wish->own_network) {
		keep_useful(&resolv.servers, wish->ipv6);
		if (!resolv.servers.count)
			resolv.servers = other_servers(arena, wish);
	}
	if (given(wish->search))
		resolv.search = *wish->search;
	if (is_single(&resolv.search, "."))
		resolv.search.count = 0;
	if (given(wish->options))
		resolv.options = *wish->options;
	if (resolv.search.count)
		search = arena_printf(arena, "search %s\n",
				      string_list_text(arena, &resolv.search, " "));
	if (resolv.servers.count)
		servers = arena_printf(arena, "nameserver %s\n",
				       string_list_text(arena, &resolv.servers, "\nnameserver "));
	if (resolv.options.count)
		options = arena_printf(arena, "options %s\n",
				       string_list_text(arena, &resolv.options, " "));
	return arena_printf(arena, "%s%s%s", search, servers, options);
}

static int read_file(struct arena *arena, const char *path, char **text, struct error *err)
{
	if (file_read_at(AT_FDCWD, path, MAX_FILE, arena, text, NULL, err) == 0)
		return 0;
	if (err->errnum != ENOENT)
		return -1;
	*text = arena_strdup(arena, "");
	return 0;
}

int resolv_conf_read_host(struct arena *arena, bool own_network, char **text, struct error *err)
{
	struct resolv resolv;

	if (read_file(arena, HOST_FILE, text, err) < 0)
		return -1;
	if (!own_network)
		return 0;
	resolv = parse(arena, *text);
	return is_single(&resolv.servers, STUB) ? read_file(arena, BEHIND_STUB, text, err) : 0;
}
