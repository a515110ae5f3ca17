/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/quota.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/value.h"
#include "fs/project_quota.h"

int quota_plan(const struct spec *spec, const char *upper, uint64_t *bytes, struct error *err)
{
	const struct spec_overlay *overlay = spec->overlay;

	*bytes = 0;
	if (!upper || !overlay || !overlay->size || !overlay->size[0])
		return 0;
	if (value_parse_size(overlay->size, bytes) < 0)
		return fail(err, EINVAL, "overlay.size: '%s' is no size", overlay->size);
	return project_quota_check(upper, err) < 0 ? fail_in(err, "overlay.size") : 0;
}

static int open_empty(const char *path, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(AT_FDCWD, path, err);
	struct dirent *entry;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' || (entry->d_name[1] && entry->d_name[1] != '.'))
			return fail(err, ENOTEMPTY,
				    "%s has content already, which would not be counted", path);
	return fcntl(dirfd(dir), F_DUPFD_CLOEXEC, 0);
}

int quota_apply(const struct settings *settings, struct state *state, const char *work,
		uint64_t bytes, struct error *err)
{
	cleanup_fd int data = -1, upper = -1, working = -1;
	int dirs[2], result;

	data = open(settings->data_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (data < 0)
		return fail_errno(err, "open %s", settings->data_root);
	upper = open_empty(state->upper, err);
	working = upper < 0 ? -1 : open(work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (upper < 0)
		return fail_in(err, "overlay.size");
	if (working < 0)
		return fail_errno(err, "open %s", work);
	dirs[0] = upper;
	dirs[1] = working;
	result = project_quota_apply(data, dirs, 2, bytes, &state->project, err);
	return result < 0 ? fail_in(err, "overlay.size") : 0;
}

int quota_open(struct state *state, int data)
{
	int upper;

	if (state->project)
		return open(state->upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state->upper)
		return -1;
	/* its making was interrupted before it was recorded */
	upper = openat(data, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (upper >= 0)
		state->project = project_quota_id(upper);
	if (!state->project)
		close_fd(&upper);
	return upper;
}

int quota_remove(int dir, const struct state *state, struct error *err)
{
	return dir < 0 ? 0 : project_quota_free(dir, state->project, err);
}
