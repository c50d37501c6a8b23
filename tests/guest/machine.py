# SPDX-License-Identifier: MIT
"""One QEMU guest: started, told what to run over its console, its ports plugged and unplugged over
QMP. No network device; nothing of it outlives the test."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import image
from kernel import Missing

QEMU = "qemu-system-x86_64"
BOOT_SECONDS = 240
CMDLINE = ("console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check "
           "random.trust_cpu=on rdinit=/init")


class Answer:
    def __init__(self, status, out):
        self.status, self.out = status, out


class Machine:
    def __init__(self, kernel, build, source, shim):
        if not shutil.which(QEMU):
            raise Missing(f"no {QEMU}: install qemu-system-x86")
        self.dir = tempfile.mkdtemp(prefix="ac-guest-")
        self.release = kernel.release
        self.share = os.path.join(self.dir, "share")
        self.wires = os.path.join(self.dir, "wires")
        os.makedirs(self.share)
        os.makedirs(self.wires)
        self.log, self.scripts, self.chardevs, self.plugged = b"", 0, 0, {}
        self.process = None
        try:
            self._start(image.build(kernel, build, source, self.dir), kernel, shim)
        except BaseException:
            self.stop()
            raise

    def _start(self, initrd, kernel, shim):
        began = time.monotonic()
        listeners = {name: self._listen(name) for name in ("console", "qmp")}
        where = {name: os.path.join(self.dir, name) for name in listeners}
        # The simplest processor: what newer ones can do more is slower when it is emulated, and so is a second one.
        argv = [
            QEMU, "-accel", "tcg", "-machine", "pc,usb=off,vmport=off", "-cpu", "qemu64", "-smp", "1", "-m", "512",
            "-nodefaults", "-no-user-config", "-display", "none", "-nic", "none", "-no-reboot",
            "-kernel", kernel.image, "-initrd", initrd, "-append", CMDLINE,
            "-chardev", f"socket,id=console,path={where['console']}", "-device", "isa-serial,chardev=console,index=0",
            "-chardev", f"socket,id=qmp,path={where['qmp']}", "-mon", "chardev=qmp,mode=control",
            "-chardev", "null,id=uart", "-device", "isa-serial,chardev=uart,index=1,id=uart1",
            "-chardev", "null,id=printer", "-device", "isa-parallel,chardev=printer,index=0",
            "-device", "qemu-xhci,id=usb",
            "-fsdev", f"local,id=share,path={self.share},security_model=none",
            "-device", "virtio-9p-pci,fsdev=share,mount_tag=share"]
        # Not the leader of a session: it would take a wire for its terminal, and hang up with it.
        with open(os.path.join(self.dir, "qemu.log"), "wb") as log:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "LD_PRELOAD": shim, "ATCONFORM_WIRE": self.wires})
        self.console, self.qmp = self._accept(listeners["console"]), self._accept(listeners["qmp"])
        self.qmp_file = self.qmp.makefile("r", encoding="utf-8")
        self.events = []
        json.loads(self.qmp_file.readline())
        self.command("qmp_capabilities")
        self.guest_seconds = float(self._marker("boot", BOOT_SECONDS))
        self.boot_seconds = time.monotonic() - began

    def _listen(self, name):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(self.dir, name))
        listener.listen(1)
        listener.settimeout(0.2)
        return listener

    def _accept(self, listener):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            listener.close()
            connection.settimeout(60)
            return connection
        raise AssertionError(f"{QEMU} does not start: {self._qemu_said()}")

    def _qemu_said(self):
        with open(os.path.join(self.dir, "qemu.log"), encoding="utf-8", errors="replace") as f:
            return f.read()[-2000:]

    # ---- the guest's console ----

    def _marker(self, name, seconds):
        """The rest of the console's line @@NAME."""
        end, wanted = time.monotonic() + seconds, re.compile(rb"@@%s ([^\r\n]*)\r?\n" % name.encode())
        while not (found := wanted.search(self.log)):
            left = end - time.monotonic()
            try:
                self.console.settimeout(max(left, 0.01))
                part = self.console.recv(65536) if left > 0 else b""
            except TimeoutError:
                part = b""
            if not part:
                said = self.log[-1500:].decode(errors="replace")
                raise AssertionError(f"the guest does not answer ({name}, {seconds} s): {said}\n{self._qemu_said()}")
            self.log += part
        return found.group(1).decode()

    def begin(self, script):
        """Has the guest run it; end() waits. One at a time."""
        self.scripts += 1
        with open(os.path.join(self.share, f"{self.scripts}.sh"), "w", encoding="utf-8") as f:
            f.write(script + "\n")
        self.console.sendall(f"{self.scripts}\n".encode())

    def end(self, seconds=120):
        status = int(self._marker(str(self.scripts), seconds))
        with open(os.path.join(self.share, f"{self.scripts}.out"), encoding="utf-8", errors="replace") as f:
            return Answer(status, f.read())

    def run(self, script, seconds=120):
        self.begin(script)
        return self.end(seconds)

    # ---- its hardware ----

    def command(self, name, **arguments):
        self.qmp.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self.qmp_file.readline())
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise AssertionError(f"{name}: {answer['error']['desc']}")
            else:
                return answer["return"]

    def _backend(self, tty):
        if not tty:
            return {"type": "null", "data": {}}
        # What an earlier wire of that number was given is no longer of interest.
        for suffix in (".log", ".cts-low"):
            path = self.wire(tty) + suffix
            if os.path.exists(path):
                os.unlink(path)
        return {"type": "serial", "data": {"device": tty}}

    def connect_uart(self, tty):
        """ttyS1's wires go to this terminal; None: they end in the air."""
        self.command("chardev-change", id="uart", backend=self._backend(tty))

    def plug(self, tty, serial="A100"):
        """An adapter with that serial number, whose far side is this terminal."""
        self.chardevs += 1
        self.plugged[serial] = backend = f"usb{self.chardevs}"
        self.command("chardev-add", id=backend, backend=self._backend(tty))
        self.command("device_add", driver="usb-serial", chardev=backend, id=f"adapter-{serial}", serial=serial)

    def unplug(self, serial="A100"):
        name = f"adapter-{serial}"
        self.command("device_del", id=name)
        end = time.monotonic() + 30
        while not any(e["event"] == "DEVICE_DELETED" and e["data"].get("device") == name for e in self.events):
            assert time.monotonic() < end, "the adapter does not go"
            self.command("query-status")
        self.events.clear()
        self.command("chardev-remove", id=self.plugged.pop(serial))

    def wire(self, tty):
        """Where the wire's notes are, without their suffix."""
        return os.path.join(self.wires, os.path.basename(tty))

    def noted(self, tty):
        """What the outside was asked for, line by line."""
        try:
            with open(self.wire(tty) + ".log", encoding="ascii") as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for name in ("console", "qmp_file", "qmp"):
            if hasattr(self, name):
                getattr(self, name).close()
        shutil.rmtree(self.dir, ignore_errors=True)
