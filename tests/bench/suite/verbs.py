# SPDX-License-Identifier: Apache-2.0
"""Rows of the verbs that act on one container."""
from .context import SLEEP, Failure
from .start import NO_TRACEPOINTS, count
from .table import ROWS


class Running:
    """A context: one container that sleeps for each runtime, and one of floor's, whose state is
    the file .state."""

    def __init__(self, bench, row):
        self.bench = bench
        self.row = row
        self.running = {}
        self.state = bench.state("floor-" + row)

    def __enter__(self):
        bench = self.bench
        for name in bench.runtimes():
            container = f"{bench.prefix}{self.row}-{name}"  # also names its cgroup
            try:
                bench.must(*bench.runtime(name), "run", "-d", "--bundle", bench.bundle_sleep,
                           container)
                self.running[name] = container
            except Failure as error:
                bench.notes.append(f"{self.row}: {error}")
        bench.must(*bench.floor("-d", self.state, bench.rootfs, *SLEEP))
        return self

    def items(self):
        return self.running.items()

    def __exit__(self, *error):
        for name, container in self.running.items():
            self.bench.output(*self.bench.runtime(name), "delete", "--force", container)
        self.bench.output(*self.bench.verb("delete", self.state))


def row_lifecycle(bench):
    variants = {}
    for name in bench.runtimes():
        pid, container = bench.state("pid-" + name), f"{bench.prefix}life%r-{name}"
        variants[name] = [
            ["time", *bench.runtime(name), "create", "--bundle", bench.bundle_true,
             "--pid-file", pid, container],
            ["time", *bench.runtime(name), "start", container],
            ["gone", pid],
            ["time", *bench.runtime(name), "delete", container]]
    measured = bench.measure("lifecycle", variants)
    bench.add_times("lifecycle", measured)
    for place, row in enumerate(("create", "start", "delete"), 3):
        bench.add_times(row, measured, place)


def row_exec(bench):
    with Running(bench, "exec") as running:
        variants = {name: [["time", *bench.runtime(name), "exec", container, "/bin/true"]]
                    for name, container in running.items()}
        variants["floor"] = [["time", *bench.verb("exec", running.state, "/bin/true")]]
        bench.add_times("exec", bench.measure("exec", variants))


def row_state(bench):
    with Running(bench, "state") as running:
        variants = {name: [["time", *bench.runtime(name), "state", container]]
                    for name, container in running.items()}
        variants["floor"] = [["time", *bench.verb("state", running.state)]]
        bench.add_times("state", bench.measure("state", variants))


def row_pause(bench):
    with Running(bench, "pause") as running:
        variants = {name: [["time", *bench.runtime(name), "pause", container],
                           ["time", *bench.runtime(name), "resume", container]]
                    for name, container in running.items()}
        variants["floor"] = [["time", *bench.verb("pause", running.state)],
                             ["time", *bench.verb("resume", running.state)]]
        measured = bench.measure("pause", variants)
    bench.add_times("pause", measured, 3)
    bench.add_times("resume", measured, 4)


def kill_variants(bench, row, steps, floor_steps):
    """A new container for each round; steps(name, id, file of its process)"""
    variants = {}
    for name in bench.runtimes():
        container, pid = f"{bench.prefix}{row}%r-{name}", bench.state(f"pid-{row}-{name}")
        variants[name] = [
            ["also", *bench.runtime(name), "run", "-d", "--bundle", bench.bundle_sleep,
             "--pid-file", pid, container],
            *steps(bench.runtime(name), container, pid)]
    state = bench.state("floor-" + row)
    variants["floor"] = [
        ["also", *bench.floor("-d", state, bench.rootfs, *SLEEP)],
        *floor_steps(state)]
    return variants


def row_kill(bench):
    """By SIGKILL, which the first process of a container cannot ignore. What has ended is deleted
    outside of the measured time."""
    variants = kill_variants(
        bench, "kill",
        lambda runtime, container, pid: [
            ["time", *runtime, "kill", container, "KILL"],
            ["gone", pid],
            ["also", *runtime, "delete", container]],
        lambda state: [
            ["time", *bench.verb("kill", state, "9")],
            ["gone", state],
            ["also", "sh", "-c", f'until rmdir "$(sed -n 2p {state})" 2>/dev/null; do :; done; '
             f"rm {state}"]])
    bench.add_times("kill", bench.measure("kill", variants, max(bench.rounds // 2, 5)))


def row_delete(bench):
    variants = kill_variants(
        bench, "force",
        lambda runtime, container, pid: [["time", *runtime, "delete", "--force", container]],
        lambda state: [["time", *bench.verb("delete", state)]])
    bench.add_times("delete-f", bench.measure("delete-f", variants, max(bench.rounds // 2, 5)))


def row_verb_counts(bench):
    """Of kill with a signal that changes nothing. pause comes before resume."""
    with Running(bench, "calls") as running:
        programs = [(name, bench.runtime(name), container) for name, container in running.items()]
        programs.append(("floor", [bench.tool("floor_verbs")], running.state))
        for verb in ("state", "kill", "pause", "resume"):
            for name, program, container in programs:
                signal = ["28"] if verb == "kill" else []
                calls = count(bench, *program, verb, container, *signal, times=1).get("syscalls")
                if calls is not None:
                    bench.add("counts." + verb, {name: [calls]})
            if not ROWS["counts." + verb].samples:
                bench.leave_out("counts." + verb, NO_TRACEPOINTS)
