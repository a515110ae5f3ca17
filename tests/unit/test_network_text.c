/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/network_text.h"

#include <errno.h>
#include <stdio.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct error err;

static const char web[] =
	"{\"name\":\"web\",\"id\":\"0123abcd\",\"driver\":\"macvlan\",\"network_interface\":"
	"\"eth0\",\"created\":\"2026-11-21T03:42:34.808960490Z\",\"subnets\":[{\"subnet\":"
	"\"10.89.1.0/24\",\"gateway\":\"10.89.1.1\",\"lease_range\":{\"start_ip\":\"10.89.1.10\","
	"\"end_ip\":\"10.89.1.20\"}},{\"subnet\":\"fd00:1::/64\"}],\"internal\":true,\"isolate\":"
	"\"false\",\"mtu\":1400,\"vlan\":7,\"mode\":\"vepa\",\"labels\":{\"a\":\"b\",\"c\":\"\"}}";

static const char first[] =
	"{\"id\":\"c1\",\"name\":\"shop\",\"endpoints\":[{\"network\":\"other\",\"subnets\":[]},"
	"{\"network\":\"web\",\"interface\":\"eth1\",\"mac_address\":\"02:42:0a:59:01:05\","
	"\"subnets\":[{\"ipnet\":\"10.89.1.5/24\",\"gateway\":\"10.89.1.1\"},{\"ipnet\":"
	"\"fd00:1::5/64\"}]}]}";
static const char second[] =
	"{\"id\":\"c2\",\"endpoints\":[{\"network\":\"other\",\"subnets\":[]}]}";

static void read_network(struct arena *arena, struct network *network)
{
	CHECK_INT(network_decode(arena, "web", web, sizeof(web) - 1, network, &err), 0);
}

TEST(network_is_shown_in_podmans_words_with_those_who_are_in_it)
{
	cleanup_arena struct arena arena = { 0 };
	struct json_writer *writer = json_writer_new(&arena, JSON_INDENTED);
	struct network_attachment items[2];
	struct attachments attachments = { items, ARRAY_SIZE(items) };
	struct network network;

	read_network(&arena, &network);
	CHECK_INT(
		network_attachment_decode(&arena, "c1", first, sizeof(first) - 1, &items[0], &err),
		0);
	CHECK_INT(network_attachment_decode(&arena, "c2", second, sizeof(second) - 1, &items[1],
					    &err),
		  0);
	network_write(writer, &network, &attachments);
	CHECK_GOLDEN(json_writer_text(writer, NULL), "network-inspect.json");
	CHECK_STRING(network_subnets_text(&arena, &network), "10.89.1.0/24, fd00:1::/64");
}

TEST(network_is_chosen_by_all_kinds_of_filters_and_any_of_a_kind)
{
	static const struct {
		const char *filters[3];
		bool matches;
	} cases[] = {
		{ { NULL }, true },
		{ { "name=we" }, true },
		{ { "name=db" }, false },
		{ { "name=db", "name=web" }, true },
		{ { "id=0123" }, true },
		{ { "id=123" }, false },
		{ { "driver=macvlan" }, true },
		{ { "driver=bridge" }, false },
		{ { "driver=macvlan", "name=db" }, false },
		{ { "label=a" }, true },
		{ { "label=a=b" }, true },
		{ { "label=a=c" }, false },
		{ { "label=c" }, true },
		{ { "label=c=" }, true },
		{ { "label=b" }, false },
	};
	cleanup_arena struct arena arena = { 0 };
	struct string_list unknown = { .items = (char *[]){ (char[]){ "colour=red" } },
				       .count = 1 };
	struct network network;

	read_network(&arena, &network);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *items[3];
		struct string_list filters = { .items = items };

		for (; filters.count < 3 && cases[i].filters[filters.count]; filters.count++)
			items[filters.count] =
				arena_strdup(&arena, cases[i].filters[filters.count]);
		if (network_matches(&network, &filters, &err) != cases[i].matches)
			unit_fail(__FILE__, __LINE__, "case %zu", i);
	}
	CHECK_INT(network_matches(&network, &unknown, &err), -1);
	CHECK_CONTAINS(err.text, "'colour=red': unknown");
}
