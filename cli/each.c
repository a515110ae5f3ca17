/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <limits.h>
#include <regex.h>

#include "base/log.h"
#include "runtime/container.h"

typedef int each_function(struct invocation *, const char *id, struct error *);

/* Calls one; a failure before it, if there was, is told now that there is another. */
static void call(struct invocation *invocation, each_function *one, const char *id, bool *failed,
		 struct error *err)
{
	struct error other;

	if (one(invocation, id, &other) >= 0)
		return;
	if (*failed)
		log_error("%s: %s", invocation->command->name, err->text);
	*err = other;
	*failed = true;
}

int invocation_each(struct invocation *invocation, each_function *one, struct error *err)
{
	bool failed = false;

	for (int i = 0; i < invocation->count; i++)
		call(invocation, one, invocation->arguments[i], &failed, err);
	return failed ? -1 : 0;
}

int invocation_matching(struct invocation *invocation, const char *pattern, each_function *one,
			struct error *err)
{
	struct container_info *items;
	bool failed = false;
	char reason[128];
	size_t count;
	regex_t regex;
	int result;

	if (container_list(&invocation->settings, invocation->arena, &items, &count, err) < 0)
		return -1;
	result = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (result) {
		regerror(result, &regex, reason, sizeof(reason));
		return fail(err, EINVAL, "--regex '%s': %s", pattern, reason);
	}
	for (size_t i = 0; i < count; i++)
		if (regexec(&regex, items[i].id, 0, NULL, 0) == 0)
			call(invocation, one, items[i].id, &failed, err);
	regfree(&regex);
	return failed ? -1 : 0;
}

int duration_clamp(int64_t milliseconds)
{
	return milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
}
