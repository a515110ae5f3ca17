/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/sys.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static char root[128], data_root[128];
static const struct settings settings = { .root = root, .data_root = data_root };

static int begin(void)
{
	int dir = scratch_dir();

	snprintf(root, sizeof(root), "%s/run", scratch_path());
	snprintf(data_root, sizeof(data_root), "%s/data", scratch_path());
	return dir;
}

/* A container of the OCI form whose process has ended, if it ever had one. */
static void make_container(const char *id, const struct identity *init)
{
	const struct state state = {
		.oci_version = "1.3.0",
		.id = (char *)id,
		.bundle = "/b",
		.init = *init,
	};
	int dir = handle_make_folder(root, id, &err);

	CHECK(dir >= 0);
	CHECK(state_save(&arena, dir, STATE_FILE, &state, false, &err) == 0);
	close(dir);
}

TEST(handle_of_no_container)
{
	struct handle handle;

	begin();
	CHECK(handle_open(&settings, "none", HANDLE_NO_LOCK, &arena, &handle, &err) == -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_STRING(err.text, "none: container does not exist");
	handle_close(&handle);
	CHECK(handle_open(&settings, "none", HANDLE_LOCK, &arena, &handle, &err) == -1);
	CHECK_INT(err.errnum, ENOENT);
	handle_close(&handle);
	arena_free(&arena);
}

TEST(handle_refuses_ids_that_are_paths)
{
	static const char *const ids[] = { "", ".", "..", "../x", "a/b", "/etc" };
	struct handle handle;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		CHECK(handle_open(&settings, ids[i], HANDLE_NO_LOCK, &arena, &handle, &err) == -1);
		CHECK_INT(err.errnum, EINVAL);
		handle_close(&handle);
	}
	arena_free(&arena);
}

TEST(handle_make_folder_makes_private_folders_once)
{
	struct stat status;
	int dir = begin(), made = handle_make_folder(root, "web", &err);

	CHECK(made >= 0);
	CHECK(fcntl(made, F_GETFD) & FD_CLOEXEC);
	CHECK(fstatat(dir, "run", &status, 0) == 0);
	CHECK_INT(status.st_mode & 07777, 0700);
	CHECK(fstatat(dir, "run/web", &status, 0) == 0);
	CHECK_INT(status.st_mode & 07777, 0700);
	CHECK(handle_make_folder(root, "web", &err) == -1);
	CHECK_INT(err.errnum, EEXIST);
	CHECK_STRING(err.text, "web: container with given ID already exists");
	close(made);
}

TEST(handle_finds_a_stopped_container_and_its_lock_is_exclusive)
{
	struct handle handle;
	int other;

	begin();
	make_container("web", &(struct identity){ 0 });
	CHECK(handle_open(&settings, "web", HANDLE_LOCK, &arena, &handle, &err) == 0);
	CHECK_INT(handle.status, STATUS_STOPPED);
	CHECK(!handle.incomplete);
	CHECK_STRING(handle.state.bundle, "/b");
	CHECK_INT(handle.pidfd, -1);
	CHECK_INT(handle.data, -1);
	other = open(arena_printf(&arena, "%s/web", root), O_RDONLY | O_CLOEXEC);
	CHECK(flock(other, LOCK_EX | LOCK_NB) == -1);
	handle_close(&handle);
	CHECK(flock(other, LOCK_EX | LOCK_NB) == 0);
	close(other);
	arena_free(&arena);
}

TEST(handle_of_a_live_process_is_running)
{
	struct identity own;
	struct handle handle;
	cleanup_fd int pidfd = pidfd_open(getpid(), 0);

	begin();
	CHECK(identity_get(pidfd, getpid(), &own, &err) == 0);
	make_container("web", &own);
	CHECK(handle_open(&settings, "web", HANDLE_NO_LOCK, &arena, &handle, &err) == 0);
	CHECK_INT(handle.status, STATUS_RUNNING);
	CHECK(handle.pidfd >= 0);
	handle_close(&handle);
	/* one that waits for start */
	scratch_file("run/web/start.sock", "");
	CHECK(handle_open(&settings, "web", HANDLE_NO_LOCK, &arena, &handle, &err) == 0);
	CHECK_INT(handle.status, STATUS_CREATED);
	handle_close(&handle);
	arena_free(&arena);
}

TEST(handle_of_another_process_with_its_pid_is_stopped)
{
	struct identity other;
	struct handle handle;
	cleanup_fd int pidfd = pidfd_open(getpid(), 0);

	begin();
	CHECK(identity_get(pidfd, getpid(), &other, &err) == 0);
	other.inode += other.inode != 0;
	other.start += other.start != 0;
	make_container("web", &other);
	CHECK(handle_open(&settings, "web", HANDLE_NO_LOCK, &arena, &handle, &err) == 0);
	CHECK_INT(handle.status, STATUS_STOPPED);
	CHECK_INT(handle.pidfd, -1);
	handle_close(&handle);
	arena_free(&arena);
}

TEST(handle_of_a_making_in_progress_and_of_an_interrupted_one)
{
	struct handle handle;
	int maker;

	begin();
	maker = handle_make_folder(root, "web", &err);
	CHECK(handle_open(&settings, "web", HANDLE_NO_LOCK, &arena, &handle, &err) == 0);
	CHECK(handle.incomplete);
	CHECK_INT(handle.status, STATUS_CREATING);
	handle_close(&handle);
	close(maker); /* killed */
	CHECK(handle_open(&settings, "web", HANDLE_NO_LOCK, &arena, &handle, &err) == 0);
	CHECK(handle.incomplete);
	CHECK_INT(handle.status, STATUS_STOPPED);
	CHECK_STRING(handle.state.id, "web");
	handle_close(&handle);
	arena_free(&arena);
}

TEST(handle_keeps_its_exclusive_lock_on_an_interrupted_making)
{
	struct handle handle;
	int other;

	begin();
	close(handle_make_folder(root, "web", &err));
	CHECK(handle_open(&settings, "web", HANDLE_LOCK, &arena, &handle, &err) == 0);
	CHECK_INT(handle.status, STATUS_STOPPED);
	other = open(arena_printf(&arena, "%s/web", root), O_RDONLY | O_CLOEXEC);
	CHECK(flock(other, LOCK_SH | LOCK_NB) == -1);
	close(other);
	handle_close(&handle);
	arena_free(&arena);
}

TEST(handle_of_a_stopped_container_of_the_spec_form)
{
	const struct state state = {
		.oci_version = "1.3.0",
		.id = "web",
		.bundle = "/b",
		.data = "/d",
		.keep = true,
	};
	struct handle handle;
	int dir;

	begin();
	dir = handle_make_folder(handle_data_path(&arena, &settings), "web", &err);
	CHECK(dir >= 0);
	CHECK(state_save(&arena, dir, RECORD_FILE, &state, false, &err) == 0);
	close(dir);
	CHECK(handle_open(&settings, "web", HANDLE_LOCK, &arena, &handle, &err) == 0);
	CHECK_INT(handle.status, STATUS_STOPPED);
	CHECK_INT(handle.dir, -1);
	CHECK(handle.data >= 0 && handle.state.keep && !handle.incomplete);
	handle_close(&handle);
	arena_free(&arena);
}

TEST(handle_with_a_broken_state_says_which)
{
	struct handle handle;

	begin();
	make_container("web", &(struct identity){ 0 });
	scratch_file("run/web/state.json", "{");
	CHECK(handle_open(&settings, "web", HANDLE_NO_LOCK, &arena, &handle, &err) == -1);
	CHECK(!strncmp(err.text, "web: state.json:1:", 18));
	handle_close(&handle);
	arena_free(&arena);
}

/* So that `rm -f` gets rid of it. */
TEST(handle_with_force_takes_a_broken_state_for_an_interrupted_making)
{
	struct handle handle;

	begin();
	make_container("web", &(struct identity){ 0 });
	scratch_file("run/web/state.json", "{");
	CHECK(handle_open(&settings, "web", HANDLE_FORCE, &arena, &handle, &err) == 0);
	CHECK(handle.incomplete);
	CHECK_INT(handle.status, STATUS_STOPPED);
	CHECK_STRING(handle.state.id, "web");
	CHECK(!handle.state.bundle);
	handle_close(&handle);
	arena_free(&arena);
}

TEST(handle_allow_has_the_words_that_engines_look_for)
{
	static char id[] = "web";
	struct handle handle = { .state = { .id = id } };

	handle.status = STATUS_STOPPED;
	CHECK(handle_allow(&handle, "start", 1U << STATUS_CREATED, &err) == -1);
	CHECK_STRING(err.text, "web: cannot start a container that has stopped");
	CHECK(handle_allow(&handle, "kill", 1U << STATUS_RUNNING, &err) == -1);
	CHECK_STRING(err.text, "web: container not running");
	handle.status = STATUS_RUNNING;
	CHECK(handle_allow(&handle, "start", 1U << STATUS_CREATED, &err) == -1);
	CHECK_STRING(err.text, "web: cannot start a container that is running");
	handle.status = STATUS_PAUSED;
	CHECK(handle_allow(&handle, "exec in", 1U << STATUS_RUNNING, &err) == -1);
	CHECK_CONTAINS(err.text, "paused");
	for (enum container_status status = 0; status < STATUS_COUNT; status++) {
		handle.status = status;
		CHECK(handle_allow(&handle, "stop", 1U << status, &err) == 0);
	}
}

TEST(handle_without_a_cgroup_has_none_to_open)
{
	static char id[] = "web";
	struct handle handle = { .state = { .id = id }, .cgroup = -1 };

	CHECK(handle_open_cgroup(&arena, &handle, &err) == -1);
	CHECK_INT(err.errnum, ENOENT);
	arena_free(&arena);
}

TEST(handle_hands_out_the_cgroup_that_told_the_status)
{
	struct handle handle = { .cgroup = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	cleanup_fd int cgroup = handle_open_cgroup(&arena, &handle, &err);

	CHECK(cgroup >= 0);
	CHECK_INT(handle.cgroup, -1);
	arena_free(&arena);
}
