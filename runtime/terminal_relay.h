/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * Copies between the host's standard streams and a pty master, as a part of the caller's own
 * loop around poll(2), which also has the pidfd, signals and so on:
 *
 *	terminal_relay_poll(relay, fds);	fills fds[0..RELAY_FDS-1]
 *	poll(fds, ...);
 *	terminal_relay_move(relay, fds);	reads and writes what is possible, never blocks
 *
 * until relay->closed, or the process ended and terminal_relay_drain() returned. SIGPIPE must be
 * ignored or blocked: an output that nobody reads any more is no error.
 */
#define RELAY_FDS 3
#define RELAY_BUFFER 16384

struct relay_buffer {
	size_t begin, end;
	char bytes[RELAY_BUFFER];
};

struct terminal_relay {
	int master, input, output; /* own descriptors, not blocking; -1: at its end */
	bool closed;		   /* the container closed it, and all was shown */
	bool end_of_input;	   /* ^D is to be sent behind the buffer */
	struct relay_buffer to_container, to_host;
};

/*
 * master is taken over; input (-1: none) and output are opened anew without blocking, so that the
 * mode of what ctr's caller shares is not changed.
 */
int terminal_relay_open(struct terminal_relay *relay, int master, int input, int output,
			struct error *err);
void terminal_relay_close(struct terminal_relay *relay);

void terminal_relay_poll(const struct terminal_relay *relay, struct pollfd fds[RELAY_FDS]);
void terminal_relay_move(struct terminal_relay *relay, const struct pollfd fds[RELAY_FDS]);

/*
 * After the process ended: shows what is left in the pty. Returns when the container closed it,
 * or when for timeout milliseconds nothing could be moved or in all have passed.
 */
void terminal_relay_drain(struct terminal_relay *relay, int timeout);
