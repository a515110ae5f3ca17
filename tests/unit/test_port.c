/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/port.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct error err;

TEST(port_is_read_in_every_form)
{
	static const struct {
		const char *text, *printed;
		uint32_t host, container, count, choices;
		int protocol;
	} cases[] = {
		{ "80", ":80/tcp", 0, 80, 1, 0, IPPROTO_TCP },
		{ "8080:80", "8080:80/tcp", 8080, 80, 1, 0, IPPROTO_TCP },
		{ ":80", ":80/tcp", 0, 80, 1, 0, IPPROTO_TCP },
		{ "0:80", ":80/tcp", 0, 80, 1, 0, IPPROTO_TCP },
		{ "127.0.0.1:8080:80", "127.0.0.1:8080:80/tcp", 8080, 80, 1, 0, IPPROTO_TCP },
		{ "127.0.0.1::80", "127.0.0.1::80/tcp", 0, 80, 1, 0, IPPROTO_TCP },
		{ "[::1]:8080:80/udp", "[::1]:8080:80/udp", 8080, 80, 1, 0, IPPROTO_UDP },
		{ "[::]::80", "[::]::80/tcp", 0, 80, 1, 0, IPPROTO_TCP },
		{ ":8080:80", "8080:80/tcp", 8080, 80, 1, 0, IPPROTO_TCP },
		{ "53:53/UDP", "53:53/udp", 53, 53, 1, 0, IPPROTO_UDP },
		{ "7:7/sctp", "7:7/sctp", 7, 7, 1, 0, IPPROTO_SCTP },
		{ "8000-8009:80-89", "8000-8009:80-89/tcp", 8000, 80, 10, 0, IPPROTO_TCP },
		{ "80-89", ":80-89/tcp", 0, 80, 10, 0, IPPROTO_TCP },
		{ "8000-8009:80", "8000-8009:80/tcp", 8000, 80, 1, 10, IPPROTO_TCP },
		{ "65535:65535", "65535:65535/tcp", 65535, 65535, 1, 0, IPPROTO_TCP },
		{ "1-65535:1-65535", "1-65535:1-65535/tcp", 1, 1, 65535, 0, IPPROTO_TCP },
	};
	char text[PORT_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct published_port port, again;

		CHECK_INT(port_parse(cases[i].text, &port, &err), 0);
		CHECK_STRING(port_print(&port, text), cases[i].printed);
		CHECK_INT(port.host_port, cases[i].host);
		CHECK_INT(port.container_port, cases[i].container);
		CHECK_INT(port.count, cases[i].count);
		CHECK_INT(port.choices, cases[i].choices);
		CHECK_INT(port.protocol, cases[i].protocol);
		CHECK_INT(port_parse(text, &again, &err), 0);
		CHECK(memcmp(&port, &again, sizeof(port)) == 0);
	}
}

TEST(port_that_is_none_is_refused_with_its_text)
{
	static const char *const texts[] = {
		"",
		":",
		"http",
		"80/",
		"80/icmp",
		"80/tcp/udp",
		"65536",
		"8080:65536",
		"-80",
		"80-",
		"80-79",
		"0-5:0-5",
		"0",
		"8080:0",
		"8080:80:",
		"localhost:8080:80",
		"1.2.3:8080:80",
		"::1:8080:80",
		"[::1:8080:80",
		"[::1]8080:80",
		"[::1]:1:2:3",
		"8000-8002:80-81",
		"1:2:3:4",
		"8080: 80",
		"+8080:80",
		"99999999999999999999:80",
		("8080808080808080808080808080808080808080"
		 "8080808080808080808080808080808080808080808"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct published_port port = { 0 };

		if (port_parse(texts[i], &port, &err) == 0)
			unit_fail(__FILE__, __LINE__, "'%s' was taken", texts[i]);
		CHECK_INT(err.errnum, EINVAL);
		CHECK_INT(port.count, 0);
	}
}
