/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What run's options say of networks, a line each of kind and word: nK:WORD. Whatever it is becomes a
 * "network" that survives validation, and one that is valid can be asked for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/connection.h"
#include "runtime/run_change_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_line(struct arena *arena, char *line, struct network_changes *changes)
{
	struct string_list *const lists[] = {
		&changes->networks,   &changes->ports,	     &changes->aliases, &changes->dns,
		&changes->dns_search, &changes->dns_options, &changes->hosts,
	};
	const char **const words[] = { &changes->ipv4, &changes->ipv6, &changes->mac };
	const unsigned int kind = *line ? (unsigned char)*line++ % 11U : 10;

	if (kind < 7)
		run_append(arena, lists[kind], line);
	else if (kind < 10)
		*words[kind - 7] = line;
	else
		changes->no_hosts = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	char *rest = arena_strndup(&arena, (const char *)data, size), *line, root[] = "/";
	struct spec_process process = { .cwd = root, .args = { .items = &line, .count = 1 } };
	struct spec_linux linux_spec = { 0 };
	struct spec_root root_spec = { .path = root };
	struct network_changes changes = { 0 };
	const struct string_list none = { 0 };
	char version[] = "1.3.0";
	struct spec spec = { .oci_version = version,
			     .process = &process,
			     .root = &root_spec,
			     .linux = &linux_spec };
	struct connection_plan *plan;
	struct error err;

	while ((line = strsep(&rest, "\n")))
		read_line(&arena, line, &changes);
	line = root;
	if (run_change_network(&arena, &changes, &none, &spec, &err) < 0 ||
	    spec_validate("options", &spec, &err) < 0)
		return 0;
	if (connection_plan(&arena, &spec, "id", "/run/id", &plan, &err) < 0)
		abort();
	if (plan && plan->request)
		network_request_encode(&arena, plan->request, NULL);
	if (plan)
		connection_enter(&arena, plan, NULL, "/run/id", &spec);
	return 0;
}
