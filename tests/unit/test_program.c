/* SPDX-License-Identifier: Apache-2.0 */
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct error err;
static char path[PATH_MAX];

/* In valgrind the running program is valgrind. */
static void skip_in_valgrind(const char *own)
{
	struct stat running, file;

	CHECK(stat("/proc/self/exe", &running) == 0 && stat(own, &file) == 0);
	if (running.st_ino != file.st_ino)
		unit_skip("/proc/self/exe is another program's");
}

static void make_program(const char *name)
{
	char folder[PATH_MAX];

	scratch_file(name, "#!/bin/sh\n");
	snprintf(folder, sizeof(folder), "%s/%s", scratch_path(), name);
	CHECK(chmod(folder, 0755) == 0);
}

TEST(program_path_is_that_of_the_running_file)
{
	char expected[PATH_MAX];

	unsetenv(PROGRAM_PATH_VARIABLE);
	CHECK(realpath("/proc/self/exe", expected) != NULL);
	CHECK(program_path(path, sizeof(path), &err) == 0);
	CHECK_STRING(path, expected);
}

/* Only a program without a path of its own believes what the environment says. */
TEST(program_path_is_not_taken_from_the_environment_when_it_is_known)
{
	char expected[PATH_MAX];

	CHECK(realpath("/proc/self/exe", expected) != NULL);
	skip_in_valgrind(expected);
	setenv(PROGRAM_PATH_VARIABLE, "/bin/evil", 1);
	CHECK(program_path(path, sizeof(path), &err) == 0);
	unsetenv(PROGRAM_PATH_VARIABLE);
	CHECK_STRING(path, expected);
}

TEST(program_companion_is_looked_for_in_ctr_libexec_first)
{
	char expected[PATH_MAX];

	scratch_dir();
	make_program("ctr-test-companion");
	setenv("CTR_LIBEXEC", scratch_path(), 1);
	CHECK(program_companion("ctr-test-companion", path, sizeof(path), &err) == 0);
	unsetenv("CTR_LIBEXEC");
	snprintf(expected, sizeof(expected), "%s/ctr-test-companion", scratch_path());
	CHECK_STRING(path, expected);
}

TEST(program_companion_beside_the_program_is_found)
{
	const char *name;
	char own[PATH_MAX];

	unsetenv("CTR_LIBEXEC");
	CHECK(program_path(own, sizeof(own), &err) == 0);
	name = strrchr(own, '/') + 1;
	CHECK(program_companion(name, path, sizeof(path), &err) == 0);
	CHECK_STRING(path, own);
}

TEST(program_companion_that_is_nowhere_or_not_executable_is_not_found)
{
	scratch_dir();
	scratch_file("ctr-test-companion", "");
	setenv("CTR_LIBEXEC", scratch_path(), 1);
	CHECK(program_companion("ctr-test-companion", path, sizeof(path), &err) == -1);
	unsetenv("CTR_LIBEXEC");
	CHECK_INT(err.errnum, ENOENT);
	CHECK_CONTAINS(err.text, "the companion program ctr-test-companion is not in ");
	CHECK_CONTAINS(err.text, "CTR_LIBEXEC");
}

/* An empty folder in PATH was the working directory, which may be a bundle: so was an empty PATH.
 */
TEST(program_on_host_is_not_looked_for_in_the_working_directory)
{
	cleanup_arena struct arena arena = { 0 };

	scratch_dir();
	make_program("ctr-test-program");
	CHECK(chdir(scratch_path()) == 0);
	setenv("PATH", "", 1);
	CHECK(!program_on_host(&arena, "ctr-test-program"));
	setenv("PATH", ".::bin", 1);
	CHECK(!program_on_host(&arena, "ctr-test-program"));
	setenv("PATH", scratch_path(), 1);
	snprintf(path, sizeof(path), "%s/ctr-test-program", scratch_path());
	CHECK_STRING(program_on_host(&arena, "ctr-test-program"), path);
	CHECK(chdir("/") == 0);
}
