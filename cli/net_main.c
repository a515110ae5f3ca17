/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctr-net: the companion that knows netlink, by libmnl and libnftnl. It has the verbs of networks,
 * of two words each (`ctr network create`); ctr executes it with the command line that it got.
 */
#include "cli/verbs.h"

static const struct verb verbs[] = {};

static const struct program program = { .verbs = verbs, .count = ARRAY_SIZE(verbs) };

int main(int argc, char **argv)
{
	(void)argc;
	return program_main(&program, argv);
}
