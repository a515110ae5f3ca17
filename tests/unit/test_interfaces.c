/* SPDX-License-Identifier: Apache-2.0 */
#include "net/interfaces.h"

#include <errno.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

#define HEAD                                                                                       \
	"Inter-|   Receive                                                |  Transmit\n"           \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs " \
	"drop fifo colls carrier compressed\n"

TEST(interfaces_are_all_but_loopback)
{
	struct interfaces_stats found = interfaces_parse(
		&arena, HEAD "    lo:    3819      39    0    0    0     0          0         0 "
			     "    3819      39    0    0    0     0       0          0\n"
			     "  eth0: 18446744073709551615 2 3 4 95 96 97 98 5 6 7 8 91 92 93 94\n"
			     "averylongname15:1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n");
	const struct interface_stats *first = &found.items[0];

	CHECK_INT(found.count, 2);
	CHECK_STRING(first->name, "eth0");
	CHECK(first->rx_bytes == UINT64_MAX);
	CHECK_INT(first->rx_packets, 2);
	CHECK_INT(first->rx_errors, 3);
	CHECK_INT(first->rx_dropped, 4);
	CHECK_INT(first->tx_bytes, 5);
	CHECK_INT(first->tx_packets, 6);
	CHECK_INT(first->tx_errors, 7);
	CHECK_INT(first->tx_dropped, 8);
	CHECK_STRING(found.items[1].name, "averylongname15");
	CHECK_INT(found.items[1].tx_bytes, 2);
	arena_free(&arena);
}

TEST(interfaces_that_are_odd_are_passed_over)
{
	CHECK_INT(interfaces_parse(&arena, "").count, 0);
	CHECK_INT(interfaces_parse(&arena, HEAD).count, 0);
	CHECK_INT(
		interfaces_parse(&arena, "\n:\neth0:\neth0: 1 2 3\neth0 1 2\neth0: a b c\n").count,
		0);
	arena_free(&arena);
}

TEST(interfaces_of_a_process_are_read)
{
	struct interfaces_stats found;

	CHECK_INT(interfaces_read(getpid(), &arena, &found, &err), 0);
	CHECK_INT(interfaces_read(INT32_MAX, &arena, &found, &err), -1);
	CHECK_INT(err.errnum, ENOENT);
	arena_free(&arena);
}
