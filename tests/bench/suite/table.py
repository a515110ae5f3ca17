# SPDX-License-Identifier: Apache-2.0
"""Every row that the bench prints, with what is aimed at, and what becomes of samples.

A ratio says how many times better ctr is than a peer. Limits are the other way round: how many
times the limit ctr takes.
"""
import statistics
from dataclasses import dataclass, field

PEERS = ("crun", "runc", "podman", "bwrap", "conmon")
LIMITS = ("floor", "native")
NAMES = ("ctr", *PEERS, *LIMITS)


@dataclass
class Row:
    name: str
    title: str
    unit: str
    goals: dict = field(default_factory=dict)  # of a peer, of a limit, or "most": of ctr's value
    more: bool = False  # more is better

    def __post_init__(self):
        self.samples = {}  # {program: [number, ...]}

    def middle(self, name):
        return statistics.median(self.samples[name])

    def ratio(self, name):
        """None where there is nothing to compare."""
        if name == "ctr" or name not in self.samples or "ctr" not in self.samples:
            return None
        ours, other = self.middle("ctr"), self.middle(name)
        if name in LIMITS:
            return ours / other if other else None
        if self.more:
            ours, other = other, ours
        return other / ours if ours else None

    def verdicts(self):
        """[(what is aimed at, whether it is met or None), ...]"""
        found = []
        for name, goal in self.goals.items():
            if name == "most":
                met = self.middle("ctr") <= goal if "ctr" in self.samples else None
                found.append((f"<= {goal:g} {self.unit}".strip(), met))
                continue
            ratio = self.ratio(name)
            least = name not in LIMITS or self.more
            met = None if ratio is None else (ratio >= goal if least else ratio <= goal)
            found.append((f"{'>=' if least else '<='} {goal:g}x {name}", met))
        return found


NATIVE = {"native": 1.02}
FILTERED = {"native": 1.15}
BUSY = {"native": 1.03}
CALLS = ("getpid", "getsid", "getpgid", "fork", "execve", "shmget", "shmat")
WORK = ("compile", "compress", "fsync")
WIDTHS = (1, 2, 8)
CONTAINERS = (1, 100, 500)
MOUNTS = (0, 1000, 2000, 4000)
ABREAST = (1, 4, 16, 64, 256)

SECTIONS = {
    "Start": [
        Row("run", "run /bin/true, default config", "ms", {"floor": 1.15, "crun": 2.2, "runc": 7}),
        Row("seccomp.cold", "run, podman's seccomp profile, no caches", "ms"),
        Row("seccomp.warm", "run, podman's seccomp profile", "ms", {"crun": 2.5, "runc": 15}),
        Row("userns", "run, user namespace", "ms", {"crun": 2.2}),
        Row("binds", "run, 20 bind mounts", "ms", {"crun": 2.2}),
        *(Row(f"mounts.{count}", f"run, {count:,} mounts on the host", "ms") for count in MOUNTS),
        Row("mounts.growth", "run, 4,000 mounts / none", "times", {"most": 1.15}),
    ],
    "Counts of run": [
        Row("counts.syscalls", "system calls", "", {"most": 300}),
        Row("counts.user", "instructions, user", "M", {"most": 0.4}),
        Row("counts.kernel", "instructions, kernel", "M", {"most": 4.5}),
        Row("counts.faults", "page faults", ""),
        Row("counts.forks", "forks", "", {"most": 1}),
        Row("counts.execs", "execs", ""),
        Row("counts.switches", "context switches", ""),
    ],
    "Verbs": [
        Row("create", "create", "ms"),
        Row("start", "start", "ms"),
        Row("delete", "delete", "ms"),
        Row("lifecycle", "create + start + delete", "ms", {"crun": 2.5}),
        Row("exec", "exec /bin/true", "ms", {"crun": 3.3}),
        Row("state", "state", "ms", {"crun": 3}),
        Row("kill", "kill", "ms", {"crun": 3}),
        Row("pause", "pause", "ms", {"crun": 3}),
        Row("resume", "resume", "ms", {"crun": 3}),
        *(Row(f"counts.{verb}", f"system calls of {verb}", "", {"most": 45})
          for verb in ("state", "kill", "pause", "resume")),
        Row("delete-f", "delete -f of what runs", "ms", {"crun": 8, "runc": 70}),
    ],
    "Growth": [
        *(Row(f"list.{count}", f"list, {count} container{'s' * (count > 1)}", "ms",
              {"crun": 3.5} if count == 500 else {}) for count in CONTAINERS),
        Row("list.growth", "list, for each container more", "us", {"most": 6}),
        *(Row(f"ps.{count}", f"ps, {count} container{'s' * (count > 1)}", "ms")
          for count in CONTAINERS),
        Row("ps.growth", "ps, for each container more", "us", {"most": 6}),
        *(Row(f"parallel.{width}", f"100 starts, {width} worker{'s' * (width > 1)}", "/s",
              {"crun": 1.8, "runc": 5}, more=True) for width in WIDTHS),
    ],
    "Memory": [
        Row("memory", "peak memory of run", "kB", {"most": 700}),
        Row("monitor", "private memory of a monitor", "kB", {"most": 64}),
        Row("limit", "smallest memory.max that starts /bin/true", "kB", {"most": 256}),
    ],
    "Engine": [
        Row("engine.run", "run --rm IMAGE, no network", "ms", {"podman": 20}),
        Row("engine.bridge", "run --rm IMAGE, bridge with a port", "ms", {"podman": 20}),
        Row("engine.exec", "exec", "ms", {"podman": 40}),
        Row("engine.ps", "ps", "ms", {"podman": 40}),
        Row("engine.inspect", "inspect", "ms", {"podman": 40}),
    ],
    "Inside a container": [
        *(Row(f"inside.{call}", call, "ns", NATIVE) for call in CALLS),
        *(Row(f"filtered.{call}", f"{call}, seccomp", "ns", FILTERED) for call in CALLS),
        *(Row(f"inside.{work}", work, "ms", BUSY) for work in WORK),
        *(Row(f"abreast.{count}", f"{count} at once, in aggregate", "loops/s", {"native": 0.97},
              more=True) for count in ABREAST),
    ],
}
ROWS = {row.name: row for rows in SECTIONS.values() for row in rows}
