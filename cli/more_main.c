/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctr-more: the companion with the verbs that no start needs, and all that help, completion and the
 * manual's check read of any verb, in the order in which help lists them. A verb without a function
 * here is ctr's own or ctr-image's.
 */
#include "cli/verbs.h"

/* clang-format off */
static const struct verb verbs[] = {
	{ &run_command, NULL },
	{ &try_command, NULL },
	{ &exec_command, NULL },
	{ &ps_command, NULL },
	{ &stats_command, cmd_stats },
	{ &logs_command, cmd_logs },
	{ &wait_command, NULL },
	{ &stop_command, NULL },
	{ &rm_command, NULL },
	{ &inspect_command, cmd_inspect },

	{ &freeze_command, NULL },
	{ &thaw_command, NULL },
	{ &diff_command, cmd_diff },
	{ &commit_command, NULL },
	{ &undo_command, cmd_undo },
	{ &export_command, NULL },
	{ &cp_command, NULL },
	{ &checkpoint_command, cmd_checkpoint },
	{ &restore_command, NULL },
	{ &clone_command, NULL },
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

	{ &network_create_command, NULL },
	{ &network_ls_command, NULL },
	{ &network_inspect_command, NULL },
	{ &network_connect_command, NULL },
	{ &network_disconnect_command, NULL },
	{ &network_reload_command, NULL },
	{ &network_rm_command, NULL },
	{ &network_prune_command, NULL },
	{ &port_command, cmd_port },

	{ &create_command, NULL },
	{ &start_command, NULL },
	{ &state_command, NULL },
	{ &kill_command, NULL },
	{ &delete_command, NULL },
	{ &list_command, NULL },
	{ &events_command, cmd_events },
	{ &update_command, NULL },
	{ &features_command, cmd_features },

	{ &spec_command, cmd_spec },
	{ &explain_command, cmd_explain },
	{ &check_command, cmd_check },
	{ &completion_command, cmd_completion },
	{ &help_command, cmd_help },
	{ &version_command, cmd_version },

	{ &cleanup_command, NULL },
	{ &start_again_command, NULL },
};
/* clang-format on */

static const struct program program = { .verbs = verbs, .count = ARRAY_SIZE(verbs) };

int main(int argc, char **argv)
{
	(void)argc;
	return program_main(&program, argv);
}
