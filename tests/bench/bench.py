#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The driver of tests/bench/run, which see: writes the plans for spawn.c, makes the table.

Runs in a folder of its own, which it fills with a rootfs of busybox, bundles and state folders.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

RUNTIMES = ("ctr", "crun", "runc")
ROWS = ("run", "lifecycle", "exec", "pause", "memory", "monitor")

parser = argparse.ArgumentParser(prog="tests/bench/run")
parser.add_argument("--build", required=True)
parser.add_argument("--quick", action="store_true", help="10 rounds instead of 60")
parser.add_argument("--rounds", type=int)
parser.add_argument("--rows", default=",".join(ROWS))
parser.add_argument("--markdown", action="store_true")
parser.add_argument("--json", metavar="FILE")
options = parser.parse_args()
rounds = options.rounds or (10 if options.quick else 60)
here = os.getcwd()
prefix = f"bench{os.getpid()}"
programs = {name: shutil.which(name) for name in ("crun", "runc", "bwrap", "conmon")}
programs["ctr"] = os.path.join(options.build, "ctr")
programs["floor"] = os.path.join(options.build, "tests/bench/floor")
notes = []
table = {}  # row title -> {"unit": ..., "samples": {name: [number, ...]}}


def output(*command):
    """Runs command; (status, standard output, standard error). Files and no pipes: a container
    that goes on would hold a pipe open, and we would wait for its end."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                timeout=60).returncode
        out.seek(0)
        err.seek(0)
        return status, out.read(), err.read()


def must(*command):
    status, out, err = output(*command)
    if status:
        raise RuntimeError(f"{' '.join(command)}: {status}: {err.strip()}")
    return out


def runtime(name):
    return [programs[name], "--root", os.path.join(here, "state-" + name)]


def present():
    return [name for name in RUNTIMES if programs[name]]


def make_rootfs():
    for folder in ("bin", "proc", "sys", "dev", "etc", "tmp", "run", "root"):
        os.makedirs(os.path.join("rootfs", folder))
    shutil.copy(shutil.which("busybox") or "/bin/busybox", "rootfs/bin/busybox")
    shutil.copy(os.path.join(options.build, "tests/bench/nothing"), "rootfs/bin")
    for applet in ("true", "sleep", "sh"):
        os.symlink("busybox", os.path.join("rootfs/bin", applet))


def make_bundle(name, *args):
    """A bundle of the configuration that `spec` writes, which is the same for every runtime."""
    os.makedirs(name)
    writer = programs["runc"] or programs["crun"] or programs["ctr"]
    subprocess.run([writer, "spec"], cwd=name, check=True)
    path = os.path.join(here, name, "config.json")
    with open(path) as file:
        config = json.load(file)
    config["process"]["terminal"] = False
    config["process"]["args"] = list(args)
    config["root"]["path"] = os.path.join(here, "rootfs")
    with open(path, "w") as file:
        json.dump(config, file)
    return os.path.dirname(path)


def measure(title, variants):
    """variants: {name: [step, ...]}, a step being [kind, word, ...]. Returns for each name
    the (microseconds, kilobytes) of each round; what failed is a note."""
    plan = ""
    for name, steps in variants.items():
        plan += f"variant\t{name}\n" + "".join("\t".join(step) + "\n" for step in steps)
    spawn = os.path.join(options.build, "tests/bench/spawn")
    with open("plan", "w") as file:
        file.write(plan)
    with open("plan") as file, open("times", "w") as out, open("words", "w") as err:
        subprocess.run([spawn, str(rounds)], stdin=file, stdout=out, stderr=err, timeout=600)
    with open("times") as file:
        lines = [line.rstrip("\n").split("\t") for line in file]
    with open("words") as file:
        words = " ".join(file.read().split())[-300:]
    for line in lines:
        if line[1] == "failed":
            notes.append(f"{title}: {line[0]} failed ({line[2]}): {words}")
    good = [line for line in lines if line[1] != "failed"]
    failed = {line[0] for line in lines if line[1] == "failed"}
    return {name: [tuple(map(float, line[1:3])) for line in good if line[0] == name]
            for name in variants if name not in failed}


def add(title, unit, samples):
    samples = {name: numbers for name, numbers in samples.items() if numbers}
    table[title] = {"unit": unit, "samples": samples}


def bwrap(*command):
    root = os.path.join(here, "rootfs")
    return [programs["bwrap"], "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-ipc",
            "--unshare-cgroup", "--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev",
            "--tmpfs", "/dev/shm", "--mqueue", "/dev/mqueue", "--ro-bind", "/sys", "/sys", *command]


def run_variants(kind, command):
    bundle = make_bundle("bundle-" + kind, command)
    variants = {name: [[kind, *runtime(name), "run", "--bundle", bundle, f"{prefix}{kind}%r-{name}"]]
                for name in present()}
    if programs["bwrap"]:
        variants["bwrap"] = [[kind, *bwrap(command)]]
    variants["floor"] = [[kind, programs["floor"], os.path.join(here, "rootfs"), command]]
    return variants


def row_run():
    samples = measure("run /bin/true", run_variants("time", "/bin/true"))
    add("run /bin/true", "ms", {n: [t / 1000 for t, _ in v] for n, v in samples.items()})


def row_memory():
    samples = measure("peak memory of run", run_variants("weigh", "/bin/nothing"))
    add("peak memory of run", "kB", {n: [m for _, m in v] for n, v in samples.items()})


def row_lifecycle():
    bundle = make_bundle("bundle-life", "/bin/true")
    variants = {}
    for name in present():
        pid, container = os.path.join(here, "pid-" + name), f"{prefix}l%r-{name}"
        variants[name] = [
            ["time", *runtime(name), "create", "--bundle", bundle, "--pid-file", pid, container],
            ["time", *runtime(name), "start", container],
            ["gone", pid],
            ["time", *runtime(name), "delete", container]]
    samples = measure("create + start + delete", variants)
    add("create + start + delete", "ms", {n: [t / 1000 for t, _ in v] for n, v in samples.items()})


def start_sleepers(row):
    """One running container for each runtime; {name: id}"""
    bundle = make_bundle("bundle-" + row, "/bin/sleep", "1000000")
    running = {}
    for name in present():
        container = f"{prefix}{row}-{name}"  # also names its cgroup
        try:
            must(*runtime(name), "create", "--bundle", bundle, container)
            must(*runtime(name), "start", container)
            running[name] = container
        except RuntimeError as error:
            notes.append(str(error))
    return running


def remove(running):
    for name, container in running.items():
        output(*runtime(name), "delete", "--force", container)


def row_exec():
    running = start_sleepers("exec")
    samples = measure("exec /bin/true", {
        name: [["time", *runtime(name), "exec", container, "/bin/true"]]
        for name, container in running.items()})
    remove(running)
    add("exec /bin/true", "ms", {n: [t / 1000 for t, _ in v] for n, v in samples.items()})


def row_pause():
    running = start_sleepers("pause")
    samples = measure("pause + resume", {
        name: [["time", *runtime(name), "pause", container],
               ["time", *runtime(name), "resume", container]]
        for name, container in running.items()})
    remove(running)
    add("pause + resume", "ms", {n: [t / 1000 for t, _ in v] for n, v in samples.items()})


def private_kilobytes(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_"))


def parent(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(next(line.split()[1] for line in file if line.startswith("PPid:")))


def command_name(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read().strip()


def start_ctr(bundle, number):
    """A detached container; (its id, the number of its monitor's process)."""
    container = f"{prefix}ctr{number}"
    ctr = [*runtime("ctr"), "--data-root", os.path.join(here, "data")]
    must(*ctr, "run", "-d", "--name", container, os.path.join(bundle, "config.json"))
    pid = parent(json.loads(must(*ctr, "state", container))["pid"])
    if command_name(pid) != "ctr-monitor":
        raise RuntimeError(f"the parent of {container} is {command_name(pid)}")
    return container, pid


def start_conmon(bundle, number):
    """The same by conmon, called as podman calls it for `run -d`."""
    container, folder = f"{prefix}conmon{number}", os.path.join(here, f"conmon{number}")
    os.makedirs(folder)
    pid_file = os.path.join(folder, "conmon.pid")
    crun = runtime("crun")
    must(programs["conmon"], "--api-version", "1", "-c", container, "-u", container,
         "-r", crun[0], "--runtime-arg", crun[1], "--runtime-arg", crun[2], "-b", bundle,
         "-p", os.path.join(folder, "pid"), "-n", container, "--exit-dir", folder,
         "--full-attach", "-l", "k8s-file:" + os.path.join(folder, "log"),
         "--log-level", "warning", "--conmon-pidfile", pid_file)
    for _ in range(100):  # conmon has gone into the background
        if os.path.exists(os.path.join(folder, "pid")):
            break
        time.sleep(0.05)
    must(*crun, "start", container)
    with open(pid_file) as file:
        return container, int(file.read())


def row_monitor():
    """Five at once: what processes of the same program share is not counted."""
    bundle = make_bundle("bundle-monitor", "/bin/sleep", "1000000")
    samples = {}
    ctr_rm = [*runtime("ctr"), "--data-root", os.path.join(here, "data"), "rm", "-f"]
    for name, start, remove_one in (
            ("ctr", start_ctr, ctr_rm),
            ("conmon", start_conmon, [*runtime("crun"), "delete", "--force"])):
        if name == "conmon" and not (programs["conmon"] and programs["crun"]):
            continue
        try:
            running = [start(bundle, number) for number in range(5)]
            time.sleep(0.2)
            samples[name] = [private_kilobytes(pid) for _, pid in running]
        except (RuntimeError, OSError, KeyError, ValueError) as error:
            notes.append(f"monitor: {name}: {error}")
        for number in range(5):
            output(*remove_one, f"{prefix}{name}{number}")
    add("monitor of a detached container", "kB", samples)


def machine():
    with open("/proc/cpuinfo") as file:
        cpu = next((line.split(":", 1)[1].strip() for line in file
                    if line.startswith("model name")), os.uname().machine)
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) // 1024 // 1024 + 1
    versions = []
    for name in ("ctr", "crun", "runc", "bwrap", "conmon"):
        if programs[name]:
            words = output(programs[name], "--version")[1].split("\n")[0].split()
            versions.append(f"{name} {words[-1] if words else '?'}")
    return (f"{cpu}, {os.cpu_count()} processors, {memory} GB, Linux {os.uname().release}",
            ", ".join(versions))


def cell(numbers, first):
    middle = statistics.median(numbers)
    digits = 2 if middle < 100 else 0
    text = f"{middle:.{digits}f} ({min(numbers):.{digits}f}-{max(numbers):.{digits}f})"
    return text + (f" {middle / first:.2f}x" if first else "")


def print_table():
    names = [name for name in ("ctr", "crun", "runc", "bwrap", "conmon", "floor")
             if any(name in row["samples"] for row in table.values())]
    lines = [["median (min-max), ratio to ctr"] + names]
    for title, row in table.items():
        own = row["samples"].get("ctr")
        first = statistics.median(own) if own else 0
        lines.append([f"{title}, {row['unit']}"]
                     + [cell(row["samples"][n], 0 if n == "ctr" else first)
                        if n in row["samples"] else "-" for n in names])
    where, versions = machine()
    missing = [name for name in ("crun", "runc", "bwrap", "conmon") if not programs[name]]
    if missing:
        notes.append("not on this machine: " + ", ".join(missing))
    if options.markdown:
        lines.insert(1, ["---"] * len(lines[0]))
        for line in lines:
            print("| " + " | ".join(line) + " |")
        print()
    else:
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        for line in lines:
            print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
    print(f"{where}; {versions}; {rounds} rounds, in turn")
    for note in notes:
        print("note: " + note)


make_rootfs()
wanted = options.rows.split(",")
for name, row in (("run", row_run), ("lifecycle", row_lifecycle), ("exec", row_exec),
                  ("pause", row_pause), ("memory", row_memory), ("monitor", row_monitor)):
    if name in wanted:
        row()
print_table()
if options.json:
    with open(options.json, "w") as file:
        json.dump({"machine": machine(), "rounds": rounds, "notes": notes, "rows": table}, file)
sys.exit(0 if all("ctr" in row["samples"] for row in table.values()) else 1)
