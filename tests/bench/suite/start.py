# SPDX-License-Identifier: Apache-2.0
"""Rows of `run` in the foreground: the default configuration, variants of it, and counts."""
import json
import os
import shutil
import statistics

from . import seccomp
from .context import SLEEP, Failure
from .mounts import HostMounts
from .table import MOUNTS, ROWS


NO_TRACEPOINTS = "no tracepoints here (tracefs, perf_event_open)"


def bwrap(bench, *command):
    return [bench.programs["bwrap"], "--unshare-pid", "--unshare-net", "--unshare-uts",
            "--unshare-ipc", "--unshare-cgroup", "--ro-bind", bench.rootfs, "/", "--proc", "/proc",
            "--dev", "/dev", "--tmpfs", "/dev/shm", "--mqueue", "/dev/mqueue",
            "--ro-bind", "/sys", "/sys", *command]


def runs(bench, bundle, row, kind=("time",)):
    """A step for each runtime that runs the bundle to its end."""
    return {name: [[*kind, *bench.runtime(name), "run", "--bundle", bundle,
                    f"{bench.prefix}{row}%r-{name}"]] for name in bench.runtimes()}


def row_run(bench):
    variants = runs(bench, bench.bundle_true, "run")
    if bench.programs["bwrap"]:
        variants["bwrap"] = [["time", *bwrap(bench, "/bin/true")]]
    variants["floor"] = [["time", *bench.floor(bench.rootfs, "/bin/true")]]
    bench.add_times("run", bench.measure("run", variants))


def row_variant(bench, row, change, *floor):
    bundle = bench.bundle("bundle-" + row, "/bin/true", change=change)
    variants = runs(bench, bundle, row)
    variants["floor"] = [["time", *bench.floor(*floor, bench.rootfs, "/bin/true")]]
    bench.add_times(row, bench.measure(row, variants))


def row_userns(bench):
    def change(config):
        maps = [{"containerID": 0, "hostID": 100000, "size": 65536}]
        config["linux"]["namespaces"].append({"type": "user"})
        config["linux"].update(uidMappings=maps, gidMappings=maps)

    for folder in (bench.here, bench.state()):
        os.chmod(folder, 0o755)  # the container's root has to come through
    row_variant(bench, "userns", change, "-u")


def row_binds(bench):
    source = os.path.join(bench.here, "bound")
    os.mkdir(source)

    def change(config):
        config["mounts"] += [{"destination": f"/tmp/v{number}", "type": "bind", "source": source,
                              "options": ["rbind", "ro", "nosuid", "nodev"]}
                             for number in range(20)]

    row_variant(bench, "binds", change, "-b", source)


def filter_of(bench, bundle):
    """The path of the filter that ctr makes of the bundle's profile, as the kernel has it."""
    ctr, container = bench.runtime("ctr"), bench.prefix + "filter"
    bench.must(*ctr, "run", "-d", "--bundle", bundle, container)
    try:
        pid = json.loads(bench.must(*ctr, "state", container))["pid"]
        bench.must(bench.tool("filter"), str(pid), "filter")
    finally:
        bench.output(*ctr, "delete", "--force", container)
    return os.path.join(bench.here, "filter")


def row_seccomp(bench):
    """Cold: what a runtime keeps below its state folder, as its cache, is removed before each
    start."""
    profile = seccomp.find()
    if not profile:
        for row in ("seccomp.cold", "seccomp.warm"):
            bench.leave_out(row, f"no {seccomp.PLACES[0]}, which comes with podman")
        return

    def change(config):
        config["linux"]["seccomp"] = seccomp.convert(
            profile, config["process"]["capabilities"]["bounding"])

    bundle = bench.bundle("bundle-seccomp", "/bin/true", change=change)
    warm = runs(bench, bundle, "seccomp")
    cold = {name: [["also", "rm", "-rf", bench.state(name)], *steps]
            for name, steps in runs(bench, bundle, "cold").items()}
    try:
        path = filter_of(bench, bench.bundle("bundle-filter", *SLEEP, change=change))
        warm["floor"] = [["time", *bench.floor("-f", path, bench.rootfs, "/bin/true")]]
    except Failure as error:
        bench.notes.append(f"seccomp.warm: floor: {error}")
    bench.add_times("seccomp.cold", bench.measure("seccomp.cold", cold))
    bench.add_times("seccomp.warm", bench.measure("seccomp.warm", warm))


def row_mounts(bench):
    """The same host, with and without mounts, in mount namespaces of their own, in turn."""
    variants = {}
    with HostMounts(bench, MOUNTS) as hosts:
        for count, namespace in hosts.items():
            steps = runs(bench, bench.bundle_true, f"mounts{count}-", ("within", namespace))
            steps["floor"] = [["within", namespace, *bench.floor(bench.rootfs, "/bin/true")]]
            variants.update({f"{name} {count}": step for name, step in steps.items()})
        # all hosts in turn, one program after the other: spawn.c has room for sixteen variants
        for name in (*bench.runtimes(), "floor"):
            own = {key: steps for key, steps in variants.items() if key.split()[0] == name}
            for key, samples in bench.measure("mounts", own, max(bench.rounds // 2, 5)).items():
                count = int(key.split()[1])
                bench.add(f"mounts.{count}", {name: [sample[0] / 1000 for sample in samples]})
    none, many = ROWS[f"mounts.{MOUNTS[0]}"], ROWS[f"mounts.{MOUNTS[-1]}"]
    bench.add("mounts.growth", {name: [many.middle(name) / none.middle(name)]
                                for name in many.samples if name in none.samples})


def count(bench, *command, times=5):
    """{what: number} of count.c: medians of so many runs. %r is replaced. What fails is a note."""
    found = {}
    for number in range(times):
        words = [word.replace("%r", str(number)) for word in command]
        try:
            counts = json.loads(bench.must(bench.tool("count"), *words))
        except Failure as error:
            bench.notes.append(f"counts: {error}")
            return {}
        for what, value in counts.items():
            found.setdefault(what, []).append(value)
    return {what: statistics.median(values) for what, values in found.items()
            if None not in values}


def step_by_step(bench, commands):
    """Without a counter of the processor: by gate_count.c, some microseconds for each instruction,
    so not of programs that have millions."""
    path = os.path.join(bench.here, "steps")
    for name in ("floor", "ctr"):
        words = [word.replace("%r", "step") for word in commands[name]]
        try:
            bench.must("sh", "-c", 'exec "$@" 3>' + path, "sh", bench.tool("gate_count"),
                       "instructions", *words)
            with open(path) as file:
                found = dict(line.split() for line in file)
            bench.add("counts.user", {name: [int(found["instructions"]) / 1e6]})
        except (Failure, KeyError) as error:
            bench.notes.append(f"counts.user: {name}: {error}")
    bench.notes.append("instructions, user: counted step by step, as there is no counter of the "
                       "processor; the peers' millions would take minutes")


def row_counts(bench):
    commands = {name: steps[0][1:]
                for name, steps in runs(bench, bench.bundle_true, "counts").items()}
    if bench.programs["bwrap"]:
        commands["bwrap"] = bwrap(bench, "/bin/true")
    commands["floor"] = bench.floor(bench.rootfs, "/bin/true")
    for name, command in commands.items():
        for what, value in count(bench, *command).items():
            if what != "peak":  # row_memory has that
                scale = 1e6 if what in ("user", "kernel") else 1
                bench.add("counts." + what, {name: [value / scale]})
    if not ROWS["counts.user"].samples:
        step_by_step(bench, commands)
    for row in ("user", "kernel"):
        if not ROWS["counts." + row].samples:
            bench.leave_out("counts." + row, "this machine has no counters of instructions")
    for row in ("syscalls", "forks", "execs"):
        if not ROWS["counts." + row].samples:
            bench.leave_out("counts." + row, NO_TRACEPOINTS)


def row_memory(bench):
    """Of the smallest command: peak memory is that of the largest process."""
    bundle = bench.bundle("bundle-nothing", "/bin/nothing")
    variants = runs(bench, bundle, "memory", ("weigh",))
    if bench.programs["bwrap"]:
        variants["bwrap"] = [["weigh", *bwrap(bench, "/bin/nothing")]]
    variants["floor"] = [["weigh", *bench.floor(bench.rootfs, "/bin/nothing")]]
    measured = bench.measure("memory", variants, min(bench.rounds, 20))
    bench.add_times("memory", measured, 1, 1)


