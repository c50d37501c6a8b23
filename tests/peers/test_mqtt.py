#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Observers: clients of an MQTT broker, asked as a case asks them. The broker is a real Mosquitto;
what it may answer that Mosquitto does not, a few lines of a broker of this script do."""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import unittest

import peerstest
from peerstest import PATIENCE, Failed, Peers, loopback, pattern

USER, PASSWORD = "tester", "a word of the day"
CONFIGURATION = """user {user}
persistence false
allow_anonymous false
password_file {dir}/passwords
acl_file {dir}/acl
max_queued_messages 0
log_dest none
listener {port} {host}
"""


def free_port(host):
    with socket.create_server((host, 0)) as s:
        return s.getsockname()[1]


def mosquitto():
    return shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")


class Broker:
    """A Mosquitto of this script's own."""

    def __init__(self, host):
        self.dir = tempfile.mkdtemp(prefix="mq-")
        self.host, self.port = host, free_port(host)
        here = pathlib.Path(self.dir)
        (here / "passwords").touch(0o600)
        subprocess.run(["mosquitto_passwd", "-b", here / "passwords", USER, PASSWORD], check=True,
                       capture_output=True)
        (here / "acl").write_text(f"user {USER}\ntopic readwrite #\ntopic deny denied/#\n")
        os.chmod(here / "acl", 0o600)
        user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout
        (here / "conf").write_text(CONFIGURATION.format(user=user.strip(), dir=self.dir, host=host,
                                                        port=self.port))
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen([mosquitto(), "-c", self.dir + "/conf"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                socket.create_connection((self.host, self.port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise AssertionError("the broker does not come up")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def finish(self):
        self.stop()
        shutil.rmtree(self.dir)


class ObserverTest(unittest.TestCase):
    maxDiff = None

    def use(self, host, port, user=USER, password=PASSWORD):
        self.peers = Peers("", broker=f"{host}:{port}:{user}:{password}")
        self.addCleanup(lambda: self.assertEqual(self.peers.finish(), 0))

    def observer(self, **options):
        return self.peers.ask("connect", kind="mqtt", options=options)["peer"]

    def message(self, peer, timeout_ms=20000):
        answer = self.peers.ask("message", peer=peer, timeout_ms=timeout_ms)
        return None if answer.get("none") else (answer["topic"], self.peers.bytes, answer["qos"],
                                                answer["retain"], answer["duplicate"])

    def refused(self, text, what, **members):
        answer = self.peers.raw({"do": what, **members})
        self.assertFalse(answer["ok"], answer)
        self.assertIn(text, answer["text"])
        return answer


@unittest.skipUnless(mosquitto(), "there is no mosquitto here")
class WithMosquitto(ObserverTest):
    def setUp(self):
        self.broker = Broker(loopback(2))
        self.addCleanup(self.broker.finish)
        self.use(self.broker.host, self.broker.port)

    def test_there_and_back(self):
        a, b = self.observer(), self.observer(client_id="b")
        self.assertEqual(self.peers.ask("subscribe", peer=a, topic="t/#", qos=2)["qos"], 2)
        for qos in range(3):
            for payload in (b"", b"x", bytes(range(256)), b"y" * 50000):
                self.peers.ask("publish", data=payload, peer=b, topic="t/1", qos=qos)
                self.assertEqual(self.message(a), ("t/1", payload, qos, False, False))
        self.assertIsNone(self.message(a, 20))
        told = [e["event"] for e in self.peers.events]
        self.assertEqual(told.count("publish"), 12)
        self.assertEqual(told.count("message"), 12)
        self.assertEqual((told.count("connect"), told.count("subscribe")), (2, 1))
        self.peers.ask("unsubscribe", peer=a, topic="t/#")
        self.peers.ask("publish", data=b"x", peer=b, topic="t/1", qos=1)
        self.assertIsNone(self.message(a, 20))

    def test_many(self):
        a, b = self.observer(), self.observer()
        self.peers.ask("subscribe", peer=a, topic="many", qos=1)
        self.peers.ask("publish", peer=b, topic="many", qos=1,
                       pattern={"seed": 5, "bytes": 700, "messages": 1500})
        for i in range(1500):
            self.assertEqual(self.message(a)[1], pattern(5, i * 700, 700), i)
        state = self.peers.ask("state", peer=a)
        self.assertEqual((state["received"], state["waiting"], state["connected"]),
                         (1500, 0, True))

    def test_what_is_not_taken_has_an_end(self):
        a, b = self.observer(), self.observer()
        self.peers.ask("subscribe", peer=a, topic="many", qos=1)
        for _ in range(2):
            self.peers.ask("publish", peer=b, topic="many", qos=1,
                           pattern={"seed": 5, "bytes": 50000, "messages": 120})
        self.peers.ask("publish", peer=b, topic="other", qos=1)
        end = time.monotonic() + PATIENCE
        while self.peers.ask("state", peer=a)["received"] < 240 and time.monotonic() < end:
            time.sleep(0.05)
        state = self.peers.ask("state", peer=a)
        self.assertEqual(state["received"], 240)
        self.assertLessEqual(state["waiting"] * 50000, 8 << 20)
        self.assertEqual(state["waiting"] + state["dropped"], 240)

    def test_will_and_retain(self):
        a = self.observer()
        self.peers.ask("subscribe", peer=a, topic="w", qos=1)
        for how, comes in (("mqtt", False), ("fin", True), ("rst", True)):
            will = {"topic": "w", "payload": "gone\xff", "qos": 1}
            b = self.observer(will=will)
            self.peers.ask("disconnect", peer=b, how=how)
            got = self.message(a, 20000 if comes else 50)
            self.assertEqual(got, ("w", b"gone\xff", 1, False, False) if comes else None, how)
            self.refused("not connected", "publish", peer=b, topic="w", qos=0)
        self.peers.ask("publish", data=b"kept", peer=a, topic="r", qos=1, retain=True)
        self.peers.ask("subscribe", peer=a, topic="r", qos=2)
        self.assertEqual(self.message(a), ("r", b"kept", 1, True, False))

    def test_session_that_is_kept(self):
        a = self.observer(client_id="kept", clean=False)
        self.peers.ask("subscribe", peer=a, topic="s", qos=1)
        self.peers.ask("disconnect", peer=a)
        b = self.observer()
        self.peers.ask("publish", data=b"later", peer=b, topic="s", qos=1)
        again = self.observer(client_id="kept", clean=False)
        self.assertEqual(self.message(again)[1], b"later")

    def test_who_does_not_get_in(self):
        for options in ({"username": ""}, {"password": "wrong"}, {"username": "nobody"}):
            answer = self.refused("", "connect", kind="mqtt", options=options)
            self.assertEqual((answer["how"], answer["code"]), ("refused", 5), answer)
        self.assertEqual(self.observer(), 3)

    def test_taken_over(self):
        a = self.observer(client_id="one")
        self.observer(client_id="one")
        end = time.monotonic() + PATIENCE
        while self.peers.ask("state", peer=a)["connected"] and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(self.peers.ask("state", peer=a)["closed"], "fin")
        answer = self.peers.ask("message", peer=a, timeout_ms=20000)
        self.assertEqual((answer["none"], answer["closed"]), (True, True))

    def test_broker_that_dies(self):
        a = self.observer()
        self.broker.stop()
        answer = self.peers.ask("message", peer=a, timeout_ms=20000)
        self.assertTrue(answer["closed"])
        self.refused("not connected", "subscribe", peer=a, topic="x", qos=0)
        self.refused("refused", "connect", kind="mqtt")
        self.broker.start()
        self.observer()

    def test_words_that_are_wrong(self):
        a = self.observer()
        other, _ = self.peers.open("tcp-echo")
        self.refused("no option", "connect", kind="mqtt", options={"id": "x"})
        self.refused("clean session", "connect", kind="mqtt", options={"clean": False})
        self.refused("the will", "connect", kind="mqtt", options={"will": {"topic": "a/#"}})
        self.refused("made with connect", "open", kind="mqtt")
        self.refused("no client", "publish", peer=other, topic="x")
        self.refused("does no such thing", "send", peer=a)
        self.refused("no topic", "publish", peer=a, topic="a/+")
        self.refused("no topic", "publish", peer=a, topic="")
        self.refused("0, 1 or 2", "publish", peer=a, topic="x", qos=3)
        self.refused("16 MiB", "publish", peer=a, topic="x", qos=0,
                     pattern={"seed": 1, "bytes": 1 << 20, "messages": 17})
        self.refused("mqtt, fin or rst", "disconnect", peer=a, how="half")
        with self.assertRaises(Failed):
            self.peers.ask("subscribe", peer=a, topic="#/a", qos=0)
        self.peers.ask("publish", peer=a, topic="x", qos=0)


class Scripted(ObserverTest):
    """A broker that says what a real one does not."""

    def setUp(self):
        self.server = socket.create_server((loopback(3), 0))
        self.server.settimeout(PATIENCE)
        self.addCleanup(self.server.close)
        self.use(*self.server.getsockname())

    def begin(self, *answers, **options):
        self.peers.send({"do": "connect", "kind": "mqtt", "options": options})
        one, _ = self.server.accept()
        one.settimeout(PATIENCE)
        self.addCleanup(one.close)
        self.packet(one)
        for answer in answers:
            one.sendall(answer)
        return one

    def packet(self, one):
        head, length, shift = one.recv(1), 0, 0
        while True:
            byte = one.recv(1)[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        body = b""
        while len(body) < length:
            body += one.recv(length - len(body))
        return head[0], body

    def test_silence(self):
        self.begin()
        answer = self.peers.answer()
        self.assertIn("no CONNACK", answer["text"])

    def test_end_before_an_answer(self):
        self.begin().close()
        self.assertFalse(self.peers.answer()["ok"])

    def test_no_mqtt(self):
        self.begin(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        self.assertFalse(self.peers.answer()["ok"])
        self.refused("no such peer", "state", peer=3)

    def test_subscription_refused(self):
        one = self.begin(b"\x20\x02\x00\x00")
        peer = self.peers.answer()["peer"]
        self.peers.send({"do": "subscribe", "peer": peer, "topic": "x", "qos": 1})
        _, body = self.packet(one)
        one.sendall(b"\x90\x03" + body[:2] + b"\x80")
        answer = self.peers.answer()
        self.assertEqual((answer["ok"], answer["how"]), (False, "refused"), answer)

    def test_duplicates(self):
        one = self.begin(b"\x20\x02\x00\x00")
        peer = self.peers.answer()["peer"]
        for first, mid in ((0x32, 1), (0x3a, 2)):
            one.sendall(bytes([first, 7]) + b"\0\1t" + struct.pack(">H", mid) + b"ab")
            self.assertEqual(self.message(peer), ("t", b"ab", 1, False, first == 0x3a))
        for first, mid in ((0x34, 3), (0x3c, 4)):
            one.sendall(bytes([first, 7]) + b"\0\1t" + struct.pack(">H", mid) + b"ab")
            one.sendall(b"\x62\x02" + struct.pack(">H", mid))
            self.assertEqual(self.message(peer), ("t", b"ab", 2, False, first == 0x3c))

    def test_garbage_later(self):
        one = self.begin(b"\x20\x02\x00\x00")
        peer = self.peers.answer()["peer"]
        one.sendall(os.urandom(2000))
        one.close()
        self.assertTrue(self.peers.ask("message", peer=peer, timeout_ms=20000)["closed"])

    def test_publish_without_an_acknowledgement(self):
        self.begin(b"\x20\x02\x00\x00")
        peer = self.peers.answer()["peer"]
        self.refused("acknowledge", "publish", peer=peer, topic="x", qos=1, timeout_ms=100)


class WithoutABroker(peerstest.PeersTest):
    def test_says_so(self):
        self.refused("no broker", "connect", kind="mqtt")
        self.assertEqual(self.peers.open("tcp")[0], 0)


if __name__ == "__main__":
    peerstest.main()
