/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/network_document.h"

#include <stdio.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct error err;

static const char web[] =
	"{\"name\":\"web\",\"id\":\"0123\",\"driver\":\"bridge\",\"network_interface\":\"ctr1\","
	"\"created\":\"2026-11-21T03:42:34.808960490Z\",\"subnets\":[{\"subnet\":\"10.89.1.7/24\","
	"\"gateway\":\"10.89.1.1\",\"lease_range\":{\"start_ip\":\"10.89.1.10\",\"end_ip\":"
	"\"10.89.1.20\"}},{\"subnet\":\"fd00:1::/64\"}],\"internal\":true,\"isolate\":\"false\","
	"\"mtu\":1400,\"labels\":{\"a\":\"b\"}}";

TEST(network_document_comes_back_as_it_was)
{
	cleanup_arena struct arena arena = { 0 };
	struct network network;
	char text[ADDRESS_TEXT_SIZE];

	CHECK_INT(network_decode(&arena, "network.json", web, sizeof(web) - 1, &network, &err), 0);
	CHECK_STRING(network.name, "web");
	CHECK_INT(network.driver, NETWORK_BRIDGE);
	CHECK_INT(network.isolate, NETWORK_SHARED);
	CHECK_INT(network.subnets.count, 2);
	CHECK_STRING(ip_prefix_print(&network.subnets.items[0].subnet, text), "10.89.1.0/24");
	CHECK_STRING(ip_address_print(&network.subnets.items[0].range->last, text), "10.89.1.20");
	CHECK_INT(network.subnets.items[1].gateway.family, 0);
	CHECK_GOLDEN(network_encode(&arena, &network, NULL), "network-document.json");
}

TEST(network_document_with_what_cannot_be_is_refused)
{
	static const char *const texts[][2] = {
		{ "{\"driver\":\"bridge\"}", "name: required" },
		{ "{\"name\":\"a/b\",\"driver\":\"bridge\"}", "'a/b' is no name of a network" },
		{ "{\"name\":\"a\",\"driver\":\"overlay\"}", "driver: unknown value 'overlay'" },
		{ "{\"name\":\"a\",\"driver\":\"bridge\",\"subnets\":[{\"subnet\":\"10.0.0.0\"}]}",
		  "subnets[0].subnet: '10.0.0.0' is no network" },
		{ "{\"name\":\"a\",\"driver\":\"bridge\",\"subnets\":[{\"subnet\":\"10.0.0.0/24\","
		  "\"gateway\":\"10.0.1.1\"}]}",
		  "subnets[0].gateway: not in the subnet" },
		{ "{\"name\":\"a\",\"driver\":\"bridge\",\"subnets\":[{\"subnet\":\"10.0.0.0/24\","
		  "\"lease_range\":{\"start_ip\":\"10.0.0.9\",\"end_ip\":\"10.0.0.2\"}}]}",
		  "subnets[0].lease_range: no range" },
		{ "{\"name\":\"a\",\"driver\":\"bridge\",\"network_interface\":\"a b\"}",
		  "'a b' is no name of an interface" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_arena struct arena arena = { 0 };
		struct network network;

		CHECK_INT(network_decode(&arena, "n", texts[i][0], strlen(texts[i][0]), &network,
					 &err),
			  -1);
		CHECK_CONTAINS(err.text, texts[i][1]);
	}
}

TEST(network_name_is_one_of_a_folder_and_of_a_table)
{
	static const char *const good[] = { "a", "9", "web-1_x.y", "ctr" };
	static const char *const bad[] = { "",		".",	  "..",	      "-a",	"_a",
					   "a/b",	"a b",	  "a\n",      "none",	"host",
					   "ns",	"a:b",	  "\303\244", "bridge", "pasta",
					   "container", "private" };
	char longest[66];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		CHECK_INT(network_name_check(good[i], &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (network_name_check(bad[i], &err) == 0)
			unit_fail(__FILE__, __LINE__, "'%s' was taken", bad[i]);
	memset(longest, 'a', sizeof(longest));
	longest[65] = '\0';
	CHECK_INT(network_name_check(longest, &err), -1);
	longest[64] = '\0';
	CHECK_INT(network_name_check(longest, &err), 0);
}

TEST(interface_name_is_one_that_the_kernel_takes)
{
	static const char *const bad[] = { "",	  ".",	 "..",
					   "a/b", "a b", "a:b",
					   "a%d", "a\n", "sixteen-letters-" };

	CHECK_INT(network_interface_check("eth0", &err), 0);
	CHECK_INT(network_interface_check("fifteen-letters", &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (network_interface_check(bad[i], &err) == 0)
			unit_fail(__FILE__, __LINE__, "'%s' was taken", bad[i]);
}

TEST(request_comes_back_as_it_was)
{
	static const char text[] =
		"{\"id\":\"c1\",\"name\":\"web\",\"endpoints\":[{\"network\":\"ctr\","
		"\"ipv4\":\"10.89.0.5\",\"ipv6\":\"fd00::5\",\"mac\":\"02:42:0a:59:00:05\","
		"\"interface\":\"eth7\",\"aliases\":[\"db\"],\"rate_in\":1000000,"
		"\"on_demand\":{\"interface\":\"ctr0\",\"subnet\":\"10.89.0.0/24\"}}],"
		"\"ports\":[{\"host_ip\":\"127.0.0.1\",\"host_port\":8080,\"container_port\":80,"
		"\"range\":1,\"protocol\":\"udp\"}],\"hosts_file\":\"/run/ctr/c1/hosts\","
		"\"add_hosts\":[\"a:1.2.3.4\"],\"dns\":[\"9.9.9.9\"],"
		"\"maker\":{\"pid\":7,\"start\":99}}";
	cleanup_arena struct arena arena = { 0 };
	struct network_request request;

	CHECK_INT(network_request_decode(&arena, "request", text, sizeof(text) - 1, &request, &err),
		  0);
	CHECK_INT(request.ports.items[0].host_port, 8080);
	CHECK(request.endpoints.items[0].mac.bytes[5] == 5);
	CHECK_STRING(network_request_encode(&arena, &request, NULL), text);
}

TEST(attachment_comes_back_as_it_was)
{
	static const char text[] =
		"{\"id\":\"c1\",\"endpoints\":[{\"network\":\"ctr\",\"interface\":\"eth0\","
		"\"host_interface\":\"v0123456789ab0\",\"host_index\":7,"
		"\"mac_address\":\"02:42:0a:59:00:05\",\"subnets\":[{\"ipnet\":\"10.89.0.5/24\","
		"\"gateway\":\"10.89.0.1\"},{\"ipnet\":\"fd00::5/64\"}]}],"
		"\"ports\":[{\"host_port\":8080,\"container_port\":80,\"range\":2,"
		"\"protocol\":\"tcp\"}],\"maker\":{\"pid\":7,\"inode\":98},"
		"\"process\":{\"pid\":8,\"inode\":99},\"namespace\":{\"device\":4,\"inode\":5}}";
	cleanup_arena struct arena arena = { 0 };
	struct network_attachment attachment;
	const struct network_endpoint *endpoint;

	CHECK_INT(network_attachment_decode(&arena, "a", text, sizeof(text) - 1, &attachment, &err),
		  0);
	CHECK_STRING(network_attachment_encode(&arena, &attachment, NULL), text);
	CHECK(network_attachment_in(&attachment, "other") == NULL);
	endpoint = network_attachment_in(&attachment, "ctr");
	CHECK(endpoint != NULL);
	CHECK(network_endpoint_address(endpoint, 10)->address.length == 64);
	CHECK(network_endpoint_address(endpoint, 0) == NULL);
}
