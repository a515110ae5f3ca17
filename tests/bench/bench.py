#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The driver of tests/bench/run, which see. Runs in a folder of its own."""
import argparse
import sys
import time
import traceback

from suite import engine, growth, inside, memory, report, start, verbs
from suite.context import Bench
from suite.plot import draw

GROUPS = {
    "run": start.row_run, "counts": start.row_counts, "seccomp": start.row_seccomp,
    "userns": start.row_userns, "binds": start.row_binds, "mounts": start.row_mounts,
    "lifecycle": verbs.row_lifecycle, "exec": verbs.row_exec, "state": verbs.row_state,
    "pause": verbs.row_pause, "kill": verbs.row_kill, "delete": verbs.row_delete,
    "calls": verbs.row_verb_counts, "list": growth.row_list, "parallel": growth.row_parallel,
    "memory": start.row_memory, "monitor": memory.row_monitor, "limit": memory.row_limit,
    "engine": engine.row_engine, "inside": inside.row_inside,
}


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/bench/run", epilog=f"rows: {' '.join(GROUPS)}",
        usage="%(prog)s [--build DIR] [--native] [--quick] [--rounds N] [--rows ROW,...] "
        "[--markdown] [--json FILE] [--plot FILE] [--limit FILE] [--readme]")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--native", action="store_true",
                        help="the peers of this machine, not the newest")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: five minutes in all")
    parser.add_argument("--rounds", type=int, help="of a short command (40, with --quick 10)")
    parser.add_argument("--rows", default=",".join(GROUPS), help="these groups of rows")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--json", metavar="FILE", help="all samples")
    parser.add_argument("--plot", metavar="FILE", help="a PNG of what grows")
    parser.add_argument("--limit", metavar="FILE", help="what tests/bench/limit has printed")
    parser.add_argument("--readme", action="store_true", help="put the tables into README.md")
    options = parser.parse_args()
    for group in options.rows.split(","):
        if group not in GROUPS:
            parser.error(f"no row {group}; rows: {' '.join(GROUPS)}")
    return options


def main():
    options = arguments()
    bench, failed = Bench(options), False
    for group in options.rows.split(","):
        begin = time.monotonic()
        try:
            GROUPS[group](bench)
        except Exception as error:  # what other groups have measured is kept
            traceback.print_exc()
            bench.notes.append(f"{group}: {error!r}")
            failed = True
        print(f"tests/bench/run: {group}: {time.monotonic() - begin:.1f} s", file=sys.stderr)
    bench.clean_up()
    if options.plot:
        draw(bench, options.plot)
    report.print_tables(bench, options.markdown)
    if options.json:
        report.write_json(bench, options.json)
    return failed


if __name__ == "__main__":
    sys.exit(main())
