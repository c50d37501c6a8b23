#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""UDP peers against real sockets, with answers from where they are not expected."""
import peerstest
from peerstest import pattern


class Udp(peerstest.PeersTest):
    def test_echo_datagram_by_datagram(self):
        peer, at = self.peers.open("udp-echo")
        one = self.datagrams()
        for data in (b"a", b"", bytes(range(256)) * 5):
            one.sendto(data, at)
            self.assertEqual(one.recvfrom(4096), (data, at))
        state = self.peers.wait(peer, "bytes", 1281)
        self.assertEqual(len(state["connections"]), 1)
        self.assertEqual(state["connections"][0]["received"], 1281)

    def test_senders_are_told_apart(self):
        peer, at = self.peers.open("udp")
        one, two = self.datagrams(), self.datagrams()
        one.sendto(b"one", at)
        self.peers.wait(peer, "connect", 1)
        two.sendto(b"two", at)
        self.assertTrue(self.peers.wait(peer, "connect", 2)["reached"])
        one.sendto(b"three", at)
        self.assertTrue(self.peers.wait(peer, "bytes", 11)["reached"])
        take = self.peers.ask("take", peer=peer, datagrams=True)
        self.assertEqual((take["from"], self.peers.bytes), ("%s:%d" % one.getsockname(), b"one"))
        take = self.peers.ask("take", peer=peer, datagrams=True, connection=0)
        self.assertEqual((take["connection"], self.peers.bytes), (0, b"three"))
        take = self.peers.ask("take", peer=peer, datagrams=True)
        self.assertEqual((take["connection"], self.peers.bytes), (1, b"two"))
        self.assertTrue(self.peers.ask("take", peer=peer, datagrams=True)["none"])

    def test_sends_to_the_latest_or_to_anybody(self):
        peer, at = self.peers.open("udp")
        one, two = self.datagrams(), self.datagrams()
        self.refused("no such connection", "send", peer=peer)
        one.sendto(b"x", at)
        self.peers.wait(peer, "connect")
        self.peers.ask("send", peer=peer, data=b"answer")
        self.assertEqual(one.recvfrom(99), (b"answer", at))
        self.peers.ask("send", peer=peer, data=b"", to="%s:%d" % two.getsockname())
        self.assertEqual(two.recvfrom(99), (b"", at))
        self.peers.ask("send", peer=peer, connection=0,
                       pattern={"seed": 3, "offset": 1, "bytes": 2000})
        self.assertEqual(one.recvfrom(4096)[0], pattern(3, 1, 2000))
        self.refused("may use", "send", peer=peer, to="192.0.2.1:7")
        self.refused("as in", "send", peer=peer, to="127.0.0.1")

    def test_bytes_without_their_datagrams(self):
        peer, at = self.peers.open("udp-sink")
        one = self.datagrams()
        for data in (b"abc", b"def", b"ghi"):
            one.sendto(data, at)
        self.peers.wait(peer, "bytes", 9)
        self.assertEqual(self.peers.take(peer, max=4), b"abcd")
        self.assertEqual(self.peers.take(peer, datagrams=True), b"ef")
        self.assertEqual(self.peers.take(peer), b"ghi")
        self.assertEqual(self.peers.take(peer), b"")
        one.sendto(b"again", at)
        self.peers.wait(peer, "bytes", 14)
        self.assertEqual(self.peers.take(peer, datagrams=True), b"again")

    def test_answers_from_another_port(self):
        _, at = self.peers.open("udp-echo", answer_from="other-port")
        one = self.datagrams()
        one.sendto(b"who", at)
        data, sender = one.recvfrom(99)
        self.assertEqual((data, sender[0]), (b"who", at[0]))
        self.assertNotEqual(sender[1], at[1])
        one.sendto(b"there", sender)
        self.assertEqual(one.recvfrom(99), (b"there", sender))

    def test_answers_from_another_address(self):
        _, at = self.peers.open("udp-echo", answer_from="other-address")
        one = self.datagrams()
        one.sendto(b"who", at)
        data, sender = one.recvfrom(99)
        self.assertEqual((data, sender[0]), (b"who", peerstest.loopback(3)))

    def test_answers_from_elsewhere_when_told_later(self):
        peer, at = self.peers.open("udp-echo")
        one = self.datagrams()
        one.sendto(b"1", at)
        self.assertEqual(one.recvfrom(99), (b"1", at))
        self.peers.ask("set", peer=peer, options={"answer_from": "other-address"})
        one.sendto(b"2", at)
        self.assertEqual(one.recvfrom(99)[1][0], peerstest.loopback(3))

    def test_prefix(self):
        _, at = self.peers.open("udp-echo", udp_prefix="> ")
        one = self.datagrams()
        one.sendto(b"x", at)
        self.assertEqual(one.recv(99), b"> x")

    def test_source_answers_the_first_datagram(self):
        peer, at = self.peers.open("udp-source", bytes=1000, chunk=300, seed=6)
        one = self.datagrams()
        one.sendto(b"go", at)
        got = [one.recv(4096) for _ in range(4)]
        self.assertEqual([len(x) for x in got], [300, 300, 300, 100])
        self.assertEqual(b"".join(got), pattern(6, 0, 1000))
        self.assertTrue(self.peers.wait(peer, "sent")["reached"])

    def test_client(self):
        one = self.datagrams()
        address, port = one.getsockname()
        answer = self.peers.ask("connect", kind="udp-echo", address=address, port=port,
                                options={"greeting": "hi"})
        data, at = one.recvfrom(99)
        self.assertEqual((data, at), (b"hi", (answer["address"], answer["port"])))
        one.sendto(b"back", at)
        self.assertEqual(one.recvfrom(99), (b"back", at))
        self.peers.ask("send", peer=answer["peer"], connection=0, data=b"more")
        self.assertEqual(one.recvfrom(99), (b"more", at))

    def test_closed_takes_nothing_any_more(self):
        peer, at = self.peers.open("udp")
        one = self.datagrams()
        one.connect(at)
        one.send(b"x")
        self.peers.wait(peer, "bytes")
        self.peers.ask("close", peer=peer, connection="listener")
        with self.assertRaises(ConnectionRefusedError):
            one.send(b"y")
            one.send(b"z")
        self.refused("closed", "send", peer=peer)


peerstest.main()
