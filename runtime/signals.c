/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/signals.h"

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

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
