/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "specs/events.h"
#include "specs/uint_map.h"

/*
 * The formats of cgroup v2's files (Documentation/admin-guide/cgroup-v2.rst, "Format"). Pure. What
 * is not of its form is passed over: later kernels add keys and lines, and a last line without its
 * newline was cut off.
 */

/* "KEY VALUE" lines: memory.stat, cpu.stat, *.events. Only whole numbers are taken. */
struct uint_map stats_parse_pairs(struct arena *arena, const char *text);

/* The value of key, 0 when it is absent. */
uint64_t stats_pair(const struct uint_map *pairs, const char *key);

/* A file of one value; "max" is UINT64_MAX, what is no number 0. */
uint64_t stats_parse_value(const char *text);

/* "0-3,5": cpuset.cpus.effective. Numbers that do not ascend, or over 65535, are not taken. */
struct stats_numbers stats_parse_list(struct arena *arena, const char *text);

/* cpu.stat, whose microseconds become nanoseconds. */
void stats_parse_cpu(struct arena *arena, const char *text, struct cpu_stats *cpu);

/* io.stat: a line for each device with "rbytes=1 wbytes=2 rios=3 wios=4 ...". */
void stats_parse_io(struct arena *arena, const char *text, struct blkio_stats *blkio);

/* *.pressure. NULL if neither of its lines is there. */
struct psi_stats *stats_parse_psi(struct arena *arena, const char *text);
