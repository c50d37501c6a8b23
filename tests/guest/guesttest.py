# SPDX-License-Identifier: MIT
"""What the tests in the guest have in common: one machine for all, modules outside of it, runs
inside of it, and what is asked of a run."""
import contextlib
import errno
import glob
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tty
import unittest

import kernel
from machine import Machine

BUILD, SOURCE = os.environ["ATCONFORM_BUILD"], os.environ["ATCONFORM_SOURCE"]
SHIM = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(BUILD, "tests/guest/libguest-wire.so")
LONG = bool(os.environ.get("ATCONFORM_TEST_LONG"))
long_form = unittest.skipUnless(LONG, "only with ATCONFORM_TEST_LONG=1")
UART, USB = "/dev/ttyS1", "/dev/ttyUSB0"
# The guest is an emulated machine and this one may be busy: a hang is what takes longer than this.
PATIENCE = 300
# A guest that waits for this machine's processor can't tell time to a twentieth of a second.
TIMED = {"basic/gslp/wakes_when_the_time_has_passed_and_not_earlier"}
guest = None


def start():
    """The machine; kernel.Missing where there can be none."""
    global guest
    guest = Machine(kernel.find(BUILD), BUILD, SOURCE, SHIM)
    return guest


def poll(wanted, what, seconds=60):
    end = time.monotonic() + seconds
    while not (found := wanted()):
        assert time.monotonic() < end, f"waited {seconds} s: {what}"
        time.sleep(0.03)
    return found


class Module:
    """An atmodule outside the guest; `tty` is the far side of its wires."""

    def __init__(self, *options):
        self.dir = tempfile.mkdtemp(prefix="ac-module-")
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "fixtures/module/atmodule"), "--pty", os.path.join(self.dir, "line"), "--control",
             os.path.join(self.dir, "control"), *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.tty = self.process.stdout.readline().split()[1]
        self._hear_ready()

    def _hear_ready(self):
        """Its start-up line is for nobody."""
        fd, heard = os.open(self.tty, os.O_RDWR | os.O_NOCTTY), b""
        while b"ready\r\n" not in heard:
            assert select.select([fd], [], [], 60)[0], heard
            heard += os.read(fd, 4096)
        os.close(fd)

    def control(self, request):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect(os.path.join(self.dir, "control"))
            s.sendall(json.dumps(request).encode() + b"\n")
            return json.loads(s.makefile().readline())

    def stop(self):
        self.process.kill()
        self.process.communicate()
        shutil.rmtree(self.dir, ignore_errors=True)


class Switch:
    """The module's power switch: a command in the guest asks for it through a file of the share."""

    def __init__(self, module):
        self.module, self.ending = module, False
        path = os.path.join(guest.share, "power")
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nasked=$(mktemp /share/asked.XXXXXX)\nwhile [ -e $asked ]; do usleep 10000; done\n")
        os.chmod(path, 0o755)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.ending:
            for name in glob.glob(os.path.join(guest.share, "asked.*")):
                self.module.control({"do": "power-cycle"})
                os.unlink(name)
            time.sleep(0.02)

    def stop(self):
        self.ending = True
        self.thread.join()


class Echo:
    """Sends back every byte, at any rate."""

    def __init__(self):
        self.master, slave = os.openpty()
        tty.setraw(slave, termios.TCSANOW)
        self.tty, self.slave = os.ttyname(slave), slave
        os.set_blocking(self.master, False)
        self.ending = False
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        kept = b""
        while not self.ending:
            readable, writable, _ = select.select([self.master] if len(kept) < 65536 else [], [self.master] if kept else [], [], 0.05)
            try:
                if readable:
                    kept += os.read(self.master, 65536)
                if writable:
                    kept = kept[os.write(self.master, kept):]
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EIO):
                    raise

    def stop(self):
        self.ending = True
        self.thread.join()
        os.close(self.master)
        os.close(self.slave)


class Run:
    """A run's folder, as the guest left it on the share."""

    def __init__(self, folder, status, said):
        self.folder, self.status, self.said = folder, status, said

    @property
    def messages(self):
        return [line for line in self.said.splitlines() if line.startswith("atconform: ")]

    def journal(self):
        try:
            with open(os.path.join(self.folder, "journal.jsonl"), encoding="utf-8") as f:
                return [json.loads(line) for line in f.read().split("\n")[:-1]]
        except FileNotFoundError:
            return []

    def verdicts(self):
        """Case -> verdict, the last one."""
        journal = self.journal()
        names = {e["c"]: e["case"] for e in journal if e["e"] == "plan"}
        found = dict.fromkeys(names.values(), "missing")
        found.update({names[e["c"]]: e["verdict"] for e in journal if e["e"] == "verdict"})
        return found

    def counts(self):
        verdicts = list(self.verdicts().values())
        return {v: verdicts.count(v) for v in set(verdicts)}

    def received(self):
        return b"".join(e["bytes"].encode("latin-1") for e in self.journal() if e["e"] == "rx" and "bytes" in e)


class GuestTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.runs = 0
        self.started = time.monotonic()
        self.addCleanup(lambda: print(f"{self.id().split('.', 1)[1]}: {time.monotonic() - self.started:.1f} s", file=sys.stderr))

    def module(self, *options):
        module = Module(*options)
        self.addCleanup(module.stop)
        return module

    def echo(self):
        echo = Echo()
        self.addCleanup(echo.stop)
        return echo

    def on_uart(self, far):
        guest.connect_uart(far.tty)
        self.addCleanup(guest.connect_uart, None)
        return UART

    def on_usb(self, far, serial="A100"):
        guest.plug(far.tty, serial)
        self.addCleanup(self.unplug_all)
        self.wait_port(USB)
        return USB

    def unplug_all(self):
        for serial in list(guest.plugged):
            guest.unplug(serial)
        self.wait_port("/dev/ttyUSB0", there=False)
        self.wait_port("/dev/ttyUSB1", there=False)

    def power(self, module):
        """The bench's "power", and who does it."""
        switch = Switch(module)
        self.addCleanup(switch.stop)
        return {"command": ["/share/power"]}

    def wait_port(self, port, there=True):
        """Until the driver has made it, or taken it away; with the rights that udev would give."""
        said = guest.run(f"n=0; while [ {'!' if there else ''} -c {port} ] && [ $n -lt 3000 ]; do usleep 10000; n=$((n+1)); done; "
                         + (f"chgrp dialout {port}; chmod 660 {port}" if there else f"[ ! -e {port} ]"))
        self.assertEqual(said.status, 0, f"{port}: {said.out}")

    def facts(self, number=1):
        """(lines that are up, counts) of /proc/tty/driver/serial."""
        said = guest.run("cat /proc/tty/driver/serial").out
        words = re.search(rf"^{number}: (.*)$", said, re.M).group(1).split()
        counts = dict(w.split(":", 1) for w in words if ":" in w)
        return set(words[-1].split("|")) if ":" not in words[-1] else set(), counts

    def drive(self, *steps, port, baud=115200, seconds=PATIENCE):
        words = " ".join(f"'{step}'" for step in (f"serial:{port}?baud={baud}", *steps))
        return guest.run(f"guest-drive {words}", seconds)

    def bench(self, **changes):
        name = f"bench-{guest.scripts}.json"
        facts = {
            "bench": "guest", "facilities": [], "destructive": True, "restore_after_failure": True, "gate_inferred": True,
            "baud_rates": [115200, 9600, 57600],
            "timeouts_ms": {"answer": 8000, "restart": 20000, "silence": 150, "case": 120000, "recover": 60000, "guard": 60},
            **changes}
        with open(os.path.join(guest.share, name), "w", encoding="utf-8") as f:
            json.dump(facts, f)
        return f"/share/{name}"

    def words(self, port, patterns, bench, options, out):
        """The run's folder, and the command in the guest."""
        self.runs += 1
        folder = f"{self.id()}-{self.runs}"
        iut = port if ":" in port else f"serial:{port}?baud=115200"
        words = ["atconform", "run", "--iut", iut, "--bench", bench, "--out", f"{out}/{folder}", *options, *patterns]
        return folder, " ".join(f"'{w}'" for w in words)

    def run_cases(self, port, *patterns, bench=None, options=(), user=None, seconds=1800, **changes):
        """Its folder is copied when it is over: a journal has many lines, and the share is slow."""
        folder, words = self.words(port, patterns, bench or self.bench(**changes), options, "/tmp")
        if user:
            words = f'su {user} -c "{words}"'
        answer = guest.run(f"{words}; status=$?; cp -r /tmp/{folder} /share/; exit $status", seconds)
        return Run(os.path.join(guest.share, folder), answer.status, answer.out)

    @contextlib.contextmanager
    def running(self, port, *patterns, bench=None, options=(), seconds=1800, **changes):
        """A run during which something happens; it is over behind the block."""
        folder, words = self.words(port, patterns, bench or self.bench(**changes), options, "/share")
        guest.begin(words)
        run = Run(os.path.join(guest.share, folder), None, "")
        try:
            yield run
        finally:
            answer = guest.end(seconds)
            run.status, run.said = answer.status, answer.out

    def drive_along(self, port, *steps):
        """As drive(), beside what else the guest does; what it has said so far comes from the function returned."""
        name = f"drive-{guest.scripts}"
        words = " ".join(f"'{step}'" for step in (f"serial:{port}?baud=115200", *steps))
        guest.run(f"(guest-drive {words} >/share/{name} 2>&1; echo over >>/share/{name}) </dev/null >/dev/null 2>&1 &")

        def said():
            with open(os.path.join(guest.share, name), encoding="utf-8") as f:
                return f.read()
        self.addCleanup(guest.run, "killall guest-drive 2>/dev/null; while pidof guest-drive; do usleep 10000; done")
        poll(lambda: os.path.exists(os.path.join(guest.share, name)) and "open" in said(), "the port is opened")
        return said

    def mark(self, name):
        """A file on the share, on which a step hold= waits."""
        with open(os.path.join(guest.share, name), "w", encoding="ascii"):
            pass

    def edges(self, far):
        """What DTR and RTS were set to, each change once."""
        states = [line for line in guest.noted(far.tty) if line.startswith("lines")]
        return [s for i, s in enumerate(states) if i == 0 or s != states[i - 1]]

    def one_edge_at_most(self, far):
        """The kernel's own, when an idle port is opened first. QEMU puts the lines of a new far side down before."""
        self.assertIn(self.edges(far), (["lines 1 1"], ["lines 0 0", "lines 1 1"]))

    def all_pass(self, run, at_least=1):
        bad = {case: v for case, v in run.verdicts().items() if v not in ("pass", "unequipped") and not (v == "fail" and case in TIMED)}
        self.assertEqual(bad, {}, run.said[-3000:])
        self.assertGreaterEqual(run.counts().get("pass", 0), at_least, run.said[-2000:])
        self.assertIn(run.status, (0, 1) if "fail" in run.counts() else (0,), run.said[-2000:])

    def refused(self, run, *says):
        """Exit 3 and one line that says it."""
        self.assertEqual(run.status, 3, run.said[-2000:])
        self.assertEqual(len(run.messages), 1, run.said[-2000:])
        for text in says:
            self.assertRegex(run.messages[0], text)
