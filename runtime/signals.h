/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Child side: default handling of every signal and none blocked. execve(2) resets handlers, but
 * what ctr's caller ignores or blocks (nohup, a shell's trap) would reach the program.
 */
void signals_reset(void);
