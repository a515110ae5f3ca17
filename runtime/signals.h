/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Child side: default handling of every signal and none blocked. execve(2) resets handlers, but
 * what ctr's caller ignores or blocks (nohup, a shell's trap) would reach the program.
 */
void signals_reset(void);

/*
 * Signals that ask for the end end us until the next execve(2). The first process of a pid
 * namespace would not even get them: without a handler the kernel drops them (pid_namespaces(7)).
 */
void signals_end_process(void);
