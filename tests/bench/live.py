#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The driver of tests/bench/live, which see. Runs in a folder of its own."""
import argparse
import json
import os
import select
import shutil
import statistics
import subprocess
import threading
import time

parser = argparse.ArgumentParser(prog="tests/bench/live")
parser.add_argument("--build", required=True)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--size", type=int, default=2048, metavar="MB")
parser.add_argument("--files", type=int, default=2000)
parser.add_argument("--only", help="these contenders")
parser.add_argument("--markdown", action="store_true")
options = parser.parse_args()
here = os.getcwd()
name = f"live{os.getpid()}"
ctr = [os.path.join(options.build, "ctr"), "--root", os.path.join(here, "ctr-state"),
       "--data-root", os.path.join(here, "ctr-data")]
podman = ["podman", "--root", os.path.join(here, "storage"), "--runroot",
          os.path.join(here, "storage-run"), "--storage-driver", "overlay", "--cgroup-manager",
          "cgroupfs"]
each = options.size * 1024 * 1024 // options.files
SCRIPT = f"""i=0
while [ $i -lt {options.files} ]; do
	d=/data/$((i / 50))
	mkdir -p $d
	head -c {each} /dev/urandom >$d/$i
	i=$((i + 1))
done
echo >/shared/ready
while :; do
	head -c 1048576 /dev/urandom >/data/new.$((i % 7))
	i=$((i + 1))
	sleep 1
done"""


def must(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()


def make_base():
    for folder in ("bin", "proc", "sys", "dev", "etc", "tmp", "run", "data", "shared"):
        os.makedirs("base/" + folder)
    os.mkdir("shared")
    shutil.copy(shutil.which("busybox"), "base/bin/busybox")
    for applet in ("sh", "head", "mkdir", "sleep"):
        os.symlink("busybox", "base/bin/" + applet)


def launch(*command):
    """The container would hold a pipe open, so what is said goes into a file."""
    with open("log", "w+") as log:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                              check=False)
        log.seek(0)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {log.read()}")
    while not os.path.exists("shared/ready"):
        time.sleep(0.2)
    os.unlink("shared/ready")
    must("sync", "-f", ".")


def start_ctr():
    must(ctr[0], "spec")
    with open("config.json") as file:
        spec = json.load(file)
    os.unlink("config.json")
    spec["root"] = {"path": os.path.join(here, "base")}
    spec["process"].update(terminal=False, args=["/bin/sh", "-c", SCRIPT])
    spec["mounts"].append({"destination": "/shared", "type": "bind", "options": ["bind", "rw"],
                           "source": os.path.join(here, "shared")})
    with open("spec.json", "w") as file:
        json.dump(spec, file)
    launch(*ctr, "run", "-d", "--name", name, "spec.json")
    return json.loads(must(*ctr, "state", name))["pid"]


def start_podman():
    must("sh", "-c", f"tar -C base -cf - . | {' '.join(podman)} import - localhost/base")
    launch(*podman, "run", "-d", "--name", name, "--network", "none", "--pids-limit", "0", "-v",
           f"{here}/shared:/shared", "localhost/base", "/bin/sh", "-c", SCRIPT)
    return int(must(*podman, "inspect", "--format", "{{.State.Pid}}", name))


class Watch(threading.Thread):
    """Adds up the time for which a cgroup is frozen."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        with open(f"/proc/{pid}/cgroup") as file:
            path = next(line.strip()[3:] for line in file if line.startswith("0::"))
        self.events = open(f"/sys/fs/cgroup{path}/cgroup.events")
        self.frozen, self.since, self.stop = 0.0, None, False
        self.start()

    def run(self):
        poll = select.poll()
        poll.register(self.events, select.POLLPRI)
        while not self.stop:
            self.events.seek(0)
            frozen, now = "frozen 1" in self.events.read(), time.monotonic()
            if frozen and self.since is None:
                self.since = now
            if not frozen and self.since is not None:
                self.frozen += now - self.since
                self.since = None
            poll.poll(50)

    def end(self):
        self.stop = True
        self.join()
        return self.frozen * 1000


def measure(pid, commit, forget):
    samples = []
    for _ in range(options.rounds):
        watch = Watch(pid)
        begin = time.monotonic()
        said = must(*commit)
        whole = time.monotonic() - begin
        frozen = watch.end()
        # a freeze may be over before it is seen; ctr's own figure is from the wish to the last thaw
        if said.startswith("{"):
            frozen = max(frozen, json.loads(said)["frozenMicroseconds"] / 1000)
        samples.append((frozen, whole))
        must(*forget)
    return samples


def show(samples, column, digits):
    values = [sample[column] for sample in samples]
    return (f"{statistics.median(values):.{digits}f} "
            f"({min(values):.{digits}f}-{max(values):.{digits}f})")


CONTENDERS = {
    "ctr commit": ("ctr", [*ctr, "commit", "--format=json", name, "bench:1"]),
    "ctr commit --compression none": ("ctr", [*ctr, "commit", "--format=json", "--compression",
                                              "none", name, "bench:1"]),
    "ctr commit --pause=always": ("ctr", [*ctr, "commit", "--format=json", "--pause=always",
                                          name, "bench:1"]),
    "podman commit --pause": ("podman", [*podman, "commit", "-q", "--pause=true", name,
                                         "localhost/bench"]),
}
FORGET = {"ctr": ["sh", "-c", f"{' '.join(ctr)} rmi bench:1 && {' '.join(ctr)} prune"],
          "podman": [*podman, "rmi", "localhost/bench"]}
START = {"ctr": (start_ctr, [*ctr, "rm", "-f", name]),
         "podman": (start_podman, [*podman, "rm", "-f", "-t", "0", name])}

make_base()
notes = []
rows = {}
for engine, (start, remove) in START.items():
    wanted = {title: command for title, (of, command) in CONTENDERS.items()
              if of == engine and (not options.only or title in options.only.split(","))}
    if not wanted:
        continue
    try:
        pid = start()
        for title, command in wanted.items():
            rows[title] = measure(pid, command, FORGET[engine])
    except RuntimeError as problem:
        notes.append(str(problem))
    finally:
        subprocess.run(remove, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
subprocess.run(["umount", "storage/overlay"], check=False, stderr=subprocess.DEVNULL)
lines = [[f"{options.size} MB in {options.files} files, 1 MB/s", "frozen, ms (min-max)",
          "whole, s (min-max)"]]
lines += [[title, show(samples, 0, 1), show(samples, 1, 1)] for title, samples in rows.items()]
if options.markdown:
    lines.insert(1, ["---"] * 3)
for line in lines:
    print("| " + " | ".join(line) + " |" if options.markdown else
          f"{line[0]:36}{line[1]:28}{line[2]}")
print(f"{os.cpu_count()} processors, Linux {os.uname().release}, "
      f"{must('stat', '-f', '-c', '%T', here)}; {must(ctr[0], '--version').splitlines()[0]}; "
      f"{must('podman', '--version')}; {options.rounds} rounds; load {os.getloadavg()[0]:.1f}")
for note in notes:
    print("note: " + note)
raise SystemExit(1 if notes else 0)
