/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctr: the table of its verbs. Each is a file of its own (cli/NAME.c); what they have in common is
 * program.c. A verb without a function here is in the companion that its command names.
 */
#include "cli/verbs.h"

/* clang-format off */
static const struct verb verbs[] = {
	{ &run_command, cmd_run },
	{ &try_command, cmd_try },
	{ &exec_command, cmd_exec },
	{ &ps_command, cmd_ps },
	{ &logs_command, cmd_logs },
	{ &wait_command, cmd_wait },
	{ &stop_command, cmd_stop },
	{ &rm_command, cmd_rm },
	{ &inspect_command, cmd_inspect },

	{ &freeze_command, cmd_freeze },
	{ &thaw_command, cmd_thaw },
	{ &diff_command, cmd_diff },
	{ &commit_command, NULL },
	{ &undo_command, cmd_undo },
	{ &export_command, NULL },
	{ &cp_command, NULL },
	{ &checkpoint_command, cmd_checkpoint },
	{ &restore_command, cmd_restore },
	{ &clone_command, cmd_clone },
	{ &snapshot_command, cmd_snapshot },
	{ &snapshots_command, cmd_snapshots },
	{ &rollback_command, cmd_rollback },

	{ &images_command, cmd_images },
	{ &history_command, cmd_history },
	{ &tag_command, cmd_tag },
	{ &rmi_command, cmd_rmi },
	{ &load_command, NULL },
	{ &import_command, NULL },
	{ &unpack_command, NULL },
	{ &save_command, NULL },
	{ &pull_command, NULL },
	{ &push_command, NULL },
	{ &prune_command, cmd_prune },

	{ &create_command, cmd_create },
	{ &start_command, cmd_start },
	{ &state_command, cmd_state },
	{ &kill_command, cmd_kill },
	{ &delete_command, cmd_delete },
	{ &list_command, cmd_list },
	{ &events_command, cmd_events },
	{ &update_command, cmd_update },
	{ &features_command, cmd_features },

	{ &spec_command, cmd_spec },
	{ &explain_command, cmd_explain },
	{ &check_command, cmd_check },
	{ &completion_command, cmd_completion },
	{ &help_command, cmd_help },
	{ &version_command, cmd_version },

	{ &cleanup_command, cmd_cleanup },
	{ &start_again_command, cmd_start_again },
};
/* clang-format on */

static const struct program program = { verbs, ARRAY_SIZE(verbs) };

int main(int argc, char **argv)
{
	(void)argc;
	return program_main(&program, argv);
}
