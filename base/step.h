/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Step tables: a sequence that touches the kernel is a table { name, run, undo } run in order.
 *
 *	STEPS(launch);
 *	static const struct launch_step launch_steps[] = {
 *		{ "state directory", make_state_dir, remove_state_dir },
 *		...
 *	};
 *	launch_run(launch_steps, ARRAY_SIZE(launch_steps), launch, err);
 *
 * If a step fails, it and all before it are undone in reverse: an undo must accept "not done",
 * "half done" and "gone already". What an undo says then is only logged, the first error counts.
 * launch_undo() runs the undo side alone, all of it, and returns the first failure: that is what
 * delete does.
 *
 * With CTR_TRACE=1 in the environment the time of each step goes to stderr.
 */

/*
 * Defines struct TYPE_step and the runners TYPE_run() and TYPE_undo() for struct TYPE.
 * Either function of a step may be NULL: nothing to do.
 */
#define STEPS(type)                                                                                \
	struct type##_step {                                                                       \
		const char *name;                                                                  \
		int (*run)(struct type *, struct error *);                                         \
		int (*undo)(struct type *, struct error *);                                        \
	};                                                                                         \
	static inline int type##_undo(const struct type##_step *steps, size_t count,               \
				      struct type *context, struct error *err)                     \
	{                                                                                          \
		struct error other;                                                                \
		int result = 0;                                                                    \
		while (count-- > 0) {                                                              \
			if (!steps[count].undo || steps[count].undo(context, &other) >= 0)         \
				continue;                                                          \
			step_undo_failed(steps[count].name, &other);                               \
			if (result == 0)                                                           \
				*err = other;                                                      \
			result = -1;                                                               \
		}                                                                                  \
		return result;                                                                     \
	}                                                                                          \
	static inline int type##_run(const struct type##_step *steps, size_t count,                \
				     struct type *context, struct error *err)                      \
	{                                                                                          \
		for (size_t i = 0; i < count; i++) {                                               \
			int64_t begin = step_begin();                                              \
			struct error other;                                                        \
			if ((!steps[i].run || steps[i].run(context, err) >= 0) &&                  \
			    step_end(steps[i].name, begin, err) >= 0)                              \
				continue;                                                          \
			type##_undo(steps, i + 1, context, &other);                                \
			return -1;                                                                 \
		}                                                                                  \
		return 0;                                                                          \
	}                                                                                          \
	struct type##_step

/* For the runners: the clock when tracing, the trace line and the point of fault injection. */
int64_t step_begin(void);
int step_end(const char *name, int64_t begin, struct error *err);
/*
 * A point of fault injection inside of a step, where it does the same again and again: fails or
 * dies as behind a step of that name. Nothing is traced.
 */
int step_point(const char *name, struct error *err);
void step_undo_failed(const char *name, const struct error *err);

/*
 * Called behind every step that succeeded, when set. Only the test programs set it
 * (tests/fault/fault.c): it fails or kills the process at the step that the environment names.
 */
extern int (*step_fault)(const char *name, struct error *err);
