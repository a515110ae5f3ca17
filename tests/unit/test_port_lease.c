/* SPDX-License-Identifier: Apache-2.0 */
#include "net/port_lease.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

/* Without a record. */
#define OWNER(name) (&(const struct lease_owner){ .id = (name), .record = -1 })

static struct error err;

static void open_store(struct network_store *store)
{
	char path[96];

	unit_need_openat2(); /* makes its folders */
	scratch_dir();
	snprintf(path, sizeof(path), "%s", scratch_path());
	CHECK_INT(network_store_open(path, store, &err), 0);
}

/* A base of ports that nobody of this machine has, for ports that the tests add to it. */
static uint32_t free_base(struct network_store *store)
{
	struct published_port port = { .container_port = 1, .count = 8, .protocol = IPPROTO_TCP };

	CHECK_INT(port_lease_take(store, &port, OWNER("base"), &err), 0);
	CHECK_INT(port_lease_release(store, &port, "base", &err), 0);
	return port.host_port;
}

static int take(struct network_store *store, const char *address, uint32_t number, const char *id)
{
	struct published_port port = {
		.host_port = number, .container_port = 80, .count = 1, .protocol = IPPROTO_TCP
	};

	if (address)
		CHECK_INT(ip_address_parse(address, &port.host_address, &err), 0);
	return port_lease_take(store, &port, OWNER(id), &err);
}

static int give_back(struct network_store *store, const char *address, uint32_t number,
		     const char *id)
{
	struct published_port port = {
		.host_port = number, .container_port = 80, .count = 1, .protocol = IPPROTO_TCP
	};

	if (address)
		CHECK_INT(ip_address_parse(address, &port.host_address, &err), 0);
	return port_lease_release(store, &port, id, &err);
}

static size_t count(struct network_store *store)
{
	cleanup_dir DIR *stream = open_dir_at(store->dir, "ports", &err);
	struct dirent *entry;
	size_t count = 0;

	CHECK(stream != NULL);
	while ((entry = readdir(stream)))
		count += entry->d_name[0] != '.';
	return count;
}

TEST(port_is_had_by_one_container)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	char expected[80];
	uint32_t base;

	open_store(&store);
	base = free_base(&store);
	CHECK_INT(take(&store, NULL, base, "web"), 0);
	CHECK_INT(take(&store, NULL, base, "db"), -1);
	CHECK_INT(err.errnum, EADDRINUSE);
	snprintf(expected, sizeof(expected), "port %u/tcp is in use: container web has it", base);
	CHECK_STRING(err.text, expected);
	CHECK_INT(give_back(&store, NULL, base, "db"), 0);
	CHECK_INT(take(&store, NULL, base, "db"), -1);
	CHECK_INT(give_back(&store, NULL, base, "web"), 0);
	CHECK_INT(take(&store, NULL, base, "db"), 0);
}

TEST(port_of_one_address_is_in_the_way_of_those_that_it_is_among)
{
	static const struct {
		const char *first, *second;
		bool clash;
	} pairs[] = {
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.1", "127.0.0.2", false },
		{ "127.0.0.1", NULL, true },
		{ NULL, "127.0.0.1", true },
		{ "127.0.0.1", "0.0.0.0", true },
		{ "0.0.0.0", "127.0.0.1", true },
		{ "127.0.0.1", "::", false },
		{ "::", "127.0.0.1", false },
		{ "0.0.0.0", "::", false },
		{ "0.0.0.0", "0.0.0.0", true },
		{ "::", NULL, true },
		{ NULL, "::", true },
		{ "::1", "::", true },
		{ "::1", "127.0.0.1", false },
	};
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	uint32_t base;

	open_store(&store);
	base = free_base(&store);
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		CHECK_INT(take(&store, pairs[i].first, base, "a"), 0);
		if ((take(&store, pairs[i].second, base, "b") < 0) != pairs[i].clash)
			unit_fail(__FILE__, __LINE__, "pair %zu", i);
		CHECK_INT(give_back(&store, pairs[i].first, base, "a"), 0);
		CHECK_INT(give_back(&store, pairs[i].second, base, "b"), 0);
		CHECK_INT(count(&store), 0);
	}
}

TEST(ports_of_a_range_are_taken_all_or_none)
{
	struct published_port range = { .container_port = 80, .count = 5, .protocol = IPPROTO_TCP };
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;

	open_store(&store);
	range.host_port = free_base(&store);
	CHECK_INT(take(&store, NULL, range.host_port + 3, "web"), 0);
	CHECK_INT(port_lease_take(&store, &range, OWNER("db"), &err), -1);
	CHECK_CONTAINS(err.text, "container web has it");
	CHECK_INT(count(&store), 1);
	CHECK_INT(give_back(&store, NULL, range.host_port + 3, "web"), 0);
	CHECK_INT(port_lease_take(&store, &range, OWNER("db"), &err), 0);
	CHECK_INT(count(&store), 5);
	CHECK_INT(port_lease_release(&store, &range, "db", &err), 0);
	CHECK_INT(count(&store), 0);
}

TEST(port_that_is_one_of_a_choice_is_the_first_free_one)
{
	struct published_port choice = { .container_port = 80,
					 .count = 1,
					 .protocol = IPPROTO_TCP };
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	uint32_t base;

	open_store(&store);
	base = free_base(&store);
	for (uint32_t i = 0; i < 3; i++) {
		choice.host_port = base;
		choice.choices = 3;
		CHECK_INT(port_lease_take(&store, &choice, OWNER("a"), &err), 0);
		CHECK_INT(choice.host_port, base + i);
		CHECK_INT(choice.choices, 0);
	}
	choice.host_port = base;
	choice.choices = 3;
	CHECK_INT(port_lease_take(&store, &choice, OWNER("a"), &err), -1);
	CHECK_CONTAINS(err.text, "none of the ports");
}

TEST(port_that_is_left_open_is_any_free_one)
{
	static const int protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;

	open_store(&store);
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		struct published_port port = { .container_port = 80,
					       .count = 1,
					       .protocol = protocols[i] };

		CHECK_INT(port_lease_take(&store, &port, OWNER("a"), &err), 0);
		CHECK(port.host_port >= 1024);
		CHECK_INT(port_lease_release_all(&store, "a", &err), 0);
		CHECK_INT(count(&store), 0);
	}
}

TEST(port_that_a_program_listens_on_is_in_use)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	cleanup_fd int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(name);

	open_store(&store);
	CHECK(bind(sock, (void *)&name, size) == 0 && listen(sock, 1) == 0);
	CHECK(getsockname(sock, (void *)&name, &size) == 0);
	CHECK_INT(take(&store, NULL, ntohs(name.sin_port), "web"), -1);
	CHECK_INT(err.errnum, EADDRINUSE);
	CHECK_CONTAINS(err.text, "a program of the host has it");
	CHECK_INT(take(&store, "127.0.0.1", ntohs(name.sin_port), "web"), -1);
	CHECK_INT(take(&store, "127.0.0.2", ntohs(name.sin_port), "web"), 0);
	CHECK_INT(count(&store), 1);
}

TEST(port_of_an_address_that_the_host_has_not_is_refused)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;

	open_store(&store);
	CHECK_INT(take(&store, "192.0.2.77", 18080, "web"), -1);
	CHECK_INT(err.errnum, EADDRNOTAVAIL);
	CHECK_CONTAINS(err.text, "18080/tcp of the host's address 192.0.2.77");
	CHECK_INT(count(&store), 0);
}

/* As on a full disk. The name is longer than a link may be. */
TEST(port_that_cannot_be_noted_is_not_called_one_in_use)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	char long_name[8192];
	uint32_t base;

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	open_store(&store);
	base = free_base(&store);
	CHECK_INT(take(&store, NULL, base, long_name), -1);
	CHECK_INT(err.errnum, ENAMETOOLONG);
	CHECK_INT(take(&store, NULL, base, "web"), 0);
}

TEST(ports_of_one_container_are_all_given_back)
{
	cleanup_network_store struct network_store store = NETWORK_STORE_CLOSED;
	uint32_t base;

	open_store(&store);
	base = free_base(&store);
	CHECK_INT(take(&store, NULL, base, "a"), 0);
	CHECK_INT(take(&store, "127.0.0.1", base + 1, "a"), 0);
	CHECK_INT(take(&store, "127.0.0.2", base + 1, "b"), 0);
	CHECK_INT(take(&store, "::1", base + 2, "a"), 0);
	CHECK_INT(port_lease_release_all(&store, "a", &err), 0);
	CHECK_INT(count(&store), 1);
	CHECK_INT(port_lease_release_all(&store, "b", &err), 0);
	CHECK_INT(count(&store), 0);
}
