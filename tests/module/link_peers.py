# SPDX-License-Identifier: MIT
"""The other side of the module's connections: plain sockets in the test's own hands, and a module
that has joined its access point."""
import select
import socket
import unittest

from atmodule import PATIENCE, Module
from service_peers import HOST, MODULE, NET
from wifi_air import AIR, JOIN

THIRD = f"{NET}.3"
PATTERN = bytes((i * 7 + i // 256 * 13) & 0xFF for i in range(1 << 16))


def listener(address=HOST):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, 0))
    s.listen(16)
    s.settimeout(PATIENCE)
    return s


def datagrams(address=HOST):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 0))
    s.settimeout(PATIENCE)
    return s


def port(s):
    return s.getsockname()[1]


def whole(s, count):
    """Exactly so many bytes from a stream."""
    out = b""
    while len(out) < count:
        part = s.recv(min(65536, count - len(out)))
        if not part:
            raise AssertionError(f"the stream ends behind {out!r}")
        out += part
    return out


def quiet(s, seconds=0.15):
    """Nothing comes."""
    ready, _, _ = select.select([s], [], [], seconds)
    return not ready


def frames(raw):
    """The +IPD in what came: [(link or None, address or None, data)], and the rest."""
    out, rest = [], b""
    while (at := raw.find(b"\r\n+IPD,")) >= 0:
        head, colon, data = raw[at + 7:].partition(b":")
        if not colon:
            break
        rest, raw = rest + raw[:at], data
        fields = head.split(b",")
        link = int(fields.pop(0)) if len(fields) in (2, 4) else None
        length = int(fields.pop(0))
        remote = (fields[0].strip(b'"').decode(), int(fields[1])) if fields else None
        out.append((link, remote, raw[:length]))
        raw = raw[length:]
    return out, rest + raw


class Case(unittest.TestCase):
    """One module for all tests of a class; each begins joined, after a start from the factory."""
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.m = Module("--boot-ms", "1", "--air", AIR, "--address", MODULE, "--host", HOST, *cls.options,
                       link="pty", control=True)

    @classmethod
    def tearDownClass(cls):
        status, err = cls.m.stop()
        assert status == 0 and err == "", (status, err)

    def setUp(self):
        self.start("factory")
        self.ok("ATE0")
        self.join()
        self.server = self.keep(listener())

    def start(self, how="power-cycle"):
        self.m.control({"do": how})
        self.m.until(b"\r\nready\r\n")

    def keep(self, s):
        self.addCleanup(s.close)
        return s

    def ok(self, command, *lines):
        self.assertEqual(self.m.ask(command), [*lines, "OK"], command)

    def error(self, *commands):
        for command in commands:
            self.assertEqual(self.m.ask(command), ["ERROR"], command)

    def says(self, command, *lines):
        self.assertEqual(self.m.ask(command), list(lines), command)

    def join(self):
        self.ok(JOIN, "WIFI CONNECTED", "WIFI GOT IP")

    def accept(self):
        s, _ = self.server.accept()
        s.settimeout(PATIENCE)
        return self.keep(s)

    def connect(self, link=None, more=""):
        """A TCP link to the test's own listener; its other side."""
        first = "" if link is None else f"{link},"
        self.ok(f'AT+CIPSTART={first}"TCP","{HOST}",{port(self.server)}{more}',
                "CONNECT" if link is None else f"{link},CONNECT")
        return self.accept()

    def udp(self, *rest):
        peer = self.keep(datagrams())
        more = "".join(f",{word}" for word in rest)
        self.ok(f'AT+CIPSTART="UDP","{HOST}",{port(peer)}{more}', "CONNECT")
        return peer

    def source(self, peer, data=b"."):
        """Where the module's datagrams come from."""
        self.give(f"AT+CIPSEND={len(data)}", data)
        got, sender = peer.recvfrom(4096)
        self.assertEqual(got, data)
        return sender

    def prompt(self, command):
        self.m.send(command + "\r\n")
        self.assertEqual(self.m.until(b">"), b"\r\nOK\r\n>")

    def give(self, command, data, result=b"\r\nSEND OK\r\n"):
        self.prompt(command)
        self.m.send(data)
        self.assertEqual(self.m.until(result), result)

    def ipd(self, count):
        """Frames until so many bytes of data have come, and what else came."""
        raw, self.m.seen = self.m.seen, b""
        while True:
            found, rest = frames(raw)
            if sum(len(data) for _, _, data in found) >= count:
                return found, rest
            part = self.m.more()
            if not part:
                raise AssertionError(f"{count} bytes did not come, but {raw[-300:]!r}")
            raw += part

    def received(self, command, remote=False):
        """What one AT+CIPRECVDATA gives, with `remote` (address, port, data); None when it has nothing."""
        self.m.send(command + "\r\n")
        head = b""
        while not head.endswith((b"+CIPRECVDATA:", b"ERROR\r\n")):
            head += self.m.take(1)
        if head.endswith(b"ERROR\r\n"):
            return None
        n, where = int(self.m.until(b",")[:-1]), ()
        if remote:
            where = (self.m.until(b",")[1:-2].decode(), int(self.m.until(b",")[:-1]))
        data = self.m.take(n)
        self.assertEqual(self.m.until(b"OK\r\n"), b"\r\n\r\nOK\r\n")
        return (*where, data) if remote else data

    def hears(self, data, link=None):
        found, rest = self.ipd(len(data))
        self.assertEqual(b"".join(part for _, _, part in found), data)
        self.assertEqual({(one, remote) for one, remote, _ in found}, {(link, None)})
        self.assertEqual(rest, b"")

    def status(self, stat, *lines):
        self.ok("AT+CIPSTATUS", f"STATUS:{stat}", *(f"+CIPSTATUS:{line}" for line in lines))

    def silence(self, seconds=0.15):
        self.assertEqual(self.m.read(seconds), b"")

    def closed(self, s):
        """The module ended the connection in order."""
        self.assertEqual(s.recv(10), b"")
