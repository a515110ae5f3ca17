/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "specs/runtime_spec.h"

/* Time namespaces are for children to come: they cannot be cloned into. */
static int unshare_time(void *context, struct error *err)
{
	(void)context;
	return unshare(CLONE_NEWTIME) < 0 ? fail_errno(err, "unshare") : 0;
}

static int try_namespace(enum namespace_type type, struct error *err)
{
	/* Without privileges all of them are made inside of a user namespace. */
	uint64_t user = geteuid() == 0 ? 0 : CLONE_NEWUSER;

	if (type == NAMESPACE_TIME)
		return check_in_child(user, unshare_time, NULL, err);
	return check_in_child(user | namespace_flag(type), NULL, NULL, err);
}

void probe_namespaces(const struct check *check, struct finding *finding)
{
	char made[128] = "", missing[128] = "";

	(void)check;
	for (enum namespace_type type = 0; type < NAMESPACE_COUNT; type++) {
		struct error err;
		char *list = made;

		if (type == NAMESPACE_USER)
			continue;
		if (try_namespace(type, &err) < 0)
			list = missing;
		snprintf(list + strlen(list), sizeof(made) - strlen(list), "%s%s", *list ? " " : "",
			 namespace_name(type));
	}
	finding_set(finding, FINDING_OK, made, NULL);
	if (!*missing)
		return;
	finding->status = *made ? FINDING_LIMITED : FINDING_MISSING;
	snprintf(finding->advice, sizeof(finding->advice),
		 "cannot be made: %s. As root? Does the kernel have CONFIG_*_NS?", missing);
}

static bool is_forbidden(const char *file)
{
	char text[32];
	struct error err;

	return file_read_short_at(AT_FDCWD, file, text, sizeof(text), &err) >= 0 &&
	       !strcmp(text, "0");
}

void probe_user_namespace(const struct check *check, struct finding *finding)
{
	struct error err;

	(void)check;
	if (check_in_child(CLONE_NEWUSER, NULL, NULL, &err) >= 0) {
		finding_set(finding, FINDING_OK, "made and mapped", NULL);
		return;
	}
	finding_set(finding, FINDING_MISSING, err.text, NULL);
	if (is_forbidden("/proc/sys/user/max_user_namespaces"))
		finding_set(finding, FINDING_MISSING, err.text,
			    "sysctl user.max_user_namespaces=10000");
	else if (is_forbidden("/proc/sys/kernel/unprivileged_userns_clone"))
		finding_set(finding, FINDING_MISSING, err.text,
			    "sysctl kernel.unprivileged_userns_clone=1");
}
