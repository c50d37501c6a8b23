#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A sample of the faults of the services: each does what it says. That the suite sees them all is the
kill matrix's business."""
import contextlib
import os
import shutil
import tempfile
import time
import unittest

from atmodule import PATIENCE, Module, faults
from service_peers import HOST, MODULE, Dns, Sntp, Tls, Update, pki, tls_server
from wifi_air import AIR, JOIN

NAME = "iot.espressif.cn"
PKI = None


def setUpModule():
    global PKI
    PKI = tempfile.mkdtemp(prefix="atmodule-pki-")
    pki(PKI)


def tearDownModule():
    shutil.rmtree(PKI)


class Faulty(Module):
    def __init__(self, fault):
        super().__init__("--boot-ms", "5", "--air", AIR, "--address", MODULE, "--host", HOST, "--pki", PKI, "--fault", fault,
                         control=True)
        self.ask("ATE0")
        self.ask(JOIN)

    def route(self, to, port, protocol, peer):
        assert self.control({"air": {"route": {"to": to, "port": port, "protocol": protocol, "at": peer.at}}})["ok"]

    def restart(self):
        self.ask("AT+RST")
        self.back()

    def back(self):
        """It starts, and joins what it had joined."""
        self.until(b"ready\r\n")
        self.until(b"WIFI GOT IP\r\n")
        self.ask("ATE0")


class Sample(unittest.TestCase):
    def answers(self, fault, commands, last):
        """What the last of the commands gets, without anybody on the other side."""
        with Faulty(fault) as m:
            for command in commands[:-1]:
                if command == "AT+RST":
                    m.restart()
                else:
                    m.ask(command)
            self.assertEqual(m.ask(commands[-1]), last, fault)

    def test_without_peers(self):
        same = 'AT+CIPDNS=1,"1.1.1.1","1.1.1.1","1.1.1.1"'
        half = 'AT+CIPDNS=1,"1.1.1.1","1.1.1.1","2.2.2.2"'
        by_hand = 'AT+CIPDNS=1,"1.1.1.1","2.2.2.2"'
        for fault, commands, last in (
                ("fails-ok:cipdomain", ['AT+CIPDOMAIN="x"'], ["OK"]),
                ("offline:cipdomain", ["AT+CWQAP", 'AT+CIPDOMAIN="x"'], ["+CIPDOMAIN:0.0.0.0", "OK"]),
                ("station-first:cifsr", ["AT+CWMODE=3", "AT+CIFSR"],
                 ['+CIFSR:"192.168.101.100"', '+CIFSR:"192.168.4.1"', "OK"]),
                ("softap-off:cifsr", ["AT+CIFSR"], ['+CIFSR:"192.168.4.1"', '+CIFSR:"192.168.101.100"', "OK"]),
                ("stale:cifsr", ["AT+CWQAP", "AT+CIFSR"], ['+CIFSR:"192.168.101.100"', "OK"]),
                ("gateway:cifsr", ["AT+CIFSR"], ['+CIFSR:"192.168.101.1"', "OK"]),
                ("factory-address:cifsr", ["AT+CWMODE=2", 'AT+CIPAP="192.168.9.1"', "AT+CIFSR"], ['+CIFSR:"192.168.4.1"', "OK"]),
                ("static-hidden:cifsr", ['AT+CIPSTA="192.168.101.7"', "AT+CIFSR"], ["OK"]),
                ("drop-line:cifsr.execute", ["AT+CWMODE=3", "AT+CIFSR"], ['+CIFSR:"192.168.4.1"', "OK"]),
                ("accept-same:cipdns.three", [same], ["OK"]), ("accept-same:cipdns.three", [half], ["ERROR"]),
                ("accept-same:cipdns.two", [half], ["OK"]), ("accept-same:cipdns.two", [same], ["ERROR"]),
                ("once:cipdns", [by_hand], ["OK"]), ("once:cipdns", [by_hand, by_hand], ["ERROR"]),
                ("esp-at-239:cipdns", [by_hand, "AT+CIPDNS?"], ['+CIPDNS:"1.1.1.1"', '+CIPDNS:"2.2.2.2"', "OK"]),
                ("no-default:cipdns", ["AT+CIPDNS=1", "AT+CIPDNS?"], ['+CIPDNS:1,"0.0.0.0"', "OK"]),
                ("not-stored:cipdns", [by_hand, "AT+RST", "AT+CIPDNS?"], ['+CIPDNS:0,"192.168.101.1"', "OK"]),
                ("change-on-refusal:cipdns", ['AT+CIPDNS=1,"x"', "AT+CIPDNS=2", "AT+CIPDNS?"], ['+CIPDNS:2,"192.168.101.1"', "OK"]),
                ("forget:cipdns.dns_ip2", [by_hand, "AT+CIPDNS?"], ['+CIPDNS:1,"1.1.1.1"', "OK"]),
                ("not-cleared:cipsntpcfg", ['AT+CIPSNTPCFG=8,"a.b"', "AT+CIPSNTPCFG", "AT+CIPSNTPCFG?"],
                 ['+CIPSNTPCFG:1,8,"a.b"', "OK"]),
                ("keeps-servers:cipsntpcfg", ['AT+CIPSNTPCFG=8,"a.b","c.d"', 'AT+CIPSNTPCFG=8,"e.f"', "AT+CIPSNTPCFG?"],
                 ['+CIPSNTPCFG:1,8,"e.f","c.d"', "OK"]),
                ("no-defaults:cipsntpcfg", ["AT+CIPSNTPCFG=8", "AT+CIPSNTPCFG?"], ['+CIPSNTPCFG:1,8,"pool.ntp.org"', "OK"]),
                ("accept-above:cipsntpcfg.timezone", ["AT+CIPSNTPCFG=14"], ["OK"]),
                ("esp-at-238:ping", ['AT+PING="192.0.2.1"'], ["+PING:TIMEOUT", "ERROR"]),
                ("no-timeout-line:ping", ['AT+PING="192.0.2.1"'], ["ERROR"]),
                ("fails-ok:ping", ['AT+PING="192.0.2.1"'], ["+timeout", "OK"]),
                ("answers-for-all:ping", ['AT+PING="192.0.2.1"'], ["+PING:1", "OK"]),
                ("no-names:ping", ['AT+PING="x.y"'], ["ERROR"]),
                ("name-made-up:ping", ['AT+PING="x.y"'], ["+PING:1", "OK"]),
                ("stuck:ping", ['AT+PING="192.0.2.1"', f'AT+PING="{HOST}"'], ["+timeout", "ERROR"]),
                ("sets-all:cipsslcconf", ["AT+CIPMUX=1", "AT+CIPSSLCCONF=1,2,0,0", "AT+CIPSSLCCONF?"],
                 [*(f"+CIPSSLCCONF:{i},2,0,0" for i in range(5)), "OK"]),
                ("all-is-first:cipsslcconf", ["AT+CIPMUX=1", "AT+CIPSSLCCONF=5,2,0,0", "AT+CIPSSLCCONF?"],
                 [*(f"+CIPSSLCCONF:{i},{2 if i == 0 else 0},0,0" for i in range(5)), "OK"]),
                ("first-only:cipsslcconf", ["AT+CIPMUX=1", "AT+CIPSSLCCONF?"], ["+CIPSSLCCONF:0,0,0,0", "OK"]),
                ("always-all:cipsslcconf", ["AT+CIPSSLCCONF?"], [*(f"+CIPSSLCCONF:{i},0,0,0" for i in range(5)), "OK"]),
                ("any-form:cipsslcconf", ["AT+CIPSSLCCONF=0,2,0,0"], ["OK"]),
                ("esp-at-283:cipsslcconf", ["AT+CIPSSLCCONF=2,0,0"], ["busy p...", "OK"]),
                ("esp-at-345:cipsslcconf", ["AT+CIPSSLCCONF=0"], ["OK"]),
                ("esp-at-345:cipsslcconf", ["AT+CIPSSLCCONF=1"], ["ERROR"]),
                ("unstored:cipsslcconf", ["AT+CIPSSLCCONF=3,1,0"], ["OK"]),
                ("accept-above:cipsslcconf.auth_mode", ["AT+CIPSSLCCONF=4,0,0"], ["OK"]),
                ("forget:cipsslcconf.auth_mode", ["AT+CIPSSLCCONF=2,0,0", "AT+CIPSSLCCONF?"], ["+CIPSSLCCONF:0,0,0,0", "OK"]),
                ("not-stored:cipsslcconf", ["AT+CIPSSLCCONF=2,0,0", "AT+RST", "AT+CIPSSLCCONF?"], ["+CIPSSLCCONF:0,0,0,0", "OK"]),
                ("ignore-restore:cipsslcconf", ["AT+CIPSSLCCONF=2,0,0", "AT+CIPSSLCCONF?"], ["+CIPSSLCCONF:0,2,0,0", "OK"]),
                ("change-on-refusal:cipsslcconf", ["AT+CIPSSLCCONF=4,0,0", "AT+CIPSSLCCONF?"], None)):
            if last is None:
                with Faulty(fault) as m:
                    self.assertEqual(m.ask(commands[0]), ["ERROR"])
                    self.assertNotEqual(m.ask(commands[1])[0], "+CIPSSLCCONF:0,0,0,0")
                continue
            with self.subTest(fault=fault):
                self.answers(fault, commands, last)
        for fault, low, high in (("negative:ping", -1000, -1), ("too-long:ping", 60000, 10000000)):
            with Faulty(fault) as m:
                time_ms = int(m.ask(f'AT+PING="{HOST}"')[0].split(":")[1])
                self.assertTrue(low <= time_ms <= high, time_ms)

    def names(self, fault, mode="answer"):
        """The answer to AT+CIPDOMAIN, and what was asked."""
        with Dns({NAME: "192.168.101.20", "x" * 63: "10.0.0.1"}, mode) as dns, Faulty(fault) as m:
            m.route("192.168.101.1", 53, "udp", dns)
            first = m.ask(f'AT+CIPDOMAIN="{NAME}"')[0]
            second = m.ask(f'AT+CIPDOMAIN="{"x" * 63}"')[0]
            return first, second, dns.requests

    def test_names(self):
        self.assertEqual(self.names("wrong-address:cipdomain")[0], "+CIPDOMAIN:20.101.168.192")
        self.assertEqual(self.names("believes-all:cipdomain", "lie")[0], "+CIPDOMAIN:192.168.101.66")
        self.assertEqual(self.names("believes-all:cipdomain", "wrong-id")[0], "+CIPDOMAIN:192.168.101.66")
        self.assertIn(NAME + ".lan", self.names("search-domain:cipdomain")[2])
        self.assertEqual(self.names("short-labels:cipdomain")[1], "ERROR")
        with Dns({}, "silent") as dns, Faulty("no-end:cipdomain") as m:
            m.route("192.168.101.1", 53, "udp", dns)
            m.send(f'AT+CIPDOMAIN="{NAME}"\r\n')
            self.assertEqual(m.read(1.6), b"")

    def asked(self, fault, *commands):
        """Which of the lease's and two other servers was asked for the name of the last command."""
        with Dns({NAME: "10.0.0.9"}) as lease, Dns({NAME: "10.0.0.1"}) as one, Dns({NAME: "10.0.0.2"}) as two, \
                Faulty(fault) as m:
            for peer, address in ((lease, "192.168.101.1"), (one, "10.53.0.1"), (two, "10.53.0.2")):
                m.route(address, 53, "udp", peer)
            for command in commands:
                if command == "AT+RST":
                    m.restart()
                elif command == "silent":
                    one.mode = "silent"
                else:
                    m.ask(command)
            return m.ask(f'AT+CIPDOMAIN="{NAME}"')[0]

    def test_servers(self):
        both, second = 'AT+CIPDNS=1,"10.53.0.1","10.53.0.2"', 'AT+CIPDNS=1,"10.53.0.2"'
        for fault, commands, answer in (
                ("manual-ignored:cipdns", [both], "+CIPDOMAIN:10.0.0.9"),
                ("first-only:cipdns", [both, "silent"], "ERROR"),
                ("auto-ignored:cipdns", [both, "AT+CIPDNS=0", JOIN], "+CIPDOMAIN:10.0.0.1"),
                ("first-stays:cipdns", [both, second], "+CIPDOMAIN:10.0.0.1"),
                ("saved-unused:cipdns", [both, "AT+RST"], "+CIPDOMAIN:10.0.0.9")):
            with self.subTest(fault=fault):
                self.assertEqual(self.asked(fault, *commands), answer)

    @contextlib.contextmanager
    def clock(self, fault, mode="answer"):
        """A module with two time servers, a.b of which is the one that comes along."""
        with Dns({"a.b": "10.123.0.1", "c.d": "10.123.0.2"}) as dns, Sntp(1481538812, mode) as one, \
                Sntp(1000000000) as two, Faulty(fault) as m:
            m.route("192.168.101.1", 53, "udp", dns)
            m.route("10.123.0.1", 123, "udp", one)
            m.route("10.123.0.2", 123, "udp", two)
            yield m, one

    def time(self, m, wanted=None):
        """What it takes for the time: when that is as `wanted`, or after a while."""
        end = time.monotonic() + (PATIENCE if wanted else 0.4)
        while True:
            shown = m.ask("AT+CIPSNTPTIME?")[0][len("+CIPSNTPTIME:"):]
            if time.monotonic() > end or wanted and wanted(shown):
                return shown
            time.sleep(0.01)

    def test_time(self):
        ahead, both, start = 'AT+CIPSNTPCFG=8,"a.b"', 'AT+CIPSNTPCFG=8,"a.b","c.d"', "Thu Jan  1 00:00:0"
        for fault, commands, mode, text in (
                ("esp-at-36:cipsntpcfg", [ahead], "answer", "Mon Dec 12 02:33:3"),
                ("zone-ignored:cipsntptime", [ahead], "answer", "Mon Dec 12 10:33:3"),
                ("esp-at-315:cipsntptime", [ahead], "answer", start),
                ("first-only:cipsntpcfg", [both], "silent", start),
                ("wrong-order:cipsntpcfg", [both], "answer", "Sun Sep  9 09:46:4"),
                ("wrong-weekday:cipsntptime", [ahead], "answer", "Tue Dec 12 18:33:3"),
                ("unsure:cipsntptime", [ahead], "kiss", "Mon Dec 12 18:33:3"),
                ("zone-stays:cipsntptime", [ahead, 'AT+CIPSNTPCFG=0,"a.b"'], "answer", "Mon Dec 12 18:33:3"),
                ("wrong-start:cipsntptime", [], "answer", "Sat Jan  1 00:00:0"),
                ("frozen:cipsntptime", [ahead], "answer", "Mon Dec 12 18:33:32")):
            with self.subTest(fault=fault), self.clock(fault, mode) as (m, _):
                for command in commands:
                    m.ask(command)
                    self.time(m, None if text == start else lambda shown: "1970" not in shown)
                self.assertTrue((shown := self.time(m, bool)).startswith(text), shown)
        with self.clock("waits:cipsntptime", "silent") as (m, _):
            m.ask(ahead)
            begin = time.monotonic()
            m.ask("AT+CIPSNTPTIME?")
            self.assertGreater(time.monotonic() - begin, 1)
        with self.clock("own-clock:systimestamp") as (m, _):
            m.ask(ahead)
            self.time(m, lambda shown: "1970" not in shown)
            self.assertLess(int(m.ask("AT+SYSTIMESTAMP?")[0].split(":")[1]), 1000)
        with self.clock("asks-on:cipsntpcfg", "silent") as (m, one):
            m.ask(ahead)
            one.wait(1)
            m.ask("AT+CIPSNTPCFG")
            one.wait(3)

    def update(self, fault, command="AT+CIUPDATE", mode="answer", tls=False, port=None):
        """The answer, what runs then, and what the server was asked."""
        context = tls_server(PKI) if tls else None
        with Dns({NAME: "192.168.101.20"}) as dns, Update(mode=mode, context=context) as server, Faulty(fault) as m:
            m.route("192.168.101.1", 53, "udp", dns)
            m.route(NAME, port or (443 if tls else 80), "tcp", server)
            answer = m.ask(command)
            if answer[-1] == "OK":
                if "fails-ok" in fault:
                    return answer, "", server.requests
                m.back()
            version = m.ask("AT+GMR")[0].split(":")[1].split("(")[0]
            return answer, version, server.requests

    def test_updates(self):
        steps = [f"+CIPUPDATE:{i}" for i in (1, 2, 3, 4)]
        self.assertEqual(self.update("step-missing:ciupdate")[0], [steps[0], steps[1], steps[3], "OK"])
        self.assertEqual(self.update("step-order:ciupdate")[0], [steps[0], steps[1], steps[3], steps[2], "OK"])
        self.assertEqual(self.update("step-name:ciupdate")[0][0], "+CIUPDATE:1")
        self.assertEqual(self.update("version-ignored:ciupdate", 'AT+CIUPDATE=0,"v1.2.0.0"')[1], "v2.1.0.0")
        self.assertEqual(self.update("fails-ok:ciupdate", mode="short")[0][-1], "OK")
        self.assertEqual(self.update("unchecked:ciupdate", mode="wrong-hash")[1], "v2.1.0.0")
        self.assertEqual(self.update("same-image:ciupdate")[1], "2.1.0.0-dev")
        self.assertEqual(self.update("plain:ciupdate", "AT+CIUPDATE=1")[0][-1], "OK")
        self.assertEqual(self.update("tls:ciupdate", "AT+CIUPDATE=0", tls=True)[0][-1], "OK")

    def test_failed_updates(self):
        with Dns({NAME: "192.168.101.20"}) as dns, Update(mode="short") as server, Faulty("fails-stores:ciupdate") as m:
            m.route("192.168.101.1", 53, "udp", dns)
            m.route(NAME, 80, "tcp", server)
            self.assertEqual(m.ask("AT+CIUPDATE")[-1], "ERROR")
            m.ask("AT+SYSROLLBACK")
            m.back()
            self.assertEqual(m.ask("AT+GMR")[0], "AT version:v9.9.9.9")
        with Dns({NAME: "192.168.101.20"}) as dns, Update() as server, Faulty("once:ciupdate") as m:
            self.assertEqual(m.ask("AT+CIUPDATE")[-1], "ERROR")
            m.route("192.168.101.1", 53, "udp", dns)
            m.route(NAME, 80, "tcp", server)
            self.assertEqual(m.ask("AT+CIUPDATE"), ["ERROR"])
        with Faulty("all-steps:ciupdate") as m:
            self.assertEqual(m.ask("AT+CIUPDATE"), [*(f"+CIPUPDATE:{i}" for i in (1, 2, 3, 4)), "ERROR"])
        with Faulty("fails-restart:ciupdate") as m:
            m.send("AT+CIUPDATE\r\n")
            m.until(b"ready\r\n")
        with Dns({NAME: "192.168.101.20"}) as dns, Update() as server, Faulty("overwrites:ciupdate") as m:
            before = m.ask("AT+GMR")
            m.route("192.168.101.1", 53, "udp", dns)
            m.route(NAME, 80, "tcp", server)
            self.assertEqual(m.ask("AT+CIUPDATE")[-1], "OK")
            m.back()
            m.ask("AT+SYSROLLBACK")
            m.back()
            self.assertNotEqual(m.ask("AT+GMR"), before)

    def link(self, fault, setting, **server):
        """What the server calls the module on an SSL link, or "refused"."""
        with Tls(tls_server(PKI, **server)) as peer, Faulty(fault) as m:
            for command in setting:
                m.ask(command)
            single = m.ask("AT+CIPMUX?")[0].endswith("0")
            m.send(f'AT+CIPSTART={"" if single else "0,"}"SSL","{HOST}",{peer.port}\r\n')
            raw = b""
            while not any(word in raw for word in (b">", b"ERROR", b"CLOSED")):
                part = m.more()
                self.assertTrue(part, raw)
                raw += part
            return raw.split(b"<")[1].split(b">")[0].decode() if b"<" in raw else "refused"

    def test_tls(self):
        for fault, setting, server, who in (
                ("unverified:cipsslcconf", ["AT+CIPSSLCCONF=2,0,0"], {"name": "other-server"}, "nobody"),
                ("always-checks:cipsslcconf", [], {"name": "other-server"}, "refused"),
                ("no-certificate:cipsslcconf", ["AT+CIPSSLCCONF=1,0,0"], {"clients": "ca", "ask": True}, "nobody"),
                ("always-sends:cipsslcconf", [], {"clients": "ca"}, "client"),
                ("first-ca:cipsslcconf", ["AT+CIPSSLCCONF=2,0,1"], {}, "nobody"),
                ("first-certificate:cipsslcconf", ["AT+CIPSSLCCONF=1,1,0"], {"clients": "ca"}, "client"),
                ("refuses-all:cipsslcconf", ["AT+CIPSSLCCONF=2,0,0"], {}, "refused"),
                ("other-link:cipsslcconf", ["AT+CIPMUX=1", "AT+CIPSSLCCONF=0,2,0,0"], {"name": "other-server"}, "nobody"),
                ("unstored:cipsslcconf", ["AT+CIPSSLCCONF=2,1,0"], {}, "nobody"),
                ("at-restart:cipsslcconf", ["AT+CIPSSLCCONF=2,0,0"], {"name": "other-server"}, "nobody")):
            with self.subTest(fault=fault):
                self.assertEqual(self.link(fault, setting, **server), who)


class List(unittest.TestCase):
    def test_all_are_here(self):
        """Each defect of the services' own appears in this file, or is named here with what keeps it out."""
        with open(os.path.abspath(__file__), encoding="utf-8") as file:
            text = file.read()
        elsewhere = {"expired:cipsslcconf", "ends-links:cipsslcconf", "host-hang:cipsslcconf"}  # the suite sees them
        def key(fault):
            return fault["name"].split(":")[-1].split(".")[0]

        services = ("cipdomain", "cifsr", "cipdns", "cipsntpcfg", "cipsntptime", "ciupdate", "ping", "cipsslcconf")
        basic = ("rst", "gmr", "gslp", "uart_cur", "sysmsg", "systimestamp", "cwdhcp", "cipsta", "cwsap", "cwjap")
        known = faults()
        general = {f["operator"] for f in known if key(f) in basic}
        own = [f["name"] for f in known if f["operator"] not in general and key(f) in services]
        self.assertGreater(len(own), 60)
        self.assertEqual([name for name in own if f'"{name}"' not in text and name not in elsewhere], [])


if __name__ == "__main__":
    unittest.main()
