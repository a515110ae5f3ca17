/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/pasta.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"

/* The longest of its words for a range of ports: "[ADDRESS]/65535-65535:65535-65535" */
#define WORD_SIZE (ADDRESS_TEXT_SIZE + 32)

/* An option of pasta's: both names, as a word of its own, with a value behind it or behind '='. */
static bool is_option(const char *word, const char *name, const char *long_name)
{
	const size_t length = strlen(long_name);

	if (!strncmp(word, long_name, length) && (!word[length] || word[length] == '='))
		return true;
	return name[0] && !strncmp(word, name, 2) && word[1] != '-';
}

static bool has_option(const struct string_list *words, const char *name, const char *long_name)
{
	for (size_t i = 0; i < words->count; i++)
		if (is_option(words->items[i], name, long_name))
			return true;
	return false;
}

/* What would take it out of our hands. */
static int check_option(const char *word, struct error *err)
{
	static const struct {
		char name[3], long_name[16];
	} ours[] = {
		{ "", "--netns" },  { "", "--netns-only" }, { "", "--no-netns-quit" },
		{ "", "--userns" }, { "", "--runas" },	    { "-f", "--foreground" },
		{ "-h", "--help" }, { "", "--version" },    { "-d", "--debug" },
		{ "", "--trace" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (is_option(word, ours[i].name, ours[i].long_name))
			return fail(err, EINVAL, "'%s': not with containers", word);
	return 0;
}

int pasta_plan(struct arena *arena, const char *options, const struct published_ports *ports,
	       struct pasta_plan *plan, struct error *err)
{
	char *rest = arena_strdup(arena, options ?: ""), *word;
	char text[PORT_TEXT_SIZE];

	*plan = (struct pasta_plan){
		.options.items = arena_array(arena, char *, strlen(rest) + 2),
		.ports = *ports,
	};
	while ((word = strsep(&rest, ","))) {
		if (check_option(word, err) < 0)
			return -1;
		if (*word)
			plan->options.items[plan->options.count++] = word;
	}
	for (size_t i = 0; i < ports->count; i++)
		if (ports->items[i].protocol == IPPROTO_SCTP)
			return fail(err, ENOTSUP,
				    "network.ports: '%s': pasta knows no sctp: only tcp and udp",
				    port_print(&ports->items[i], text));
	return 0;
}

static void add(struct arena *arena, struct string_list *words, const char *word)
{
	words->items[words->count++] = arena_strdup(arena, word);
}

static char *port_word(struct arena *arena, const struct published_port *port)
{
	char address[ADDRESS_TEXT_SIZE], text[WORD_SIZE] = "";
	const uint32_t last = port->count - 1;

	if (port->host_address.family)
		snprintf(text, sizeof(text), "%s/", ip_address_print(&port->host_address, address));
	if (!last)
		return arena_printf(arena, "%s%u:%u", text, port->host_port, port->container_port);
	return arena_printf(arena, "%s%u-%u:%u-%u", text, port->host_port, port->host_port + last,
			    port->container_port, port->container_port + last);
}

/* "none" cannot be said beside ports; without a word it would be any that the container has. */
static void add_ports(struct arena *arena, const struct pasta_plan *plan, int protocol,
		      const char *name, const char *long_name, struct string_list *words)
{
	bool any = has_option(&plan->options, name, long_name);

	for (size_t i = 0; i < plan->ports.count; i++) {
		if (plan->ports.items[i].protocol != protocol)
			continue;
		add(arena, words, name);
		words->items[words->count++] = port_word(arena, &plan->ports.items[i]);
		any = true;
	}
	if (any)
		return;
	add(arena, words, name);
	add(arena, words, "none");
}

struct string_list pasta_arguments(struct arena *arena, const struct pasta_plan *plan,
				   const char *name, const char *netns)
{
	static const struct {
		char name[3], long_name[16], value[16];
	} defaults[] = {
		{ "-T", "--tcp-ns", "none" },
		{ "-U", "--udp-ns", "none" },
	};
	struct string_list words = {
		.items = arena_array(arena, char *,
				     plan->options.count + 2 * plan->ports.count + 20),
	};

	add(arena, &words, name);
	add(arena, &words, "--config-net");
	add(arena, &words, "--quiet");
	/* podman's word for what is pasta's default: the gateway's address is the host's too */
	if (!has_option(&plan->options, "", "--map-gw"))
		add(arena, &words, "--no-map-gw");
	for (size_t i = 0; i < plan->options.count; i++)
		if (!is_option(plan->options.items[i], "", "--map-gw"))
			words.items[words.count++] = plan->options.items[i];
	add_ports(arena, plan, IPPROTO_TCP, "-t", "--tcp-ports", &words);
	add_ports(arena, plan, IPPROTO_UDP, "-u", "--udp-ports", &words);
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		if (has_option(&plan->options, defaults[i].name, defaults[i].long_name))
			continue;
		add(arena, &words, defaults[i].name[0] ? defaults[i].name : defaults[i].long_name);
		add(arena, &words, defaults[i].value);
	}
	/* only where it is asked: answers of that server to who has asked itself would be renamed */
	if (plan->forwards_names && !has_option(&plan->options, "", "--dns-forward")) {
		add(arena, &words, "--dns-forward");
		add(arena, &words, PASTA_NAME_SERVER);
	}
	add(arena, &words, "--netns");
	add(arena, &words, netns);
	return words;
}

const char *pasta_reason(char *text)
{
	/* of the system's logger; and of getopt(3) behind its name, before all its options */
	static const char noise[] = "Failed to send ", mistake[] = "/" PASTA_NAME ": ";
	const char *reason = NULL, *found;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		found = strstr(line, mistake);
		if (found)
			return found + strlen(mistake);
		if (*line && strncmp(line, noise, strlen(noise)) != 0)
			reason = line;
	}
	return reason;
}
