/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/restart_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ON_FAILURE "on-failure"
/* More than anybody means, and no overflow of the count. */
#define MOST_RESTARTS 1000000

int restart_policy_parse(const char *text, struct restart_policy *policy, struct error *err)
{
	const size_t length = strlen(ON_FAILURE);
	unsigned long most = 0;
	char *end;

	*policy = (struct restart_policy){ .when = RESTART_NO };
	if (!strcmp(text, "no"))
		return 0;
	if (!strcmp(text, "always") || !strcmp(text, "unless-stopped")) {
		policy->when = RESTART_ALWAYS;
		return 0;
	}
	if (!strncmp(text, ON_FAILURE, length) && (!text[length] || text[length] == ':')) {
		if (text[length]) {
			most = strtoul(text + length + 1, &end, 10);
			if (*end || end == text + length + 1 || most > MOST_RESTARTS ||
			    text[length + 1] < '0' || text[length + 1] > '9')
				goto refused;
		}
		*policy = (struct restart_policy){ .when = RESTART_ON_FAILURE,
						   .most = (unsigned)most };
		return 0;
	}
refused:
	return fail(err, EINVAL,
		    "unknown policy '%s': no, on-failure[:N], always or unless-stopped expected",
		    text);
}

bool restart_plan(const struct restart_policy *policy, int exit_status, int64_t ran,
		  struct restart_record *record)
{
	uint32_t delay = record->delay;

	if (record->stopped || policy->when == RESTART_NO)
		return false;
	if (policy->when == RESTART_ON_FAILURE &&
	    (exit_status == 0 || (policy->most && record->count >= policy->most)))
		return false;
	if (ran >= RESTART_WELL_MS || !delay)
		delay = RESTART_SHORTEST_MS;
	else
		delay = delay > RESTART_LONGEST_MS / 2 ? RESTART_LONGEST_MS : 2 * delay;
	record->delay = delay;
	record->count++;
	return true;
}
