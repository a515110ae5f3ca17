/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `ctr-net probe`, for `ctr check` (cli/check_network.c): which kinds of links and what else of the
 * kernel networks can have here. Two lines: what there is and what is missing, words with ", " between.
 * Returns the exit status.
 */
int network_probe_main(void);
