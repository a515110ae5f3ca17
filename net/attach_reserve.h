/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/attach.h"

/*
 * Steps of attach_reserve(): what a container is to have is decided and reserved on disk, so that
 * nobody else gets it. For attach.c only.
 */

/* Loads or makes the networks, and begins the attachment: all of it but addresses and host ports. */
int attach_find_networks(struct attach *attach, struct error *err);

/* One address of each subnet, and a MAC for each endpoint. */
int attach_take_addresses(struct attach *attach, struct error *err);
int attach_release_addresses(struct attach *attach, struct error *err);

int attach_take_ports(struct attach *attach, struct error *err);
int attach_release_ports(struct attach *attach, struct error *err);

/*
 * The same for an attachment from the disk. One whose maker died while it reserved may have more
 * than it says: then everything of this id is looked for.
 */
int reserved_release_addresses(struct network_host *host,
			       const struct network_attachment *attachment, struct error *err);
int reserved_release_ports(struct network_host *host, const struct network_attachment *attachment,
			   struct error *err);
