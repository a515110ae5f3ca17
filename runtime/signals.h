/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * Child side: default handling of every signal and none blocked. execve(2) resets handlers, but
 * what ctr's caller ignores or blocks (nohup, a shell's trap) would reach the program.
 */
void signals_reset(void);

/* The same where it is known which are ignored: bit N - 1 is signal N. */
void signals_reset_these(uint64_t ignored);

/* What we ignore; all of them when that cannot be read. proc: a procfs of our pid namespace. */
uint64_t signals_ignored(int proc);

/*
 * Signals that ask for the end end us until the next execve(2). The first process of a pid
 * namespace would not even get them: without a handler the kernel drops them (pid_namespaces(7)).
 */
void signals_end_process(void);
