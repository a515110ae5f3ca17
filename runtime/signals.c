/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/signals.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macro.h"

#define SIGNALS 64 /* the kernel's; glibc hides 32 and 33, which may be ignored as well */

void signals_reset_these(uint64_t ignored)
{
	/* The kernel's struct sigaction, at least as large as anywhere: SIG_DFL is 0. */
	static const uint64_t action[8];
	static const uint64_t none;

	for (int number = 1; number <= SIGNALS; number++)
		if (ignored >> (number - 1) & 1)
			syscall(SYS_rt_sigaction, number, action, NULL, sizeof(none));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

void signals_reset(void)
{
	signals_reset_these(UINT64_MAX);
}

uint64_t signals_ignored(int proc)
{
	static const char field[] = "\nSigIgn:";
	struct error unreadable;
	char text[4096], *line = NULL, *end;
	uint64_t ignored;

	if (file_read_short_at(proc, "self/status", text, sizeof(text), &unreadable) > 0)
		line = strstr(text, field);
	if (!line)
		return UINT64_MAX;
	/* of a user in hundreds of groups the text may end in the middle of it */
	ignored = strtoull(line + strlen(field), &end, 16);
	return *end == '\n' ? ignored : UINT64_MAX;
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
