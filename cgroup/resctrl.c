/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/resctrl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/mountinfo.h"
#include "base/path.h"

/* A line for each resource, each with a part for every cache: kilobytes on the largest machines. */
#define MAX_SCHEMATA ((size_t)1 << 20)

/* The folders that the filesystem itself has beside the groups. */
static bool is_reserved(const char *name)
{
	return !strcmp(name, "info") || !strcmp(name, "mon_data") || !strcmp(name, "mon_groups");
}

static int plan_group(const char *clos_id, const char *id, struct resctrl_plan *plan,
		      struct error *err)
{
	plan->own = !clos_id || !*clos_id;
	plan->group = plan->own ? id : clos_id;
	if (!strcmp(plan->group, "/")) {
		plan->group = "";
		return 0;
	}
	if (strchr(plan->group, '/') || strchr(plan->group, '\n') || !strcmp(plan->group, ".") ||
	    !strcmp(plan->group, "..") || strlen(plan->group) > 255 || is_reserved(plan->group))
		return fail(err, EINVAL, "linux.intelRdt.closID: '%.100s' is no name of a class",
			    plan->group);
	return 0;
}

/* The lines of one member; those of memory bandwidth are memBwSchema's if there is one. */
static const char *join_lines(struct arena *arena, const char *joined, const char *text,
			      bool without_bandwidth)
{
	char *rest = arena_strdup(arena, text), *line;

	while ((line = strsep(&rest, "\n")))
		if (*line && !(without_bandwidth && !strncmp(line, "MB:", 3)))
			joined = arena_printf(arena, "%s%s\n", joined, line);
	return joined;
}

static int check_lines(const char *lines, struct error *err)
{
	for (const char *line = lines; *line; line = strchr(line, '\n') + 1) {
		size_t length = strcspn(line, "\n"), name = strcspn(line, ":\n");

		if (name == 0 || name == length)
			return fail(err, EINVAL,
				    "linux.intelRdt: '%.*s' is no line of a schemata file as "
				    "\"L3:0=ff\"",
				    (int)(length < 100 ? length : 100), line);
	}
	return 0;
}

int resctrl_plan(struct arena *arena, const struct spec_intel_rdt *spec, const char *id,
		 struct resctrl_plan *plan, struct error *err)
{
	const char *bandwidth, *lines = "";

	*plan = (struct resctrl_plan){ 0 };
	if (!spec)
		return 0;
	plan->wanted = true;
	if (plan_group(spec->clos_id, id, plan, err) < 0)
		return -1;
	bandwidth = spec->mem_bw_schema ? spec->mem_bw_schema : "";
	for (size_t i = 0; i < spec->schemata.count; i++)
		lines = join_lines(arena, lines, spec->schemata.items[i], false);
	lines = join_lines(arena, lines, spec->l3_cache_schema ? spec->l3_cache_schema : "",
			   *bandwidth);
	lines = join_lines(arena, lines, bandwidth, false);
	if (check_lines(lines, err) < 0)
		return -1;
	plan->schemata = *lines ? lines : NULL;
	if (spec->enable_monitoring)
		plan->monitor = id;
	return 0;
}

void resctrl_print(FILE *stream, const struct resctrl_plan *plan)
{
	if (!plan->wanted)
		return;
	fprintf(stream, "resctrl group /%s%s%s%s\n", plan->group,
		plan->own ? ", its own" : ", shared", plan->monitor ? ", monitored as " : "",
		plan->monitor ? plan->monitor : "");
	if (plan->schemata)
		fprintf(stream, "resctrl schemata:\n%s", plan->schemata);
}

int resctrl_find(struct arena *arena, char **mount, struct error *err)
{
	struct mount_line line;
	char *text;

	if (mountinfo_read(arena, "/proc/self/mountinfo", &text, err) < 0)
		return -1;
	while (mountinfo_next(&text, &line))
		if (!strcmp(line.type, "resctrl")) {
			*mount = arena_strdup(arena, line.point);
			return 0;
		}
	return fail(err, ENOTSUP,
		    "linux.intelRdt: resctrl is not mounted here (mount -t resctrl resctrl "
		    "/sys/fs/resctrl; it needs a CPU with Intel RDT or AMD QoS)");
}

struct span {
	const char *text;
	size_t length;
};

/* Cuts what stands before the separator, or all, off the rest. */
static struct span take(struct span *rest, char separator)
{
	const char *end = memchr(rest->text, separator, rest->length);
	struct span taken = { rest->text, end ? (size_t)(end - rest->text) : rest->length };
	size_t step = taken.length + (end ? 1 : 0);

	rest->text += step;
	rest->length -= step;
	return taken;
}

static struct span trim(struct span span, char letter)
{
	/* the last one may be all there is: "0" */
	while (span.length > 1 && *span.text == letter) {
		span.text++;
		span.length--;
	}
	return span;
}

static bool is_same(struct span a, struct span b)
{
	return a.length == b.length && strncasecmp(a.text, b.text, a.length) == 0;
}

/* Whether the parts "0=ff;1=f" of a line have one that says the same as part, "0=0FF". */
static bool has_part(struct span parts, struct span part)
{
	const struct span id = take(&part, '=');

	while (parts.length) {
		struct span value = take(&parts, ';');

		if (is_same(take(&value, '='), id))
			return is_same(trim(value, '0'), trim(part, '0'));
	}
	return false;
}

/* Whether the file has a line of the same resource with all parts of this one. */
static bool has_line(struct span lines, struct span line)
{
	const struct span resource = take(&line, ':');

	while (lines.length) {
		struct span theirs = trim(take(&lines, '\n'), ' ');

		if (!is_same(take(&theirs, ':'), resource))
			continue;
		while (line.length)
			if (!has_part(theirs, take(&line, ';')))
				return false;
		return true;
	}
	return false;
}

bool resctrl_matches(const char *wanted, const char *schemata)
{
	const struct span lines = { schemata, strlen(schemata) };
	struct span rest = { wanted, strlen(wanted) };

	while (rest.length) {
		const struct span line = take(&rest, '\n');

		if (line.length && !has_line(lines, line))
			return false;
	}
	return true;
}

/*
 * Writes a file of a group. The folders of resctrl have their files from the beginning; O_CREAT
 * makes an ordinary folder do for one, which is all that machines without the hardware can test.
 */
static int write_file(const char *folder, const char *name, const char *text, struct error *err)
{
	cleanup_fd int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), file = -1;

	if (dir < 0)
		return fail_errno(err, "open %s", folder);
	file = openat(dir, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (file < 0 || write(file, text, strlen(text)) < 0)
		return fail_errno(err, "write %s/%s", folder, name);
	return 0;
}

/* Why the kernel refused it, which it says in a file. */
static int fail_with_status(struct arena *arena, const char *mount, struct error *err)
{
	const char *path = path_join(arena, mount, "info/last_cmd_status");
	struct error reason = *err, ignored;
	char text[256];

	if (file_read_short_at(AT_FDCWD, path, text, sizeof(text), &ignored) > 0)
		return fail(err, reason.errnum, "linux.intelRdt: %s (%s)", reason.text, text);
	return fail_in(err, "linux.intelRdt");
}

static char *group_folder(struct arena *arena, const struct resctrl_plan *plan, const char *mount)
{
	return *plan->group ? path_join(arena, mount, plan->group) : arena_strdup(arena, mount);
}

static char *monitor_folder(struct arena *arena, const struct resctrl_plan *plan,
			    const char *folder)
{
	return arena_printf(arena, "%s/mon_groups/%s", folder, plan->monitor);
}

/* Returns 1 if it made the folder, 0 if it was there. */
static int make_folder(const char *path, struct error *err)
{
	if (mkdir(path, 0755) == 0)
		return 1;
	return errno == EEXIST ? 0 : fail_errno(err, "make %s", path);
}

static int check_schemata(struct arena *arena, const struct resctrl_plan *plan, const char *folder,
			  struct error *err)
{
	const char *path = path_join(arena, folder, "schemata");
	char *text;

	if (!plan->schemata)
		return 0;
	if (file_read_at(AT_FDCWD, path, MAX_SCHEMATA, arena, &text, NULL, err) < 0)
		return -1;
	if (!resctrl_matches(plan->schemata, text))
		return fail(err, EEXIST,
			    "%s says other than the spec (several containers may use the class, it "
			    "is not changed)",
			    path);
	return 0;
}

static int make_group(struct arena *arena, const struct resctrl_plan *plan,
		      struct resctrl_groups *groups, char *folder, struct error *err)
{
	struct stat status;
	int made;

	groups->group = folder;
	if (!plan->own && !plan->schemata) {
		if (stat(folder, &status) < 0 || !S_ISDIR(status.st_mode))
			return fail(err, ENOENT,
				    "linux.intelRdt.closID: %s is not there (a class without "
				    "schemata must exist already)",
				    folder);
		return 0;
	}
	made = make_folder(folder, err);
	if (made < 0)
		return -1;
	/* until the container is there what we made may go again, whoever it is for later */
	groups->remove_group = plan->own || made;
	if (!made && !plan->own)
		return check_schemata(arena, plan, folder, err);
	return plan->schemata ? write_file(folder, "schemata", plan->schemata, err) : 0;
}

int resctrl_apply(struct arena *arena, const struct resctrl_plan *plan, const char *mount,
		  struct resctrl_groups *groups, struct error *err)
{
	char *folder = group_folder(arena, plan, mount), *monitor;

	*groups = (struct resctrl_groups){ 0 };
	if (make_group(arena, plan, groups, folder, err) < 0)
		return fail_with_status(arena, mount, err);
	if (!plan->monitor)
		return 0;
	monitor = monitor_folder(arena, plan, folder);
	if (make_folder(monitor, err) < 0)
		return fail_with_status(arena, mount, err);
	groups->monitor = monitor;
	return 0;
}

struct resctrl_groups resctrl_guess(struct arena *arena, const struct resctrl_plan *plan,
				    const char *mount)
{
	char *folder = group_folder(arena, plan, mount);

	return (struct resctrl_groups){
		.group = folder,
		.monitor = plan->monitor ? monitor_folder(arena, plan, folder) : NULL,
		.remove_group = plan->own,
	};
}

int resctrl_enter(const struct resctrl_groups *groups, pid_t pid, struct error *err)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	/* a monitoring group takes only who is in its class */
	if ((groups->group && write_file(groups->group, "tasks", text, err) < 0) ||
	    (groups->monitor && write_file(groups->monitor, "tasks", text, err) < 0))
		return fail_in(err, "linux.intelRdt");
	return 0;
}

int resctrl_remove(const struct resctrl_groups *groups, struct error *err)
{
	const char *folders[] = { groups->monitor, groups->remove_group ? groups->group : NULL };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (folders[i] && rmdir(folders[i]) < 0 && errno != ENOENT)
			return fail_errno(err, "linux.intelRdt: remove %s", folders[i]);
	return 0;
}

int resctrl_change(struct arena *arena, const struct resctrl_groups *groups, const char *schemata,
		   char **before, struct error *err)
{
	if (!groups->group || !groups->remove_group)
		return fail(err, ENOTSUP,
			    "linux.intelRdt: the container has no resctrl group of its own that "
			    "could be changed");
	if (file_read_at(AT_FDCWD, path_join(arena, groups->group, "schemata"), MAX_SCHEMATA, arena,
			 before, NULL, err) < 0)
		return -1;
	return write_file(groups->group, "schemata", schemata, err);
}
