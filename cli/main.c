/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctr: the verbs that it has itself, which are those of a container's life, and the names of the
 * others. Each verb is a file of its own (cli/NAME.c); what they have in common is program.c.
 */
#include "cli/verbs.h"

/* clang-format off */
static const struct verb verbs[] = {
	{ &run_command, cmd_run },
	{ &try_command, cmd_try },
	{ &exec_command, cmd_exec },
	{ &ps_command, cmd_ps },
	{ &wait_command, cmd_wait },
	{ &stop_command, cmd_stop },
	{ &rm_command, cmd_rm },
	{ &freeze_command, cmd_freeze },
	{ &thaw_command, cmd_thaw },
	{ &restore_command, cmd_restore },
	{ &clone_command, cmd_clone },
	{ &create_command, cmd_create },
	{ &start_command, cmd_start },
	{ &state_command, cmd_state },
	{ &kill_command, cmd_kill },
	{ &delete_command, cmd_delete },
	{ &list_command, cmd_list },
	{ &update_command, cmd_update },
	{ &cleanup_command, cmd_cleanup },
	{ &start_again_command, cmd_start_again },
};

static const struct verb_elsewhere elsewhere[] = {
	{ "stats", "ctr-more" },
	{ "logs", "ctr-more" },
	{ "inspect", "ctr-more" },
	{ "diff", "ctr-more" },
	{ "commit", "ctr-image" },
	{ "undo", "ctr-more" },
	{ "export", "ctr-image" },
	{ "cp", "ctr-image" },
	{ "checkpoint", "ctr-more" },
	{ "snapshot", "ctr-more" },
	{ "snapshots", "ctr-more" },
	{ "rollback", "ctr-more" },
	{ "images", "ctr-more" },
	{ "history", "ctr-more" },
	{ "tag", "ctr-more" },
	{ "rmi", "ctr-more" },
	{ "load", "ctr-image" },
	{ "import", "ctr-image" },
	{ "unpack", "ctr-image" },
	{ "save", "ctr-image" },
	{ "pull", "ctr-image" },
	{ "push", "ctr-image" },
	{ "prune", "ctr-more" },
	{ "network", "ctr-net" },
	{ "port", "ctr-more" },
	{ "events", "ctr-more" },
	{ "features", "ctr-more" },
	{ "spec", "ctr-more" },
	{ "explain", "ctr-more" },
	{ "check", "ctr-more" },
	{ "completion", "ctr-more" },
	{ "help", "ctr-more" },
	{ "version", "ctr-more" },
};
/* clang-format on */

static const struct program program = {
	.verbs = verbs,
	.count = ARRAY_SIZE(verbs),
	.elsewhere = elsewhere,
	.elsewhere_count = ARRAY_SIZE(elsewhere),
};

int main(int argc, char **argv)
{
	(void)argc;
	return program_main(&program, argv);
}
