/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctr-image: the companion with the verbs that need archives, compression and digests. ctr
 * executes it with the command line that it got, so the verbs parse the same options.
 */
#include "cli/check_store.h"
#include "cli/verbs.h"

static const struct verb verbs[] = {
	{ &check_store_command, cmd_check_store },
	{ &commit_command, cmd_commit },
	{ &cp_command, cmd_cp },
	{ &export_command, cmd_export },
	{ &import_command, cmd_import },
	{ &load_command, cmd_load },
	{ &pull_command, cmd_pull },
	{ &push_command, cmd_push },
	{ &save_command, cmd_save },
	{ &unpack_command, cmd_unpack },
};

static const struct program program = { .verbs = verbs, .count = ARRAY_SIZE(verbs) };

int main(int argc, char **argv)
{
	(void)argc;
	return program_main(&program, argv);
}
