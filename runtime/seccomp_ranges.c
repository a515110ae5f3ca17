/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A binary search over groups of ranges. In most profiles many ranges are a single number between
 * two that say the same, so a group is ranges of one verdict with a few single numbers among
 * them: one comparison each, where the ends of the range would be two. How they are cut into
 * groups is what gives the fewest comparisons.
 */
#include "runtime/seccomp_ranges.h"

#include <string.h>

#define MAX_SINGLES 4 /* in a group, as they are asked one after the other */

struct group {
	size_t end;	   /* behind its last range */
	size_t background; /* the range that says what all but the single ones do */
	size_t cost;	   /* comparisons from here to the end of all */
};

bool seccomp_range_is_same(const struct seccomp_range *one, const struct seccomp_range *other)
{
	return !one->leaf.count && !other->leaf.count &&
	       one->leaf.elsewhere == other->leaf.elsewhere &&
	       (one->leaf.elsewhere || one->leaf.otherwise == other->leaf.otherwise);
}

/* Tries all groups that begin here and have that background, and keeps the cheapest. */
static void try_background(const struct seccomp_range *ranges, size_t count, size_t begin,
			   size_t background, struct group *groups)
{
	size_t singles = 0;

	for (size_t i = begin; i < count; i++) {
		bool is_last = i + 1 == count;

		if (i != background && !seccomp_range_is_same(&ranges[i], &ranges[background])) {
			if (is_last || ranges[i + 1].first != ranges[i].first + 1 ||
			    ++singles > MAX_SINGLES)
				return;
		}
		if (i >= background && singles + !is_last + groups[i + 1].cost < groups[begin].cost)
			groups[begin] = (struct group){ i + 1, background,
							singles + !is_last + groups[i + 1].cost };
	}
}

static size_t emit_group(struct seccomp_code *code, const struct seccomp_range *ranges,
			 size_t begin, const struct group *group)
{
	const struct seccomp_range *background = &ranges[group->background];
	size_t label = seccomp_emit_leaf(code, &background->leaf);

	for (size_t i = group->end; i-- > begin;)
		if (i != group->background && !seccomp_range_is_same(&ranges[i], background))
			label = seccomp_emit_jump(code, BPF_JEQ, ranges[i].first,
						  seccomp_emit_leaf(code, &ranges[i].leaf), label);
	return label;
}

/* begins: the first ranges of count groups. */
static size_t emit_search(struct seccomp_code *code, const struct seccomp_range *ranges,
			  const struct group *groups, const size_t *begins, size_t count)
{
	size_t half = count / 2, right, left;

	if (count == 1)
		return emit_group(code, ranges, *begins, &groups[*begins]);
	right = emit_search(code, ranges, groups, begins + half, count - half);
	left = emit_search(code, ranges, groups, begins, half);
	return seccomp_emit_jump(code, BPF_JGE, ranges[begins[half]].first, right, left);
}

size_t seccomp_emit_ranges(struct seccomp_code *code, const struct seccomp_range *ranges,
			   size_t count)
{
	struct group *groups = arena_array(code->arena, struct group, count + 1);
	size_t *begins = arena_array(code->arena, size_t, count), group_count = 0;

	for (size_t i = count; i-- > 0;) {
		groups[i].cost = SIZE_MAX;
		try_background(ranges, count, i, i, groups);
		if (i + 1 < count)
			try_background(ranges, count, i, i + 1, groups);
	}
	for (size_t i = 0; i < count; i = groups[i].end)
		begins[group_count++] = i;
	return emit_search(code, ranges, groups, begins, group_count);
}
