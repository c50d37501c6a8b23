# SPDX-License-Identifier: MIT
"""What the scripts of this folder share: peers in a process of their own, asked as a case asks."""
import json
import os
import pathlib
import select
import socket
import subprocess
import sys
import tempfile
import time
import unittest

DRIVE = sys.argv[1] if len(sys.argv) > 1 else None
PATIENCE = 30  # what has to come is waited for as long as a busy machine may take


def loopback(number):
    """An address of this process's own."""
    return f"127.{1 + os.getpid() % 250}.{90 + os.getpid() // 250 % 100}.{number}"


class Failed(Exception):
    pass


class Peers:
    """The peers' process: answers by ask(), events as they came in `events`."""

    def __init__(self, pki, host=None, more=7, module="", quiet=False, broker=None):
        self.host = host or loopback(2)
        self.process = subprocess.Popen([DRIVE, self.host, str(more), pki, module,
                                         *["quiet"][:quiet], *([broker] if broker else [])],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.events = []
        self.rest = b""
        self.bytes = None

    def lines(self, timeout):
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        if not ready:
            return []
        part = os.read(self.process.stdout.fileno(), 1 << 20)
        if not part:
            raise AssertionError("the peers have ended")
        *lines, self.rest = (self.rest + part).split(b"\n")
        return [json.loads(line) for line in lines]

    def send(self, request, data=None):
        if data is not None:
            request = dict(request, bytes=data.decode("latin-1"))
        line = json.dumps(request, ensure_ascii=False).encode() + b"\n"
        while line:
            line = line[self.process.stdin.write(line):]

    def answer(self, timeout=PATIENCE):
        end = time.monotonic() + timeout
        answer = None
        while answer is None:
            left = end - time.monotonic()
            if left < 0:
                raise AssertionError("no answer")
            for line in self.lines(left):
                if "event" in line:
                    self.events.append(line)
                    continue
                assert answer is None, "two answers"
                answer = line["answer"]
                self.bytes = line.get("bytes", "").encode("latin-1")
        return answer

    def raw(self, request, data=None):
        self.send(request, data)
        return self.answer()

    def ask(self, what, data=None, **members):
        if "for_" in members:
            members["for"] = members.pop("for_")
        answer = self.raw({"do": what, **members}, data)
        if not answer["ok"]:
            raise Failed(answer["text"])
        return answer

    def open(self, kind, port=0, **options):
        answer = self.ask("open", kind=kind, port=port, options=options)
        return answer["peer"], (answer["address"], answer["port"])

    def wait(self, peer, what, count=1, connection=-1, timeout_ms=20000):
        return self.ask("wait", peer=peer, connection=connection, for_=what, count=count,
                        timeout_ms=timeout_ms)

    def take(self, peer, connection=-1, **more):
        self.ask("take", peer=peer, connection=connection, **more)
        return self.bytes

    def of(self, event, peer=None):
        return [e for e in self.events if e["event"] == event and peer in (None, e["p"])]

    def finish(self):
        self.process.stdin.close()
        while select.select([self.process.stdout], [], [], PATIENCE)[0]:
            if not os.read(self.process.stdout.fileno(), 1 << 16):
                break
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return status


class PeersTest(unittest.TestCase):
    maxDiff = None
    tls = False
    quiet = False

    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory(prefix="pt-")
        self.addCleanup(self.tmp.cleanup)
        self.pki = pathlib.Path(self.tmp.name)
        self.peers = Peers(str(self.pki) if self.tls else "", quiet=self.quiet)
        self.addCleanup(self.finish)
        self.sockets = []

    def finish(self):
        for one in self.sockets:
            one.close()
        self.assertEqual(self.peers.finish(), 0)

    def connect(self, address):
        one = socket.create_connection(address, PATIENCE, (loopback(1), 0))
        self.sockets.append(one)
        return one

    def datagrams(self, number=1):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind((loopback(number), 0))
        one.settimeout(PATIENCE)
        self.sockets.append(one)
        return one

    def listen(self, number=1):
        one = socket.create_server((loopback(number), 0))
        one.settimeout(PATIENCE)
        self.sockets.append(one)
        return one

    def refused(self, text, what, **members):
        with self.assertRaises(Failed) as caught:
            self.peers.ask(what, **members)
        self.assertIn(text, str(caught.exception))


def read_all(one):
    got = b""
    while True:
        part = one.recv(65536)
        if not part:
            return got
        got += part


def read(one, count):
    got = b""
    while len(got) < count:
        part = one.recv(count - len(got))
        if not part:
            break
        got += part
    return got


def pattern(seed, offset, count):
    """The same row of bytes as src/base/pattern.h has, written a second time."""
    mask = (1 << 64) - 1
    out = b""
    for index in range(offset // 8, (offset + count + 7) // 8):
        z = ((index + 1) * 0x9e3779b97f4a7c15 + seed * 0xd1342543de82ef95) & mask
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & mask
        z = (z ^ z >> 27) * 0x94d049bb133111eb & mask
        out += (z ^ z >> 31).to_bytes(8, "little")
    return out[offset % 8:offset % 8 + count]


def main():
    del sys.argv[1:2]
    unittest.main(verbosity=1)
