/* SPDX-License-Identifier: Apache-2.0 */
#include "base/program.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/companions.h"
#include "base/macro.h"

static bool is_running_file(const char *path)
{
	struct stat running, file;

	return stat("/proc/self/exe", &running) == 0 && stat(path, &file) == 0 &&
	       running.st_ino == file.st_ino && running.st_dev == file.st_dev;
}

int program_path(char *buffer, size_t size, struct error *err)
{
	ssize_t length = readlink("/proc/self/exe", buffer, size - 1);
	const char *told = secure_getenv(PROGRAM_PATH_VARIABLE);

	if (length < 0)
		return fail_errno(err, "read /proc/self/exe");
	buffer[length] = '\0';
	if (!is_running_file(buffer) && told)
		snprintf(buffer, size, "%s", told);
	return 0;
}

const char *program_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What `make install` calls a companion; base/companions.h is made from the Makefile's list. */
static const char *installed_name(const char *name)
{
	static const struct {
		const char *built, *installed;
	} companions[] = { COMPANIONS };

	for (size_t i = 0; i < ARRAY_SIZE(companions); i++)
		if (!strcmp(companions[i].built, name))
			return companions[i].installed;
	return name;
}

static bool find_in(const char *folder, const char *name, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s/%s", folder, name);
	return access(buffer, X_OK) == 0;
}

int program_companion(const char *name, char *buffer, size_t size, struct error *err)
{
	const char *told = secure_getenv("CTR_LIBEXEC");
	const char *installed = installed_name(name);
	char own[PATH_MAX];
	const char *folders[] = { told, own, PKGLIBEXECDIR };

	if (program_path(own, sizeof(own), err) < 0)
		return -1;
	*(strrchr(own, '/') ?: own) = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (!folders[i] || !folders[i][0])
			continue;
		if (find_in(folders[i], name, buffer, size))
			return 0;
		if (strcmp(installed, name) != 0 && find_in(folders[i], installed, buffer, size))
			return 0;
	}
	return fail(err, ENOENT,
		    "the companion program %s is not in %s: install it, or name its folder in "
		    "CTR_LIBEXEC",
		    installed, PKGLIBEXECDIR);
}

const char *program_on_host(struct arena *arena, const char *name)
{
	const char *search = getenv("PATH") ?: "";
	char *folders = arena_printf(arena, "%s:/usr/sbin:/sbin:/usr/bin:/bin", search), *folder;

	while ((folder = strsep(&folders, ":"))) {
		char *path;

		/* the working directory may be a bundle, whose programs are not the host's */
		if (folder[0] != '/')
			continue;
		path = arena_printf(arena, "%s/%s", folder, name);
		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}
