/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/registry_plan.h"

/* The options of pull and push; the tables (pull_command.c) are linked into ctr and ctr-image. */
struct transfer_options {
	struct registry_options registry;
	bool tls_verify;
};

extern struct transfer_options pull_options, push_options;

/* What the rows say, with what they do not: quiet without a terminal. */
struct registry_options transfer_registry_options(const struct transfer_options *options);
