# SPDX-License-Identifier: MIT
"""Starts atmodule and talks to it: what the tests of this folder have in common."""
import errno
import json
import math
import os
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import fcntl

PROGRAM = os.environ.get("ATMODULE") or sys.argv.pop(1)
PATIENCE = 30  # what has to come is waited for as long as a busy machine may take
TCGETS2, TCSETS2 = 0x802C542A, 0x402C542B
BOTHER, CBAUD = 0o010000, 0o010017


class Module:
    """One running atmodule. `link` is stdio, pty or tcp."""

    def __init__(self, *options, link="stdio", control=False, ready=True):
        self.dir = tempfile.mkdtemp(prefix="atmodule-test-")
        self.link, self.fd_in, self.fd_out, self.sock = link, -1, -1, None
        argv = [PROGRAM, *options]
        self.path = os.path.join(self.dir, "line")
        self.control_path = os.path.join(self.dir, "control")
        if link == "pty":
            argv += ["--pty", self.path]
        elif link == "tcp":
            argv += ["--listen", "127.0.0.1:0"]
        else:
            argv += ["--stdio"]
        if control:
            argv += ["--control", self.control_path]
        # Freed memory goes back at once, so that what is measured is what is in use.
        asan = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
        self.process = subprocess.Popen(
            argv, env={**os.environ, "ASAN_OPTIONS": asan}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self._open()
        self.seen = b""
        if ready:
            self.until(b"\r\nready\r\n")

    def _open(self):
        if self.link == "stdio":
            self.fd_in, self.fd_out = self.process.stdout.fileno(), self.process.stdin.fileno()
            return
        self.first_line = self.process.stdout.readline().decode()
        if self.link == "pty":
            fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY)
            self.fd_in = self.fd_out = fd
        else:
            host, port = self.first_line.split()[1].rsplit(":", 1)
            self.sock = socket.create_connection((host, int(port)))
            self.fd_in = self.fd_out = self.sock.fileno()

    def set_rate(self, baud):
        """The tester's side of the PTY, any rate."""
        raw = bytearray(fcntl.ioctl(self.fd_in, TCGETS2, bytes(44)))
        flags = struct.unpack_from("I", raw, 8)[0]
        struct.pack_into("I", raw, 8, flags & ~CBAUD | BOTHER)
        struct.pack_into("II", raw, 36, baud, baud)
        fcntl.ioctl(self.fd_in, TCSETS2, bytes(raw))

    def send(self, data):
        if isinstance(data, str):
            data = data.encode("latin-1")
        while data:
            data = data[os.write(self.fd_out, data):]

    def more(self, seconds=PATIENCE):
        """The bytes that come next; none when nothing comes within that time or the module has ended."""
        ready, _, _ = select.select([self.fd_in], [], [], max(seconds, 0))
        try:
            return os.read(self.fd_in, 65536) if ready else b""
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return b""

    def read(self, seconds, least=0):
        """What has come and what comes within that time; returns early when nothing has come for 60 ms after bytes.
        The time begins when there are `least` bytes, which are waited for."""
        end = time.monotonic() + PATIENCE
        while len(self.seen) < least and (chunk := self.more(end - time.monotonic())):
            self.seen += chunk
        out, self.seen = self.seen, b""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            chunk = self.more(min(left, 0.06) if out else left)
            out += chunk
            if not chunk or left < 0:
                return out

    def until(self, wanted, seconds=PATIENCE):
        """Everything up to and including `wanted`."""
        end = time.monotonic() + seconds
        while wanted not in self.seen:
            chunk = self.more(end - time.monotonic())
            if not chunk:
                raise AssertionError(f"{wanted!r} did not come, but {self.seen!r}")
            self.seen += chunk
        return self.take(self.seen.index(wanted) + len(wanted))

    def take(self, count, seconds=PATIENCE):
        """Exactly so many bytes."""
        end = time.monotonic() + seconds
        while len(self.seen) < count:
            chunk = self.more(end - time.monotonic())
            if not chunk:
                raise AssertionError(f"{count} bytes did not come, but {self.seen!r}")
            self.seen += chunk
        out, self.seen = self.seen[:count], self.seen[count:]
        return out

    def ask(self, command, seconds=PATIENCE):
        """The answer's lines, without echo and blank ones, up to the final result. What was said before and not
        looked at stands among them."""
        self.send(command + "\r\n")
        end = time.monotonic() + seconds
        while not (final := re.search(rb"\r\n(OK|ERROR)\r\n", self.seen)):
            chunk = self.more(end - time.monotonic())
            if not chunk:
                raise AssertionError(f"{command}: no final result, but {self.seen!r}")
            self.seen += chunk
        lines = [line for line in self.take(final.end()).decode("latin-1").split("\r\n") if line]
        return lines[1:] if lines and lines[0] == command else lines

    def control(self, request):
        text = request if isinstance(request, str) else json.dumps(request)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(PATIENCE)
            s.connect(self.control_path)
            s.sendall(text.encode() + b"\n")
            return json.loads(s.makefile().readline())

    def heard(self):
        """Returns when the module has taken what was sent and has done what was due: it serves the control socket
        in turn with the line. A pseudo-terminal may carry a byte for a moment before."""
        time.sleep(0.03)
        for _ in range(2):
            self.control({"get": "state"})

    def settled(self):
        """What has been said when the module has taken what was sent and done it: it is not at work, asleep or
        starting any more."""
        self.heard()
        end = time.monotonic() + PATIENCE
        while (state := self.control({"get": "state"})["value"]) in ("booting", "busy", "leaving", "asleep"):
            if time.monotonic() > end:
                raise AssertionError(f"the module stays {state}")
            time.sleep(0.005)
        return self.read(0.2)

    def stop(self):
        """Ends it in order; returns (exit status, standard error)."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            _, err = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        if self.link == "pty":
            os.close(self.fd_in)
        if self.sock:
            self.sock.close()
        left = sorted(os.listdir(self.dir))
        shutil.rmtree(self.dir)
        assert left == [], f"left behind: {left}"
        return self.process.returncode, err.decode()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        status, err = self.stop()
        if kind is None:
            assert "Sanitizer" not in err and "runtime error" not in err, err


def run(*options, **more):
    return subprocess.run([PROGRAM, *options], capture_output=True, timeout=2 * PATIENCE, **more)


def fastest(do, limit):
    """The least seconds that it takes, which other programs on the machine only add to: done again for a while
    until one time is within the limit."""
    best, end = math.inf, time.monotonic() + PATIENCE
    while best >= limit and time.monotonic() < end:
        begin = time.monotonic()
        do()
        best = min(best, time.monotonic() - begin)
    return best


def faults():
    return json.loads(run("--list-faults", "--json").stdout)
