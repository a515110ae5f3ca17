/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ctr-net's side of one start (net/client.h): answers on the socket that is its standard input and
 * output until ctr closes it, for the networks of this data root. What was not kept by then is given
 * back. Returns the exit status.
 */
int network_service_main(const char *data_root);
