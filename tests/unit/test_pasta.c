/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/pasta.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

static struct published_ports read_ports(const char *text)
{
	struct published_ports ports = { .items = arena_array(&arena, struct published_port, 20) };
	char *rest = arena_strdup(&arena, text), *word;

	while ((word = strsep(&rest, " ")))
		if (*word)
			CHECK_INT(port_parse(word, &ports.items[ports.count++], &err), 0);
	return ports;
}

/* Options, ports, and whether names are forwarded. */
TEST(pasta_is_told_what_is_published_and_nothing_else_leads_in_or_out)
{
	static const struct {
		const char *options, *ports;
		bool forwards_names;
	} cases[] = {
		{ NULL, "" },
		{ "", "8080:80" },
		{ "", "127.0.0.1:8080:80 0.0.0.0:81:81 [::1]:8000-8010:9000-9010 53:53/udp", true },
		{ "-I,eth0,-4", "6000-6002:7000-7002/udp" },
		{ "--map-gw,-T,9999,--udp-ns,all", "" },
		{ "-t,auto,--udp-ports=5353", "8080:80" },
		{ "-t8000,--dns-forward,10.0.0.1", "", true },
	};
	char *golden = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&golden, &size);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct published_ports ports = read_ports(cases[i].ports);
		struct string_list words;
		struct pasta_plan plan;

		CHECK_INT(pasta_plan(&arena, cases[i].options, &ports, &plan, &err), 0);
		plan.forwards_names = cases[i].forwards_names;
		words = pasta_arguments(&arena, &plan, "/run/user/1/ctr/web/network/pasta",
					"/run/user/1/netns/netns");
		CHECK(!words.items[words.count]);
		fprintf(stream, "'%s' %s\n  %s\n", cases[i].options ?: "", cases[i].ports,
			string_list_text(&arena, &words, " "));
	}
	fclose(stream);
	CHECK_GOLDEN(golden, "pasta.txt");
	free(golden);
	arena_free(&arena);
}

TEST(what_is_ours_to_say_or_nobodys_to_do_is_refused)
{
	static const char *const options[] = {
		"--netns,/x",	   "--netns=/x", "-f", "-4,--foreground", "--userns,/x",
		"--runas,0",	   "--help",	 "-h", "--no-netns-quit", "--netns-only",
		"--trace,--quiet",
	};
	const struct published_ports none = { 0 };
	struct published_ports ports = read_ports("80:80 81:81/sctp");
	struct pasta_plan plan;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		CHECK_INT(pasta_plan(&arena, options[i], &none, &plan, &err), -1);
	CHECK_INT(pasta_plan(&arena, "", &ports, &plan, &err), -1);
	CHECK_STRING(err.text,
		     "network.ports: '81:81/sctp': pasta knows no sctp: only tcp and udp");
	arena_free(&arena);
}

TEST(its_reason_is_told_without_its_noise)
{
	char usage[] = "/run/user/1/ctr/web/network/pasta: unrecognized option '--x'\nUsage: pasta "
		       "[OPTION]...\n  -d\n";
	char taken[] = "Failed to send 46 bytes to syslog\n"
		       "No external routable interface for IPv6\n"
		       "Failed to bind any port for '-t 1:1', exiting\n"
		       "Failed to send 45 bytes to syslog\n";
	char noise[] = "Failed to send 46 bytes to syslog\n\n";

	CHECK_STRING(pasta_reason(usage), "unrecognized option '--x'");
	CHECK_STRING(pasta_reason(taken), "Failed to bind any port for '-t 1:1', exiting");
	CHECK(!pasta_reason(noise));
}

/* Of this machine's loopback. */
TEST(free_ports_are_chosen_and_no_two_the_same)
{
	struct published_ports ports =
		read_ports("127.0.0.1::80 127.0.0.1::81 127.0.0.1::80/udp 127.0.0.1::80-89");
	struct published_port taken;

	CHECK_INT(pasta_choose_ports(&ports, &taken, &err), 0);
	for (size_t i = 0; i < ports.count; i++) {
		struct published_port last = ports.items[i];

		last.host_port += last.count - 1;
		CHECK(ports.items[i].host_port > 0);
		CHECK(pasta_has_port(&ports, &last));
		for (size_t j = 0; j < i; j++)
			CHECK(ports.items[i].protocol != ports.items[j].protocol ||
			      ports.items[i].host_port != ports.items[j].host_port);
	}
	arena_free(&arena);
}
