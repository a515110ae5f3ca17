# SPDX-License-Identifier: Apache-2.0
"""Mount namespaces of their own with a number of mounts more than this one."""
import ctypes
import os

CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18


def check(result, what):
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def fill(folder, count):
    """In a child: this namespace becomes its own, with count times a tmpfs below folder."""
    libc = ctypes.CDLL(None, use_errno=True)
    check(libc.unshare(CLONE_NEWNS), "unshare")
    check(libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None), "private")
    check(libc.mount(b"many", folder.encode(), b"tmpfs", ctypes.c_ulong(0), None), folder)
    for number in range(count):
        path = f"{folder}/{number}"
        os.mkdir(path)
        check(libc.mount(b"one", path.encode(), b"tmpfs", ctypes.c_ulong(0), None), path)


class HostMounts:
    """A context: {count: file of the namespace that has count mounts more}."""

    def __init__(self, bench, counts):
        self.folder = os.path.join(bench.here, "many")
        self.counts = counts
        self.keepers = []  # (process, the end of a pipe whose closing ends it)

    def keep(self, count):
        ready, child_ready = os.pipe()
        child_end, end = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(end)
                fill(self.folder, count)
                os.write(child_ready, b"x")
                os.read(child_end, 1)
            finally:
                os._exit(0)
        os.close(child_ready)
        os.close(child_end)
        self.keepers.append((pid, end))
        there = os.read(ready, 1)
        os.close(ready)
        if not there:
            raise OSError(f"no namespace with {count} mounts")
        return f"/proc/{pid}/ns/mnt"

    def __enter__(self):
        os.makedirs(self.folder, exist_ok=True)
        return {count: self.keep(count) for count in self.counts}

    def __exit__(self, *error):
        for _, end in self.keepers:  # all of them: a keeper has the ends of those before it
            os.close(end)
        for pid, _ in self.keepers:
            os.waitpid(pid, 0)
