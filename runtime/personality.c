/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/personality.h"

#include <errno.h>
#include <string.h>
#include <sys/personality.h>

int personality_plan(const struct spec_personality *spec, struct personality_plan *plan,
		     struct error *err)
{
	*plan = (struct personality_plan){ 0 };
	if (!spec)
		return 0;
	if (!spec->domain)
		return fail(err, EINVAL, "linux.personality.domain: missing");
	if (!strcmp(spec->domain, "LINUX32"))
		plan->persona = PER_LINUX32;
	else if (!strcmp(spec->domain, "LINUX"))
		plan->persona = PER_LINUX;
	else
		return fail(err, EINVAL, "linux.personality.domain: unknown value '%s'",
			    spec->domain);
	/* The specification has the member for later and names no flag. */
	if (spec->flags.count)
		return fail(err, EINVAL, "linux.personality.flags[0]: unknown flag '%s'",
			    spec->flags.items[0]);
	plan->set = true;
	return 0;
}

int personality_apply(const struct personality_plan *plan, struct error *err)
{
	if (plan->set && personality(plan->persona) < 0)
		return fail_errno(err, "linux.personality");
	return 0;
}
