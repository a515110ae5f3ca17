/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * A signal as people write it: "TERM", "SIGTERM", "term", "15", "RTMIN+3", "RTMAX-1", and 0, which
 * only asks whether the process is there.
 */
int signal_parse(const char *text, int *signal, struct error *err);
