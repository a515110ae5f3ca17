/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/signals.h"

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macro.h"

#define SIGNALS 64 /* the kernel's; glibc hides 32 and 33, which may be ignored as well */

void signals_reset(void)
{
	/* The kernel's struct sigaction, at least as large as anywhere: SIG_DFL is 0. */
	static const uint64_t action[8];
	static const uint64_t none;

	for (int number = 1; number <= SIGNALS; number++)
		syscall(SYS_rt_sigaction, number, action, NULL, sizeof(none));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

static void end_process(int number)
{
	_exit(128 + number);
}

void signals_end_process(void)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	const struct sigaction action = { .sa_handler = end_process };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &action, NULL);
}
