# SPDX-License-Identifier: Apache-2.0
"""Rows of what an engine does, against podman: images, detached containers, lists of them."""
import os

from .context import SLEEP, Failure

# podman alone sets a limit by itself, and the bench's cgroup2 tree has no controllers
NO_LIMIT = ["--pids-limit", "-1"]
ROWS = ("engine.run", "engine.exec", "engine.ps", "engine.inspect")


def podman(bench):
    storage = os.path.join(bench.here, "storage")
    return [bench.programs["podman"], "--root", storage, "--runroot", bench.state("podman"),
            "--storage-driver", "overlay", "--cgroup-manager", "cgroupfs",
            "--events-backend", "none"]


def make_images(bench, engines):
    """The rootfs as an image of each engine's own; no registry is asked."""
    archive = os.path.join(bench.here, "rootfs.tar")
    bench.must("tar", "-C", bench.rootfs, "-cf", archive, ".")
    for name, engine in list(engines.items()):
        try:
            bench.must(*engine, "import", archive, "localhost/bench:1")
        except Failure as error:
            bench.notes.append(f"engine: {name}: {error}")
            del engines[name]


def row_engine(bench):
    engines = {"ctr": bench.with_data()}
    if bench.programs["podman"]:
        engines["podman"] = podman(bench)
    make_images(bench, engines)
    live, image = bench.prefix + "live", "localhost/bench:1"
    rounds = max(bench.rounds // 3, 5)
    try:
        for name, engine in list(engines.items()):
            try:
                bench.must(*engine, "run", "-d", "--name", live, "--network", "none", *NO_LIMIT, image,
                           *SLEEP)
            except Failure as error:
                bench.notes.append(f"engine: {name}: {error}")
        commands = {"engine.run": ["run", "--rm", "--network", "none", *NO_LIMIT, image,
                               "/bin/true"],
                    "engine.exec": ["exec", live, "/bin/true"],
                    "engine.ps": ["ps"],
                    "engine.inspect": ["inspect", live]}
        for row in ROWS:
            bench.add_times(row, bench.measure(row, {
                name: [["time", *engine, *commands[row]]] for name, engine in engines.items()},
                rounds))
    finally:
        for engine in engines.values():
            bench.output(*engine, "rm", "-f", live)
    bench.leave_out("engine.bridge", "ctr makes no bridge networks yet")
