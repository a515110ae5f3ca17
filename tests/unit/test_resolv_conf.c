/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolv_conf.h"

#include "tests/unit/unit.h"

static struct arena arena;

#define LIST(...)                                                                                  \
	(&(struct string_list){ .items = (char *[]){ __VA_ARGS__, NULL },                          \
				.count = sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *) })

#define HOST                                                                                       \
	"# of the host\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n"                          \
	"search example.org  example.net\noptions edns0 trust-ad\n"

static const struct resolv_wish own = { .own_network = true, .ipv6 = true };
static const struct resolv_wish own4 = { .own_network = true };

TEST(resolv_conf_is_the_hosts)
{
	CHECK_STRING(resolv_conf_text(&arena, HOST, &own),
		     "search example.org example.net\nnameserver 192.0.2.53\n"
		     "nameserver 2001:db8::53\noptions edns0 trust-ad\n");
	CHECK_STRING(resolv_conf_text(&arena, HOST, &own4),
		     "search example.org example.net\nnameserver 192.0.2.53\n"
		     "options edns0 trust-ad\n");
	arena_free(&arena);
}

TEST(resolv_conf_leaves_servers_out_that_another_namespace_cannot_ask)
{
	const char *host = "nameserver 127.0.0.1\nnameserver 127.0.0.53\nnameserver ::1\n"
			   "nameserver fe80::1%eth0\nnameserver fe80::2\nnameserver 0.0.0.0\n"
			   "nameserver nonsense\nnameserver 192.0.2.1\n";

	CHECK_STRING(resolv_conf_text(&arena, host, &own), "nameserver 192.0.2.1\n");
	CHECK_STRING(resolv_conf_text(&arena, "nameserver 127.0.0.1\n", &(struct resolv_wish){ 0 }),
		     "nameserver 127.0.0.1\n");
	arena_free(&arena);
}

TEST(resolv_conf_without_a_server_of_use_has_the_public_ones)
{
	CHECK_STRING(resolv_conf_text(&arena, "nameserver 127.0.0.1\nsearch a\n", &own4),
		     "search a\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n");
	CHECK_STRING(resolv_conf_text(&arena, "", &own),
		     "nameserver 8.8.8.8\nnameserver 8.8.4.4\nnameserver 2001:4860:4860::8888\n"
		     "nameserver 2001:4860:4860::8844\n");
	CHECK_STRING(resolv_conf_text(&arena, "", &(struct resolv_wish){ 0 }), "");
	arena_free(&arena);
}

TEST(resolv_conf_has_the_users_words_instead_of_the_hosts)
{
	struct resolv_wish wish = own;

	wish.servers = LIST("127.0.0.1", "fe80::1%eth0");
	CHECK_STRING(resolv_conf_text(&arena, HOST, &wish),
		     "search example.org example.net\nnameserver 127.0.0.1\n"
		     "nameserver fe80::1%eth0\noptions edns0 trust-ad\n");
	wish.search = LIST("lan");
	wish.options = LIST("ndots:2", "timeout:1");
	CHECK_STRING(resolv_conf_text(&arena, HOST, &wish),
		     "search lan\nnameserver 127.0.0.1\nnameserver fe80::1%eth0\n"
		     "options ndots:2 timeout:1\n");
	wish.search = LIST(".");
	CHECK_STRING(resolv_conf_text(&arena, "", &wish),
		     "nameserver 127.0.0.1\nnameserver fe80::1%eth0\noptions ndots:2 timeout:1\n");
	arena_free(&arena);
}

TEST(resolv_conf_is_read_as_the_manual_says)
{
	/* the last of search and domain counts; comments and what is indented too */
	CHECK_STRING(resolv_conf_text(&arena,
				      "search a b\ndomain c d\n;nameserver 192.0.2.9\n"
				      "\tnameserver\t192.0.2.1 # first\r\nnameserver\n"
				      "nameserver 192.0.2.2\noptions\noptions rotate\n"
				      "options ndots:1\nsortlist 1.2.3.4\nsearchx y\nsearch",
				      &own),
		     "search c\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n"
		     "options rotate ndots:1\n");
	arena_free(&arena);
}
