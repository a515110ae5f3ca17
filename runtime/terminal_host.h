/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/ioctl.h>

#include "base/error.h"

/* The terminal that ctr itself was started on, while a container's terminal is shown on it. */

/*
 * Puts the terminal fd into raw mode (cfmakeraw(3)) and remembers its mode: restored by
 * terminal_host_restore(), and at exit(3) whatever happens. Not a terminal: does nothing.
 */
int terminal_host_raw(int fd, struct error *err);

/* Restores the mode; may be called twice, and from a signal handler. */
void terminal_host_restore(void);

/* Gives the container's terminal the size of the host's; no terminal, no change. */
void terminal_host_copy_size(int fd, int master);
