/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <sys/socket.h>

#include "runtime/container_network.h"

struct port_options {
	bool all;
};

static struct port_options options;

static const struct option rows[] = {
	OPTION_FLAG('a', "all", struct port_options, all, "those of all containers that run"),
};

const struct command port_command = {
	.name = "port",
	.group = GROUP_NETWORKS,
	.summary = HELP("Print which ports of the host lead into a container"),
	.arguments = "[ID [PORT[/PROTOCOL]]]",
	.max = 2,
	.description = HELP("With PORT only where on the host that one is; the protocol is tcp "
			    "unless it is named.\n"),
	.examples = HELP("ctr port web\n"
			 "ctr port web 80\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

/* What is asked for; protocol -1: all ports. */
struct wanted {
	uint32_t port;
	int protocol;
};

static int parse_wanted(const char *text, struct wanted *wanted, struct error *err)
{
	struct published_port port;

	if (port_parse(text, &port, err) < 0)
		return -1;
	if (port.host_port || port.host_address.family || port.count != 1)
		return fail(err, EINVAL, "'%s': a single port of the container is expected", text);
	*wanted = (struct wanted){ .port = port.container_port, .protocol = port.protocol };
	return 0;
}

/* podman's words: who listens on all addresses is shown as 0.0.0.0. */
static void print_place(const struct published_port *port, uint32_t index)
{
	char text[ADDRESS_TEXT_SIZE] = "0.0.0.0";
	const bool brackets = port->host_address.family == AF_INET6;

	if (port->host_address.family)
		ip_address_print(&port->host_address, text);
	printf("%s%s%s:%u\n", brackets ? "[" : "", text, brackets ? "]" : "",
	       port->host_port + index);
}

/* Returns how many there were. */
static size_t print_ports(const struct network_attachment *attachment, const struct wanted *wanted,
			  const char *prefix)
{
	size_t count = 0;

	for (size_t i = 0; i < attachment->ports.count; i++) {
		const struct published_port *port = &attachment->ports.items[i];

		for (uint32_t n = 0; n < port->count; n++) {
			if (wanted && (wanted->protocol != port->protocol ||
				       wanted->port != port->container_port + n))
				continue;
			count++;
			if (prefix)
				printf("%s\t", prefix);
			if (!wanted)
				printf("%u/%s -> ", port->container_port + n,
				       port_protocol_name(port->protocol));
			print_place(port, n);
		}
	}
	return count;
}

static int print_all(struct invocation *invocation, struct error *err)
{
	struct container_info *items;
	size_t count;

	if (container_list(&invocation->settings, invocation->arena, &items, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct network_attachment attachment;
		int has = container_network(&invocation->settings, &items[i], invocation->arena,
					    &attachment, err);

		if (has < 0)
			return -1;
		if (has)
			print_ports(&attachment, NULL, items[i].id);
	}
	return 0;
}

int cmd_port(struct invocation *invocation, struct error *err)
{
	const char *id = invocation->arguments[0];
	const char *word = invocation->count > 1 ? invocation->arguments[1] : NULL;
	struct network_attachment attachment = { 0 };
	struct container_info info;
	struct wanted wanted;

	if (!id == !options.all)
		return fail(err, EINVAL, "ID or --all, one of them (see '%s port --help')",
			    program_name());
	if (options.all)
		return print_all(invocation, err);
	if ((word && parse_wanted(word, &wanted, err) < 0) ||
	    container_info(&invocation->settings, id, invocation->arena, &info, err) < 0 ||
	    container_network(&invocation->settings, &info, invocation->arena, &attachment, err) <
		    0)
		return -1;
	if (!print_ports(&attachment, word ? &wanted : NULL, NULL) && word)
		return fail(err, ENOENT, "%s: port %s is not published", id, word);
	return 0;
}
