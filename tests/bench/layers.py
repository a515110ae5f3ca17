#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The driver of tests/bench/layers, which see: makes the layers, writes the plans for spawn.c.

Runs in a folder of its own, in which every contender has a container of the same content.
"""
import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys

ROWS = ("commit", "diff", "export", "unpack")
MEGABYTE = 1 << 20

parser = argparse.ArgumentParser(prog="tests/bench/layers")
parser.add_argument("--build", required=True)
parser.add_argument("--quick", action="store_true", help="3 rounds instead of 9")
parser.add_argument("--rounds", type=int)
parser.add_argument("--cold", action="store_true")
parser.add_argument("--layers", default="big,small")
parser.add_argument("--rows", default=",".join(ROWS))
parser.add_argument("--only", help="these contenders")
parser.add_argument("--markdown", action="store_true")
parser.add_argument("--json", metavar="FILE")
options = parser.parse_args()
rounds = options.rounds or (3 if options.quick else 9)
here = os.getcwd()
prefix = f"layers{os.getpid()}"
notes = []
tables = {}  # title -> {name: [(milliseconds, kilobytes, milliseconds of processors), ...]}

ctr = [os.path.join(options.build, "ctr"), "--root", os.path.join(here, "ctr-state"),
       "--data-root", os.path.join(here, "ctr-data")]
storage = ["--root", os.path.join(here, "storage"), "--runroot", os.path.join(here, "storage-run"),
           "--storage-driver", "overlay"]
podman = ["podman", *storage]
buildah = ["buildah", *storage]


def must(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def text(generator, size):
    words = [b"the", b"layer", b"of", b"a", b"container", b"=", b"return", b"if", b"\n", b"0x1f"]
    data = b""
    while len(data) < size:
        data += b" ".join(generator.choices(words, k=40)) + b"%d\n" % generator.getrandbits(60)
    return data[:size]


def make_base():
    """2,000 files, and busybox to run."""
    generator = random.Random(1)
    for number in range(2000):
        write(f"base/srv/d{number // 10:03}/f{number % 10:02}", text(generator, 1000))
    for folder in ("bin", "proc", "sys", "dev", "etc", "tmp", "run", "root", "layer"):
        os.makedirs("base/" + folder)
    shutil.copy(shutil.which("busybox"), "base/bin/busybox")
    for applet in ("cp", "rm", "sh"):
        os.symlink("busybox", "base/bin/" + applet)


def make_small(layer):
    """20,000 files in 200 directories of the base; a tenth of them replaces a file."""
    generator = random.Random(2)
    for number in range(20000):
        write(f"{layer}/srv/d{number // 100:03}/f{number % 100:02}",
              text(generator, generator.randrange(1000, 4000)))


def make_big(layer):
    """400 MB of what /usr has, and 100 MB that no compression helps."""
    left = 400 * MEGABYTE
    for folder, folders, files in os.walk("/usr"):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            size = 0 if os.path.islink(path) else os.path.getsize(path)
            if size > left:
                continue
            left -= size
            os.makedirs(layer + folder, exist_ok=True)
            shutil.copy2(path, layer + path, follow_symlinks=False)
    generator = random.Random(3)
    for number in range(10):
        write(f"{layer}/srv/d{number:03}/data", generator.randbytes(10 * MEGABYTE + left // 10))


FILL = "cp -a /layer/. / && rm /srv/d199/f00"


def make_ctr(layer):
    """Returns the container's name; the others do the same in their way."""
    name = f"{prefix}{layer}"
    must(ctr[0], "spec")
    with open("config.json") as file:
        spec = json.load(file)
    os.unlink("config.json")
    capabilities = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_SETFCAP"]
    spec["root"] = {"path": os.path.join(here, "base")}
    spec["process"].update(terminal=False, args=["/bin/sh", "-c", FILL], capabilities={
        kind: capabilities for kind in ("bounding", "effective", "permitted")})
    spec["mounts"].append({"destination": "/layer", "type": "bind", "options": ["bind", "ro"],
                           "source": os.path.join(here, layer)})
    with open(f"{layer}.json", "w") as file:
        json.dump(spec, file)
    must(*ctr, "run", "--name", name, f"{layer}.json")
    return name


def make_podman(layer):
    name = f"{prefix}{layer}"
    must(*podman, "run", "--name", name, "--network", "none", "--cgroups", "disabled", "-v",
         f"{here}/{layer}:/layer:ro", "localhost/base", "/bin/sh", "-c", FILL)
    return name


def make_buildah(layer):
    name = must(*buildah, "from", "--pull-never", "localhost/base")
    root = must(*buildah, "mount", name)
    fill(layer, root)
    must(*buildah, "umount", name)
    return name


def make_umoci(layer):
    must("umoci", "unpack", "--image", "layout:base", f"bundle-{layer}")
    fill(layer, f"bundle-{layer}/rootfs")
    return f"bundle-{layer}"


def fill(layer, root):
    must("cp", "-a", f"{layer}/.", root)
    os.unlink(f"{root}/srv/d199/f00")


def make_images():
    """The base, for those that know nothing but images."""
    must("sh", "-c", f"tar -C base -cf - . | {' '.join(podman)} import - localhost/base")
    must("umoci", "init", "--layout", "layout")
    must("umoci", "new", "--image", "layout:empty")
    must("umoci", "unpack", "--image", "layout:empty", "bundle")
    must("cp", "-a", "base/.", "bundle/rootfs")
    must("umoci", "repack", "--image", "layout:base", "bundle")
    shutil.rmtree("bundle")


def shell(command):
    return ["weigh", "sh", "-c", command]


def measure(title, variants):
    """variants: {name: [step, ...]}, a step being [kind, word, ...]."""
    if options.only:
        variants = {n: steps for n, steps in variants.items() if n in options.only.split(",")}
    settle = "sync -f ." + ("; echo 3 >/proc/sys/vm/drop_caches" if options.cold else "")
    plan = ""
    for name, steps in variants.items():
        steps = [["also", "sh", "-c", settle], *steps]
        plan += f"variant\t{name}\n" + "".join("\t".join(step) + "\n" for step in steps)
    done = subprocess.run([os.path.join(options.build, "tests/bench/spawn"), str(rounds), "1"],
                          input=plan, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    samples = {}
    for line in done.stdout.splitlines():
        name, *cells = line.split("\t")
        if cells[0] == "failed":
            notes.append(f"{title}: {name} failed ({cells[1]}): {cells[2]}")
        else:
            time, memory, processors = map(float, cells[:3])
            samples.setdefault(name, []).append((time / 1000, memory, processors / 1000))
    tables[title] = samples


def commit_variants(layer, names):
    upper = f"ctr-data/containers/{names['ctr']}/upper"
    image = f"localhost/{prefix}{layer}"
    forget = ["also", "rm", "-rf", "ctr-data/store"]
    variants = {}
    for compression, limit in (("zstd", "zstd -1 -T0 -q"), ("none", "openssl dgst -sha256")):
        variants[f"ctr commit --compression {compression}"] = [
            ["weigh", *ctr, "commit", "--compression", compression, names["ctr"], "bench:1"],
            forget]
        variants[f"tar into {limit}"] = [shell(f"tar -C {upper} -cf - . | {limit} >limit")]
    variants["tar into zstd -1 -T0 -q, and fsync"] = [
        shell(f"tar -C {upper} -cf - . | zstd -1 -T0 -q >limit && sync -d limit")]
    variants["tar into zstd -T0 -q"] = [shell(f"tar -C {upper} -cf - . | zstd -T0 -q >limit")]
    variants["ctr commit --compression gzip"] = [
        ["weigh", *ctr, "commit", "--compression", "gzip", names["ctr"], "bench:1"], forget]
    variants["podman commit"] = [["weigh", *podman, "commit", "-q", names["podman"], image],
                                 ["also", *podman, "rmi", image]]
    variants["buildah commit"] = [["weigh", *buildah, "commit", "-q", names["buildah"], image],
                                  ["also", *buildah, "rmi", image]]
    variants["umoci repack"] = [
        ["weigh", "umoci", "repack", "--image", "layout:new", names["umoci"]],
        ["also", "umoci", "rm", "--image", "layout:new"],
        ["also", "umoci", "gc", "--layout", "layout"]]
    return variants


def diff_variants(_, names):
    upper = f"ctr-data/containers/{names['ctr']}/upper"
    lookup = os.path.join(options.build, "tests/bench/lookup")
    return {
        "ctr diff": [["weigh", *ctr, "diff", names["ctr"]]],
        "ctr diff --format json": [["weigh", *ctr, "diff", "--format", "json", names["ctr"]]],
        "find with a lookup below": [["weigh", lookup, upper, "base"]],
        "find -newermt 2000-01-01": [["weigh", "find", upper, "-newermt", "2000-01-01"]],
        "podman diff": [["weigh", *podman, "diff", names["podman"]]],
    }


def export_variants(layer, names):
    root = f"merged-{layer}"
    os.makedirs(root)
    must("mount", "-t", "overlay", "overlay", root, "-o",
         f"ro,lowerdir=ctr-data/containers/{names['ctr']}/upper:base")
    variants = {
        "ctr export": [shell(f"{' '.join(ctr)} export {names['ctr']} | cat >/dev/null")],
        "tar of the mounted root": [shell(f"tar -C {root} -cf - . | cat >/dev/null")],
        "podman export": [
            shell(f"{' '.join(podman)} export {names['podman']} | cat >/dev/null")],
    }
    if subprocess.run([ctr[0], "export", "--help"], stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL, check=False).returncode:
        del variants["ctr export"]
    return variants


def unpack_variants(layer, names):
    """The layer as an image, of gzip, which all of them read, and of zstd."""
    variants = {}
    for kind, flag in (("zstd", "--zstd"), ("gzip", "-z")):
        must(*ctr, "commit", "--full", "--compression", kind, names["ctr"], f"bench:{kind}")
        with open("ctr-data/store/index.json") as file:
            digest = [entry["digest"] for entry in json.load(file)["manifests"] if entry[
                "annotations"]["org.opencontainers.image.ref.name"] == f"bench:{kind}"][0]
        blobs = "ctr-data/store/blobs/"
        with open(blobs + digest.replace(":", "/")) as file:
            blob = blobs + json.load(file)["layers"][-1]["digest"].replace(":", "/")
        variants[f"ctr unpack, {kind}"] = [["weigh", *ctr, "unpack", "-q", f"bench:{kind}"],
                                           ["also", "rm", "-rf", "ctr-data/layers"]]
        variants[f"tar -x, {kind}"] = [
            shell(f"mkdir untarred-{layer} && tar -C untarred-{layer} {flag} -xf {blob}"),
            ["also", "rm", "-rf", f"untarred-{layer}"]]
        variants[f"tar -x and sync -f, {kind}"] = [
            shell(f"mkdir untarred-{layer} && tar -C untarred-{layer} {flag} -xf {blob} && "
                  f"sync -f untarred-{layer}"), ["also", "rm", "-rf", f"untarred-{layer}"]]
    variants["umoci unpack, gzip"] = [
        ["weigh", "umoci", "unpack", "--image", "ctr-data/store:bench:gzip", "unpacked"],
        ["also", "rm", "-rf", "unpacked"]]
    variants["podman pull of the layout, gzip"] = [
        shell(f"{' '.join(podman)} pull -q oci:ctr-data/store:bench:gzip >pulled"),
        ["also", "sh", "-c", f"{' '.join(podman)} rmi $(cat pulled)"]]
    return variants


def cells(samples, first):
    times, memory, processors = ([sample[i] for sample in samples] for i in range(3))
    middle = statistics.median(times)
    digits = 1 if middle < 100 else 0
    return [f"{middle:.{digits}f} ({min(times):.{digits}f}-{max(times):.{digits}f})",
            f"{middle / first:.2f}x" if first else "-",
            f"{statistics.median(processors):.{digits}f}", f"{max(memory) / 1024:.1f}"]


def machine():
    with open("/proc/cpuinfo") as file:
        cpu = next((line.split(":", 1)[1].strip() for line in file
                    if line.startswith("model name")), os.uname().machine)
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) // 1024 // 1024 + 1
    versions = [must(*command).split("\n")[0] for command in (
        [ctr[0], "--version"], ["podman", "--version"], ["buildah", "--version"],
        ["umoci", "--version"], ["tar", "--version"], ["zstd", "--version", "-q"],
        ["openssl", "version"])]
    system = must("stat", "-f", "-c", "%T", here)
    return (f"{cpu}, {os.cpu_count()} processors, {memory} GB, Linux {os.uname().release}, "
            f"{system}", "; ".join(versions))


def print_tables():
    header = ["time, ms (min-max)", "to ctr", "processors, ms", "peak memory, MB"]
    for title, samples in tables.items():
        own = next((rows for name, rows in samples.items() if name.startswith("ctr ")), None)
        first = statistics.median(row[0] for row in own) if own else 0
        lines = [[title, *header]] + [[name, *cells(rows, first)] for name, rows in samples.items()]
        if options.markdown:
            lines.insert(1, ["---"] * len(lines[0]))
            print("\n".join("| " + " | ".join(line) + " |" for line in lines))
        else:
            widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
            for line in lines:
                print("  ".join(t.ljust(width) for t, width in zip(line, widths)).rstrip())
        print()
    where, versions = machine()
    print(f"{where}; {versions}; {rounds} rounds, in turn; "
          f"{'cold' if options.cold else 'warm'} caches; load {os.getloadavg()[0]:.1f}")
    for note in notes:
        print("note: " + note)


TITLES = {"big": "500 MB", "small": "20,000 files"}
VARIANTS = {"commit": commit_variants, "diff": diff_variants, "export": export_variants,
            "unpack": unpack_variants}

make_base()
make_images()
try:
    for kind in options.layers.split(","):
        (make_big if kind == "big" else make_small)(kind)
        containers = {"ctr": make_ctr(kind), "podman": make_podman(kind),
                      "buildah": make_buildah(kind), "umoci": make_umoci(kind)}
        for row in options.rows.split(","):
            measure(f"{row}, {TITLES[kind]}", VARIANTS[row](kind, containers))
finally:
    subprocess.run(["sh", "-c", "umount merged-*; umount storage/overlay"], check=False,
                   stderr=subprocess.DEVNULL)
print_tables()
if options.json:
    with open(options.json, "w") as file:
        json.dump({"machine": machine(), "rounds": rounds, "notes": notes, "tables": tables}, file)
sys.exit(1 if notes else 0)
