/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "fs/host_area.h"
#include "fs/host_planner.h"

static void add_area(struct planner *planner, const char *directory, int fd,
		     const struct host_realm *realm, const struct stat *status)
{
	struct host_plan *plan = planner->plan;
	char folder[HOST_FOLDER_SIZE];

	plan->areas = planner_grow(planner->arena, plan->areas, plan->area_count,
				   &planner->area_room, sizeof(*plan->areas));
	plan->areas[plan->area_count++] = (struct host_plan_area){
		.part = planner->part_index,
		.directory = directory,
		.folder = arena_strdup(planner->arena, host_area_folder(fd, folder)),
		.status = *status,
		.realm = *realm,
	};
}

/* As far up as it is the same realm, and may be written to. */
static int choose_area(struct planner *planner, const char *path, const struct host_realm *wanted,
		       struct error *err)
{
	char *prefix = arena_strdup(planner->arena, path);
	char *end = strrchr(prefix, '/'), *at = prefix;
	int errnum = EACCES;

	*end = '\0';
	for (;;) {
		char saved = *at;
		cleanup_fd int fd = -1;
		struct host_realm realm;
		struct stat status;

		*at = '\0';
		fd = host_open_directory(planner->part->dir, prefix);
		if (fd < 0)
			return fail_errno(err, "open %s", prefix);
		if (host_realm_of(fd, &realm, err) < 0)
			return -1;
		if (host_realm_equal(&realm, wanted)) {
			if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0 &&
			    fstat(fd, &status) == 0) {
				add_area(planner, prefix, fd, wanted, &status);
				return 0;
			}
			errnum = errno;
		}
		if (at == end)
			return fail(err, errnum, "%s: %s",
				    host_path(planner->arena, planner->part->target, prefix),
				    strerror(errnum));
		*at = saved;
		at += 1 + strcspn(at + 1, "/");
	}
}

int planner_find_area(struct planner *planner, const struct meeting *meeting, uint32_t *index,
		      struct error *err)
{
	const struct host_plan *plan = planner->plan;
	const char *path = meeting->entry->path;
	struct host_realm realm;

	if (host_realm_of(meeting->dir, &realm, err) < 0 ||
	    host_realm_check(&realm, meeting->dir, meeting->name, err) < 0)
		return fail_in(err, "%s", path);
	for (size_t i = plan->area_count; i-- > 0;) {
		const struct host_plan_area *area = &plan->areas[i];

		if (area->part != planner->part_index || !host_realm_equal(&area->realm, &realm) ||
		    !path_behind(path, area->directory))
			continue;
		*index = (uint32_t)i;
		return 0;
	}
	if (choose_area(planner, path, &realm, err) < 0)
		return -1;
	*index = (uint32_t)plan->area_count - 1;
	return 0;
}

int planner_check_changeable(struct planner *planner, const struct meeting *meeting,
			     struct error *err)
{
	const char *place = host_path(planner->arena, planner->part->target, meeting->entry->path);
	struct statx status;

	if (faccessat(meeting->dir, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return fail_errno(err, "%s: its directory cannot be changed", place);
	for (int i = 0; i < 2; i++) {
		const char *name = i ? meeting->name : ".";

		if ((i && !meeting->there) ||
		    statx(meeting->dir, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status) < 0 ||
		    !(status.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)))
			continue;
		return fail(err, EPERM, "%s: %s is immutable or append-only (see chattr(1))", place,
			    i ? "it" : "its directory");
	}
	return 0;
}
