/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other limits for a cgroup that is in use. What the files hold is read first, so that it can be
 * written again if the kernel refuses one of the new values.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "cgroup/cgroup.h"
#include "cgroup/controllers.h"

/* The longest are those with a line for each device. */
#define MAX_FILE ((size_t)1 << 20)

struct before {
	const char *file;
	char *text; /* NULL: there was no such file */
};

static int read_before(struct arena *arena, int dirfd, const struct limit *limit,
		       struct before *before, struct error *err)
{
	const char *const files[] = { limit->file, limit->other_file };

	*before = (struct before){ 0 };
	for (int i = 0; i < 2 && files[i] && !before->text; i++) {
		before->file = files[i];
		if (file_read_at(dirfd, files[i], MAX_FILE, arena, &before->text, NULL, err) < 0 &&
		    err->errnum != ENOENT)
			return fail_in(err, "%s", limit->member);
	}
	return 0;
}

/* "8:0 rbps=1000 wiops=5" as "8:0 rbps=max wiops=max"; "8:0 100" as "8:0 default". */
static char *unlimited_line(struct arena *arena, const char *value)
{
	char *words = arena_strdup(arena, value), *word = strsep(&words, " "), *line = word;

	while ((word = strsep(&words, " "))) {
		size_t length = strcspn(word, "=");

		line = arena_printf(arena, "%s %.*s%s", line, word[length] ? (int)length : 0, word,
				    word[length] ? "=max" : "default");
	}
	return line;
}

/* Such a file has a line for each device. */
static bool is_keyed(const char *value)
{
	const char *blank = strchr(value, ' ');

	return blank && (strchr(value, ':') || strchr(value, '='));
}

/* What has to be written so that the file says again what it said before. */
static char *former_value(struct arena *arena, const char *value, char *text)
{
	size_t key = strcspn(value, " ") + 1;
	char *line;

	if (!is_keyed(value)) {
		line = strsep(&text, "\n");
		return *line ? line : arena_strdup(arena, "\n");
	}
	while ((line = strsep(&text, "\n")))
		if (strncmp(line, value, key) == 0)
			return line;
	return unlimited_line(arena, value);
}

static void set_back(struct arena *arena, int dirfd, const struct limits *limits, size_t count,
		     const struct before *before)
{
	struct error err;

	while (count-- > 0) {
		const char *value = limits->items[count].value;

		if (!before[count].text)
			continue;
		value = former_value(arena, value, before[count].text);
		if (file_write_at(dirfd, before[count].file, value, &err) < 0)
			log_warning("update: set %s back: %s", limits->items[count].member,
				    err.text);
	}
}

static int update(struct arena *arena, int dirfd, const struct limits *limits,
		  const struct device_program *devices, struct error *err)
{
	struct before *before = arena_array(arena, struct before, limits->count + 1);
	size_t done = 0;

	if (limits_check(dirfd, limits, err) < 0)
		return -1;
	for (size_t i = 0; i < limits->count; i++)
		if (read_before(arena, dirfd, &limits->items[i], &before[i], err) < 0)
			return -1;
	while (done < limits->count && limits_apply_one(dirfd, &limits->items[done], err) == 0)
		done++;
	if (done == limits->count && (!devices || device_program_replace(dirfd, devices, err) == 0))
		return 0;
	set_back(arena, dirfd, limits, done, before);
	return -1;
}

int cgroup_update(const struct cgroup_host *host, const char *path, const struct limits *limits,
		  const struct device_program *devices, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int dirfd = cgroup_open(host, path, err);

	if (dirfd < 0)
		return -1;
	if (controllers_enable(host->root, arena_strdup(&arena, path + 1), limits, false, err) <
		    0 ||
	    update(&arena, dirfd, limits, devices, err) < 0)
		return fail_in(err, "cgroup %s%s", host->mount, path);
	return 0;
}
