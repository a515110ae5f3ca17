# SPDX-License-Identifier: Apache-2.0
"""Rows of what a container costs the programs in it: the same inside and outside, in turn."""
import os
import select
import shutil
import subprocess
import tempfile
import time

from . import seccomp
from .table import ABREAST, CALLS, ROWS

SOURCE = "#include <stdio.h>\n" + "".join(
    f"int f{n}(int x)\n{{\n\treturn printf(\"%d\", x * {n}) + x;\n}}\n" for n in range(400))


class Inside:
    """Bundles whose root is this machine's own, so that there are compilers, with the folder /mnt
    of the bench's: on the disk, the same that the native program uses."""

    def __init__(self, bench):
        self.bench = bench
        self.shared = os.path.join(bench.here, "shared")
        self.root = os.path.join(bench.here, "machine")
        self.number = 0
        os.makedirs(self.shared, exist_ok=True)
        os.makedirs(self.root, exist_ok=True)
        bench.must("mount", "--bind", "/", self.root)
        shutil.copy(bench.tool("inside"), self.shared)

    def bundle(self, command, filtered):
        def change(config):
            config["root"]["path"] = self.root
            config["mounts"].append({"destination": "/mnt", "type": "bind", "source": self.shared,
                                     "options": ["rbind", "rw"]})
            if filtered:
                config["linux"]["seccomp"] = seccomp.convert(
                    seccomp.find(), config["process"]["capabilities"]["bounding"])

        self.number += 1
        return self.bench.bundle(f"bundle-inside{self.number}", *command, change=change)

    def command(self, name, command, filtered=False):
        """What runs the command natively or in a container; MNT is the shared folder."""
        if name == "native":
            return [word.replace("MNT", self.shared) for word in command]
        bundle = self.bundle([word.replace("MNT", "/mnt") for word in command], filtered)
        return [*self.bench.runtime(name), "run", "--bundle", bundle,
                f"{self.bench.prefix}inside{self.number}-%r-{name}"]


def values(text):
    return {name: float(value) for name, value in (line.split() for line in text.splitlines())}


def collect(bench, row, commands, rounds):
    """commands: {name: [word, ...]}, what prints NAME VALUE lines; row(NAME) is where they go."""
    found = {}
    for number in range(rounds):
        for name, command in (commands if number % 2 else dict(reversed(commands.items()))).items():
            status, out, err = bench.output(*(w.replace("%r", str(number)) for w in command))
            if status:
                bench.notes.append(f"inside: {name}: {' '.join(err.split())[-300:]}")
                continue
            for what, value in values(out).items():
                found.setdefault(row(what), {}).setdefault(name, []).append(value)
    for title, samples in found.items():
        bench.add(title, samples)


def row_calls(bench, place):
    names = ("native", "ctr") if bench.quick else ("native", *bench.runtimes())
    rounds = 3 if bench.quick else 7
    for prefix, filtered in (("inside", False), ("filtered", True)):
        if filtered and not seccomp.find():
            for call in CALLS:
                bench.leave_out(f"filtered.{call}", f"no {seccomp.PLACES[0]}")
            return
        commands = {name: place.command(name, ["MNT/inside", "calls"], filtered) for name in names}
        collect(bench, lambda what, prefix=prefix: f"{prefix}.{what}", commands, rounds)


def make_work(place):
    with open(os.path.join(place.shared, "source.c"), "w") as file:
        file.write(SOURCE)
    with open(os.path.join(place.shared, "data"), "wb") as file:
        words = b" ".join(b"%x" % (number * 2654435761 % 4294967291) for number in range(1 << 18))
        file.write(words + words[::-1])


def row_work(bench, place):
    """Timed inside, without the start of the container."""
    make_work(place)
    timed = ["MNT/inside", "timed"]
    work = {"compile": [*timed, "compile", "gcc", "-pipe", "-O1", "-c", "-o", "MNT/object.o",
                        "MNT/source.c"],
            "compress": [*timed, "compress", "gzip", "-1", "-c", "MNT/data"],
            "fsync": ["MNT/inside", "fsync", "MNT/synced"]}
    if not shutil.which("gcc"):
        bench.leave_out("inside.compile", "no gcc in this root")
        del work["compile"]
    for command in work.values():
        commands = {name: place.command(name, command) for name in ("native", "ctr")}
        collect(bench, lambda what: f"inside.{what}", commands, 5 if bench.quick else 15)


class Gate:
    """The two FIFOs by which programs that run at once wait for each other."""

    def __init__(self, folder):
        paths = [os.path.join(folder, name) for name in ("ready", "gate")]
        for path in paths:
            os.mkfifo(path)
        self.ready, self.gate = (os.open(path, os.O_RDWR) for path in paths)

    def start(self, count):
        """Waits for count programs and lets them begin; how many were there."""
        there = 0
        while there < count and select.select([self.ready], [], [], 60)[0]:
            there += len(os.read(self.ready, count))
        begin = time.clock_gettime(time.CLOCK_MONOTONIC) + 0.05 + count * 0.0005
        os.write(self.gate, f"{begin:16.3f}".encode() * there)
        return there


def loops_of(bench, place, gate, name, count, milliseconds):
    """Of count programs that run at once: loops a second, summed."""
    command = place.command(name, ["MNT/inside", "loops", "MNT/ready", "MNT/gate",
                                   str(milliseconds)])
    running, total = [], 0
    for number in range(count):
        out = tempfile.TemporaryFile("w+")
        running.append((out, subprocess.Popen(
            [word.replace("%r", str(number)) for word in command],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)))
    there = gate.start(count)
    for out, process in running:
        process.wait()
        out.seek(0)
        total += sum(values(out.read()).values())
        out.close()
    if there < count:
        bench.notes.append(f"abreast.{count}: {name}: {count - there} did not start")
        return None
    return total


def row_abreast(bench, place):
    names, milliseconds = ("native", "ctr"), 400 if bench.quick else 1000
    gate = Gate(place.shared)
    for count in ABREAST:
        for number in range(2 if bench.quick else 5):
            for name in names if number % 2 else reversed(names):
                loops = loops_of(bench, place, gate, name, count, milliseconds)
                if loops is not None:
                    ROWS[f"abreast.{count}"].samples.setdefault(name, []).append(loops)


def row_inside(bench):
    place = Inside(bench)
    try:
        row_calls(bench, place)
        row_work(bench, place)
        row_abreast(bench, place)
    finally:
        bench.output("umount", "-l", place.root)
