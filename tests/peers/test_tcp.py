#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""TCP peers against real sockets: what they do, and every way to misbehave."""
import socket
import struct
import time

import peerstest
from peerstest import pattern, read, read_all


class Servers(peerstest.PeersTest):
    def test_echo_gives_every_byte_back(self):
        peer, at = self.peers.open("tcp-echo")
        self.assertEqual(at[0], peerstest.loopback(2))
        one = self.connect(at)
        data = bytes(range(256)) * 40
        one.sendall(data)
        self.assertEqual(read(one, len(data)), data)
        state = self.peers.wait(peer, "bytes", len(data))
        self.assertTrue(state["reached"])
        first = state["connections"][0]
        self.assertEqual(first["from"], "%s:%d" % one.getsockname())
        self.assertEqual(first["to"], "%s:%d" % one.getpeername())
        self.assertEqual((first["received"], first["sent"], first["closed"]),
                         (len(data), len(data), ""))

    def test_what_came_can_be_taken_once(self):
        peer, at = self.peers.open("tcp")
        one = self.connect(at)
        one.sendall(b"first\0second")
        self.peers.wait(peer, "bytes", 12)
        self.assertEqual(self.peers.take(peer, max=6), b"first\0")
        self.assertEqual(self.peers.take(peer), b"second")
        self.assertEqual(self.peers.take(peer), b"")

    def test_scripted_sends(self):
        peer, at = self.peers.open("tcp", greeting="h\u00e9\0\r\n")
        one = self.connect(at)
        self.assertEqual(read(one, 5), b"h\xe9\0\r\n")
        self.peers.ask("send", peer=peer, connection=0, data=b"\xff\0abc")
        self.peers.ask("send", peer=peer, pattern={"seed": 5, "offset": 3, "bytes": 1000})
        self.peers.ask("send", peer=peer, data=b"end")
        self.assertEqual(read(one, 1008), b"\xff\0abc" + pattern(5, 3, 1000) + b"end")
        self.assertTrue(self.peers.wait(peer, "sent")["reached"])
        self.assertEqual(sum(e["len"] for e in self.peers.of("tx")), 1013)

    def test_source_and_check(self):
        peer, at = self.peers.open("tcp-source", bytes=300000, seed=9, expect_pattern=4)
        one = self.connect(at)
        self.assertEqual(read(one, 300000), pattern(9, 0, 300000))
        one.sendall(pattern(4, 0, 5000))
        self.peers.wait(peer, "bytes", 5000)
        self.assertEqual(self.peers.ask("check", peer=peer, pattern={"seed": 4}),
                         {"ok": True, "good": 5000, "bad": -1, "received": 5000})
        one.sendall(b"\0\0\0\0")
        self.peers.wait(peer, "bytes", 5004)
        check = self.peers.ask("check", peer=peer, connection=0, pattern={"seed": 4})
        self.assertIn(check["bad"], range(5000, 5004))

    def test_check_without_having_been_asked_before(self):
        peer, at = self.peers.open("tcp-sink")
        one = self.connect(at)
        one.sendall(pattern(2, 0, 999) + b"xxxx")
        self.peers.wait(peer, "bytes", 1003)
        self.assertIn(self.peers.ask("check", peer=peer, pattern={"seed": 2})["bad"],
                      range(999, 1003))
        self.peers.take(peer, max=1)
        self.refused("expect_pattern", "check", peer=peer, pattern={"seed": 2})

    def test_endless_source_until_it_is_closed(self):
        peer, at = self.peers.open("tcp-source")
        one = self.connect(at)
        self.assertEqual(read(one, 100000), pattern(0, 0, 100000))
        self.peers.send({"do": "close", "peer": peer, "how": "fin"})
        read_all(one)
        self.assertTrue(self.peers.answer()["ok"])

    def test_greeting_then_close(self):
        peer, at = self.peers.open("tcp", greeting="bye", close_after=0)
        self.assertEqual(read_all(self.connect(at)), b"bye")
        state = self.peers.wait(peer, "close")
        self.assertEqual(state["connections"][0]["closed"], "local")

    def test_echo_then_close(self):
        _, at = self.peers.open("tcp-echo", close_after=10)
        one = self.connect(at)
        one.sendall(b"0123456789")
        self.assertEqual(read_all(one), b"0123456789")

    def test_close_with_reset(self):
        peer, at = self.peers.open("tcp", close_after=4, close_how="rst")
        one = self.connect(at)
        one.sendall(b"abcd")
        with self.assertRaises(ConnectionResetError):
            one.recv(1)
        self.peers.wait(peer, "close")
        self.assertEqual([e["how"] for e in self.peers.of("close")], ["rst"])

    def test_half_close_still_takes(self):
        peer, at = self.peers.open("tcp")
        one = self.connect(at)
        self.peers.wait(peer, "connect")
        self.peers.ask("send", peer=peer, data=b"last")
        self.peers.ask("close", peer=peer, connection=0, how="half")
        self.assertEqual(read_all(one), b"last")
        one.sendall(b"still here")
        self.peers.wait(peer, "bytes", 10)
        self.assertEqual(self.peers.take(peer), b"still here")
        self.refused("closed", "send", peer=peer)
        one.close()
        self.assertEqual(self.peers.wait(peer, "close")["connections"][0]["closed"], "fin")

    def test_reset_by_request(self):
        peer, at = self.peers.open("tcp")
        one = self.connect(at)
        self.peers.wait(peer, "connect")
        self.peers.ask("close", peer=peer, connection=0, how="rst")
        with self.assertRaises(ConnectionResetError):
            one.recv(1)

    def test_who_closed(self):
        peer, at = self.peers.open("tcp")
        self.connect(at).close()
        self.assertEqual(self.peers.wait(peer, "close")["connections"][0]["closed"], "fin")
        two = self.connect(at)
        two.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.peers.wait(peer, "connect", 2)
        two.close()
        state = self.peers.wait(peer, "close", connection=1)
        self.assertEqual(state["connections"][1]["closed"], "rst")
        self.assertEqual([e["text"] for e in self.peers.of("close")], ["by the module"] * 2)

    def test_stall_reads_nothing_until_told(self):
        peer, at = self.peers.open("tcp-sink", stall=True, receive_buffer=4096)
        one = self.connect(at)
        self.peers.wait(peer, "connect")
        one.settimeout(0.3)
        sent = 0
        with self.assertRaises(TimeoutError):
            while True:
                sent += one.send(bytes(65536))
        self.assertFalse(self.peers.wait(peer, "bytes", timeout_ms=50)["reached"])
        self.peers.ask("set", peer=peer, connection=-1, options={"stall": False})
        self.assertTrue(self.peers.wait(peer, "bytes", sent)["reached"])

    def test_slow_reader(self):
        peer, at = self.peers.open("tcp-slow", rate=20000)
        one = self.connect(at)
        since = time.monotonic()
        one.sendall(bytes(8000))
        self.assertTrue(self.peers.wait(peer, "bytes", 8000)["reached"])
        self.assertGreater(time.monotonic() - since, 0.25)
        self.assertTrue(all(e["len"] <= 400 for e in self.peers.of("rx")))

    def test_trickle(self):
        _, at = self.peers.open("tcp-echo", trickle_ms=10)
        one = self.connect(at)
        since = time.monotonic()
        one.sendall(b"trickle")
        self.assertEqual(read(one, 7), b"trickle")
        self.assertGreater(time.monotonic() - since, 0.05)
        self.assertEqual([e["len"] for e in self.peers.of("tx")], [])
        self.peers.raw({"do": "state", "peer": 0})
        self.assertEqual([e["len"] for e in self.peers.of("tx")], [1] * 7)

    def test_chunks(self):
        _, at = self.peers.open("tcp-source", chunk=100, bytes=1050)
        one = self.connect(at)
        self.assertEqual(read(one, 1050), pattern(0, 0, 1050))
        self.peers.wait(0, "sent")
        self.assertEqual([e["len"] for e in self.peers.of("tx")], [100] * 10 + [50])

    def test_several_connections(self):
        peer, at = self.peers.open("tcp-echo")
        ones = [self.connect(at) for _ in range(5)]
        self.assertTrue(self.peers.wait(peer, "connect", 5)["reached"])
        self.peers.ask("send", peer=peer, connection=2, data=b"two")
        self.peers.ask("send", peer=peer, connection=-1, data=b"latest")
        self.assertEqual(read(ones[2], 3), b"two")
        self.assertEqual(read(ones[4], 6), b"latest")
        self.peers.ask("close", peer=peer, connection="all", how="fin")
        for one in ones:
            self.assertEqual(read_all(one), b"")

    def test_no_more_listening(self):
        peer, at = self.peers.open("tcp")
        one = self.connect(at)
        self.peers.wait(peer, "connect")
        self.peers.ask("close", peer=peer, connection="listener")
        with self.assertRaises(ConnectionRefusedError):
            self.connect(at)
        one.sendall(b"lives")
        self.assertTrue(self.peers.wait(peer, "bytes", 5)["reached"])

    def test_waiting_ends_with_time(self):
        peer, _ = self.peers.open("tcp")
        for _ in range(20):  # what else the machine does only adds
            since = time.monotonic()
            self.assertFalse(self.peers.wait(peer, "connect", timeout_ms=100)["reached"])
            took = time.monotonic() - since
            if took < 1:
                break
        self.assertTrue(0.1 <= took < 1, took)

    def test_one_answer_while_waiting(self):
        peer, at = self.peers.open("tcp")
        self.peers.send({"do": "wait", "peer": peer, "for": "connect", "timeout_ms": 20000})
        self.assertIn("waits", self.peers.raw({"do": "state", "peer": peer})["text"])
        self.connect(at)
        self.assertTrue(self.peers.answer()["reached"])


class Clients(peerstest.PeersTest):
    def test_a_client_of_a_server(self):
        server = self.listen()
        address, port = server.getsockname()
        answer = self.peers.ask("connect", kind="tcp-echo", address=address, port=port)
        one, at = server.accept()
        one.settimeout(peerstest.PATIENCE)
        self.sockets.append(one)
        self.assertEqual(at, (answer["address"], answer["port"]))
        self.assertEqual(at[0], peerstest.loopback(2))
        one.sendall(b"hello")
        self.assertEqual(read(one, 5), b"hello")
        one.close()
        self.assertEqual(self.peers.wait(0, "close")["connections"][0]["closed"], "fin")

    def test_from_another_address(self):
        server = self.listen()
        address, port = server.getsockname()
        self.peers.ask("connect", kind="tcp", address=address, port=port,
                       options={"from_address": peerstest.loopback(5), "greeting": "x"})
        one, at = server.accept()
        self.sockets.append(one)
        self.assertEqual((at[0], one.recv(1)), (peerstest.loopback(5), b"x"))
        self.peers.ask("connect", kind="tcp", address=address, port=port,
                       options={"from_address": 2})
        two, at = server.accept()
        self.sockets.append(two)
        self.assertEqual(at[0], peerstest.loopback(4))

    def test_refused(self):
        server = self.listen()
        address, port = server.getsockname()
        server.close()
        answer = self.peers.raw({"do": "connect", "kind": "tcp", "address": address, "port": port})
        self.assertEqual((answer["ok"], answer["how"]), (False, "refused"))
        self.refused("never came to be", "state", peer=0)

    def test_nobody_outside(self):
        for address in ("192.0.2.1", "8.8.8.8", "10.0.0.1", "0.0.0.0", "2001:db8::1", "name"):
            self.refused("may connect", "connect", kind="tcp", address=address, port=80)
        self.refused("from 1", "connect", kind="tcp", address="127.0.0.1", port=0)
        self.assertEqual(self.peers.events, [])


peerstest.main()
