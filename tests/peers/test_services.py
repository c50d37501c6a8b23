#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Name server, time server and update server: as they should be, and each way they should not."""
import hashlib
import http.client
import ssl
import struct
import time

import peerstest
from peerstest import PATIENCE, pattern, read_all

FROM_1900 = 2208988800


def question(name, kind=1, number=0x1234, flags=0x0100):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    return struct.pack(">6H", number, flags, 1, 0, 0, 0) + labels + b"\0" + struct.pack(
        ">2H", kind, 1)


class Dns(peerstest.PeersTest):
    def ask(self, at, data, timeout=PATIENCE):
        one = self.datagrams()
        one.settimeout(timeout)
        one.sendto(data, at)
        return one.recv(4096)

    def test_answers(self):
        peer, at = self.peers.open("dns", zone={"Echo.Test": ["192.168.101.20", "127.0.0.2"]})
        query = question("echo.test")
        reply = self.ask(at, query)
        self.assertEqual(struct.unpack(">6H", reply[:12]), (0x1234, 0x8180, 1, 2, 0, 0))
        self.assertEqual(reply[12:len(query)], query[12:])
        record = reply[len(query):]
        self.assertEqual(record[:16], struct.pack(">HHHIH", 0xc00c, 1, 1, 60, 4) +
                         bytes([192, 168, 101, 20]))
        self.assertEqual(record[28:], bytes([127, 0, 0, 2]))
        state = self.peers.wait(peer, "request")
        self.assertEqual((state["requests"][0]["name"], state["requests"][0]["type"]),
                         ("echo.test", "A"))
        self.assertEqual([e["text"] for e in self.peers.of("answer")],
                         ["192.168.101.20 127.0.0.2"])

    def test_no_such_name_and_no_such_type(self):
        _, at = self.peers.open("dns", zone={"a": ["127.0.0.9"]})
        self.assertEqual(self.ask(at, question("b"))[3] & 15, 3)
        reply = self.ask(at, question("a", 28))
        self.assertEqual((reply[3] & 15, reply[7]), (0, 0))

    def test_modes(self):
        peer, at = self.peers.open("dns", zone={"a": ["127.0.0.9"]}, mode="refuse")
        self.assertEqual(self.ask(at, question("a"))[3] & 15, 5)

        def mode(name):
            self.peers.ask("set", peer=peer, options={"mode": name})

        mode("nxdomain")
        self.assertEqual(self.ask(at, question("a"))[3] & 15, 3)
        mode("lie")
        reply = self.ask(at, question("a"))
        self.assertEqual(reply[:2], b"\x12\x34")
        self.assertIn(b"somebody-else", reply)
        mode("wrong-id")
        self.assertNotEqual(self.ask(at, question("a"))[:2], b"\x12\x34")
        mode("garbage")
        self.assertEqual(self.ask(at, question("a"))[4:12], b"\xff" * 8)
        mode("silent")
        with self.assertRaises(TimeoutError):
            self.ask(at, question("a"), 0.1)
        self.assertEqual(self.peers.wait(peer, "request", 6)["request_count"], 6)

    def test_what_is_no_question(self):
        peer, at = self.peers.open("dns", zone={})
        good = question("a")
        reply = question("a", flags=0x8180)
        loop = good[:12] + b"\xc0\x0c\0\1\0\1"
        bad = [b"", good[:11], good[:-1], good[:14], reply, loop, good[:12] + b"\x3fabc",
               good[:12] + b"\0\0\1\0\1", b"\xff" * 600, good[:12] + b"\x01a" * 300 + b"\0\0\1\0\1"]
        one = self.datagrams()
        for data in bad:
            one.sendto(data, at)
        one.sendto(good, at)
        self.assertEqual(one.recv(4096)[3] & 15, 3)
        self.assertEqual(self.peers.wait(peer, "request")["request_count"], 1)
        self.assertEqual(len(self.peers.of("error")), len(bad))


class Sntp(peerstest.PeersTest):
    def ask(self, at, timeout=PATIENCE):
        one = self.datagrams()
        one.settimeout(timeout)
        one.sendto(b"\x23" + bytes(39) + b"origin!!", at)
        return one.recv(100)

    def test_tells_the_time_it_was_told(self):
        peer, at = self.peers.open("sntp", time=1609459200)
        reply = self.ask(at)
        self.assertEqual((len(reply), reply[0], reply[1]), (48, 0x24, 2))
        self.assertEqual(reply[24:32], b"origin!!")
        for start in (16, 32, 40):
            self.assertEqual(struct.unpack(">I", reply[start:start + 4])[0],
                             1609459200 + FROM_1900)
        state = self.peers.wait(peer, "request")
        self.assertEqual(state["requests"][0]["type"], "v4")

    def test_else_the_hosts(self):
        _, at = self.peers.open("sntp")
        before = int(time.time())
        told = struct.unpack(">I", self.ask(at)[40:44])[0] - FROM_1900
        self.assertTrue(before - 5 < told < time.time() + 5, told - before)

    def test_modes(self):
        peer, at = self.peers.open("sntp", mode="kiss")
        reply = self.ask(at)
        self.assertEqual((reply[0] >> 6, reply[1], reply[12:16]), (3, 0, b"RATE"))
        self.peers.ask("set", peer=peer, options={"mode": "unsynchronised"})
        self.assertEqual(self.ask(at)[:2], b"\xe4\x10")
        self.peers.ask("set", peer=peer, options={"mode": "silent"})
        with self.assertRaises(TimeoutError):
            self.ask(at, 0.1)

    def test_what_is_no_request(self):
        peer, at = self.peers.open("sntp")
        one = self.datagrams()
        for data in (b"", bytes(47), b"\x24" + bytes(47)):
            one.sendto(data, at)
        self.ask(at)
        self.assertEqual(self.peers.wait(peer, "request")["request_count"], 1)
        self.assertEqual(len(self.peers.of("error")), 3)


class Update(peerstest.PeersTest):
    tls = True

    def get(self, at, path):
        link = http.client.HTTPConnection(*at, timeout=PATIENCE,
                                          source_address=(peerstest.loopback(1), 0))
        self.sockets.append(link)
        link.request("GET", path)
        reply = link.getresponse()
        return reply.status, reply.read(), reply.getheader("X-Sha256")

    def test_version_and_image(self):
        peer, at = self.peers.open("update", version="v3.0.0.0", image_bytes=70000, seed=4)
        self.assertEqual(self.get(at, "/atconform/version")[:2], (200, b"v3.0.0.0\n"))
        status, image, digest = self.get(at, "/atconform/image?version=v3.0.0.0")
        self.assertEqual((status, image), (200, pattern(4, 0, 70000)))
        self.assertEqual(digest, hashlib.sha256(image).hexdigest())
        self.assertEqual(self.get(at, "/atconform/image?version=v9")[0], 404)
        self.assertEqual(self.get(at, "/elsewhere")[0], 404)
        state = self.peers.wait(peer, "request", 4)
        self.assertEqual([r["name"] for r in state["requests"]][:2],
                         ["/atconform/version", "/atconform/image?version=v3.0.0.0"])

    def test_two_requests_on_one_connection(self):
        _, at = self.peers.open("update")
        one = self.connect(at)
        one.sendall(b"GET /atconform/version HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        one.shutdown(1)
        self.assertEqual(read_all(one).count(b"v2.1.0.0\n"), 2)

    def test_modes(self):
        _, at = self.peers.open("update", mode="no-version")
        self.assertEqual(self.get(at, "/atconform/version")[0], 404)
        _, at = self.peers.open("update", mode="short", image_bytes=1000)
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.get(at, "/atconform/image?version=x")
        self.assertEqual(len(caught.exception.partial), 500)
        _, at = self.peers.open("update", mode="wrong-hash")
        _, image, digest = self.get(at, "/atconform/image?version=x")
        self.assertNotEqual(digest, hashlib.sha256(image).hexdigest())
        _, at = self.peers.open("update", mode="close")
        with self.assertRaises(http.client.RemoteDisconnected):
            self.get(at, "/atconform/version")

    def test_by_tls(self):
        _, at = self.peers.open("update-tls")
        context = ssl.create_default_context(cafile=str(self.pki / "ca.pem"))
        link = http.client.HTTPSConnection(*at, timeout=PATIENCE, context=context)
        self.sockets.append(link)
        link.request("GET", "/atconform/version")
        self.assertEqual(link.getresponse().read(), b"v2.1.0.0\n")

    def test_what_is_no_request(self):
        for data in (b"POST / HTTP/1.1\r\n\r\n", b"\r\n\r\n", b"GET /\r\n\r\n HTTP/1.1",
                     b"x" * 9000, b"\0\xff\r\n\r\n"):
            peer, at = self.peers.open("update")
            one = self.connect(at)
            one.sendall(data)
            read_all(one)
            self.peers.wait(peer, "close")
            self.assertEqual(len(self.peers.of("error", peer)), 1)


peerstest.main()
