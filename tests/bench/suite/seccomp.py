# SPDX-License-Identifier: Apache-2.0
"""The default seccomp profile of podman (of containers-common) as OCI's linux.seccomp."""
import json
import os

PLACES = ("/usr/share/containers/seccomp.json", "/etc/containers/seccomp.json")
ARCHES = {"x86_64": ("amd64", "SCMP_ARCH_X86_64"), "aarch64": ("arm64", "SCMP_ARCH_AARCH64")}


def find():
    return next((place for place in PLACES if os.path.exists(place)), None)


def applies(rule, arch, capabilities):
    included, excluded = rule.get("includes") or {}, rule.get("excludes") or {}
    if included.get("arches") and arch not in included["arches"]:
        return False
    if not set(included.get("caps", ())) <= capabilities:
        return False
    return not (arch in excluded.get("arches", ()) or capabilities & set(excluded.get("caps", ())))


def convert(path, capabilities):
    """As podman does it for a container of these capabilities on this machine."""
    with open(path) as file:
        profile = json.load(file)
    arch, name = ARCHES.get(os.uname().machine, ARCHES["x86_64"])
    rows = [row for row in profile["archMap"] if row["architecture"] == name]
    converted = {"defaultAction": profile["defaultAction"],
                 "architectures": [name, *(rows[0]["subArchitectures"] if rows else ())],
                 "syscalls": []}
    if "defaultErrnoRet" in profile:
        converted["defaultErrnoRet"] = profile["defaultErrnoRet"]
    for rule in profile["syscalls"]:
        if applies(rule, arch, set(capabilities)):
            kept = {"names": rule["names"], "action": rule["action"]}
            if rule.get("errnoRet") is not None:
                kept["errnoRet"] = rule["errnoRet"]
            if rule.get("args"):
                kept["args"] = rule["args"]
            converted["syscalls"].append(kept)
    return converted
