/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/usage.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/interfaces.h"

static bool has_own_network(pid_t pid)
{
	struct stat own, theirs;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return stat("/proc/self/ns/net", &own) == 0 && stat(path, &theirs) == 0 &&
	       (own.st_ino != theirs.st_ino || own.st_dev != theirs.st_dev);
}

struct interfaces_stats usage_interfaces(const struct handle *handle, struct arena *arena)
{
	const pid_t pid = (pid_t)handle->state.init.pid;
	struct interfaces_stats found;
	struct error ignored;

	if (!has_own_network(pid) || interfaces_read(pid, arena, &found, &ignored) < 0)
		return (struct interfaces_stats){ 0 };
	/* as long as it lives its number is not another's */
	return identity_wait_end(handle->pidfd, 0) ? (struct interfaces_stats){ 0 } : found;
}

static void add_interfaces(const struct interfaces_stats *interfaces, struct container_usage *usage)
{
	for (size_t i = 0; i < interfaces->count; i++) {
		usage->received.set = usage->sent.set = true;
		usage->received.value += interfaces->items[i].rx_bytes;
		usage->sent.value += interfaces->items[i].tx_bytes;
	}
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t begin_of(const struct handle *handle)
{
	const uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
	struct error ignored;
	uint64_t start;

	if (identity_start_time((pid_t)handle->state.init.pid, &start, &ignored) < 0)
		return 0;
	return start * (1000000000 / ticks);
}

static uint64_t host_memory(void)
{
	struct sysinfo info;

	return sysinfo(&info) < 0 ? 0 : (uint64_t)info.totalram * info.mem_unit;
}

int container_usage(const struct settings *settings, const char *id, struct arena *arena,
		    struct container_usage *usage, struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct interfaces_stats interfaces;
	cleanup_fd int cgroup = -1;
	struct error ignored;

	*usage = (struct container_usage){ .id = id, .taken = now() };
	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, &handle, err) < 0)
		return -1;
	usage->running = handle.pidfd >= 0;
	if (!usage->running)
		return 0;
	usage->begun = begin_of(&handle);
	usage->host_memory = host_memory();
	cgroup = handle_open_cgroup(arena, &handle, &ignored);
	if (cgroup >= 0 && cgroup_usage_read(cgroup, arena, &usage->cgroup, err) < 0)
		return fail_in(err, "%s", id);
	interfaces = usage_interfaces(&handle, arena);
	add_interfaces(&interfaces, usage);
	return 0;
}
