/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "net/netlink.h"

/*
 * Limits of what a link carries. What is sent over a link is shaped by the queue discipline tbf
 * (tc-tbf(8)): what comes too fast waits, up to 50 ms, and is dropped then. What comes in from a
 * container is shaped by the same inside, at its own end; a container that may change that end
 * (CAP_NET_ADMIN) finds the same limit on the host's, where an eBPF program drops what is more.
 * Both are the links' and go with them.
 */

#define RATE_LEAST 8000 /* bits a second: a full packet takes more than a second already */

/* How many bytes may go at once: those of 10 ms, and two full packets at least. mtu 0: 1500. Pure. */
uint64_t rate_burst(uint64_t bits_per_second, uint32_t mtu);

/*
 * Appends the shaping of what goes out over interface index. A kernel without it refuses the message:
 * see rate_failed().
 */
void rate_message(struct netlink_batch *batch, uint32_t index, uint64_t bits_per_second,
		  uint32_t mtu);

/* For an error of a batch with such a message, the number failed of which is shape. */
int rate_failed(size_t failed, size_t shape, struct error *err);

/*
 * Drops what comes in over interface index beyond the rate. A kernel that has no classifiers of eBPF
 * does without: the limit inside is there all the same.
 */
int rate_police(struct netlink *host, struct arena *arena, uint32_t index, uint64_t bits_per_second,
		uint32_t mtu, struct error *err);

/* The program of it (in rate_program.c): loaded, with the time that it counts from. The caller's. */
int rate_program_load(uint64_t bits_per_second, uint64_t burst, struct error *err);
