/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check.h"

#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/program.h"
#include "runtime/spawn.h"

/* What ctr-net prints (cli/network_probe.h). */
static int ask(struct arena *arena, char **answer, struct error *err)
{
	cleanup_fd int output = memfd_create("probe", MFD_CLOEXEC);
	char program[PATH_MAX];
	char *argv[] = { program, (char[]){ "probe" }, NULL };
	const struct spawn spawn = {
		.path = program,
		.argv = argv,
		.env = environ,
		.input = -1,
		.output = output,
		.error = -1,
		.directory = -1,
		.timeout = -1,
	};

	if (output < 0)
		return fail_errno(err, "make a file in memory");
	if (program_companion("ctr-net", program, sizeof(program), err) < 0 ||
	    spawn_run(&spawn, err) < 0 || lseek(output, 0, SEEK_SET) < 0)
		return -1;
	return file_read_fd(output, "what ctr-net says", 4096, arena, answer, NULL, err);
}

void probe_networks(const struct check *check, struct finding *finding)
{
	char *text, *missing;
	struct error err;

	if (geteuid() != 0) {
		finding_set(finding, FINDING_LIMITED, "root only",
			    "a user's containers have a network by pasta");
		return;
	}
	if (ask(check->arena, &text, &err) < 0) {
		finding_failed(finding, &err, "only containers with a network of ctr's need it");
		return;
	}
	missing = strchr(text, '\n');
	if (missing)
		*missing++ = '\0';
	missing = missing ? strsep(&missing, "\n") : text;
	if (strstr(missing, "bridge") || strstr(missing, "veth") || strstr(missing, "nf_tables"))
		finding_set(finding, FINDING_MISSING,
			    arena_printf(check->arena, "without %s", missing),
			    "no networks but none and host: a kernel with CONFIG_BRIDGE, "
			    "CONFIG_VETH and CONFIG_NF_TABLES");
	else if (*missing)
		finding_set(finding, FINDING_LIMITED,
			    arena_printf(check->arena, "%s, without %s", text, missing), NULL);
	else
		finding_set(finding, FINDING_OK, text, NULL);
}
