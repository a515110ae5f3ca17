# SPDX-License-Identifier: Apache-2.0
"""What all rows use: the programs that are compared, bundles, and spawn.c, which has the watch."""
import json
import os
import shutil
import subprocess
import tempfile

from .table import ROWS

RUNTIMES = ("ctr", "crun", "runc")
SLEEP = ("/bin/sleep", "1000000")


class Failure(Exception):
    """A command that had to work has not: its own words."""


class Bench:
    """A run of the bench in the current folder, which it fills: a rootfs of busybox, bundles, and
    state/, a tmpfs as /run is. It mounts, so the mount namespace has to be the bench's own."""

    def __init__(self, options):
        self.build = options.build
        self.quick = options.quick
        self.limit = options.limit
        self.rounds = options.rounds or (10 if options.quick else 40)
        self.here = os.getcwd()
        self.prefix = f"bench{os.getpid()}"
        self.notes = []
        self.missing = {}  # {row or program: why it is not there}
        self.programs = {name: shutil.which(name)
                         for name in ("crun", "runc", "podman", "bwrap", "conmon")}
        self.programs["ctr"] = os.path.join(self.build, "ctr")
        for name, path in self.programs.items():
            if not path:
                self.missing[name] = "not on this machine"
        self.rootfs = os.path.join(self.here, "rootfs")
        os.mkdir("state")
        self.must("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "state")
        if not os.path.exists("/sys/kernel/tracing/events"):
            self.output("mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing")
        self.make_rootfs()
        self.bundle_true = self.bundle("bundle-true", "/bin/true")
        self.bundle_sleep = self.bundle("bundle-sleep", *SLEEP)

    def clean_up(self):
        """A runtime that fails may leave an empty cgroup: the crun of Debian 12 does."""
        for entry in os.scandir("/sys/fs/cgroup"):
            if entry.name.startswith(self.prefix) and entry.is_dir():
                try:
                    os.rmdir(entry.path)
                except OSError as error:
                    self.notes.append(f"left behind: {entry.path}: {error.strerror}")

    def tool(self, name):
        """A program of tests/bench."""
        return os.path.join(self.build, "tests/bench", name)

    def state(self, *names):
        return os.path.join(self.here, "state", *names)

    def output(self, *command, timeout=300):
        """Runs command; (status, standard output, standard error). Files and no pipes: a
        container that goes on would hold a pipe open, and we would wait for its end."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                  timeout=timeout, check=False)
            out.seek(0)
            err.seek(0)
            return done.returncode, out.read(), err.read()

    def must(self, *command):
        status, out, err = self.output(*command)
        if status:
            words = " ".join(err.split())[-300:]
            raise Failure(f"{' '.join(command)[:200]}: status {status}: {words}")
        return out

    def runtime(self, name):
        return [self.programs[name], "--root", self.state(name)]

    def with_data(self):
        """ctr with a data root of the bench's own, on its disk."""
        return [*self.runtime("ctr"), "--data-root", os.path.join(self.here, "data")]

    def runtimes(self):
        return [name for name in RUNTIMES if self.programs[name]]

    def floor(self, *arguments):
        return [self.tool("floor"), *arguments]

    def verb(self, *arguments):
        return [self.tool("floor_verbs"), *arguments]

    def make_rootfs(self):
        for folder in ("bin", "proc", "sys", "dev", "etc", "tmp", "run", "root", "mnt"):
            os.makedirs(os.path.join("rootfs", folder))
        for number in range(20):  # of the row with binds: the rootfs is the same for all rows
            os.mkdir(f"rootfs/tmp/v{number}")
        shutil.copy(shutil.which("busybox") or "/bin/busybox", "rootfs/bin/busybox")
        for program in ("nothing", "inside"):
            shutil.copy(self.tool(program), "rootfs/bin")
        for applet in ("true", "sleep", "sh"):
            os.symlink("busybox", os.path.join("rootfs/bin", applet))

    def bundle(self, name, *args, change=None):
        """A bundle of the configuration that `spec` writes, which is the same for every runtime.
        change(config) changes it."""
        folder = os.path.join(self.here, name)
        os.makedirs(folder)
        writer = next(self.programs[n] for n in ("runc", "crun", "ctr") if self.programs[n])
        subprocess.run([writer, "spec"], cwd=folder, check=True)
        path = os.path.join(folder, "config.json")
        with open(path) as file:
            config = json.load(file)
        config["process"]["terminal"] = False
        config["process"]["args"] = list(args)
        config["process"].get("capabilities", {}).pop("ambient", None)  # of an old crun
        config["root"]["path"] = self.rootfs
        if change:
            change(config)
        with open(path, "w") as file:
            json.dump(config, file)
        return folder

    def measure(self, title, variants, rounds=None, warm_up=2):
        """variants: {name: [step, ...]}, a step being [kind, word, ...] of spawn.c. Returns for
        each name the samples of each round: (microseconds, kilobytes, microseconds of the
        processors, microseconds of each step...); what failed is a note."""
        plan = ""
        for name, steps in variants.items():
            plan += f"variant\t{name}\n" + "".join("\t".join(step) + "\n" for step in steps)
        with open("plan", "w") as file:
            file.write(plan)
        with open("plan") as file, open("times", "w") as out:
            subprocess.run([self.tool("spawn"), str(rounds or self.rounds), str(warm_up)],
                           stdin=file, stdout=out, timeout=1200, check=True)
        with open("times") as file:
            lines = [line.rstrip("\n").split("\t") for line in file]
        failed = {line[0]: line[2:] for line in lines if line[1] == "failed"}
        for name, (command, words) in failed.items():
            self.notes.append(f"{title}: {name} failed ({command}): {words.strip()}")
        return {name: [tuple(map(float, line[1:])) for line in lines if line[0] == name]
                for name in variants if name not in failed}

    def add(self, row, samples):
        """samples: {program: [number, ...]}"""
        ROWS[row].samples.update({name: list(n) for name, n in samples.items() if n})

    def add_times(self, row, measured, place=0, scale=1000):
        """Of what measure() returned; place 3 is the first step's own time."""
        self.add(row, {name: [sample[place] / scale for sample in samples]
                       for name, samples in measured.items()})

    def leave_out(self, row, why):
        self.missing[row] = why
