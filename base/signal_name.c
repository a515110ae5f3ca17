/* SPDX-License-Identifier: Apache-2.0 */
#include "base/signal_name.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "base/suggest.h"
#include "base/value.h"

/* As sigabbrev_np(3), which not every C library has. */
static const char names[][8] = {
	[SIGHUP] = "HUP",   [SIGINT] = "INT",	    [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
	[SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",	    [SIGBUS] = "BUS",	[SIGFPE] = "FPE",
	[SIGKILL] = "KILL", [SIGUSR1] = "USR1",	    [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",	    [SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
	[SIGCHLD] = "CHLD", [SIGCONT] = "CONT",	    [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
	[SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",	    [SIGURG] = "URG",	[SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
	[SIGPOLL] = "POLL", [SIGPWR] = "PWR",	    [SIGSYS] = "SYS",
};

/* "RTMIN", "RTMIN+3", "RTMAX-1". The kernel's numbers, not the C library's, which keeps two. */
static int parse_real_time(const char *name, int *signal)
{
	const int first = 34, last = 64;
	int base, offset = 0;

	if (!strncasecmp(name, "RTMIN", 5))
		base = first;
	else if (!strncasecmp(name, "RTMAX", 5))
		base = last;
	else
		return -1;
	name += 5;
	if (*name && ((*name != '+' && *name != '-') || !isdigit((unsigned char)name[1]) ||
		      value_parse_int(name, -last, last, &offset) < 0))
		return -1;
	if (base + offset < first || base + offset > last)
		return -1;
	*signal = base + offset;
	return 0;
}

int signal_parse(const char *text, int *signal, struct error *err)
{
	const char *name = strncasecmp(text, "SIG", 3) ? text : text + 3;
	char upper[16] = "";
	struct suggestion suggestion = { .word = upper };

	if (value_parse_int(text, 0, 64, signal) >= 0 || parse_real_time(name, signal) >= 0)
		return 0;
	for (size_t i = 0; i < sizeof(upper) - 1 && name[i]; i++)
		upper[i] = (char)toupper((unsigned char)name[i]);
	for (int number = 1; number < (int)ARRAY_SIZE(names); number++) {
		const char *known = names[number];

		if (!*known)
			continue;
		if (!strcasecmp(known, name)) {
			*signal = number;
			return 0;
		}
		suggest(&suggestion, known);
	}
	if (suggestion.best)
		return fail(err, EINVAL, "unknown signal '%s' (did you mean '%s'?)", text,
			    suggestion.best);
	return fail(err, EINVAL, "unknown signal '%s'", text);
}
