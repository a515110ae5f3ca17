/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/try_end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
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

static int print_entries(const struct settings *settings, const char *id, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct container_layers layers;
	int result;

	if (container_layers_open(settings, id, &arena, &layers, err) < 0)
		return -1;
	result = diff_print_trees(list_trees(&arena, &layers), layers.part_count, DIFF_TEXT, stdout,
				  err);
	container_layers_close(&layers);
	fflush(stdout);
	return result;
}

static int count_changes(const struct settings *settings, const char *id, struct counts *counts,
			 struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct container_layers layers;
	int result;

	*counts = (struct counts){ 0 };
	if (container_layers_open(settings, id, &arena, &layers, err) < 0)
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

/* Whether that settled it. */
static int answer(const struct settings *settings, const char *id, char letter, bool *settled,
		  struct error *err)
{
	*settled = true;
	switch (letter) {
	case 'k':
		say_next(id);
		return 0;
	case 'r':
		return container_remove(settings, id, false, err);
	case 'd':
		*settled = false;
		return print_entries(settings, id, err);
	default:
		*settled = false;
		explain_answers();
		return 0;
	}
}

static int ask(const struct settings *settings, const char *id, const struct counts *counts,
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
		if (answer(settings, id, line[0], &settled, err) < 0)
			return -1;
	}
	return 0;
}

int try_end(const struct settings *settings, const char *id, enum try_end end, bool quiet,
	    struct error *err)
{
	struct counts counts;

	if (count_changes(settings, id, &counts, err) < 0)
		return -1;
	if (!counts.kinds[DIFF_ADDED] && !counts.kinds[DIFF_CHANGED] && !counts.kinds[DIFF_DELETED])
		return container_remove(settings, id, false, err);
	if (end == TRY_ASK)
		return ask(settings, id, &counts, err);
	if (!quiet)
		say_next(id);
	return 0;
}
