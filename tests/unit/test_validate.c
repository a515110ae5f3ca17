/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/macro.h"
#include "specs/runtime_spec.h"
#include "tests/unit/unit.h"

/*
 * A spec from the members that matter, with single quotes for double ones; what every spec needs
 * is added where it is not given.
 */
static char *complete(struct arena *arena, const char *members)
{
	char *text = arena_printf(
		arena, "{%s%s%s%s}",
		strstr(members, "'ociVersion'") ? "" : "'ociVersion': '1.3.0', ",
		strstr(members, "'root'") ? "" : "'root': {'path': '/'}, ",
		strstr(members, "'process'") ? "" : "'process': {'cwd': '/', 'args': ['a']}, ",
		members);

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return text;
}

static int validate(struct arena *arena, const char *members, struct error *err)
{
	const char *text = complete(arena, members);
	struct spec spec;

	if (spec_decode(arena, "spec.json", text, strlen(text), &spec, err) < 0)
		return -1;
	return spec_validate("spec.json", &spec, err);
}

TEST(validate_refuses_what_contradicts_itself)
{
#define P "'process': {'cwd': '/', 'args': ['a'], "
#define NS(type) "'linux': {'namespaces': [{'type': '" type "'}], "
	static const char *const specs[] = {
		"'ociVersion': '2.0.0'",
		"'ociVersion': '1.3'",
		"'ociVersion': '1.3.0-'",
		"'ociVersion': '1.03.0'",
		"'ociVersion': ''",
		"'root': null",
		"'root': {'path': ''}",
		"'process': null",
		"'process': {'cwd': '/'}",
		"'process': {'cwd': '/', 'args': ['']}",
		P "'rlimits': [{'type': 'RLIMIT_CPU', 'soft': 2, 'hard': 1}]}",
		P "'rlimits': [{'type': 'RLIMIT_CPU', 'soft': 1, 'hard': 1}, {'type': "
		  "'RLIMIT_CPU', 'soft': 1, 'hard': 1}]}",
		P "'scheduler': {'policy': 'SCHED_FIFO'}}",
		P "'scheduler': {'policy': 'SCHED_OTHER', 'priority': 1}}",
		P "'scheduler': {'policy': 'SCHED_BATCH', 'runtime': 1}}",
		P "'scheduler': {'policy': 'SCHED_DEADLINE', 'runtime': 3000, 'deadline': 2000}}",
		P "'scheduler': {'policy': 'SCHED_DEADLINE', 'deadline': 2000}}",
		P "'scheduler': {'policy': 'SCHED_DEADLINE', 'runtime': 2000}}",
		P "'scheduler': {'policy': 'SCHED_DEADLINE', 'runtime': 0, 'deadline': 2000}}",
		P "'scheduler': {'policy': 'SCHED_DEADLINE', 'runtime': 1023, 'deadline': 2000}}",
		P "'scheduler': {'policy': 'SCHED_DEADLINE', 'runtime': 2000, 'deadline': 3000, "
		  "'period': 2500}}",
		"'mounts': [{'destination': '/a'}, {'destination': ''}]",
		"'mounts': [{'destination': '//./'}]",
		"'mounts': [{'destination': '/a', 'uidMappings': [{'containerID': 0, 'hostID': 1, "
		"'size': 1}]}]",
		"'mounts': [{'destination': '/a', 'uidMappings': [{'containerID': 0, 'hostID': 1, "
		"'size': 1}], 'gidMappings': [{'containerID': 0, 'hostID': 1, 'size': 0}]}]",
		"'hooks': {'poststart': [{'path': '/a'}, {'path': '/b', 'timeout': 0}]}",
		"'hostname': 'a'",
		"'domainname': 'a'",
		"'hostname': 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', "
		"'linux': {'namespaces': [{'type': 'uts'}]}",
		"'linux': {'namespaces': [{'type': 'pid'}, {'type': 'uts'}, {'type': 'pid'}]}",
		"'linux': {'uidMappings': [{'containerID': 0, 'hostID': 1, 'size': 1}]}",
		NS("user") "'uidMappings': [{'containerID': 0, 'hostID': 1, 'size': 1}]}",
		NS("user") "'uidMappings': [{'containerID': 0, 'hostID': 4294967000, 'size': "
			   "300}]}",
		NS("user") "'uidMappings': [{'containerID': 0, 'hostID': 0, 'size': 10}, "
			   "{'containerID': 9, 'hostID': 20, 'size': 1}]}",
		NS("user") "'uidMappings': [{'containerID': 0, 'hostID': 5, 'size': 10}, "
			   "{'containerID': 10, 'hostID': 0, 'size': 6}]}",
		NS("uts") "'timeOffsets': {'monotonic': {'secs': 1}}}",
		"'linux': {'namespaces': [{'type': 'time', 'path': '/x'}], 'timeOffsets': "
		"{'monotonic': {'secs': 1}}}",
		NS("time") "'timeOffsets': {'realtime': {'secs': 1}}}",
		"'linux': {'devices': [{'path': '/dev/a', 'type': 'c', 'major': 4096}]}",
		"'linux': {'devices': [{'path': '/dev/a', 'type': 'b', 'minor': -1}]}",
		"'linux': {'resources': {'devices': [{'allow': true, 'access': 'rx'}]}}",
		"'linux': {'maskedPaths': ['/a', 'b']}",
		"'linux': {'readonlyPaths': ['']}",
		"'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW', 'defaultErrnoRet': 1}}",
		"'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_NOTIFY'}}",
		"'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': "
		"[], 'action': 'SCMP_ACT_LOG'}]}}",
		"'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': "
		"['a'], 'action': 'SCMP_ACT_LOG', 'errnoRet': 1}]}}",
		"'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': "
		"['a'], 'action': 'SCMP_ACT_NOTIFY'}]}}",
		"'linux': {'personality': {'domain': 'LINUX', 'flags': ['A']}}",
		"'overlay': {'lower': ['/'], 'image': 'a'}",
		"'overlay': {'lower': ['/', '']}",
		"'root': {'path': '/', 'readonly': true}, 'overlay': {'upper': '/u'}",
		"'network': {'mode': 'none'}",
		"'network': {}",
		NS("user") "'uidMappings': [{'containerID': 0, 'hostID': 1, 'size': 1}], "
			   "'gidMappings': [{'containerID': 0, 'hostID': 1, 'size': 1}]}",
		"'linux': {'netDevices': {'eth0': {}}}",
	};
	char *golden = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&golden, &size);

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		cleanup_arena struct arena arena = { 0 };
		struct error err = { .text = "accepted" };

		validate(&arena, specs[i], &err);
		fprintf(stream, "%s\n  %s\n", specs[i], err.text);
	}
	fclose(stream);
	CHECK_GOLDEN(golden, "spec-validate-errors.txt");
	free(golden);
}

TEST(validate_refuses_what_is_not_done_instead_of_ignoring_it)
{
	static const char *const specs[] = {
		"'linux': {'resources': {'network': {'classID': 1}}}",
		("'linux': {'resources': {'network': {'priorities': [{'name': 'a', 'priority': "
		 "1}]}}}"),
		"'linux': {'resources': {'memory': {'kernel': 1}}}",
		"'linux': {'resources': {'memory': {'kernelTCP': 1}}}",
		"'linux': {'resources': {'cpu': {'realtimeRuntime': 1}}}",
		"'linux': {'resources': {'cpu': {'realtimePeriod': 1}}}",
		"'overlay': {'size': '1X'}",
	};
	char *golden = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&golden, &size);

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		cleanup_arena struct arena arena = { 0 };
		struct error err = { .text = "accepted" };

		CHECK_INT(validate(&arena, specs[i], &err), -1);
		fprintf(stream, "%s\n  %s\n", specs[i], err.text);
	}
	fclose(stream);
	CHECK_GOLDEN(golden, "spec-unsupported-errors.txt");
	free(golden);
}

/* Where the namespace is there, and where it is not. */
TEST(validate_lets_only_separate_kernel_parameters_be_set)
{
	static const char *const parameters[] = {
		"'net.ipv4.ip_forward': '1'",
		"'net/ipv4/conf/eth0.1/forwarding': '1'",
		"'kernel.shmmax': '1'",
		"'kernel/msgmax': '1'",
		"'kernel.sem': '32000 1024000000 500 32000'",
		"'fs.mqueue.msg_max': '1'",
		"'kernel.domainname': 'a'",
		"'user.max_user_namespaces': '0'",
		"'kernel.hostname': 'a'",
		"'kernel.core_pattern': '|/x'",
		"'kernel.shmmaxx': '1'",
		"'vm.overcommit_memory': '1'",
		"'net': '1'",
		"'net.': '1'",
		"'.net': '1'",
		"'': '1'",
		"'net..ipv4': '1'",
		"'net/../kernel/core_pattern': '1'",
		"'net./../kernel': '1'",
		"'net.//.kernel.core_pattern': '1'",
		"'net./.x': '1'",
		"'net.ipv4.x': '1\\n2'",
	};
	static const char *const namespaces[] = {
		"'namespaces': [{'type': 'network'}, {'type': 'ipc'}, {'type': 'uts'}, {'type': "
		"'user', 'path': '/x'}]",
		"'namespaces': [{'type': 'pid'}]",
	};
	char *golden = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&golden, &size);

	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
		fprintf(stream, "%s\n", parameters[i]);
		for (size_t j = 0; j < ARRAY_SIZE(namespaces); j++) {
			cleanup_arena struct arena arena = { 0 };
			struct error err = { .text = "accepted" };

			validate(&arena,
				 arena_printf(&arena, "'linux': {%s, 'sysctl': {%s}}",
					      namespaces[j], parameters[i]),
				 &err);
			fprintf(stream, "  %s\n", err.text);
		}
	}
	fclose(stream);
	CHECK_GOLDEN(golden, "spec-sysctl.txt");
	free(golden);
}

TEST(validate_host_network_leaves_no_namespace_for_parameters_of_net)
{
	cleanup_arena struct arena arena = { 0 };
	struct error err = { 0 };

	CHECK_INT(validate(&arena,
			   "'network': {'mode': 'host'}, 'linux': {'namespaces': [{'type': "
			   "'network'}], 'sysctl': {'net.ipv4.ip_forward': '1'}}",
			   &err),
		  -1);
	CHECK_CONTAINS(err.text, "needs a namespace of type 'network'");
}

TEST(validate_accepts_what_engines_write)
{
	static const char *const specs[] = {
		"'ociVersion': '1.0.2-dev'",
		"'ociVersion': '1.2.0-rc.1+build.7'",
		"'hostname': '', 'linux': {'mountLabel': '', 'seccomp': null, 'resources': {}}",
		P "'apparmorProfile': '', 'selinuxLabel': '', 'capabilities': null}",
		P "'rlimits': [{'type': 'RLIMIT_CORE', 'soft': 18446744073709551615, 'hard': "
		  "18446744073709551615}]}",
		P "'scheduler': {'policy': 'SCHED_RR', 'priority': 99}}",
		P "'scheduler': {'policy': 'SCHED_DEADLINE', 'runtime': 1024, 'deadline': 2048}}",
		"'mounts': [{'destination': 'relative', 'source': 'x', 'options': ['bind']}]",
		"'linux': {'namespaces': [{'type': 'user', 'path': '/proc/1/ns/user'}], "
		"'uidMappings': [{'containerID': 0, 'hostID': 1, 'size': 1}]}",
		NS("mount'}, {'type': 'user") "'uidMappings': [{'containerID': 0, 'hostID': 10, "
					      "'size': 10}, "
					      "{'containerID': 10, 'hostID': 0, 'size': 10}], "
					      "'gidMappings': "
					      "[{'containerID': 0, 'hostID': 0, 'size': "
					      "4294967295}]}",
		NS("time") "'timeOffsets': {'boottime': {'secs': -1, 'nanosecs': 1}}}",
		"'linux': {'resources': {'network': {'classID': 0}, 'memory': {'kernel': 0}, "
		"'cpu': {'realtimePeriod': 0, 'realtimeRuntime': 0}}}",
		"'linux': {'resources': {'devices': [{'allow': false, 'access': 'rwm'}, {'allow': "
		"true, 'type': 'a', 'major': -1, 'minor': -1}]}}",
		"'linux': {'devices': [{'path': '/dev/p', 'type': 'p', 'fileMode': 8624}]}",
		"'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38, "
		"'syscalls': [{'names': ['a'], 'action': 'SCMP_ACT_NOTIFY'}], 'listenerPath': "
		"'/run/s', 'listenerMetadata': 'm'}}",
		"'overlay': {'lower': ['a', '/'], 'upper': 'u', 'volatile': true}",
		NS("network") "'sysctl': {}}, 'network': {}",
		"'network': {'mode': 'host'}",
		"'root': null, 'overlay': {'image': 'app:1'}",
		"'root': null, 'overlay': {'lower': ['/'], 'upper': 'u'}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		cleanup_arena struct arena arena = { 0 };
		struct error err = { 0 };

		if (validate(&arena, specs[i], &err) < 0)
			unit_fail(__FILE__, __LINE__, "%s: %s", specs[i], err.text);
	}
}

TEST(validate_accepts_all_examples_and_they_encode_stably)
{
	struct error err = { 0 };
	cleanup_dir DIR *dir = open_dir_at(AT_FDCWD, unit_source_path("specs/examples"), &err);
	struct dirent *entry;
	int found = 0;

	CHECK(dir);
	while ((entry = readdir(dir))) {
		cleanup_arena struct arena arena = { 0 };
		struct string_list unknown;
		struct spec spec, again;
		char *text, *encoded;
		size_t size;

		if (!strstr(entry->d_name, ".json"))
			continue;
		found++;
		if (spec_read(&arena, dirfd(dir), entry->d_name, &spec, &text, &size, &err) < 0 ||
		    spec_validate(entry->d_name, &spec, &err) < 0 ||
		    spec_unknown_members(&arena, entry->d_name, text, size, &unknown, &err) < 0)
			unit_fail(__FILE__, __LINE__, "%s", err.text);
		CHECK_INT(unknown.count, 0);
		encoded = spec_encode(&arena, &spec, &size);
		CHECK_INT(spec_decode(&arena, "again", encoded, size, &again, &err), 0);
		CHECK_STRING(spec_encode(&arena, &again, NULL), encoded);
	}
	CHECK(found >= 9);
}
