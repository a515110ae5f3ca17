# SPDX-License-Identifier: Apache-2.0
"""Rows that grow: containers that are there, and starts at the same time."""
import os

from .context import SLEEP
from .table import CONTAINERS, ROWS, WIDTHS


class Crowd:
    """A context: containers that sleep, of each runtime and of floor; they grow in number."""

    def __init__(self, bench):
        self.bench = bench
        self.batches = [0]  # how many there were when each batch came
        self.names = bench.runtimes()
        self.floor = bench.state("floors")
        os.makedirs(self.floor, exist_ok=True)

    def identity(self, name, first):
        return f"{self.bench.prefix}many{first}-%r-{name}"

    def all_of(self, title, width, first, size, command):
        """command(name, id) for each of a batch; the names for which all went well."""
        steps = {name: [["crowd", width, str(size), *command(name, self.identity(name, first))]]
                 for name in (*self.names, "floor")}
        return self.bench.measure(title, steps, 1, 0)

    def grow(self, size):
        bench, bundle, first = self.bench, self.bench.bundle_sleep, self.batches[-1]

        def command(name, identity):
            if name == "floor":
                state = os.path.join(self.floor, identity)
                return bench.floor("-d", state, bench.rootfs, *SLEEP)
            return [*bench.runtime(name), "run", "-d", "--bundle", bundle, identity]

        made = self.all_of(f"{size} containers", "4", first, size - first, command)
        self.batches.append(size)
        return [name for name in self.names if name in made]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        def command(name, identity):
            if name == "floor":
                return self.bench.verb("delete", os.path.join(self.floor, identity))
            return [*self.bench.runtime(name), "delete", "--force", identity]

        for first, last in zip(self.batches, self.batches[1:]):
            self.all_of("delete of many", "8", first, last - first, command)


def row_list(bench):
    with Crowd(bench) as crowd:
        for size in CONTAINERS:
            names = crowd.grow(size)
            rounds = max(bench.rounds // 3, 5)
            variants = {name: [["time", *bench.runtime(name), "list"]] for name in names}
            variants["floor"] = [["time", *bench.verb("list", crowd.floor)]]
            bench.add_times(f"list.{size}", bench.measure(f"list.{size}", variants, rounds))
            bench.add_times(f"ps.{size}", bench.measure(f"ps.{size}", {
                "ctr": [["time", *bench.runtime("ctr"), "ps"]]}, rounds))
    for verb in ("list", "ps"):
        few, many = ROWS[f"{verb}.{CONTAINERS[0]}"], ROWS[f"{verb}.{CONTAINERS[-1]}"]
        more = CONTAINERS[-1] - CONTAINERS[0]
        bench.add(verb + ".growth", {name: [(many.middle(name) - few.middle(name)) / more * 1000]
                                     for name in many.samples if name in few.samples})


def row_parallel(bench):
    """Whole runs of /bin/true; starts a second."""
    starts = 100
    for width in WIDTHS:
        variants = {name: [["crowd", str(width), str(starts), *bench.runtime(name), "run",
                            "--bundle", bench.bundle_true, f"{bench.prefix}at{width}-%r-{name}"]]
                    for name in bench.runtimes()}
        variants["floor"] = [["crowd", str(width), str(starts),
                              *bench.floor(bench.rootfs, "/bin/true")]]
        row = f"parallel.{width}"
        measured = bench.measure(row, variants, 2 if bench.quick else 7, 1)
        bench.add(row, {name: [starts / sample[0] * 1e6 for sample in samples]
                        for name, samples in measured.items()})
