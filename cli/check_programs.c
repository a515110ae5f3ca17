/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check.h"

#include <limits.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yajl/yajl_version.h>

#include "base/program.h"

static void report(const struct check *check, const char *name, const char *advice,
		   struct finding *finding)
{
	const char *path = program_on_host(check->arena, name);

	if (path)
		finding_set(finding, FINDING_OK, path, NULL);
	else
		finding_set(finding, FINDING_MISSING, "not installed", advice);
}

void probe_companions(const struct check *check, struct finding *finding)
{
	char image[PATH_MAX], monitor[PATH_MAX];
	struct error err;

	/* ctr-more is what is running */
	if (program_companion("ctr-image", image, sizeof(image), &err) < 0 ||
	    program_companion("ctr-monitor", monitor, sizeof(monitor), &err) < 0)
		finding_set(finding, FINDING_MISSING, err.text,
			    "run -d and commit need the companion programs");
	else
		finding_set(finding, FINDING_OK,
			    arena_printf(check->arena, "%s, %s", program_base(image),
					 program_base(monitor)),
			    NULL);
}

void probe_criu(const struct check *check, struct finding *finding)
{
	report(check, "criu", "only checkpoint and restore will need it: apt install criu",
	       finding);
}

void probe_skopeo(const struct check *check, struct finding *finding)
{
	report(check, "skopeo", "only for images from registries: apt install skopeo", finding);
}

void probe_newuidmap(const struct check *check, struct finding *finding)
{
	report(check, "newuidmap", "only for users who are not root: apt install uidmap", finding);
}

void probe_pasta(const struct check *check, struct finding *finding)
{
	report(check, "pasta", "only for networks of users who are not root: apt install passt",
	       finding);
}

void probe_libraries(const struct check *check, struct finding *finding)
{
	const struct scmp_version *version = seccomp_version();

	(void)check;
	finding_set(finding, FINDING_OK, "", NULL);
	snprintf(finding->found, sizeof(finding->found), "libseccomp %u.%u.%u, yajl %d.%d.%d",
		 version->major, version->minor, version->micro, YAJL_MAJOR, YAJL_MINOR,
		 YAJL_MICRO);
}
