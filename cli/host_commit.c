/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/host_commit.h"

#include "cli/table.h"
#include "fs/diff.h"

void host_print_line(enum diff_kind kind, const char *path, const char *why_not)
{
	static const char letters[] = { 'A', 'C', 'D' };

	/* the same column for all: what was left out is to be seen among many lines */
	printf("%s%c ", why_not ? "skipped: " : "", letters[kind]);
	diff_print_path(stdout, path);
	if (why_not)
		printf(": %s", why_not);
	putchar('\n');
}

void host_print_json(bool first, enum diff_kind kind, const char *path, bool done,
		     const char *conflict)
{
	static const char *const kinds[] = {
		[DIFF_ADDED] = "added",
		[DIFF_CHANGED] = "changed",
		[DIFF_DELETED] = "deleted",
	};

	fputs(first ? "\n    { \"path\": " : ",\n    { \"path\": ", stdout);
	diff_print_path_json(stdout, path);
	printf(", \"kind\": \"%s\", \"done\": %s", kinds[kind], done ? "true" : "false");
	if (conflict)
		printf(", \"conflict\": \"%s\"", conflict);
	fputs(" }", stdout);
}

/* Directories that are only on the way, and what is equal already, are not worth a line. */
static bool is_told(const struct host_change *change)
{
	return change->role != HOST_NOTHING;
}

static const char *place_of(struct arena *arena, const struct host_plan *plan,
			    const struct host_change *change)
{
	return host_path(arena, plan->journal.targets.items[change->part], change->path);
}

static void print_text(struct arena *arena, const struct host_commit_result *result, bool dry_run)
{
	const struct host_plan *plan = &result->plan;

	for (size_t i = 0; i < plan->count; i++) {
		const struct host_change *change = &plan->changes[i];
		bool skipped = change->role == HOST_SKIPPED;

		if (is_told(change))
			host_print_line(change->kind, place_of(arena, plan, change),
					skipped ? host_conflict_text(change->conflict) : NULL);
	}
	printf("%zu added, %zu changed, %zu deleted, %zu skipped", plan->added, plan->changed,
	       plan->deleted, plan->conflicts);
	if (result->number)
		printf("; 'undo %u' takes it back", result->number);
	puts(dry_run ? "; nothing was done (--dry-run)" : "");
}

static void print_json(struct arena *arena, const struct host_commit_result *result)
{
	const struct host_plan *plan = &result->plan;
	bool first = true;

	printf("{\n  \"number\": %u,\n  \"added\": %zu,\n  \"changed\": %zu,\n  \"deleted\": %zu,\n"
	       "  \"skipped\": %zu,\n  \"exchangeMicroseconds\": %lld,\n  \"changes\": [",
	       result->number, plan->added, plan->changed, plan->deleted, plan->conflicts,
	       (long long)result->exchange_microseconds);
	for (size_t i = 0; i < plan->count; i++) {
		const struct host_change *change = &plan->changes[i];

		if (!is_told(change))
			continue;
		host_print_json(first, change->kind, place_of(arena, plan, change),
				change->role != HOST_SKIPPED,
				change->conflict ? host_conflict_text(change->conflict) : NULL);
		first = false;
	}
	puts(first ? "]\n}" : "\n  ]\n}");
}

int host_commit_and_print(struct invocation *invocation,
			  const struct container_host_commit *request, int format,
			  struct error *err)
{
	struct host_commit_result result;

	if (container_commit_to_host(&invocation->settings, request, invocation->arena, &result,
				     err) < 0)
		return -1;
	if (format == FORMAT_JSON)
		print_json(invocation->arena, &result);
	else
		print_text(invocation->arena, &result, request->dry_run);
	return result.plan.conflicts ? 1 : 0;
}
