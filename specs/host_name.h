/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "specs/address.h"

/* Words of hosts(5), and of --add-host and network.hosts, which say what it is to have. Pure. */

/*
 * Whether text can be the name of a host: not empty, at most 253 bytes, nothing that stands between
 * names, addresses and comments, no control characters.
 */
bool host_name_is_fit(const char *text);

/*
 * NAME[;NAME...]:ADDRESS. As docker has it '=' is taken for the colon too, and brackets around an
 * address.
 */
struct added_host {
	const char *names; /* length bytes of the word, ';' between two */
	size_t length;
	struct ip_address address; /* none: "host-gateway", the host as the container sees it */
};

/* EINVAL: what is wrong, with the word but no place. */
int added_host_parse(const char *word, struct added_host *host, struct error *err);
