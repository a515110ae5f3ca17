# SPDX-License-Identifier: Apache-2.0
"""Rows of memory: what stays behind a detached container, and how little a start needs."""
import json
import os
import time

from .context import Failure

TOGETHER = 5  # monitors at once: what processes of one program share is not counted


def private_kilobytes(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_"))


def parent(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(next(line.split()[1] for line in file if line.startswith("PPid:")))


def start_ctr(bench, number):
    """A detached container; the number of its monitor's process."""
    container = f"{bench.prefix}ctr{number}"
    ctr = bench.with_data()
    bench.must(*ctr, "run", "-d", "--name", container,
               os.path.join(bench.bundle_sleep, "config.json"))
    pid = parent(json.loads(bench.must(*ctr, "state", container))["pid"])
    with open(f"/proc/{pid}/comm") as file:
        name = file.read().strip()
    if name != "ctr-monitor":
        raise Failure(f"the parent of {container} is {name}")
    return pid


def start_conmon(bench, number):
    """The same by conmon, called as podman calls it for `run -d`."""
    container, folder = f"{bench.prefix}conmon{number}", bench.state(f"conmon{number}")
    os.makedirs(folder)
    pid_file = os.path.join(folder, "conmon.pid")
    crun = bench.runtime("crun")
    bench.must(bench.programs["conmon"], "--api-version", "1", "-c", container, "-u", container,
               "-r", crun[0], "--runtime-arg", crun[1], "--runtime-arg", crun[2],
               "-b", bench.bundle_sleep, "-p", os.path.join(folder, "pid"), "-n", container,
               "--exit-dir", folder, "--full-attach",
               "-l", "k8s-file:" + os.path.join(folder, "log"),
               "--log-level", "warning", "--conmon-pidfile", pid_file)
    for _ in range(200):  # conmon has gone into the background
        if os.path.exists(os.path.join(folder, "pid")):
            break
        time.sleep(0.05)
    bench.must(*crun, "start", container)
    with open(pid_file) as file:
        return int(file.read())


def row_monitor(bench):
    removals = {"ctr": [*bench.with_data(), "rm", "-f"]}
    starts = {"ctr": start_ctr}
    if bench.programs["conmon"] and bench.programs["crun"]:
        starts["conmon"] = start_conmon
        removals["conmon"] = [*bench.runtime("crun"), "delete", "--force"]
    for name, start in starts.items():
        try:
            running = [start(bench, number) for number in range(TOGETHER)]
            time.sleep(0.2)
            bench.add("monitor", {name: [private_kilobytes(pid) for pid in running]})
        except (Failure, OSError, KeyError, ValueError) as error:
            bench.notes.append(f"monitor: {name}: {error}")
        for number in range(TOGETHER):
            bench.output(*removals[name], f"{bench.prefix}{name}{number}")


def has_memory_controller():
    try:
        with open("/sys/fs/cgroup/cgroup.controllers") as file:
            return "memory" in file.read().split()
    except OSError:
        return False


def row_limit(bench):
    """Measured by tests/bench/limit, which can have a guest for it."""
    if bench.limit:
        with open(bench.limit) as file:
            text = file.read()
        bench.notes.append("memory.max: measured before, by tests/bench/limit, in its guest with "
                           "the peers of Debian 13")
    elif has_memory_controller():
        script = os.path.join(os.path.dirname(os.path.dirname(__file__)), "limit")
        text = bench.must(script, "--here", "--build", bench.build)
    else:
        bench.leave_out("limit", "no memory controller in this machine's cgroup2 tree; "
                        "tests/bench/limit measures it in a guest")
        return
    for line in text.splitlines():
        name, kilobytes = line.split()
        bench.add("limit", {name: [int(kilobytes)]})
