/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/try_end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/host_commit.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "fs/diff.h"
#include "runtime/container.h"

/* How many there are of each enum diff_kind. */
struct counts {
	size_t kinds[DIFF_DELETED + 1];
};

static struct diff_tree *list_trees(struct arena *arena, const struct container_layers *layers)
{
	struct diff_tree *trees = arena_array(arena, struct diff_tree, layers->part_count + 1);

	for (size_t i = 0; i < layers->part_count; i++)
		trees[i] = (struct diff_tree){ layers->parts[i].target, &layers->parts[i].stack };
	return trees;
}

/* A directory is listed for what is in it too: that alone is no change. */
static int count_entry(const struct diff_entry *entry, void *context, struct error *err)
{
	struct counts *counts = context;

	(void)err;
	if (entry->kind != DIFF_CHANGED || !S_ISDIR(entry->status.st_mode) || entry->changed)
		counts->kinds[entry->kind]++;
	return 0;
}

static int print_entries(struct invocation *invocation, const char *id, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct container_layers layers;
	int result;

	if (container_layers_open(&invocation->settings, id, &arena, &layers, err) < 0)
		return -1;
	result = diff_print_trees(list_trees(&arena, &layers), layers.part_count, DIFF_TEXT, stdout,
				  err);
	container_layers_close(&layers);
	fflush(stdout);
	return result;
}

static int count_changes(struct invocation *invocation, const char *id, struct counts *counts,
			 struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct container_layers layers;
	int result;

	*counts = (struct counts){ 0 };
	if (container_layers_open(&invocation->settings, id, &arena, &layers, err) < 0)
		return -1;
	result = diff_walk_trees(list_trees(&arena, &layers), layers.part_count, DIFF_KIND,
				 count_entry, counts, err);
	container_layers_close(&layers);
	return result;
}

static void say_next(const char *id)
{
	const char *name = program_name();

	fprintf(stderr,
		"%s: the changes are kept as %s:\n"
		"  %s diff %s               lists them\n"
		"  %s commit --to-host %s   makes them on this host\n"
		"  %s rm %s                 throws them away\n",
		name, id, name, id, name, id, name, id);
}

static void explain_answers(void)
{
	fputs("d: list what was added (A), changed (C) and deleted (D)\n"
	      "c: make the same changes on this host\n"
	      "k: keep them for later; nothing on this host changes\n"
	      "r: remove them, as if nothing had been\n",
	      stderr);
}

/* What was left out, since the host has changed there too, is still to be had. */
static int commit(struct invocation *invocation, const char *id, struct error *err)
{
	const struct container_host_commit request = { .id = id };
	int skipped = host_commit_and_print(invocation, &request, FORMAT_TABLE, err);

	fflush(stdout);
	if (skipped < 0)
		return -1;
	if (!skipped)
		return container_remove(&invocation->settings, id, false, err);
	fprintf(stderr,
		"%s: what was skipped is kept:\n  %s commit --to-host --force %s [PATHS...]\n"
		"  %s rm %s\n",
		program_name(), program_name(), id, program_name(), id);
	return 0;
}

/* Whether that settled it. */
static int answer(struct invocation *invocation, const char *id, char letter, bool *settled,
		  struct error *err)
{
	*settled = true;
	switch (letter) {
	case 'k':
		say_next(id);
		return 0;
	case 'c':
		return commit(invocation, id, err);
	case 'r':
		return container_remove(&invocation->settings, id, false, err);
	case 'd':
		*settled = false;
		return print_entries(invocation, id, err);
	default:
		*settled = false;
		explain_answers();
		return 0;
	}
}

static int ask(struct invocation *invocation, const char *id, const struct counts *counts,
	       struct error *err)
{
	char line[64];
	bool settled = false;

	while (!settled) {
		fprintf(stderr,
			"%s: %zu added, %zu changed, %zu deleted. [d]iff, [c]ommit to the host, "
			"[k]eep, [r]emove? ",
			program_name(), counts->kinds[DIFF_ADDED], counts->kinds[DIFF_CHANGED],
			counts->kinds[DIFF_DELETED]);
		if (!fgets(line, sizeof(line), stdin)) {
			fputc('\n', stderr);
			say_next(id);
			return 0;
		}
		if (answer(invocation, id, line[0], &settled, err) < 0)
			return -1;
	}
	return 0;
}

int try_end(struct invocation *invocation, const char *id, enum try_end end, bool quiet,
	    struct error *err)
{
	struct counts counts;

	if (count_changes(invocation, id, &counts, err) < 0)
		return -1;
	if (!counts.kinds[DIFF_ADDED] && !counts.kinds[DIFF_CHANGED] && !counts.kinds[DIFF_DELETED])
		return container_remove(&invocation->settings, id, false, err);
	if (end == TRY_ASK)
		return ask(invocation, id, &counts, err);
	if (!quiet)
		say_next(id);
	return 0;
}
