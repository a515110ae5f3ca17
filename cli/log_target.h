/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "base/log.h"

/*
 * Opens what --log names: PATH or file:PATH, a file that is appended to; journald:NAME or
 * syslog:NAME, the daemon of this machine, with NAME before the messages (empty: the program's
 * name). Sets fd and identifier of *log, and for the daemons format.
 */
int log_target_open(const char *target, struct log *log, struct error *err);
