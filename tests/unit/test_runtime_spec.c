/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "specs/runtime_spec.h"
#include "tests/unit/unit.h"

static void read_golden(struct arena *arena, const char *name, struct spec *spec, char **text,
			size_t *size)
{
	struct error err;

	if (spec_read(arena, AT_FDCWD, unit_source_path(name), spec, text, size, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
}

/* spec-full.json has every member that there is, in the order in which they are encoded. */
TEST(spec_with_every_member_is_encoded_as_it_was_read)
{
	cleanup_arena struct arena arena = { 0 };
	struct string_list unknown;
	struct spec spec;
	struct error err = { 0 };
	size_t size, encoded_size;
	char *text;

	read_golden(&arena, "tests/unit/golden/spec-full.json", &spec, &text, &size);
	CHECK_STRING(spec_encode(&arena, &spec, &encoded_size), text);
	CHECK_INT(encoded_size, size);
	CHECK_INT(spec_unknown_members(&arena, "spec.json", text, size, &unknown, &err), 0);
	CHECK_INT(unknown.count, 0);
}

TEST(spec_members_go_where_they_belong)
{
	cleanup_arena struct arena arena = { 0 };
	const struct spec_linux *linux_spec;
	const struct spec_resources *resources;
	struct spec spec;

	read_golden(&arena, "tests/unit/golden/spec-full.json", &spec, NULL, NULL);
	linux_spec = spec.linux;
	resources = linux_spec->resources;
	CHECK_STRING(spec.process->args.items[1], "-c");
	CHECK(spec.process->rlimits.items[0].hard == UINT64_MAX);
	CHECK_INT(spec.process->user.additional_gids.items[1], 4294967295);
	CHECK_INT(spec.process->user.umask.value, 077);
	CHECK_INT(spec.mounts.items[1].uid_mappings.items[0].host_id, 1000);
	CHECK_INT(spec.hooks->poststop.items[0].timeout.value, 9);
	CHECK_INT(linux_spec->namespaces.items[1].type, NAMESPACE_NETWORK);
	CHECK_STRING(linux_spec->namespaces.items[1].path, "/proc/1/ns/net");
	CHECK_STRING(linux_spec->net_devices.items[0].host_name, "eth0");
	CHECK_STRING(linux_spec->time_offsets.items[0].clock, "monotonic");
	CHECK_INT(linux_spec->time_offsets.items[0].secs, -5);
	CHECK_STRING(resources->rdma.items[0].device, "mlx5_1");
	CHECK_INT(resources->memory->swap.value, -1);
	CHECK_STRING(string_map_get(&resources->unified, "memory.high"), "1G");
	CHECK(linux_spec->seccomp->syscalls.items[0].args.items[0].value_two == UINT64_MAX);
	CHECK(spec.overlay->volatile_upper);
	CHECK_STRING(spec.network->mode, "none");
}

TEST(spec_ignores_unknown_members_and_lists_them)
{
	static const char text[] =
		"{\"ociVersion\":\"1.3.0\",\"windows\":{},\"process\":{\"cwd\":\"/\",\"color\":1},"
		"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"uts\",\"paths\":\"/"
		"x\"}]}}";
	cleanup_arena struct arena arena = { 0 };
	struct string_list unknown;
	struct error err = { 0 };
	struct spec spec;

	CHECK_INT(spec_decode(&arena, "spec.json", text, strlen(text), &spec, &err), 0);
	CHECK(!spec.linux->namespaces.items[1].path);
	CHECK_INT(spec_unknown_members(&arena, "spec.json", text, strlen(text), &unknown, &err), 0);
	CHECK_INT(unknown.count, 3);
	CHECK_STRING(unknown.items[0], "windows");
	CHECK_STRING(unknown.items[1], "process.color");
	CHECK_STRING(unknown.items[2], "linux.namespaces[1].paths");
}

TEST(spec_process_alone_is_read_for_exec)
{
	static const char text[] = "{\"args\":[\"ps\"],\"cwd\":\"/tmp\",\"user\":{\"uid\":7}}";
	cleanup_arena struct arena arena = { 0 };
	struct spec_process process;
	struct error err = { 0 };

	CHECK_INT(spec_process_decode(&arena, "p.json", text, strlen(text), &process, &err), 0);
	CHECK_STRING(process.args.items[0], "ps");
	CHECK_INT(process.user.uid, 7);
	CHECK_INT(spec_process_decode(&arena, "p.json", "{}", 2, &process, &err), -1);
	CHECK_STRING(err.text, "p.json: cwd: required, but missing");
}

TEST(spec_of_wrong_types_is_refused_with_the_member)
{
	static const char *const texts[] = {
		"{}",
		"{'ociVersion': 1}",
		"{'ociVersion': '1.3.0', 'process': {'cwd': 'tmp'}}",
		"{'ociVersion': '1.3.0', 'process': {'cwd': '/', 'args': 'sh'}}",
		"{'ociVersion': '1.3.0', 'process': {'cwd': '/', 'rlimits': [{'type': "
		"'RLIMIT_CPU', 'hard': 1, 'soft': 1}, {'type': 'RLIMIT_CORE', 'hard': 1, 'soft': "
		"'1'}]}}",
		"{'ociVersion': '1.3.0', 'process': {'cwd': '/', 'rlimits': [{'type': 'CPU', "
		"'hard': 1, 'soft': 1}]}}",
		"{'ociVersion': '1.3.0', 'process': {'cwd': '/', 'user': {'uid': 4294967296}}}",
		"{'ociVersion': '1.3.0', 'process': {'cwd': '/', 'user': {'umask': 512}}}",
		"{'ociVersion': '1.3.0', 'process': {'cwd': '/', 'oomScoreAdj': 1001}}",
		"{'ociVersion': '1.3.0', 'process': {'cwd': '/', 'scheduler': {'policy': "
		"'OTHER'}}}",
		"{'ociVersion': '1.3.0', 'process': {'cwd': '/', 'ioPriority': {'class': "
		"'IOPRIO_CLASS_BE', 'priority': 8}}}",
		"{'ociVersion': '1.3.0', 'root': {}}",
		"{'ociVersion': '1.3.0', 'mounts': [{'source': 'proc'}]}",
		"{'ociVersion': '1.3.0', 'hooks': {'poststop': [{'path': 'sh'}]}}",
		"{'ociVersion': '1.3.0', 'annotations': {'a': 1}}",
		"{'ociVersion': '1.3.0', 'linux': {'namespaces': [{'type': 'pid'}, {'type': "
		"'pids'}]}}",
		"{'ociVersion': '1.3.0', 'linux': {'namespaces': [{'type': 'pid', 'path': "
		"'ns/pid'}]}}",
		"{'ociVersion': '1.3.0', 'linux': {'uidMappings': [{'containerID': 0, 'hostID': "
		"0}]}}",
		"{'ociVersion': '1.3.0', 'linux': {'devices': [{'path': '/dev/x', 'type': 'a'}]}}",
		"{'ociVersion': '1.3.0', 'linux': {'resources': {'memory': {'limit': -2}}}}",
		"{'ociVersion': '1.3.0', 'linux': {'resources': {'cpu': {'shares': -1}}}}",
		"{'ociVersion': '1.3.0', 'linux': {'resources': {'cpu': {'cpus': 3}}}}",
		"{'ociVersion': '1.3.0', 'linux': {'rootfsPropagation': 'public'}}",
		"{'ociVersion': '1.3.0', 'linux': {'seccomp': {}}}",
		"{'ociVersion': '1.3.0', 'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_DENY'}}}",
		"{'ociVersion': '1.3.0', 'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW', "
		"'syscalls': [{'names': ['a'], 'action': 'SCMP_ACT_ERRNO', 'args': [{'index': 6, "
		"'value': 0, 'op': 'SCMP_CMP_EQ'}]}]}}}",
		"{'ociVersion': '1.3.0', 'linux': {'timeOffsets': {'monotonic': {'nanosecs': "
		"1000000000}}}}",
		"{'ociVersion': '1.3.0', 'linux': {'personality': {'domain': 'BSD'}}}",
		"{'ociVersion': '1.3.0', 'overlay': {'lower': '/'}}",
		"{'ociVersion': '1.3.0', 'network': {'networks': [{'ipv4': '10.0.0.2'}]}}",
	};
	char *golden = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&golden, &size);

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_arena struct arena arena = { 0 };
		struct error err = { .text = "accepted" };
		struct spec spec;
		char *text = arena_strdup(&arena, texts[i]);

		for (char *c = text; *c; c++)
			*c = *c == '\'' ? '"' : *c;
		spec_decode(&arena, "spec.json", text, strlen(text), &spec, &err);
		fprintf(stream, "%s\n  %s\n", texts[i], err.text);
	}
	fclose(stream);
	CHECK_GOLDEN(golden, "spec-decode-errors.txt");
	free(golden);
}

TEST(spec_that_is_no_regular_file_is_refused_without_waiting)
{
	cleanup_arena struct arena arena = { 0 };
	char dir[] = "/tmp/ctr-unit-XXXXXX";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cleanup_fd int fd = -1;
	struct spec spec;
	struct error err;

	CHECK(mkdtemp(dir));
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(mkfifoat(fd, "fifo", 0600) == 0 && mkdirat(fd, "dir", 0700) == 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sock", dir);
	CHECK(bind(sock, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK_INT(spec_read(&arena, fd, "fifo", &spec, NULL, NULL, &err), -1);
	CHECK_CONTAINS(err.text, "fifo");
	CHECK_INT(spec_read(&arena, fd, "dir", &spec, NULL, NULL, &err), -1);
	CHECK_INT(spec_read(&arena, fd, "sock", &spec, NULL, NULL, &err), -1);
	CHECK_INT(spec_read(&arena, fd, "missing", &spec, NULL, NULL, &err), -1);
	CHECK_CONTAINS(err.text, "No such file");
	CHECK_INT(spec_read(&arena, AT_FDCWD, "/dev/zero", &spec, NULL, NULL, &err), -1);
	unlinkat(fd, "fifo", 0);
	unlinkat(fd, "sock", 0);
	unlinkat(fd, "dir", AT_REMOVEDIR);
	rmdir(dir);
}

TEST(spec_of_a_hundred_megabytes_is_refused)
{
	cleanup_arena struct arena arena = { 0 };
	char path[] = "/tmp/ctr-unit-XXXXXX";
	cleanup_fd int fd = mkostemp(path, O_CLOEXEC);
	struct spec spec;
	struct error err;

	CHECK(fd >= 0 && ftruncate(fd, 100 << 20) == 0);
	CHECK_INT(spec_read(&arena, AT_FDCWD, path, &spec, NULL, NULL, &err), -1);
	unlink(path);
	CHECK_CONTAINS(err.text, path);
}

TEST(namespace_words_and_flags_agree)
{
	CHECK_STRING(namespace_name(NAMESPACE_MOUNT), "mount");
	CHECK(namespace_flag(NAMESPACE_MOUNT) == CLONE_NEWNS);
	for (int type = 0; type < NAMESPACE_COUNT; type++) {
		CHECK(namespace_name((enum namespace_type)type));
		CHECK(namespace_flag((enum namespace_type)type));
	}
}
