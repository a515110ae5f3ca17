/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/attach.h"

/* Steps of attach.c: who a container is to the other members (net/names.h), and its own files. */

/* Enters it into its networks, and writes its own hosts and resolv.conf. */
int attach_join_names(struct attach *attach, struct error *err);
int attach_leave_names(struct attach *attach, struct error *err);

/* Brings what has come and gone into the members' files. A failure is logged. */
void attachment_publish_names(struct network_host *host,
			      const struct network_attachment *attachment);

/* Whether that takes no time that anybody minds. */
bool attachment_publishes_quickly(struct network_host *host,
				  const struct network_attachment *attachment);

/* Marks it as going in all networks of the attachment. */
int attachment_leave_names(struct network_host *host, const struct network_attachment *attachment,
			   struct error *err);
