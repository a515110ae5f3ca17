/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/attach.h"

/* Steps of attach.c that meet the kernel, and their reverse for what is on the disk. */

/* The networks' own links, so that what the kernel lacks shows before a container is made. */
int attach_make_networks(struct attach *attach, struct error *err);

int attach_make_links(struct attach *attach, struct error *err);
int attach_remove_links(struct attach *attach, struct error *err);

int attach_add_rules(struct attach *attach, struct error *err);
int attach_remove_rules(struct attach *attach, struct error *err);
