/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/join_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "cgroup/cgroup.h"

static int open_below(int container, const char *path, struct error *err)
{
	int fd;

	path += strspn(path, "/");
	if (path_has_dot_dot(path))
		return fail(err, EINVAL, "--cgroup: bad sub cgroup path: '%s' has '..' in it",
			    path);
	if (strchr(path, ':'))
		return fail(err, EINVAL,
			    "--cgroup: '%s' names a controller: cgroup v2 has one hierarchy for "
			    "all, give the path alone",
			    path);
	fd = open_in_root(container, *path ? path : ".", O_PATH | O_DIRECTORY, 0, err);
	return fd < 0 ? fail_in(err, "--cgroup: open the container's cgroup") : fd;
}

int join_cgroup_of_init(struct arena *arena, const struct handle *handle, int proc, int *cgroup,
			struct error *err)
{
	struct cgroup_host host;
	const char *path;

	close_fd(cgroup);
	if (cgroup_of_process(arena, proc, (int)handle->state.init.pid, &path, err) < 0 ||
	    cgroup_host_open(arena, &host, err) < 0)
		return -1;
	*cgroup = cgroup_open(&host, path, err);
	cgroup_host_close(&host);
	return *cgroup < 0 ? -1 : 0;
}

int join_cgroup_open(struct arena *arena, struct handle *handle, int proc, const char *below,
		     int *cgroup, struct error *err)
{
	cleanup_fd int container = -1;

	*cgroup = -1;
	if (!handle->state.cgroup && !below)
		return 0;
	container = handle_open_cgroup(arena, handle, err);
	if (container < 0 && (err->errnum != ENOENT || below))
		return -1;
	if (container < 0)
		return join_cgroup_of_init(arena, handle, proc, cgroup, err);
	*cgroup = below ? open_below(container, below, err) : take_fd(&container);
	return *cgroup < 0 ? -1 : 0;
}
