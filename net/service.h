/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * ctr-net's side of one start (net/client.h): answers on the socket that is its standard input and
 * output until ctr closes it, for the networks of this data root. What was not kept by then is given
 * back. Returns 0, or -1 with *err when it is not ctr at the other end.
 */
int network_service_main(const char *data_root, struct error *err);
