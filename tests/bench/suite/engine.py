# SPDX-License-Identifier: Apache-2.0
"""Rows of what an engine does, against podman: images, detached containers, lists of them."""
import os

from .context import SLEEP, Failure

IMAGE = "localhost/bench:1"
# podman alone limits the number of processes by itself, and the bench's cgroup2 tree has no
# controllers where they are bound to version 1
CONTAINERS_CONF = "[containers]\npids_limit = 0\n"


def podman(bench):
    storage = os.path.join(bench.here, "storage")
    os.environ["CONTAINERS_CONF_OVERRIDE"] = os.path.join(bench.here, "containers.conf")
    with open("containers.conf", "w") as file:
        file.write(CONTAINERS_CONF)
    return [bench.programs["podman"], "--root", storage, "--runroot", bench.state("podman"),
            "--storage-driver", "overlay", "--cgroup-manager", "cgroupfs",
            "--events-backend", "none"]


def make_images(bench, engines):
    """The rootfs as an image of each engine's own; no registry is asked."""
    archive = os.path.join(bench.here, "rootfs.tar")
    bench.must("tar", "-C", bench.rootfs, "-cf", archive, ".")
    for name, engine in list(engines.items()):
        try:
            bench.must(*engine, "import", archive, IMAGE)
        except Failure as error:
            bench.notes.append(f"engine: {name}: {error}")
            del engines[name]


def commands_of(live):
    run = ["run", "--rm", "--network"]
    return {"engine.run": [*run, "none", IMAGE, "/bin/true"],
            "engine.bridge": [*run, "bridge", "-p", "8080:80", IMAGE, "/bin/true"],
            "engine.exec": ["exec", live, "/bin/true"],
            "engine.ps": ["ps"],
            "engine.inspect": ["inspect", live]}


def start_live(bench, engines, live):
    for name, engine in list(engines.items()):
        try:
            bench.must(*engine, "run", "-d", "--name", live, "--network", "none", IMAGE, *SLEEP)
        except Failure as error:
            bench.notes.append(f"engine: {name}: {error}")
            del engines[name]


def row_engine(bench):
    engines = {"ctr": bench.with_data()}
    if bench.programs["podman"]:
        engines["podman"] = podman(bench)
    make_images(bench, engines)
    live = bench.prefix + "live"
    try:
        start_live(bench, engines, live)
        for row, command in commands_of(live).items():
            bench.add_times(row, bench.measure(row, {
                name: [["time", *engine, *command]] for name, engine in engines.items()},
                max(bench.rounds // 3, 5)))
    finally:
        for engine in engines.values():
            bench.output(*engine, "rm", "-f", live)
