/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/exec_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

#define STRINGS(...)                                                                               \
	{                                                                                          \
		.items = (char *[]){ __VA_ARGS__, NULL },                                          \
		.count = ARRAY_SIZE(((char *[]){ __VA_ARGS__ })),                                  \
	}

static struct arena arena;
static struct error err;
static struct spec_process process;

static struct spec_capabilities capabilities = {
	.bounding = STRINGS("CAP_KILL"),
	.effective = STRINGS("CAP_KILL"),
	.permitted = STRINGS("CAP_KILL"),
};

static struct spec_process own = {
	.terminal = true,
	.console_size = &(struct spec_console_size){ 25, 80 },
	.user = { .uid = 7, .gid = 8 },
	.args = STRINGS("sleep", "1"),
	.env = STRINGS("PATH=/bin", "HOME=/own"),
	.cwd = "/srv",
	.capabilities = &capabilities,
	.no_new_privileges = true,
};

/* /proc of a process 1 whose root is the scratch directory's "1/root". */
static int make_proc(void)
{
	int dir = scratch_dir();

	CHECK(mkdirat(dir, "1", 0700) == 0 && mkdirat(dir, "1/root", 0700) == 0);
	CHECK(mkdirat(dir, "1/root/etc", 0700) == 0);
	scratch_file("1/root/etc/passwd", "root:x:0:0::/root:/bin/sh\nweb:x:30:33::/srv:/bin/sh\n");
	scratch_file("1/root/etc/group", "root:x:0:\nweb:x:33:\nextra:x:44:web\n");
	return dir;
}

static int make_spec(const struct exec_options *options)
{
	const struct spec spec = { .process = &own };
	const struct handle handle = { .state = { .init = { .pid = 1 } } };
	char **args;

	if (exec_process_spec(&arena, options, make_proc(), &handle, &spec, &process, &err) < 0)
		return -1;
	/* those of options go with the caller's block */
	args = arena_array(&arena, char *, process.args.count);
	memcpy(args, process.args.items, process.args.count * sizeof(*args));
	process.args.items = args;
	return 0;
}

static const char *list_text(const struct string_list *list)
{
	char *text = arena_strdup(&arena, "");

	for (size_t i = 0; i < list->count; i++)
		text = arena_printf(&arena, "%s%s|", text, list->items[i]);
	return text;
}

TEST(exec_process_is_as_the_containers_own_with_another_command)
{
	CHECK(make_spec(&(struct exec_options){ .args = STRINGS("ls", "-l") }) == 0);
	CHECK_STRING(list_text(&process.args), "ls|-l|");
	CHECK_STRING(list_text(&process.env), "PATH=/bin|HOME=/own|");
	CHECK_STRING(process.cwd, "/srv");
	CHECK_INT(process.user.uid, 7);
	CHECK_INT(process.user.gid, 8);
	CHECK(process.no_new_privileges);
	CHECK(process.capabilities == &capabilities);
	/* its terminal is a matter of -t alone */
	CHECK(!process.terminal && !process.console_size);
	arena_free(&arena);
}

TEST(exec_process_options_change_terminal_directory_and_environment)
{
	CHECK(make_spec(&(struct exec_options){ .args = STRINGS("ls"),
						.env = STRINGS("A=1", "PATH=/x", "EMPTY="),
						.cwd = "/tmp",
						.terminal = true }) == 0);
	CHECK(process.terminal);
	CHECK_STRING(process.cwd, "/tmp");
	CHECK_STRING(list_text(&process.env), "PATH=/bin|HOME=/own|A=1|PATH=/x|EMPTY=|");
	CHECK_INT(own.env.count, 2);
	arena_free(&arena);
}

TEST(exec_process_names_without_a_value_are_of_the_callers_environment)
{
	setenv("CTR_UNIT_HERE", "a=b", 1);
	unsetenv("CTR_UNIT_MISSING");
	CHECK(make_spec(&(struct exec_options){
		      .args = STRINGS("ls"),
		      .env = STRINGS("CTR_UNIT_HERE", "CTR_UNIT_MISSING", "B=2") }) == 0);
	CHECK_STRING(list_text(&process.env), "PATH=/bin|HOME=/own|CTR_UNIT_HERE=a=b|B=2|");
	arena_free(&arena);
}

TEST(exec_process_user_is_looked_up_in_the_containers_files)
{
	CHECK(make_spec(&(struct exec_options){ .args = STRINGS("id"), .user = "web" }) == 0);
	CHECK_INT(process.user.uid, 30);
	CHECK_INT(process.user.gid, 33);
	CHECK_INT(process.user.additional_gids.count, 1);
	CHECK_INT(process.user.additional_gids.items[0], 44);
	/* at home elsewhere */
	CHECK_STRING(list_text(&process.env), "PATH=/bin|");
	CHECK(make_spec(&(struct exec_options){ .args = STRINGS("id"), .user = "5:6" }) == 0);
	CHECK_INT(process.user.uid, 5);
	CHECK_INT(process.user.gid, 6);
	arena_free(&arena);
}

TEST(exec_process_home_that_is_given_stays)
{
	CHECK(make_spec(&(struct exec_options){
		      .args = STRINGS("id"), .env = STRINGS("HOME=/mine"), .user = "web" }) == 0);
	CHECK_STRING(list_text(&process.env), "PATH=/bin|HOME=/mine|");
	arena_free(&arena);
}

TEST(exec_process_unknown_user_is_an_error)
{
	CHECK(make_spec(&(struct exec_options){ .args = STRINGS("id"), .user = "nobody-here" }) ==
	      -1);
	CHECK(!strncmp(err.text, "--user: ", 8));
	arena_free(&arena);
}

TEST(exec_process_added_capabilities_are_never_inheritable_or_ambient)
{
	CHECK(make_spec(&(struct exec_options){ .args = STRINGS("id"),
						.caps = STRINGS("CAP_CHOWN", "CAP_FOWNER") }) == 0);
	CHECK_STRING(list_text(&process.capabilities->bounding), "CAP_KILL|CAP_CHOWN|CAP_FOWNER|");
	CHECK_STRING(list_text(&process.capabilities->effective), "CAP_KILL|CAP_CHOWN|CAP_FOWNER|");
	CHECK_STRING(list_text(&process.capabilities->permitted), "CAP_KILL|CAP_CHOWN|CAP_FOWNER|");
	CHECK_INT(process.capabilities->inheritable.count, 0);
	CHECK_INT(process.capabilities->ambient.count, 0);
	/* the container's own are as they were */
	CHECK_INT(capabilities.bounding.count, 1);
	arena_free(&arena);
}

static const char *process_file(const char *text)
{
	static char path[128];

	snprintf(path, sizeof(path), "/tmp/ctr-unit-process.%d", getpid());
	{
		cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	}
	return path;
}

TEST(exec_process_from_a_file_takes_nothing_of_the_containers)
{
	const char *path = process_file("{\"args\":[\"env\"],\"cwd\":\"/\",\"env\":[\"A=1\"],"
					"\"user\":{\"uid\":1,\"gid\":2},\"terminal\":true}");
	const struct exec_options options = { .process_path = path, .env = STRINGS("B=2") };
	int result = make_spec(&options);

	unlink(path);
	CHECK_STRING(result ? err.text : "", "");
	CHECK_STRING(list_text(&process.args), "env|");
	CHECK_STRING(list_text(&process.env), "A=1|B=2|");
	CHECK_INT(process.user.uid, 1);
	CHECK(process.terminal);
	CHECK(!process.capabilities && !process.no_new_privileges);
	arena_free(&arena);
}

TEST(exec_process_bad_files_are_refused)
{
	static const char *const documents[] = {
		"",
		"{",
		"[]",
		"{\"args\":\"env\",\"cwd\":\"/\"}",
		"{\"args\":[],\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}}",
		"{\"args\":[\"env\"],\"cwd\":\"relative\",\"user\":{\"uid\":0,\"gid\":0}}",
		"{\"args\":[\"env\"],\"cwd\":\"/\",\"user\":{\"uid\":-1,\"gid\":0}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		const char *path = process_file(documents[i]);
		int result = make_spec(&(struct exec_options){ .process_path = path });

		unlink(path);
		CHECK_INT(result, -1);
		CHECK_INT(err.errnum, EINVAL);
	}
	CHECK(make_spec(&(struct exec_options){ .process_path = "/none" }) == -1);
	CHECK_INT(err.errnum, ENOENT);
	arena_free(&arena);
}

TEST(exec_process_needs_a_command_and_an_absolute_directory)
{
	CHECK(make_spec(&(struct exec_options){ 0 }) == -1);
	CHECK_STRING(err.text, "process.args: is missing");
	CHECK(make_spec(&(struct exec_options){ .args = STRINGS("ls"), .cwd = "tmp" }) == -1);
	CHECK_STRING(err.text, "tmp: the working directory must be absolute");
	arena_free(&arena);
}
