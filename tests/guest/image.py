# SPDX-License-Identifier: MIT
"""The guest's root: a cpio archive in memory with busybox, the tester, its libraries and its data."""
import os
import re
import shutil
import subprocess

from kernel import MODULES, Missing

PROGRAMS = ("src/cli/atconform", "suites/atconform-suite", "src/at/libgit2.so.1.5", "tests/guest/guest-drive")
DATA = ("suites", "fixtures/benches", "fixtures/profiles", "fixtures/air")
ETC = {
    "passwd": "root:x:0:0::/root:/bin/sh\nguest:x:1000:1000::/tmp:/bin/sh\nmember:x:1001:1001::/tmp:/bin/sh\n",
    "group": "root:x:0:\nlp:x:7:\ndialout:x:20:member\nguest:x:1000:\nmember:x:1001:\n",
}


class Cpio:
    """The "newc" format, uncompressed: unpacking costs the guest more than reading."""

    def __init__(self):
        self.parts, self.folders, self.count = [], set(), 0

    def _entry(self, name, mode, data=b""):
        self.count += 1
        raw = name.encode() + b"\0"
        head = "070701" + "".join(f"{n:08X}" for n in (
            self.count, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0))
        for part in (head.encode() + raw, data):
            self.parts.append(part + b"\0" * (-len(part) % 4))

    def folder(self, name):
        if name and name not in self.folders:
            self.folder(os.path.dirname(name))
            self.folders.add(name)
            self._entry(name, 0o040755)

    def file(self, name, data, mode=0o644):
        name = name.lstrip("/")
        self.folder(os.path.dirname(name))
        self._entry(name, 0o100000 | mode, data)

    def copy(self, name, path):
        with open(path, "rb") as f:
            self.file(name, f.read(), 0o755 if os.access(path, os.X_OK) else 0o644)

    def write(self, path):
        self._entry("TRAILER!!!", 0)
        with open(path, "wb") as f:
            f.writelines(self.parts)


def libraries(program):
    """The shared libraries of a program: name in the guest -> path here."""
    said = subprocess.run(["ldd", program], text=True, capture_output=True, check=True).stdout
    found = re.findall(r"(?:=> )?(/\S+) \(0x", said)
    return {path: os.path.realpath(path) for path in found if not path.endswith("libgit2.so.1.5")}


def busybox():
    path = shutil.which("busybox")
    said = subprocess.run(["ldd", path], text=True, capture_output=True).stdout if path else ""
    if not path or "=>" in said:
        raise Missing("no static busybox: install busybox-static")
    return path


def stripped(path, scratch):
    """Without debugging information, which would be most of it."""
    out = os.path.join(scratch, "stripped")
    done = subprocess.run(["strip", "-g", "-o", out, path], capture_output=True)
    with open(out if done.returncode == 0 else path, "rb") as f:
        return f.read()


def build(kernel, tree, source, scratch):
    """Writes scratch/initrd and returns its path."""
    cpio, shared = Cpio(), {}
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "init"), "rb") as f:
        cpio.file("init", f.read(), 0o755)
    cpio.copy("bin/busybox", busybox())
    for number, (name, data) in enumerate(kernel.with_dependencies(MODULES)):
        cpio.file(f"modules/{number:02d}-{name}.ko", data)
    for name in PROGRAMS:
        path = os.path.join(tree, name)
        cpio.file(f"tester/build/{name}", stripped(path, scratch), 0o755)
        if not name.endswith(".so.1.5"):
            shared.update(libraries(path))
    for name, path in sorted(shared.items()):
        cpio.copy(name, path)
    for folder in DATA:
        for place, _, files in os.walk(os.path.join(source, folder)):
            for name in files:
                if name.endswith(".json"):
                    path = os.path.join(place, name)
                    cpio.copy(os.path.join("tester/data", os.path.relpath(path, source)), path)
    for name, text in ETC.items():
        cpio.file(f"etc/{name}", text.encode())
    for name in ("dev", "tmp"):
        cpio.folder(name)
    out = os.path.join(scratch, "initrd")
    cpio.write(out)
    return out
