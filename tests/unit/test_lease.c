/* SPDX-License-Identifier: Apache-2.0 */
#include "net/lease.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

/* Without a record. */
#define OWNER(name) (&(const struct lease_owner){ .id = (name), .record = -1 })

static struct error err;

static int make_folder(void)
{
	int folder = scratch_dir();

	CHECK(mkdirat(folder, "leases", 0700) == 0);
	return folder;
}

static struct network_subnet subnet(const char *text, const char *gateway)
{
	struct network_subnet subnet = { 0 };

	CHECK_INT(ip_prefix_parse(text, &subnet.subnet, &err), 0);
	if (gateway)
		CHECK_INT(ip_address_parse(gateway, &subnet.gateway, &err), 0);
	return subnet;
}

static struct ip_address ip(const char *text)
{
	struct ip_address address;

	CHECK_INT(ip_address_parse(text, &address, &err), 0);
	return address;
}

/* The next address as text; NULL when none is free. */
static const char *next(int folder, const struct network_subnet *from, const char *id)
{
	static char text[ADDRESS_TEXT_SIZE];
	struct ip_address address;

	return lease_take(folder, from, NULL, OWNER(id), &address, &err) < 0
		       ? NULL
		       : ip_address_print(&address, text);
}

static size_t count(int folder)
{
	cleanup_dir DIR *stream = open_dir_at(folder, "leases", &err);
	struct dirent *entry;
	size_t count = 0;

	CHECK(stream != NULL);
	while ((entry = readdir(stream)))
		count += entry->d_name[0] != '.';
	return count;
}

TEST(leases_are_given_one_after_the_other_and_again_as_late_as_possible)
{
	struct network_subnet small = subnet("10.89.0.0/29", "10.89.0.1");
	int folder = make_folder();
	struct ip_address second = ip("10.89.0.2");

	CHECK_STRING(next(folder, &small, "a"), "10.89.0.2");
	CHECK_STRING(next(folder, &small, "b"), "10.89.0.3");
	CHECK_INT(lease_release(folder, &second, "a", &err), 0);
	CHECK_STRING(next(folder, &small, "c"), "10.89.0.4");
	CHECK_STRING(next(folder, &small, "d"), "10.89.0.5");
	CHECK_STRING(next(folder, &small, "e"), "10.89.0.6");
	CHECK_STRING(next(folder, &small, "f"), "10.89.0.2");
	CHECK(next(folder, &small, "g") == NULL);
	CHECK_INT(err.errnum, ENOSPC);
	CHECK_STRING(err.text, "no address of 10.89.0.0/29 is free: all from 10.89.0.1 to "
			       "10.89.0.6 are in use");
	CHECK_INT(count(folder), 5);
}

TEST(lease_that_is_wanted_is_given_or_its_owner_named)
{
	struct network_subnet net = subnet("10.89.0.0/24", "10.89.0.1");
	int folder = make_folder();
	struct ip_address wanted = ip("10.89.0.77"), address;

	CHECK_INT(lease_take(folder, &net, &wanted, OWNER("web"), &address, &err), 0);
	CHECK(ip_address_equal(&address, &wanted));
	CHECK_INT(lease_take(folder, &net, &wanted, OWNER("db"), &address, &err), -1);
	CHECK_INT(err.errnum, EEXIST);
	CHECK_STRING(err.text, "address 10.89.0.77 is in use: container web has it");
}

TEST(lease_of_an_address_that_nobody_can_have_is_refused)
{
	static const char *const texts[][2] = {
		{ "10.89.0.0", "is the first address of 10.89.0.0/24" },
		{ "10.89.0.255", "is the broadcast address of 10.89.0.0/24" },
		{ "10.89.0.1", "is the gateway of 10.89.0.0/24" },
		{ "10.89.1.2", "is not in the subnet 10.89.0.0/24" },
		{ "fd00::2", "is not in the subnet 10.89.0.0/24" },
	};
	struct network_subnet net = subnet("10.89.0.0/24", "10.89.0.1");
	int folder = make_folder();

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct ip_address wanted = ip(texts[i][0]), address;

		CHECK_INT(lease_take(folder, &net, &wanted, OWNER("a"), &address, &err), -1);
		CHECK_INT(err.errnum, EINVAL);
		CHECK_CONTAINS(err.text, texts[i][1]);
	}
	CHECK_INT(count(folder), 0);
}

TEST(leases_keep_to_the_range_but_for_those_that_are_wanted)
{
	struct network_subnet net = subnet("10.89.0.0/24", "10.89.0.1");
	struct network_range range = { ip("10.89.0.100"), ip("10.89.0.101") };
	struct ip_address wanted = ip("10.89.0.5"), address;
	int folder = make_folder();

	net.range = &range;
	CHECK_STRING(next(folder, &net, "a"), "10.89.0.100");
	CHECK_STRING(next(folder, &net, "b"), "10.89.0.101");
	CHECK(next(folder, &net, "c") == NULL);
	CHECK_INT(lease_take(folder, &net, &wanted, OWNER("c"), &address, &err), 0);
}

TEST(leases_of_ipv6_begin_behind_the_gateway)
{
	struct network_subnet net = subnet("fd00:5::/64", "fd00:5::1");
	int folder = make_folder();

	CHECK_STRING(next(folder, &net, "a"), "fd00:5::2");
	CHECK_STRING(next(folder, &net, "b"), "fd00:5::3");
}

TEST(lease_is_given_back_by_its_owner_alone)
{
	struct network_subnet net = subnet("10.89.0.0/24", "10.89.0.1");
	int folder = make_folder();
	struct ip_address address = ip("10.89.0.2");

	CHECK_STRING(next(folder, &net, "a"), "10.89.0.2");
	CHECK_INT(lease_release(folder, &address, "b", &err), 0);
	CHECK_INT(count(folder), 1);
	CHECK_INT(lease_release(folder, &address, "a", &err), 0);
	CHECK_INT(lease_release(folder, &address, "a", &err), 0);
	CHECK_INT(count(folder), 0);
}

TEST(lease_of_a_mac_address_is_had_once)
{
	struct mac_address mac = { { 2, 0x42, 0, 0, 0, 7 } };
	int folder = make_folder();

	CHECK_INT(lease_take_mac(folder, &mac, OWNER("a"), &err), 0);
	CHECK_INT(lease_take_mac(folder, &mac, OWNER("b"), &err), -1);
	CHECK_INT(err.errnum, EEXIST);
	CHECK_STRING(err.text, "MAC address 02:42:00:00:00:07 is in use: container a has it");
	CHECK_INT(lease_release_mac(folder, &mac, "a", &err), 0);
	CHECK_INT(lease_take_mac(folder, &mac, OWNER("b"), &err), 0);
}

TEST(leases_of_one_container_are_all_given_back)
{
	struct network_subnet net = subnet("10.89.0.0/24", "10.89.0.1");
	struct mac_address mac = { { 2, 0x42, 0, 0, 0, 7 } };
	int folder = make_folder();

	for (size_t i = 0; i < 20; i++)
		CHECK(next(folder, &net, i % 2 ? "a" : "b") != NULL);
	CHECK_INT(lease_take_mac(folder, &mac, OWNER("a"), &err), 0);
	CHECK_INT(lease_release_all(folder, "a", &err), 0);
	CHECK_INT(count(folder), 10);
}

TEST(lease_of_a_network_that_is_being_removed_fails)
{
	struct network_subnet net = subnet("10.89.0.0/24", "10.89.0.1");
	int folder = make_folder();
	struct ip_address address = ip("10.89.0.2");

	CHECK(unlinkat(folder, "leases", AT_REMOVEDIR) == 0);
	CHECK(next(folder, &net, "a") == NULL);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_INT(lease_release(folder, &address, "a", &err), 0);
	CHECK_INT(lease_release_all(folder, "a", &err), 0);
}

TEST(leases_outlive_a_hint_that_is_nonsense)
{
	struct network_subnet net = subnet("10.89.0.0/29", "10.89.0.1");
	int folder = make_folder();
	cleanup_fd int hint = -1;

	hint = openat(folder, "last-10.89.0.0", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(hint >= 0 && write(hint, "zzz", 3) == 3);
	CHECK_STRING(next(folder, &net, "a"), "10.89.0.2");
	CHECK(pwrite(hint, "fffffffffffffffff", 17, 0) == 17);
	CHECK_STRING(next(folder, &net, "b"), "10.89.0.3");
}

/* Each of two hundred processes gets one, and no two the same. */
TEST(leases_of_two_hundred_processes_at_once_are_two_hundred)
{
	struct network_subnet net = subnet("10.89.0.0/24", "10.89.0.1");
	int folder = make_folder();
	int gate[2], status, failed = 0;
	char byte;

	CHECK(pipe2(gate, O_CLOEXEC) == 0);
	for (int i = 0; i < 200; i++) {
		char id[16];
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid > 0)
			continue;
		close(gate[1]);
		snprintf(id, sizeof(id), "c%d", i);
		_exit(read(gate[0], &byte, 1) == 0 && next(folder, &net, id) ? 0 : 1);
	}
	close(gate[1]);
	while (wait(&status) > 0)
		failed += status != 0;
	close(gate[0]);
	CHECK_INT(failed, 0);
	CHECK_INT(count(folder), 200);
}
