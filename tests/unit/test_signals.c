/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/unit/unit.h"

#define BIT(number) (UINT64_C(1) << ((number)-1))

/* The raw call: glibc keeps 32 and 33 for itself. */
static void ignore(int number)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		uint64_t mask;
	} action = { .handler = (void *)SIG_IGN };

	CHECK(syscall(SYS_rt_sigaction, number, &action, NULL, sizeof(uint64_t)) == 0);
}

/* In a child, whose dispositions are its own: 0 when all is well. */
static int try_signals(void)
{
	static const int numbers[] = { SIGHUP, SIGPIPE, 33, 64 };
	cleanup_fd int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t all = 0, before = signals_ignored(proc);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		ignore(numbers[i]);
		all |= BIT(numbers[i]);
	}
	if (signals_ignored(proc) != (before | all))
		return 1;
	signals_reset_these(BIT(SIGHUP) | BIT(64));
	if (signals_ignored(proc) != ((before | all) & ~(BIT(SIGHUP) | BIT(64))))
		return 2;
	signals_reset();
	return signals_ignored(proc) ? 3 : 0;
}

TEST(signals_that_are_ignored_are_found_and_reset)
{
	pid_t pid;
	int status;

	/* tests/run-valgrind says so: the kernel knows valgrind's dispositions, not the program's */
	if (getenv("CTR_UNDER_VALGRIND"))
		unit_skip("signals are valgrind's");
	pid = fork();
	if (pid == 0)
		_exit(try_signals());
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
}

TEST(signals_are_all_taken_for_ignored_where_nothing_says_so)
{
	cleanup_fd int elsewhere = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(signals_ignored(elsewhere) == UINT64_MAX);
}
