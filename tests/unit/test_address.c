/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/address.h"

#include <netinet/in.h>
#include <stdio.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct error err;

static struct ip_address ip(const char *text)
{
	struct ip_address address = { 0 };

	CHECK_INT(ip_address_parse(text, &address, &err), 0);
	return address;
}

static struct ip_prefix net(const char *text)
{
	struct ip_prefix prefix = { 0 };

	CHECK_INT(ip_prefix_parse(text, &prefix, &err), 0);
	return prefix;
}

TEST(address_is_written_as_it_was_read)
{
	static const char *const texts[][2] = {
		{ "10.89.0.2", "10.89.0.2" }, { "0.0.0.0", "0.0.0.0" },
		{ "fd00:0:0::2", "fd00::2" }, { "::", "::" },
		{ "FE80::1", "fe80::1" },     { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6" },
	};
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct ip_address address = ip(texts[i][0]);

		CHECK_STRING(ip_address_print(&address, text), texts[i][1]);
	}
}

TEST(address_that_is_none_is_refused)
{
	static const char *const texts[] = {
		"",	   "10.89.0",  "10.89.0.256", "10.89.0.2 ", "010.0.0.0.1", "fd00::2::3",
		"fd00::g", "fe80::1%", "[::1]",	      "host",	    "10.0.0.1/8",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct ip_address address = { 0 };

		if (ip_address_parse(texts[i], &address, &err) == 0)
			unit_fail(__FILE__, __LINE__, "'%s' was taken", texts[i]);
		CHECK_INT(address.family, 0);
		CHECK_CONTAINS(err.text, texts[i]);
	}
}

TEST(prefix_that_is_none_is_refused)
{
	static const char *const texts[] = { "10.0.0.0",
					     "10.0.0.0/",
					     "10.0.0.0/33",
					     "10.0.0.0/-1",
					     "fd00::/129",
					     "10.0.0/8",
					     "10.0.0.0/8x",
					     "/8",
					     "10.0.0.0/ 8",
					     "10.0.0.0/8/8",
					     "10.0.0.0/99999999999999999999" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct ip_prefix prefix;

		if (ip_prefix_parse(texts[i], &prefix, &err) == 0)
			unit_fail(__FILE__, __LINE__, "'%s' was taken", texts[i]);
		CHECK_CONTAINS(err.text, texts[i]);
	}
}

TEST(network_of_a_prefix_has_zeros_behind_its_bits)
{
	static const char *const texts[][3] = {
		{ "10.89.3.77/24", "10.89.3.0/24", "10.89.3.255" },
		{ "10.89.3.77/22", "10.89.0.0/22", "10.89.3.255" },
		{ "10.89.3.77/32", "10.89.3.77/32", "10.89.3.77" },
		{ "10.89.3.77/0", "0.0.0.0/0", "255.255.255.255" },
		{ "fd00:1:2:3:4::5/64", "fd00:1:2:3::/64", "fd00:1:2:3:ffff:ffff:ffff:ffff" },
		{ "fd00::ff/121", "fd00::80/121", "fd00::ff" },
	};
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct ip_prefix prefix = net(texts[i][0]);
		struct ip_prefix network = ip_prefix_network(&prefix);
		struct ip_address last = ip_prefix_last(&prefix);

		CHECK_STRING(ip_prefix_print(&network, text), texts[i][1]);
		CHECK_STRING(ip_address_print(&last, text), texts[i][2]);
		CHECK(ip_prefix_equal(&prefix, &network));
	}
}

TEST(prefixes_overlap_where_one_has_the_other)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} pairs[] = {
		{ "10.89.0.0/24", "10.89.0.0/24", true },
		{ "10.89.0.0/24", "10.89.1.0/24", false },
		{ "10.89.0.0/16", "10.89.77.0/24", true },
		{ "0.0.0.0/0", "10.0.0.0/8", true },
		{ "10.0.0.0/8", "fd00::/8", false },
		{ "::/0", "10.0.0.0/8", false },
		{ "fd00:1::/64", "fd00:1::5/128", true },
		{ "fd00:1::/64", "fd00:2::/64", false },
		{ "10.89.0.1/32", "10.89.0.1/32", true },
		{ "10.89.0.1/32", "10.89.0.2/32", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct ip_prefix a = net(pairs[i].a), b = net(pairs[i].b);

		CHECK_INT(ip_prefix_overlaps(&a, &b), pairs[i].overlap);
		CHECK_INT(ip_prefix_overlaps(&b, &a), pairs[i].overlap);
	}
}

TEST(addresses_of_a_network_are_counted)
{
	static const struct {
		const char *network;
		uint64_t offset;
		const char *address;
	} cases[] = {
		{ "10.89.0.0/24", 0, "10.89.0.0" },
		{ "10.89.0.0/24", 255, "10.89.0.255" },
		{ "10.89.0.0/16", 257, "10.89.1.1" },
		{ "10.89.0.9/32", 0, "10.89.0.9" },
		{ "0.0.0.0/0", 4294967295U, "255.255.255.255" },
		{ "fd00::/64", 0x10000, "fd00::1:0" },
		{ "fd00::/64", UINT64_MAX, "fd00::ffff:ffff:ffff:ffff" },
		{ "fd00::/8", 2, "fd00::2" },
	};
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_prefix network = net(cases[i].network);
		struct ip_address address = ip_prefix_nth(&network, cases[i].offset);
		uint64_t offset = 1;

		CHECK_STRING(ip_address_print(&address, text), cases[i].address);
		CHECK(ip_prefix_offset(&network, &address, &offset));
		CHECK(offset == cases[i].offset);
	}
}

TEST(address_outside_of_what_is_counted_has_no_offset)
{
	struct ip_prefix network = net("fd00::/8");
	struct ip_address far = ip("fd00:0:0:1::"), other = ip("10.0.0.1");
	uint64_t offset = 7;

	CHECK(!ip_prefix_offset(&network, &far, &offset));
	CHECK(!ip_prefix_offset(&network, &other, &offset));
	CHECK(offset == 7 && ip_prefix_last_offset(&network) == UINT64_MAX);
	network = net("10.0.0.0/30");
	CHECK(ip_prefix_last_offset(&network) == 3);
}

TEST(kinds_of_addresses_are_told_apart)
{
	static const struct {
		const char *text;
		bool loopback, any, multicast, link_local;
	} cases[] = {
		{ "127.0.0.1", .loopback = true },
		{ "127.255.255.254", .loopback = true },
		{ "::1", .loopback = true },
		{ "::2" },
		{ "0.0.0.0", .any = true },
		{ "::", .any = true },
		{ "224.0.0.1", .multicast = true },
		{ "239.255.255.255", .multicast = true },
		{ "ff02::1", .multicast = true },
		{ "169.254.169.254", .link_local = true },
		{ "fe80::1", .link_local = true },
		{ "febf::1", .link_local = true },
		{ "fec0::1" },
		{ "10.0.0.1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_address address = ip(cases[i].text);

		CHECK_INT(ip_address_is_loopback(&address), cases[i].loopback);
		CHECK_INT(ip_address_is_any(&address), cases[i].any);
		CHECK_INT(ip_address_is_multicast(&address), cases[i].multicast);
		CHECK_INT(ip_address_is_link_local(&address), cases[i].link_local);
	}
}

TEST(mac_address_is_read_and_written)
{
	struct mac_address mac = { 0 }, other;
	char text[ADDRESS_TEXT_SIZE];

	CHECK(!mac_address_is_set(&mac));
	CHECK_STRING(mac_address_print(&mac, text), "");
	CHECK_INT(mac_address_parse("02:42:0A:59:00:02", &mac, &err), 0);
	CHECK_STRING(mac_address_print(&mac, text), "02:42:0a:59:00:02");
	CHECK_INT(mac_address_parse("02-42-0a-59-00-02", &other, &err), 0);
	CHECK(mac_address_is_set(&mac) && mac_address_equal(&mac, &other));
}

TEST(mac_address_that_no_interface_can_have_is_refused)
{
	static const char *const texts[] = {
		"",
		"02:42:0a:59:00",
		"02:42:0a:59:00:02:03",
		"02:42:0a:59:00:0",
		"02:42:0a:59:00:0g",
		"0242.0a59.0002",
		"03:42:0a:59:00:02",
		"00:00:00:00:00:00",
		"2:42:a:59:0:2",
		"02:42:0a:59:00:02 ",
		"ff:ff:ff:ff:ff:ff",
	};
	struct mac_address mac;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (mac_address_parse(texts[i], &mac, &err) == 0)
			unit_fail(__FILE__, __LINE__, "'%s' was taken", texts[i]);
}
