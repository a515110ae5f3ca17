/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <limits.h>

#include "base/log.h"

int invocation_each(struct invocation *invocation,
		    int (*one)(struct invocation *, const char *id, struct error *),
		    struct error *err)
{
	bool failed = false;

	for (int i = 0; i < invocation->count; i++) {
		struct error other;

		if (one(invocation, invocation->arguments[i], &other) >= 0)
			continue;
		if (failed)
			log_error("%s: %s", invocation->command->name, err->text);
		*err = other;
		failed = true;
	}
	return failed ? -1 : 0;
}

int duration_clamp(int64_t milliseconds)
{
	return milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
}
