#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bad input to the peers: from the bench, from a case, from the network."""
import os
import pathlib
import random
import re
import select
import shutil
import socket
import subprocess
import tempfile
import time

import peerstest
from peerstest import Failed, Peers, read


def memory(process):
    """Resident bytes; a sanitizer's own are not counted, so neither are any with it."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    kib = {name: int(value) for name, value in re.findall(r"^(Vm\w+):\s+(\d+) kB$", status, re.M)}
    # The address space of a sanitizer's shadow is terabytes wide, however it was linked.
    return 0 if kib["VmSize"] > 1 << 30 else kib["VmRSS"] * 1024


class Addresses(peerstest.PeersTest):
    def test_port_in_use(self):
        with socket.create_server((self.peers.host, 0)) as taken:
            port = taken.getsockname()[1]
            self.refused(f"can't use {self.peers.host} port {port}: the port is in use",
                         "open", kind="tcp", port=port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind((self.peers.host, 0))
            self.refused("in use", "open", kind="udp", port=taken.getsockname()[1])
        peer, _ = self.peers.open("tcp")
        self.assertEqual(peer, 0)

    def test_addresses_that_are_not_ours(self):
        for address in ("192.0.2.1", "0.0.0.0", "10.0.0.1", "::", "fe80::1", "2001:db8::1"):
            self.refused("may use here", "open", kind="tcp", address=address)
        for address in ("", "name", "127.0.0.1.1", "127.0.0.1:80"):
            self.refused("is no address", "open", kind="udp", address=address)
        self.refused("number 8", "open", kind="tcp", address=8)
        self.refused("number -1", "open", kind="tcp", address=-1)
        self.assertEqual(self.peers.ask("open", kind="tcp", address=7)["address"],
                         peerstest.loopback(9))

    def test_an_address_that_this_host_has_not(self):
        peers = Peers("", host="198.51.100.7", more=0)
        try:
            with self.assertRaisesRegex(Failed, "198.51.100.7 port 0: that is not an address of "
                                                "this machine"):
                peers.open("tcp")
            with self.assertRaisesRegex(Failed, "number 1"):
                peers.ask("open", kind="tcp", address=1)
        finally:
            self.assertEqual(peers.finish(), 0)

    def unprivileged(self):
        """Peers of somebody who may use high ports only; None when this host lets everybody."""
        start = pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
        if int(start.read_text(encoding="ascii")) <= 80:
            return None
        if os.geteuid() != 0:
            return Peers("")
        if not shutil.which("setpriv"):
            return None
        tmp = tempfile.TemporaryDirectory(prefix="pt-")
        self.addCleanup(tmp.cleanup)
        os.chmod(tmp.name, 0o755)
        program = pathlib.Path(tmp.name) / "drive"
        shutil.copy(peerstest.DRIVE, program)
        program.chmod(0o755)
        before, peerstest.DRIVE = peerstest.DRIVE, str(program)
        try:
            program.rename(program.with_name("real"))
            program.write_text("#!/bin/sh\nexec setpriv --reuid 65534 --clear-groups --regid 65534 "
                               f"--inh-caps=-all --bounding-set=-all {program.with_name('real')} "
                               '"$@"\n', encoding="ascii")
            program.chmod(0o755)
            return Peers("")
        finally:
            peerstest.DRIVE = before

    def test_low_port_without_the_right(self):
        peers = self.unprivileged()
        if not peers:
            self.skipTest("everybody may use low ports here")
        try:
            with self.assertRaisesRegex(Failed, "port 80: no right to use a port below 1024"):
                peers.open("tcp", 80)
            with self.assertRaisesRegex(Failed, "port 53: no right"):
                peers.open("dns", 53)
            peers.open("tcp")
        finally:
            self.assertEqual(peers.finish(), 0)

    def test_ipv6(self):
        if pathlib.Path("/proc/net/if_inet6").exists():
            answer = self.peers.ask("open", kind="tcp-echo", address="::1")
            with socket.create_connection(("::1", answer["port"]), peerstest.PATIENCE) as one:
                one.sendall(b"six")
                self.assertEqual(read(one, 3), b"six")
            self.assertIn("[::1]:", self.peers.ask("state", peer=0)["connections"][0]["to"])
        inside = ["unshare", "-rn", "sh", "-c", "ip link set lo up && sysctl -qw "
                  "net.ipv6.conf.all.disable_ipv6=1 && exec \"$0\" 127.0.0.2 7 '' ''",
                  peerstest.DRIVE]
        if not all(map(shutil.which, ("unshare", "ip", "sysctl"))):
            self.skipTest("no unshare")
        done = subprocess.run(inside, input='{"do":"open","kind":"tcp","address":"::1"}\n'
                              '{"do":"open","kind":"udp","address":"::1"}\n'
                              '{"do":"connect","kind":"tcp","address":"::1","port":9}\n'
                              '{"do":"open","kind":"tcp"}\n', text=True, capture_output=True,
                              timeout=60, check=False)
        if done.returncode:
            self.skipTest("no network of its own to be had")
        self.assertEqual(done.stdout.count("this machine has no IPv6"), 3)
        self.assertIn('"ok":true', done.stdout)


class Requests(peerstest.PeersTest):
    def test_what_is_no_request(self):
        for text in ("", "{", "[]", "1", "null", "\xff\xfe", "{\"do\":1}", "{\"do\":\"fly\"}",
                     "{\"do\":\"open\",\"do\":\"open\"}", "\0", "{}" + "x" * 50000,
                     "[" * 50000):
            answer = self.peers.raw(text)
            self.assertFalse(answer["ok"])
            self.assertTrue(answer["text"])

    def test_what_is_not_there(self):
        self.refused("known: tcp, tcp-echo", "open", kind="ftp")
        for what in ("state", "wait", "take", "send", "set", "close", "check"):
            for peer in (0, -1, 64, 1 << 40, "0", None):
                self.refused("no such peer", what, peer=peer)
        peer, _ = self.peers.open("tcp")
        for k in (0, 1, 1 << 33):
            self.refused("no such connection", "send", peer=peer, connection=k)
            self.refused("no such connection", "take", peer=peer, connection=k)
            self.refused("no such connection", "close", peer=peer, connection=k)
            self.refused("no such connection", "check", peer=peer, connection=k)
        self.refused("\"for\" is", "wait", peer=peer)
        self.refused("\"how\" is", "close", peer=peer, how="softly")
        for port in (-1, 65536, 1 << 40):
            self.refused("0 to 65535", "open", kind="tcp", port=port)

    def test_options(self):
        bad = [({"colour": 1}, "no option"), ({"mode": "answer"}, "no option"),
               ({"greeting": 5}, "string of bytes"), ({"greeting": "\u0100"}, "code points"),
               ({"rate": -1}, "whole number"), ({"rate": 1.5}, "whole number"),
               ({"chunk": 65508}, "65507"), ({"stall": 1}, "true or false"),
               ({"close_how": "x"}, "\"fin\", \"rst\", \"half\""),
               ({"trickle_ms": "1"}, "60000"), ({"zone": {"a": "b"}}, "IPv4"),
               ({"bytes": -2}, "whole number"), ([], "an object"), ("x", "an object")]
        for options, text in bad:
            self.refused(text, "open", kind="tcp", options=options)
        self.refused("one of \"answer\"", "open", kind="dns", options={"mode": "x"})
        peer, _ = self.peers.open("tcp")
        self.refused("no option", "set", peer=peer, options={"colour": 1})
        self.assertEqual(peer, 0)

    def test_no_more_than_64(self):
        for _ in range(64):
            self.peers.open("udp")
        self.refused("no more than 64", "open", kind="tcp")

    def test_noise(self):
        rng = random.Random(1)
        words = ["open", "connect", "set", "send", "wait", "take", "state", "close", "check"]
        keys = ["peer", "connection", "kind", "port", "address", "options", "for", "count",
                "timeout_ms", "how", "to", "pattern", "max", "datagrams"]
        values = [0, 1, -1, 70000, 1 << 62, -(1 << 63), "", "tcp-echo", "udp", "127.0.0.1", "all",
                  "listener", "close", "rst", "127.0.0.1:9", None, True, 1.5, [], {}, "\0",
                  {"seed": 1, "offset": 2, "bytes": 3}, {"bytes": 1 << 62}, {"greeting": "x"}]
        for _ in range(1500):
            request = {"do": rng.choice(words)}
            for key in rng.sample(keys, rng.randrange(8)):
                request[key] = rng.choice(values)
            request["timeout_ms"] = rng.choice([0, 1, -5])
            data = rng.choice([None, b"", b"\0\1"])
            self.assertIn(self.peers.raw(request, data)["ok"], (True, False))


class Floods(peerstest.PeersTest):
    quiet = True

    def test_connections(self):
        peer, at = self.peers.open("tcp")
        for _ in range(50):
            self.connect(at)
        state = self.peers.wait(peer, "connect", 32)
        self.assertEqual(len(state["connections"]), 32)
        self.assertEqual(self.sockets[-1].recv(1), b"")
        self.peers.ask("state", peer=peer)  # behind it all events so far have come
        self.assertEqual(len(self.peers.of("error", peer)), 8)
        for one in self.sockets[:32]:
            one.close()
        self.peers.wait(peer, "close", connection=31)
        for k in range(32, 96):
            self.connect(at).close()
            self.assertTrue(self.peers.wait(peer, "close", connection=k)["reached"])
        self.assertEqual(self.connect(at).recv(1), b"")
        state = self.peers.ask("state", peer=peer)
        self.assertEqual(len(state["connections"]), 96)

    def test_bytes_that_nobody_takes(self):
        peer, at = self.peers.open("tcp-sink")
        ones = [self.connect(at) for _ in range(8)]
        part = bytes(1 << 20)
        for _ in range(4):
            for one in ones:
                one.sendall(part)
        for k in range(8):
            self.assertTrue(self.peers.wait(peer, "bytes", 4 << 20, connection=k)["reached"])
        self.assertLess(memory(self.peers.process), 40 << 20)
        take = self.peers.ask("take", peer=peer, connection=0)
        self.assertTrue(take["dropped"])
        self.assertLess(take["left"], 1 << 20)

    def test_an_echo_that_nobody_reads(self):
        _, at = self.peers.open("tcp-echo")
        ones = [self.connect(at) for _ in range(8)]
        for one in ones:
            one.setblocking(False)
        part = bytes(1 << 16)
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            _, ready, _ = select.select([], ones, [], 0.3)
            if not ready:
                break
            for one in ready:
                try:
                    one.send(part)
                except BlockingIOError:
                    pass
        self.assertLess(memory(self.peers.process), 40 << 20)
        self.assertTrue(self.peers.ask("state", peer=0)["ok"])

    def test_sends_that_nobody_reads(self):
        peer, at = self.peers.open("tcp")
        one = self.connect(at)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.peers.wait(peer, "connect")
        with self.assertRaisesRegex(Failed, "4 MiB"):
            for _ in range(400):
                self.peers.ask("send", peer=peer, data=bytes(59000))
        self.peers.ask("close", peer=peer, connection="all", how="rst")

    def test_datagrams(self):
        peer, at = self.peers.open("udp-echo")
        ones = [self.datagrams() for _ in range(40)]
        for _ in range(30):
            for one in ones:
                one.sendto(bytes(1400), at)
        self.peers.wait(peer, "connect", 32)
        state = self.peers.ask("state", peer=peer)
        self.assertEqual(len(state["connections"]), 32)
        self.assertLessEqual(len(self.peers.of("error", peer)), 8)
        self.assertLess(memory(self.peers.process), 40 << 20)

    def test_a_big_state_fits_into_an_answer(self):
        peer, at = self.peers.open("update")
        for i in range(70):
            one = self.connect(at)
            one.sendall(b"GET /" + b"x" * 8000 + b"%d HTTP/1.1\r\n\r\n" % i)
            read(one, 20)
            one.close()
        self.peers.wait(peer, "request", 70)
        self.peers.send({"do": "state", "peer": peer})
        self.peers.answer()
        state = self.peers.ask("state", peer=peer)
        self.assertLess(len(str(state)), 60000)


peerstest.main()
