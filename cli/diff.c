/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "fs/diff.h"
#include "runtime/container.h"

struct diff_options {
	int format; /* enum diff_format */
};

static const char *const formats[] = { [DIFF_TEXT] = "text", [DIFF_JSON] = "json", NULL };

static struct diff_options options = { .format = DIFF_TEXT };

static const struct option rows[] = {
	OPTION_WORD('f', "format", "FORMAT", struct diff_options, format, formats, "text or json"),
};

const struct command diff_command = {
	.name = "diff",
	.group = GROUP_SAVE,
	.summary = HELP("List what a container has added (A), changed (C) and deleted (D)"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description = HELP(
		"Against its lower layers. Control characters in names are escaped: \\n, \\033.\n"),
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};

int cmd_diff(struct invocation *invocation, struct error *err)
{
	struct container_layers layers;
	struct diff_tree *trees;
	int result;

	if (container_layers_open(&invocation->settings, invocation->arguments[0],
				  invocation->arena, &layers, err) < 0)
		return -1;
	/* A read-only root has no writable layer, and so no differences. */
	trees = arena_array(invocation->arena, struct diff_tree, layers.part_count + 1);
	for (size_t i = 0; i < layers.part_count; i++)
		trees[i] = (struct diff_tree){ layers.parts[i].target, &layers.parts[i].stack };
	result = diff_print_trees(trees, layers.part_count, options.format, stdout, err);
	container_layers_close(&layers);
	return result;
}
