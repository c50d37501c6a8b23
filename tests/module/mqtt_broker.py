# SPDX-License-Identifier: MIT
"""A mosquitto of the test's own on a loopback address, and a second client to look through."""
import ctypes
import os
import queue
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from atmodule import PATIENCE
from link_peers import Case as LinkCase
from service_peers import HOST, MODULE, pki

LIBC, PR_SET_PDEATHSIG = ctypes.CDLL(None), 1
USER, PASSWORD = "atconform", "p,a\"s\\s"
MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")


def free_ports(count):
    """Below those that connections are given, on whatever address: a WebSocket listener has them all."""
    free = []
    for port in random.sample(range(10000, 32000), 1000):
        with socket.socket() as s:
            try:
                s.bind(("", port))
                free.append(port)
            except OSError:
                continue
        if len(free) == count:
            return free
    raise AssertionError("no ports are free")


class Broker:
    """Listeners for every scheme; stopped and started again at will."""
    KINDS = ("tcp", "tls", "client", "ws", "wss", "wss_client")

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="atmodule-mqtt-")
        self.pki = os.path.join(self.dir, "pki")
        os.mkdir(self.pki)
        pki(self.pki)
        self.ports = dict(zip(self.KINDS, free_ports(len(self.KINDS))))
        self.process, self.log = None, os.path.join(self.dir, "log")
        subprocess.run(["mosquitto_passwd", "-b", "-c", self.path("users"), USER, PASSWORD], check=True,
                       stderr=subprocess.DEVNULL)
        lines = ["per_listener_settings false", "persistence false", "allow_anonymous true", "log_type all",
                 "set_tcp_nodelay true", "max_queued_messages 0", f"log_dest file {self.log}",
                 f"password_file {self.path('users')}", "user root" if os.getuid() == 0 else "connection_messages true"]
        for kind in self.KINDS:
            # Without the domain a WebSocket listener is on all addresses.
            lines += [f"listener {self.ports[kind]} {HOST}", "socket_domain ipv4"]
            if kind.startswith("w"):
                lines.append("protocol websockets")
            if kind not in ("tcp", "ws"):
                lines += [f"cafile {self.pki}/ca.pem", f"certfile {self.pki}/server.pem", f"keyfile {self.pki}/server.key"]
            if kind.endswith("client"):
                lines.append("require_certificate true")
        with open(self.path("conf"), "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        self.start()

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self):
        open(self.log, "w").close()
        # It ends with the test, however that ends.
        self.process = subprocess.Popen([MOSQUITTO, "-c", self.path("conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        self.wait_log(" running")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with socket.socket() as s:
                if s.connect_ex((HOST, self.ports["wss_client"])) == 0:
                    return
            time.sleep(0.01)
        raise AssertionError("mosquitto does not start")

    def stop(self, kill=False):
        if self.process:
            (self.process.kill if kill else self.process.terminate)()
            self.process.wait(PATIENCE)
        self.process = None

    def read_log(self):
        with open(self.log, encoding="latin-1") as f:
            return f.read()

    def wait_log(self, text, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while text not in self.read_log():
            if time.monotonic() > end:
                raise AssertionError(f"{text!r} is not in the log:\n{self.read_log()[-2000:]}")
            time.sleep(0.01)

    def close(self):
        self.stop()
        shutil.rmtree(self.dir)


def remaining(n):
    out = b""
    while True:
        out += bytes([n % 128 | (0x80 if n >= 128 else 0)])
        n //= 128
        if n == 0:
            return out


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return len(value).to_bytes(2, "big") + value


class Observer:
    """An MQTT 3.1.1 client in a hundred lines: what it publishes and hears is what the wire has."""

    def __init__(self, port, name="observer"):
        self.s = socket.create_connection((HOST, port))
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.s.settimeout(PATIENCE)
        self.number, self.messages = 0, queue.Queue()
        self.held, self.done, self.buffer = {}, set(), b""
        self.send(0x10, text("MQTT") + bytes([4, 0xC2, 0, 60]) + text(name) + text(USER) + text(PASSWORD))
        kind, body = self.packet()
        assert (kind, body) == (0x20, b"\0\0"), (kind, body)

    def send(self, kind, body):
        self.s.sendall(bytes([kind]) + remaining(len(body)) + body)

    def packet(self):
        while True:
            n = shift = 0
            for i, byte in enumerate(self.buffer[1:5]):
                n |= (byte & 0x7F) << shift
                shift += 7
                if byte < 128:
                    if len(self.buffer) < i + 2 + n:
                        break
                    kind, body = self.buffer[0], self.buffer[i + 2:i + 2 + n]
                    self.buffer = self.buffer[i + 2 + n:]
                    return kind, body
            part = self.s.recv(65536)
            if not part:
                raise AssertionError("the broker has closed")
            self.buffer += part

    def turn(self):
        """Takes one packet."""
        kind, body = self.packet()
        number = body[:2]
        if kind >> 4 == 3:
            n, qos = int.from_bytes(body[:2], "big"), kind >> 1 & 3
            topic, rest = body[2:2 + n].decode(), body[2 + n:]
            payload = rest[2:] if qos else rest
            message = (topic, payload, qos, kind & 1)
            if qos == 2:
                self.held[rest[:2]] = message
                self.send(0x50, rest[:2])
            else:
                self.messages.put(message)
                if qos:
                    self.send(0x40, rest[:2])
        elif kind >> 4 == 5:
            self.send(0x62, number)
        elif kind >> 4 == 6:
            self.messages.put(self.held.pop(number))
            self.send(0x70, number)
        elif kind >> 4 in (4, 7, 9, 11):
            self.done.add(number)
        return kind

    def next_number(self):
        self.number = self.number % 65535 + 1
        return self.number.to_bytes(2, "big")

    def wait(self, number):
        while number not in self.done:
            self.turn()
        self.done.discard(number)

    def subscribe(self, topic, qos=2):
        n = self.next_number()
        self.send(0x82, n + text(topic) + bytes([qos]))
        self.wait(n)

    def publish(self, topic, payload, qos=0, retain=False, wait=True):
        n = self.next_number() if qos else b""
        payload = payload.encode() if isinstance(payload, str) else payload
        self.send(0x30 | qos << 1 | retain, text(topic) + n + payload)
        if qos and wait:
            self.wait(n)
        return n

    def message(self):
        while self.messages.empty():
            self.turn()
        return self.messages.get()

    def nothing(self, seconds=0.2):
        self.s.settimeout(seconds)
        try:
            while self.messages.empty():
                self.turn()
        except TimeoutError:
            return True
        finally:
            self.s.settimeout(PATIENCE)
        return False

    def close(self):
        self.s.close()


def quoted(value):
    return '"' + "".join("\\" + c if c in '\\,"' else c for c in value) + '"'


class Case(LinkCase):
    """One module and one broker for all tests of a class."""
    options = ()

    @classmethod
    def setUpClass(cls):
        if not MOSQUITTO:
            raise unittest.SkipTest("there is no mosquitto")
        cls.broker = Broker()
        cls.options = (*cls.options, "--pki", cls.broker.pki)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.broker.close()

    def config(self, scheme=1, name="module", path="", user=USER, password=PASSWORD):
        self.ok(f'AT+MQTTUSERCFG=0,{scheme},"{name}",{quoted(user)},{quoted(password)},0,0,"{path}"')

    def connected(self, scheme=1, kind="tcp", path="", reconnect=0):
        port = self.broker.ports[kind]
        self.ok(f'AT+MQTTCONN=0,"{HOST}",{port},{reconnect}',
                f'+MQTTCONNECTED:0,{scheme},"{HOST}",{port},"{path}",{reconnect}')

    def observer(self, name="observer"):
        o = Observer(self.broker.ports["tcp"], name)
        self.addCleanup(o.close)
        return o

    def state(self, number):
        line = self.m.ask("AT+MQTTCONN?")[0]
        self.assertEqual(line.split(",")[1], str(number), line)

    def subrecv(self, topic, payload):
        payload = payload.encode() if isinstance(payload, str) else payload
        wanted = b'+MQTTSUBRECV:0,"%s",%d,' % (topic.encode(), len(payload)) + payload + b"\r\n"
        got = self.m.until(wanted)
        self.assertEqual(got, wanted)

    def refused(self, command, code):
        """With AT+SYSLOG=1."""
        self.assertEqual(self.m.ask(command), [f"ERR CODE:0x010a{code:04x}", "ERROR"], command)
