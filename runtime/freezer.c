/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/freezer.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "cgroup/freeze.h"

/* A container that does not freeze within this time is not frozen. */
#define FREEZE_TIMEOUT_MS 10000
#define THAW_TIMEOUT_MS 10000

/* What is frozen and thawed: the parent, or each. */
static const int *targets(const struct freezer *freezer, size_t *count)
{
	*count = freezer->parent >= 0 ? 1 : freezer->count;
	return freezer->parent >= 0 ? &freezer->parent : freezer->cgroups;
}

/* One that is gone has nothing that could be frozen. The first failure counts, all are tried. */
static int thaw_all(const struct freezer *freezer, struct error *err)
{
	size_t count;
	const int *cgroups = targets(freezer, &count);
	struct error other;
	int result = 0;

	for (size_t i = 0; i < count; i++)
		cgroup_ask_frozen(cgroups[i], false, &other);
	for (size_t i = 0; i < count; i++) {
		if (cgroup_thaw(cgroups[i], THAW_TIMEOUT_MS, &other) == 0 ||
		    other.errnum == ENOENT || result < 0)
			continue;
		*err = other;
		result = -1;
	}
	return result;
}

static _Noreturn void guard_main(const struct freezer *freezer, int sock)
{
	struct error ignored;
	ssize_t size;
	char byte = 0;

	/* so that what kills ctr's process group spares it */
	setsid();
	if (write(sock, &byte, 1) != 1)
		_exit(1);
	do
		size = read(sock, &byte, 1);
	while (size < 0 && errno == EINTR);
	if (size <= 0)
		thaw_all(freezer, &ignored);
	_exit(0);
}

int freezer_begin(struct freezer *freezer, struct error *err)
{
	char byte;
	int pair[2];

	if (!freezer->count)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(err, "make a socket pair");
	freezer->guard_pid = fork();
	if (freezer->guard_pid == 0) {
		close_fd(&pair[0]);
		guard_main(freezer, pair[1]);
	}
	close_fd(&pair[1]);
	freezer->guard = pair[0];
	if (freezer->guard_pid < 0)
		return fail_errno(err, "fork the guard");
	/* not before it is out of reach of what kills us */
	if (read(freezer->guard, &byte, 1) != 1)
		return fail(err, ECHILD, "the guard died");
	return 0;
}

/* Others wait for what we do now: before whatever else wants the processor, where that is allowed.
 */
static void hurry(struct freezer *freezer, bool on)
{
	if (on)
		freezer->nice = getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PROCESS, 0, on ? -20 : freezer->nice);
}

int freezer_freeze(struct freezer *freezer, struct error *err)
{
	size_t count;
	const int *cgroups = targets(freezer, &count);

	if (!freezer->count)
		return 0;
	hurry(freezer, true);
	clock_gettime(CLOCK_MONOTONIC, &freezer->begin);
	freezer->frozen = true;
	/* first the wish for all, so that they stop together */
	for (size_t i = 0; count > 1 && i < count; i++)
		if (cgroup_ask_frozen(cgroups[i], true, err) < 0 && err->errnum != ENOENT)
			return fail_in(err, "freeze");
	/* one that is gone has ended meanwhile: nothing of it runs */
	for (size_t i = 0; i < count; i++)
		if (cgroup_freeze(cgroups[i], FREEZE_TIMEOUT_MS, err) < 0 && err->errnum != ENOENT)
			return -1;
	return 0;
}

int freezer_thaw(struct freezer *freezer, struct error *err)
{
	struct timespec end;

	if (!freezer->frozen)
		return 0;
	if (thaw_all(freezer, err) < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &end);
	hurry(freezer, false);
	freezer->frozen = false;
	freezer->microseconds = (end.tv_sec - freezer->begin.tv_sec) * 1000000LL +
				(end.tv_nsec - freezer->begin.tv_nsec) / 1000;
	return 0;
}

/* They run again: the guard is not to touch them any more. If not, it tries once more. */
void freezer_end(struct freezer *freezer)
{
	if (freezer->guard >= 0 && !freezer->frozen)
		send(freezer->guard, "", 1, MSG_NOSIGNAL);
	close_fd(&freezer->guard);
	if (freezer->guard_pid > 0)
		while (waitpid(freezer->guard_pid, NULL, 0) < 0 && errno == EINTR)
			;
	freezer->guard_pid = 0;
}
