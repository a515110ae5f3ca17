/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/option.h"
#include "runtime/container.h"

/* The option rows that create and run have in common, which engines pass to either. */
/* clang-format off */
#define CONTAINER_ROWS \
	OPTION_STRING('f', "config", "FILE", struct container_options, config, \
		      "read FILE instead of the bundle's config.json"), \
	OPTION_STRING(0, "console-socket", "SOCKET", struct container_options, console_socket, \
		      "send the terminal's master to this unix socket"), \
	OPTION_STRING(0, "pidfd-socket", "SOCKET", struct container_options, pidfd_socket, \
		      "send a pidfd of the process to this unix socket"), \
	OPTION_STRING(0, "pid-file", "FILE", struct container_options, pid_file, \
		      "write the number of the first process to FILE"), \
	OPTION_INT(0, "preserve-fds", "N", struct container_options, preserve_fds, 0, 1000, \
		   "hand descriptors 3 to 3+N-1 to the process"), \
	OPTION_FLAG(0, "no-pivot", struct container_options, no_pivot, \
		    "change root without pivot_root (for a root on ramfs)"), \
	OPTION_FLAG(0, "no-new-keyring", struct container_options, no_new_keyring, \
		    "keep the caller's session keyring")
/* clang-format on */
