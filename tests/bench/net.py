#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The driver of tests/bench/net, which see. Runs in a folder and a network namespace of its own."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import time

ROWS = ("attach", "run", "growth", "traffic")
parser = argparse.ArgumentParser(prog="tests/bench/net")
parser.add_argument("--build", required=True)
parser.add_argument("--rounds", type=int, default=40)
parser.add_argument("--crowd", type=int, default=500)
parser.add_argument("--rows", default=",".join(ROWS))
parser.add_argument("--markdown", action="store_true")
options = parser.parse_args()
here = os.getcwd()
rows = options.rows.split(",")
data = os.path.join(here, "data")
ctr = [os.path.join(options.build, "ctr"), "--root", os.path.join(here, "state"), "--data-root",
       data]
attach = os.path.join(options.build, "tests/bench/attach")
trips = os.path.join(options.build, "tests/bench/trips")
netavark = "/usr/lib/podman/netavark"
plugins = "/usr/lib/cni"
os.environ["CTR_LIBEXEC"] = options.build
notes = []
table = []
headings = set()


def heading(cells):
    """The first line of a table."""
    headings.add(len(table))
    table.append(cells)


def must(*command, text=None):
    done = subprocess.run(command, input=text or "", capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()


def write(path, text, mode=0o644):
    with open(path, "w") as file:
        file.write(text if isinstance(text, str) else json.dumps(text))
    os.chmod(path, mode)
    return os.path.join(here, path)


def netns(name):
    must("ip", "netns", "add", name)
    return "/run/netns/" + name


def measure(variants, rounds=options.rounds):
    """variants: {name: [step, ...]} of spawn.c; {name: [[milliseconds of each step], ...]}."""
    plan = ""
    for name, steps in variants.items():
        plan += f"variant\t{name}\n" + "".join("\t".join(step) + "\n" for step in steps)
    said = must(os.path.join(options.build, "tests/bench/spawn"), str(rounds), "3", text=plan)
    samples = {name: [] for name in variants}
    for line in said.splitlines():
        name, first, *rest = line.split("\t")
        if first == "failed":
            notes.append(f"{name} failed: {' '.join(rest)}")
            samples.pop(name)
        elif name in samples:
            samples[name].append([float(number) / 1000 for number in rest[2:]])
    return samples


def show(values, digits=1):
    return (f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-"
            f"{max(values):.{digits}f})")


# --- who attaches: each has one member already, so that bridge and tables are there -------------

def netavark_variant():
    def document(name, address, port):
        return write(f"netavark-{name}.json", {
            "container_id": name, "container_name": name,
            "networks": {"bench": {"interface_name": "eth0", "static_ips": [address]}},
            "network_info": {"bench": {
                "name": "bench", "id": "5" * 64, "driver": "bridge",
                "network_interface": "netavark0", "dns_enabled": False, "internal": False,
                "ipv6_enabled": False, "ipam_options": {"driver": "host-local"},
                "subnets": [{"subnet": "10.97.0.0/16", "gateway": "10.97.0.1"}]}},
            "port_mappings": [{"host_ip": "", "host_port": port, "container_port": 80, "range": 1,
                               "protocol": "tcp"}]})

    def call(verb, file, namespace):
        return [netavark, "--config", here, "-f", file, verb, namespace]

    must(*call("setup", document("first", "10.97.0.2", 7001), netns("netavark-first")))
    file = document("one", "10.97.0.3", 7002)
    namespace = netns("netavark-one")
    return [["time", *call("setup", file, namespace)], ["time", *call("teardown", file, namespace)]]


def cni_variant():
    """As containerd or podman 4 call them, with nft, their faster way; where they see an iptables
    they use it to detach, which fails. The address is chosen, so that what the first plugin says is
    what the second one is told without a program between them."""
    os.mkdir("cni-path")
    os.symlink("/usr/sbin/nft", "cni-path/nft")

    def script(name, address, port):
        namespace = netns("cni-" + name)
        bridge = {"cniVersion": "1.0.0", "name": "bench", "type": "bridge", "bridge": "cni0",
                  "isGateway": True, "ipMasq": True, "hairpinMode": True, "ipMasqBackend":
                  "nftables", "ipam": {"type": "host-local", "dataDir": here, "ranges": [[
                      {"subnet": "10.98.0.0/16", "rangeStart": address, "rangeEnd": address}]],
                      "routes": [{"dst": "0.0.0.0/0"}]}}
        ports = {"cniVersion": "1.0.0", "name": "bench", "type": "portmap", "snat": True,
                 "backend": "nftables", "runtimeConfig": {"portMappings": [
                     {"hostPort": port, "containerPort": 80, "protocol": "tcp"}]},
                 "prevResult": {"cniVersion": "1.0.0", "interfaces": [
                     {"name": "cni0"}, {"name": "veth"}, {"name": "eth0", "sandbox": namespace}],
                     "ips": [{"address": address + "/16", "gateway": "10.98.0.1",
                              "interface": 2}]}}
        files = [write(f"cni-{name}-bridge.json", bridge), write(f"cni-{name}-ports.json", ports)]
        bridge["prevResult"] = ports["prevResult"]
        files.append(write(f"cni-{name}-bridge-del.json", bridge))
        head = (f"#!/bin/busybox sh\nset -e\nexport CNI_COMMAND=$1 CNI_CONTAINERID={name} "
                f"CNI_NETNS={namespace} CNI_IFNAME=eth0 CNI_PATH={plugins} "
                f"PATH={here}/cni-path\n")
        calls = [f"{plugins}/bridge <{files[0]}", f"{plugins}/portmap <{files[1]}",
                 f"{plugins}/bridge <{files[2]}"]
        return write(f"cni-{name}", f"{head}if [ $1 = ADD ]; then\n{calls[0]}\nexec {calls[1]}\n"
                     f"else\n{calls[1]}\nexec {calls[2]}\nfi\n", 0o755)

    must(script("first", "10.98.0.2", 7003), "ADD")
    one = script("one", "10.98.0.3", 7004)
    return [["time", one, "ADD"], ["time", one, "DEL"]]


def script_variant():
    """The least that a shell needs, with sets so that rules of others are not looked through."""
    must("ip", "-batch", "-", text="link add script0 type bridge\n"
         "address add 10.99.0.1/16 dev script0\nlink set script0 up\n")
    must("nft", "-f", "-", text="""table ip script {
        map ports { type inet_service : ipv4_addr . inet_service; }
        chain prerouting { type nat hook prerouting priority dstnat;
            fib daddr type local dnat ip to tcp dport map @ports; }
        chain output { type nat hook output priority dstnat;
            fib daddr type local dnat ip to tcp dport map @ports; }
        chain postrouting { type nat hook postrouting priority srcnat;
            ip saddr 10.99.0.0/16 oifname != "script0" masquerade; }
        chain forward { type filter hook forward priority 0;
            oifname "script0" ct state established,related accept
            oifname "script0" ct status dnat accept
            oifname "script0" iifname != "script0" drop; }
    }""")

    def script(name, address, port):
        space = "script-" + name
        netns(space)
        cable = f"veth-{name}"
        return write(f"script-{name}", f"""#!/bin/busybox sh
set -e
if [ $1 = down ]; then
    /usr/sbin/nft delete element ip script ports "{{ {port} }}"
    exec /usr/sbin/ip link del {cable}
fi
/usr/sbin/ip link add {cable} master script0 up type veth peer name eth0 netns {space}
/usr/sbin/ip -n {space} -batch - <<END
link set lo up
address add {address}/16 dev eth0
link set eth0 up
route add default via 10.99.0.1
END
exec /usr/sbin/nft add element ip script ports "{{ {port} : {address} . 80 }}"
""", 0o755)

    must(script("first", "10.99.0.2", 7005), "up")
    one = script("one", "10.99.0.3", 7006)
    return [["time", one, "up"], ["time", one, "down"]]


def ctr_variant(port=7008):
    """The container ends before it is detached, as it does in life, and its namespace with it."""
    if not os.path.exists("held-first"):
        must(*ctr, "network", "create", "--subnet", "10.96.0.0/16", "bench")
        must(attach, "hold", "held-first")
        must(attach, "up", data, "bench", "first", "held-first", "7007")
    return [["also", attach, "hold", "held"],
            ["time", attach, "up", data, "bench", "one", "held", str(port)],
            ["also", attach, "drop", "held"],
            ["time", attach, "down", data, "one"]]


def attach_row():
    variants = {}
    for name, prepare in (("ctr", ctr_variant), ("netavark", netavark_variant),
                          ("CNI bridge + portmap", cni_variant), ("ip + nft", script_variant)):
        try:
            variants[name] = prepare()
        except RuntimeError as problem:
            notes.append(f"{name}: {problem}")
    measured = measure(variants)
    heading(["attach one, 1 port, ms (min-max)", "attach", "detach", "both", "times ctr's"])
    both = {name: [sum(sample) for sample in samples] for name, samples in measured.items()}
    least = statistics.median(both["ctr"]) if both.get("ctr") else None
    for name, samples in measured.items():
        ratio = f"{statistics.median(both[name]) / least:.1f}" if least else "-"
        table.append([name, show([sample[0] for sample in samples]),
                      show([sample[1] for sample in samples]), show(both[name]), ratio])


# --- a whole run --------------------------------------------------------------------------------

def run_row():
    for folder in ("bin", "proc", "sys", "dev", "etc", "tmp", "run"):
        os.makedirs("rootfs/" + folder)
    shutil.copy("/bin/busybox", "rootfs/bin/busybox")
    os.symlink("busybox", "rootfs/bin/true")
    must(ctr[0], "spec")
    with open("config.json") as file:
        spec = json.load(file)
    spec["root"] = {"path": os.path.join(here, "rootfs")}
    spec["process"].update(terminal=False, args=["/bin/true"])
    write("spec.json", spec)
    run = ["time", *ctr, "run", "--rm", "--name", "run"]
    measured = measure({
        "no network": [[*run, "spec.json"]],
        "--network bridge": [[*run, "--network", "bridge", "spec.json"]],
        "--network bridge -p 7100:80": [[*run, "--network", "bridge", "-p", "7100:80",
                                         "spec.json"]]})
    heading(["ctr run --rm /bin/true, ms (min-max)", "whole", "", "", ""])
    for name, samples in measured.items():
        table.append([name, show([sample[0] for sample in samples]), "", "", ""])


# --- growth -------------------------------------------------------------------------------------

def growth_row():
    """Alone and in a crowd are not in turn: a crowd takes long to come and go. So alone it is
    measured before and behind."""
    def sample():
        return [sum(steps) for steps in measure({"ctr": ctr_variant()}).get("ctr", [])]

    before = sample()
    links = len(json.loads(must("ip", "-j", "link", "show", "type", "veth")))
    with subprocess.Popen([attach, "crowd", data, "bench", str(options.crowd - 1), "10000"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as crowd:
        if crowd.stdout.readline() != "ready\n":
            raise RuntimeError("no crowd")
        inside = sample()
    must(*ctr, "network", "ls")  # takes back what the crowd had
    while len(json.loads(must("ip", "-j", "link", "show", "type", "veth"))) > links:
        time.sleep(0.1)  # the kernel removes namespaces in the background
    behind = sample()
    heading(["attach and detach by ctr, ms (min-max)", "both", "", "", ""])
    table.append(["beside 1", show(before + behind, 2), "", "", ""])
    table.append([f"beside {options.crowd}", show(inside, 2), "", "", ""])
    change = statistics.median(inside) / statistics.median(before + behind) - 1
    table.append(["growth", f"{change * 100:+.1f} %", "", "", ""])


# --- bytes --------------------------------------------------------------------------------------

class Pair:
    """Two namespaces on a bridge, with a server of iperf3 and one of trips in the first."""

    def __init__(self, name, address):
        self.name, self.address = name, address
        self.bits, self.trips = [], []

    def serve(self):
        space = ["ip", "netns", "exec", self.name + "-server"]
        subprocess.run([*space, "iperf3", "-s", "-D"], check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen([*space, trips, "serve", "9000"], stdout=subprocess.PIPE)
        server.stdout.readline()
        return server

    def sample(self):
        space = ["ip", "netns", "exec", self.name + "-client"]
        said = json.loads(must(*space, "iperf3", "-J", "-c", self.address, "-t", "2", "-O", "0.5"))
        self.bits.append(said["end"]["sum_received"]["bits_per_second"] / 1e9)
        self.trips.append(int(must(*space, trips, "ask", self.address, "9000", "20000")) / 1000)


def plain_pair():
    must("ip", "-batch", "-", text="link add plain0 type bridge\nlink set plain0 up\n")
    for number, name in ((2, "server"), (3, "client")):
        netns("plain-" + name)
        must("ip", "link", "add", "plain" + name, "master", "plain0", "up", "type", "veth", "peer",
             "name", "eth0", "netns", "plain-" + name)
        must("ip", "-n", "plain-" + name, "-batch", "-", text="link set lo up\nlink set eth0 up\n"
             f"address add 10.95.0.{number}/24 dev eth0\n")
    return Pair("plain", "10.95.0.2")


def ctr_pair():
    must(*ctr, "network", "create", "--subnet", "10.94.0.0/24", "traffic")
    for name in ("server", "client"):
        must(attach, "hold", "held-" + name)
        must(attach, "up", data, "traffic", name, "held-" + name)
        with open("held-" + name) as file:
            must("ip", "netns", "attach", "ctr-" + name, file.read())
    said = json.loads(must("ip", "-n", "ctr-server", "-j", "address", "show", "dev", "eth0"))
    return Pair("ctr", said[0]["addr_info"][0]["local"])


def traffic_row():
    pairs = [plain_pair(), ctr_pair()]
    servers = [pair.serve() for pair in pairs]
    for round_number in range(max(4, options.rounds // 5)):
        for pair in pairs if round_number % 2 else reversed(pairs):
            pair.sample()
    for server in servers:
        server.kill()
    heading(["between two containers", "TCP, Gbit/s", "there and back, us", "", ""])
    for pair, name in zip(pairs, ("plain veth and bridge", "ctr")):
        table.append([name, show(pair.bits), show(pair.trips, 2), "", ""])


for row in rows:
    try:
        {"attach": attach_row, "run": run_row, "growth": growth_row, "traffic": traffic_row}[row]()
    except (RuntimeError, KeyError) as problem:
        notes.append(f"{row}: {problem}")
for number, line in enumerate(table):
    if not options.markdown:
        print(f"{line[0]:40}" + "".join(f"{cell:22}" for cell in line[1:]).rstrip())
        continue
    cells = [cell for cell in line if cell]
    print(("\n" if number in headings and number else "") + "| " + " | ".join(cells) + " |")
    if number in headings:
        print("|" + "---|" * len(cells))
print(f"{os.cpu_count()} processors, Linux {os.uname().release}; "
      f"{must(ctr[0], '--version').splitlines()[0]}; {must(netavark, '--version')}; CNI plugins "
      f"{must('dpkg-query', '-W', '-f', '${Version}', 'containernetworking-plugins')}; "
      f"{must('nft', '--version')}; {options.rounds} rounds; load {os.getloadavg()[0]:.1f}")
for note in notes:
    print("note: " + note)
for held in ("held-first", "held-server", "held-client"):
    if os.path.exists(held):
        must(attach, "drop", held)
raise SystemExit(1 if notes else 0)
