#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Names, time, update, ping and the addresses of the module, against real sockets."""
import os
import re
import shutil
import socket
import tempfile
import time
import unittest

import atmodule
from atmodule import PATIENCE, Module, fastest, run
from service_peers import HOST, MODULE, NET, Dns, Sntp, Tls as TlsPeer, Update, pki, tls_server
from wifi_air import AIR, JOIN

NAME = "iot.espressif.cn"
PKI = None


def setUpModule():
    global PKI
    PKI = tempfile.mkdtemp(prefix="atmodule-pki-")
    pki(PKI)


def tearDownModule():
    shutil.rmtree(PKI)


class Case(unittest.TestCase):
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.m = Module("--boot-ms", "5", "--air", AIR, "--address", MODULE, "--host", HOST, "--pki", PKI, *cls.options,
                       control=True)

    @classmethod
    def tearDownClass(cls):
        status, err = cls.m.stop()
        assert status == 0 and err == "", (status, err)

    def setUp(self):
        self.m.control({"do": "factory"})
        self.m.until(b"ready\r\n")
        self.m.control({"air": {"route": {"clear": True}}})
        self.m.control({"set": {"images": 2}})
        self.m.seen = b""
        self.m.ask("ATE0")
        self.m.ask(JOIN)

    def ok(self, command, *lines):
        self.assertEqual(self.m.ask(command), [*lines, "OK"], command)

    def error(self, *commands):
        for command in commands:
            self.assertEqual(self.m.ask(command), ["ERROR"], command)

    def says(self, command, *lines):
        self.assertEqual(self.m.ask(command), list(lines), command)

    def route(self, to, port, protocol, at):
        answer = self.m.control({"air": {"route": {"to": to, "port": port, "protocol": protocol, "at": at}}})
        self.assertTrue(answer["ok"], answer)

    def dns(self, zone, mode="answer", server="192.168.101.1"):
        peer = Dns(zone, mode)
        self.addCleanup(peer.close)
        self.route(server, 53, "udp", peer.at)
        return peer

    def restart(self):
        self.ok("AT+RST")
        self.back()

    def back(self):
        """It starts, and joins what it had joined."""
        self.m.until(b"ready\r\n")
        self.m.until(b"WIFI GOT IP\r\n")
        self.m.ask("ATE0")


class Names(Case):
    def test_an_answer(self):
        peer = self.dns({NAME: "192.168.101.20", "x" * 63 + ".example": "10.1.2.3"})
        self.ok(f'AT+CIPDOMAIN="{NAME}"', "+CIPDOMAIN:192.168.101.20")
        self.ok(f'AT+CIPDOMAIN="{"x" * 63}.example"', "+CIPDOMAIN:10.1.2.3")
        self.ok('AT+CIPDOMAIN="192.168.7.8"', "+CIPDOMAIN:192.168.7.8")
        self.assertEqual(peer.requests, [NAME, "x" * 63 + ".example"])
        self.assertEqual({a for a, _ in peer.senders}, {MODULE})

    def test_no_answer(self):
        peer = self.dns({}, "answer")
        # An answer ends the search at once; without one it takes three questions, 450 ms.
        for mode, limit in (("answer", 0.4), ("refuse", 0.4), ("refuse-bare", 0.4), ("empty", 0.4), ("silent", 2.0),
                            ("lie", 2.0), ("wrong-id", 2.0), ("garbage", 2.0), ("alias-loop", 2.0), ("elsewhere", 2.0)):
            peer.mode = mode
            if mode == "elsewhere":
                peer.zone = {NAME: "192.168.101.20"}
            self.assertLess(fastest(lambda: self.error(f'AT+CIPDOMAIN="{NAME}"'), limit), limit, mode)
        peer.mode = "lie-then-answer"
        self.ok(f'AT+CIPDOMAIN="{NAME}"', "+CIPDOMAIN:192.168.101.20")
        peer.mode = "alias"
        self.ok(f'AT+CIPDOMAIN="{NAME}"', "+CIPDOMAIN:192.168.101.77")

    def test_what_is_no_name(self):
        peer = self.dns({})
        self.error('AT+CIPDOMAIN=""', f"AT+CIPDOMAIN={NAME}", "AT+CIPDOMAIN=", f'AT+CIPDOMAIN="{NAME}",1', 'AT+CIPDOMAIN="a..b"',
                   'AT+CIPDOMAIN="."', f'AT+CIPDOMAIN="{"x" * 64}"', "AT+CIPDOMAIN", "AT+CIPDOMAIN?")
        self.assertEqual(peer.requests, [])

    def test_nobody_to_ask(self):
        self.error(f'AT+CIPDOMAIN="{NAME}"')
        self.ok("AT+CWQAP", "WIFI DISCONNECT")
        self.error(f'AT+CIPDOMAIN="{NAME}"')

    def test_busy_meanwhile_and_restart(self):
        self.dns({}, "silent")
        self.m.send(f'AT+CIPDOMAIN="{NAME}"\r\nAT\r\n')
        self.m.until(b"busy p...")
        self.m.control({"do": "power-cycle"})
        self.back()
        self.assertEqual(self.m.ask("AT"), ["OK"])

    def test_servers_by_hand(self):
        first, second, third = Dns({NAME: "10.0.0.1"}), Dns({NAME: "10.0.0.2"}), Dns({NAME: "10.0.0.3"})
        lease = self.dns({NAME: "10.0.0.9"})
        for peer, address in ((first, "10.53.0.1"), (second, "10.53.0.2"), (third, "10.53.0.3")):
            self.addCleanup(peer.close)
            self.route(address, 53, "udp", peer.at)
        ask = f'AT+CIPDOMAIN="{NAME}"'
        self.ok(ask, "+CIPDOMAIN:10.0.0.9")
        self.ok("AT+CIPDNS?", '+CIPDNS:0,"192.168.101.1"')
        self.ok('AT+CIPDNS=1,"10.53.0.1","10.53.0.2","10.53.0.3"')
        self.ok("AT+CIPDNS?", '+CIPDNS:1,"10.53.0.1","10.53.0.2","10.53.0.3"')
        self.ok(ask, "+CIPDOMAIN:10.0.0.1")
        first.mode = "silent"
        self.assertLess(fastest(lambda: self.ok(ask, "+CIPDOMAIN:10.0.0.2"), 0.6), 0.6)
        second.mode = "refuse"
        self.ok(ask, "+CIPDOMAIN:10.0.0.3")
        self.restart()
        self.ok("AT+CIPDNS?", '+CIPDNS:1,"10.53.0.1","10.53.0.2","10.53.0.3"')
        self.ok(ask, "+CIPDOMAIN:10.0.0.3")
        self.ok('AT+CIPDNS=1,"10.53.0.3"')
        self.ok(ask, "+CIPDOMAIN:10.0.0.3")
        before = len(lease.requests)
        self.ok("AT+CIPDNS=0")
        self.ok("AT+CIPDNS?", '+CIPDNS:0,"222.222.67.208"')
        self.error(ask)
        self.m.ask(JOIN)
        self.ok("AT+CIPDNS?", '+CIPDNS:0,"192.168.101.1"')
        self.ok(ask, "+CIPDOMAIN:10.0.0.9")
        self.assertEqual(len(lease.requests), before + 1)

    def test_cipdns_refusals(self):
        self.ok('AT+CIPDNS=1,"1.1.1.1","2.2.2.2","3.3.3.3"')
        self.error("AT+CIPDNS=2", "AT+CIPDNS=-1", "AT+CIPDNS=", 'AT+CIPDNS="1"', 'AT+CIPDNS=1,"1.1.1.1","1.1.1.1","1.1.1.1"',
                   'AT+CIPDNS=1,"1.1.1.1","2.2.2.2","1.1.1.1"', 'AT+CIPDNS=1,"1.1.1.256"', "AT+CIPDNS=1,1.1.1.1",
                   'AT+CIPDNS=1,"1.1.1.1","2.2.2.2","3.3.3.3","4.4.4.4"', "AT+CIPDNS", 'AT+CIPDNS=,"1.1.1.1"')
        self.ok("AT+CIPDNS?", '+CIPDNS:1,"1.1.1.1","2.2.2.2","3.3.3.3"')
        self.ok("AT+CIPDNS=1")
        self.ok("AT+CIPDNS?", '+CIPDNS:1,"222.222.67.208"')
        self.ok("AT+RESTORE")
        self.m.until(b"ready\r\n")
        self.m.ask("ATE0")
        self.ok("AT+CIPDNS?", '+CIPDNS:0,"222.222.67.208"')

    def test_own_addresses(self):
        self.ok("AT+CIFSR", '+CIFSR:"192.168.101.100"')
        self.ok("AT+CWMODE=3")
        self.ok("AT+CIFSR", '+CIFSR:"192.168.4.1"', '+CIFSR:"192.168.101.100"')
        self.ok('AT+CIPAP="192.168.9.1"')
        self.ok("AT+CIFSR", '+CIFSR:"192.168.9.1"', '+CIFSR:"192.168.101.100"')
        self.ok("AT+CWQAP", "WIFI DISCONNECT")
        self.ok("AT+CIFSR", '+CIFSR:"192.168.9.1"')
        self.ok("AT+CWMODE=1")
        self.ok("AT+CIFSR")
        self.ok("AT+CWMODE=0")
        self.ok("AT+CIFSR")
        self.error("AT+CIFSR?", "AT+CIFSR=1")


class Time(Case):
    def synchronised(self, wanted):
        """Waits for a time that begins that way."""
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.m.ask("AT+CIPSNTPTIME?")
            if answer[0].startswith("+CIPSNTPTIME:" + wanted):
                self.assertEqual(answer[1:], ["OK"])
                return
            self.assertLess(time.monotonic(), end, answer)
            time.sleep(0.01)

    def sntp(self, unix, address, mode="answer"):
        peer = Sntp(unix, mode)
        self.addCleanup(peer.close)
        self.route(address, 123, "udp", peer.at)
        return peer

    def test_time_and_zones(self):
        self.dns({"ntp.example": "10.123.0.1"})
        peer = self.sntp(1481538812, "10.123.0.1")
        self.ok("AT+CIPSNTPCFG?", "+CIPSNTPCFG:0")
        begin = time.monotonic()
        self.assertRegex(self.m.ask("AT+CIPSNTPTIME?")[0], r"^\+CIPSNTPTIME:Thu Jan  1 00:00:0\d 1970$")
        self.ok('AT+CIPSNTPCFG=8,"ntp.example"')
        self.ok("AT+CIPSNTPCFG?", '+CIPSNTPCFG:1,8,"ntp.example"')
        self.synchronised("Mon Dec 12 18:33:3")
        self.assertEqual(peer.senders[0][0], MODULE)
        self.assertEqual(peer.requests[0][0], 0x23)
        for zone, text in ((-11, "Sun Dec 11 23:33:3"), (13, "Mon Dec 12 23:33:3"), (0, "Mon Dec 12 10:33:3")):
            self.ok(f'AT+CIPSNTPCFG={zone},"ntp.example"')
            self.synchronised(text)
        stamp = int(self.m.ask("AT+SYSTIMESTAMP?")[0].split(":")[1])
        self.assertIn(stamp - 1481538812, range(int(time.monotonic() - begin) + 2))
        self.ok('AT+CIPSNTPCFG=1,-5,"ntp.example"')
        self.ok("AT+CIPSNTPCFG?", '+CIPSNTPCFG:1,-5,"ntp.example"')
        self.synchronised("Mon Dec 12 05:33:3")
        self.ok("AT+CIPSNTPCFG")
        self.ok("AT+CIPSNTPCFG?", "+CIPSNTPCFG:0")

    def test_far_times(self):
        self.dns({"ntp.example": "10.123.0.1"})
        for unix, text in ((1709164790, "Wed Feb 28 23:59:5"), (1709164800, "Thu Feb 29 00:00:0"),
                           (2208988800, "Sun Jan  1 00:00:0"), (4102444800, "Fri Jan  1 00:00:0")):
            self.restart()
            peer = self.sntp(unix, "10.123.0.1")
            self.ok('AT+CIPSNTPCFG=0,"ntp.example"')
            self.synchronised(text)

    def test_servers_in_order(self):
        self.dns({"a.example": "10.123.0.1", "b.example": "10.123.0.2", "c.example": "10.123.0.3"})
        first = self.sntp(1, "10.123.0.1", "silent")
        second = self.sntp(2, "10.123.0.2", "kiss")
        third = self.sntp(1481538812, "10.123.0.3")
        for _ in range(10):
            self.ok('AT+CIPSNTPCFG=0,"a.example","b.example","c.example"')
            self.synchronised("Mon Dec 12")
            counts = [len(peer.requests) for peer in (first, second, third)]
            self.ok("AT+CIPSNTPCFG")
            if counts == [1, 1, 1]:
                break
            time.sleep(0.4)  # one of them answered too late, and they were asked again
            for peer in (first, second, third):
                peer.requests.clear()
        self.assertEqual(counts, [1, 1, 1])
        self.ok('AT+CIPSNTPCFG=0,"a.example"')
        first.wait(2)
        self.ok("AT+CIPSNTPCFG")
        count = len(first.requests)
        time.sleep(0.7)
        self.assertLessEqual(len(first.requests), count + 1)
        self.assertIn("1970", self.m.ask("AT+CIPSNTPTIME?")[0])

    def test_no_time(self):
        self.dns({"a.example": "10.123.0.1"})
        peer = self.sntp(1481538812, "10.123.0.1", "kiss")
        for mode in ("kiss", "unsynchronised", "foreign"):
            peer.mode = mode
            self.ok('AT+CIPSNTPCFG=0,"a.example"')
            time.sleep(0.25)
            self.assertIn("1970", self.m.ask("AT+CIPSNTPTIME?")[0], mode)
        peer.mode = "answer"
        self.synchronised("Mon Dec 12")

    def test_defaults(self):
        dns = self.dns({"us.pool.ntp.org": "10.123.0.3"})
        self.sntp(1481538812, "10.123.0.3")
        self.ok("AT+CIPSNTPCFG=0")
        self.ok("AT+CIPSNTPCFG?", '+CIPSNTPCFG:1,0,"cn.ntp.org.cn","ntp.sjtu.edu.cn","us.pool.ntp.org"')
        self.synchronised("Mon Dec 12")
        self.assertEqual(dns.requests, ["cn.ntp.org.cn", "ntp.sjtu.edu.cn", "us.pool.ntp.org"])

    def test_refusals(self):
        self.ok('AT+CIPSNTPCFG=8,"a.example"')
        self.error("AT+CIPSNTPCFG=14", "AT+CIPSNTPCFG=-12", "AT+CIPSNTPCFG=", 'AT+CIPSNTPCFG="8"', "AT+CIPSNTPCFG=x",
                   'AT+CIPSNTPCFG=8,"a","b","c","d"', "AT+CIPSNTPCFG=8,a", 'AT+CIPSNTPCFG=2,8,"a"', 'AT+CIPSNTPCFG=1,14,"a"',
                   'AT+CIPSNTPCFG=,"a"', 'AT+CIPSNTPCFG=1,"8","a"', 'AT+CIPSNTPCFG=1,8,"a","b","c","d"', "AT+CIPSNTPTIME",
                   "AT+CIPSNTPTIME=1", 'AT+CIPSNTPCFG=1,8,""')
        self.ok("AT+CIPSNTPCFG?", '+CIPSNTPCFG:1,8,"a.example"')
        self.restart()
        self.ok("AT+CIPSNTPCFG?", "+CIPSNTPCFG:0")


class Pings(Case):
    def test_ping(self):
        self.dns({"host.example": "10.7.0.1", "none.example": "10.7.0.2"})
        self.route("10.7.0.1", 80, "tcp", f"{NET}.3:80")
        for host in (HOST, "10.7.0.1", "host.example"):
            answer = self.m.ask(f'AT+PING="{host}"')
            self.assertRegex(answer[0], r"^\+PING:[1-9]\d{0,3}$")
            self.assertEqual(answer[1:], ["OK"])
        self.assertIn(self.m.control({"get": "ping"})["how"], ("raw", "datagram", "stand-in"))
        for host in ("192.0.2.1", "10.7.0.2", "none.example", "nothing.example", "8.8.8.8"):
            self.says(f'AT+PING="{host}"', "+timeout", "ERROR")
        self.error('AT+PING=""', "AT+PING=192.0.2.1", f'AT+PING="{HOST}",1', "AT+PING=", "AT+PING", "AT+PING?")
        self.ok("AT+CWQAP", "WIFI DISCONNECT")
        self.says(f'AT+PING="{HOST}"', "+timeout", "ERROR")


STEPS = ("+CIPUPDATE:1", "+CIPUPDATE:2", "+CIPUPDATE:3", "+CIPUPDATE:4")


class Updates(Case):
    def server(self, mode="answer", port=80, **more):
        peer = Update(mode=mode, **more)
        self.addCleanup(peer.close)
        self.dns({NAME: "192.168.101.20"})
        self.route(NAME, port, "tcp", peer.at)
        return peer

    def version(self):
        return self.m.ask("AT+GMR")[0]

    def updated(self, command, version):
        self.ok(command, *STEPS)
        self.back()
        self.assertTrue(self.version().startswith(f"AT version:{version}("), self.version())

    def test_latest(self):
        before = self.version()
        peer = self.server()
        self.updated("AT+CIUPDATE", "v2.1.0.0")
        self.assertEqual(peer.requests, ["/atconform/version", "/atconform/image?version=v2.1.0.0"])
        self.assertEqual(peer.senders[0][0], MODULE)
        self.ok("AT+SYSROLLBACK")
        self.back()
        self.assertEqual(self.version(), before)

    def test_with_a_version(self):
        peer = self.server(version="v9.0.0.0")
        self.updated('AT+CIUPDATE=0,"v1.2.0.0"', "v1.2.0.0")
        self.assertEqual(peer.requests[-1], "/atconform/image?version=v1.2.0.0")
        self.says('AT+CIUPDATE=0,"v7.7.7.7"', *STEPS[:3], "ERROR")

    def test_manners_of_the_server(self):
        for mode in ("one-by-one", "hangs-up", "until-end"):
            peer = self.server(mode)
            self.updated("AT+CIUPDATE=0", "v2.1.0.0")
            peer.close()

    def test_over_tls(self):
        peer = self.server(port=443, context=tls_server(PKI))
        self.updated('AT+CIUPDATE=1,"v1.2.0.0"', "v1.2.0.0")
        self.assertEqual(len(peer.requests), 2)

    def test_a_tls_server_of_another_ca(self):
        self.server(port=443, context=tls_server(PKI, "other-server"))
        self.says("AT+CIUPDATE=1", "+CIPUPDATE:1", "ERROR")

    def test_tls_with_a_server_that_speaks_none(self):
        self.server(port=443, mode="garbage")
        self.says("AT+CIUPDATE=1", "+CIPUPDATE:1", "ERROR")

    def test_failures(self):
        before = self.version()
        for mode, steps in (("close", 2), ("garbage", 2), ("no-version", 2), ("short", 4), ("wrong-hash", 4), ("stall", 2)):
            peer = self.server(mode)
            self.assertLess(fastest(lambda: self.says("AT+CIUPDATE", *STEPS[:steps], "ERROR"), 2), 2, mode)
            peer.close()
        self.server(image=b"")
        self.says("AT+CIUPDATE", *STEPS[:3], "ERROR")
        with socket.socket() as closed:
            closed.bind((HOST, 0))
            self.route(NAME, 80, "tcp", "%s:%d" % closed.getsockname())
            self.says("AT+CIUPDATE", STEPS[0], "ERROR")
        self.m.control({"air": {"route": {"clear": True}}})
        self.error("AT+CIUPDATE")
        self.dns({NAME: "192.168.101.20"})
        self.says("AT+CIUPDATE", STEPS[0], "ERROR")
        self.assertEqual(self.version(), before)
        self.assertEqual(self.m.control({"get": "starts"})["value"], 1)

    def test_refusals(self):
        peer = self.server()
        self.error("AT+CIUPDATE=2", "AT+CIUPDATE=-1", 'AT+CIUPDATE="0"', "AT+CIUPDATE=0,v1.2.0.0", 'AT+CIUPDATE=0,""',
                   'AT+CIUPDATE=0,"v1.2.0.0",1', "AT+CIUPDATE=", "AT+CIUPDATE?", 'AT+CIUPDATE=0,"a b"')
        self.ok("AT+CWQAP", "WIFI DISCONNECT")
        self.error("AT+CIUPDATE")
        self.assertEqual(peer.requests, [])

    def test_restart_in_the_middle(self):
        self.server("stall")
        self.m.send("AT+CIUPDATE\r\n")
        self.m.until(b"+CIPUPDATE:2\r\n")
        self.m.control({"do": "power-cycle"})
        self.back()
        self.assertEqual(self.m.ask("AT"), ["OK"])


class Tls(Case):
    def test_single(self):
        self.ok("AT+CIPSSLCCONF?", "+CIPSSLCCONF:0,0,0,0")
        self.ok("AT+CIPSSLCCONF=3,1,1")
        self.ok("AT+CIPSSLCCONF?", "+CIPSSLCCONF:0,3,1,1")
        self.error("AT+CIPSSLCCONF=4,0,0", "AT+CIPSSLCCONF=-1,0,0", "AT+CIPSSLCCONF=0,0", "AT+CIPSSLCCONF=0,0,0,0", "AT+CIPSSLCCONF=",
                   "AT+CIPSSLCCONF=0,,0", "AT+CIPSSLCCONF=0,2,0", "AT+CIPSSLCCONF=0,0,2", "AT+CIPSSLCCONF=0,-1,0",
                   'AT+CIPSSLCCONF="0",0,0', "AT+CIPSSLCCONF")
        self.restart()
        self.ok("AT+CIPSSLCCONF?", "+CIPSSLCCONF:0,3,1,1")
        self.ok("AT+RESTORE")
        self.m.until(b"ready\r\n")
        self.m.ask("ATE0")
        self.ok("AT+CIPSSLCCONF?", "+CIPSSLCCONF:0,0,0,0")

    def test_multiple(self):
        self.ok("AT+CIPMUX=1")
        self.ok("AT+CIPSSLCCONF=5,2,0,0")
        self.ok("AT+CIPSSLCCONF=3,1,1,0")
        self.ok("AT+CIPSSLCCONF?", *(f"+CIPSSLCCONF:{i},{'1,1' if i == 3 else '2,0'},0" for i in range(5)))
        self.error("AT+CIPSSLCCONF=6,0,0,0", "AT+CIPSSLCCONF=-1,0,0,0", "AT+CIPSSLCCONF=0,0,0", "AT+CIPSSLCCONF=0,0,0,0,0")


    def start(self, peer, who):
        """Opens a link and closes it; `who` is what the server knows the module as, None: refused."""
        self.m.send(f'AT+CIPSTART="SSL","{HOST}",{peer.port}\r\n')
        # A server refuses a client's certificate only behind the handshake of TLS 1.3.
        wanted = f":<{who}>".encode() if who else b"(\r\nERROR|CLOSED)\r\n"
        raw = b""
        while not re.search(wanted, raw):
            part = self.m.more()
            self.assertTrue(part, raw)
            raw += part
        if who is None:
            return
        self.assertIn(b"CONNECT\r\n\r\nOK\r\n", raw)
        self.m.ask("AT+CIPCLOSE")

    def peer(self, **more):
        peer = TlsPeer(tls_server(PKI, **more))
        self.addCleanup(peer.close)
        return peer

    def test_links(self):
        plain, foreign = self.peer(), self.peer(name="other-server")
        asks, insists = self.peer(clients="ca", ask=True), self.peer(clients="ca")
        for setting, known in (
                ("0,0,0", ("nobody", "nobody", "nobody", None)), ("1,0,0", ("nobody", "nobody", "client", "client")),
                ("2,0,0", ("nobody", None, "nobody", None)), ("3,0,0", ("nobody", None, "client", "client")),
                ("1,1,0", ("nobody", "nobody", None, None)), ("2,0,1", (None, "nobody", None, None))):
            self.ok(f"AT+CIPSSLCCONF={setting}")
            for peer, who in zip((plain, foreign, asks, insists), known):
                with self.subTest(setting=setting, who=who):
                    self.start(peer, who)


class Control(Case):
    def test_routes(self):
        good = {"to": "a.example", "port": 80, "protocol": "tcp", "at": f"{HOST}:8080"}
        self.assertTrue(self.m.control({"air": {"route": good}})["ok"])
        self.assertEqual(self.m.control({"get": "routes"})["routes"], [good])
        other = {**good, "at": f"{HOST}:8081"}
        self.assertTrue(self.m.control({"air": {"route": other}})["ok"])
        self.assertEqual(self.m.control({"get": "routes"})["routes"], [other])
        for change in ({"at": "192.168.1.1:80"}, {"at": "10.0.0.1:80"}, {"at": "0.0.0.0:80"}, {"at": HOST}, {"at": f"{HOST}:0"},
                       {"at": "8.8.8.8:53"}, {"port": 0}, {"port": 65536}, {"protocol": "sctp"}, {"to": ""}, {"to": "x" * 256},
                       {"more": 1}, {"to": None}):
            answer = self.m.control({"air": {"route": {**good, **change}}})
            self.assertFalse(answer["ok"], change)
            self.assertTrue(answer["text"])
        self.assertFalse(self.m.control({"air": {"route": []}})["ok"])
        self.assertFalse(self.m.control({"air": {"route": {"clear": False}}})["ok"])
        for i in range(1, 64):
            self.assertTrue(self.m.control({"air": {"route": {**good, "port": i}}})["ok"])
        self.assertFalse(self.m.control({"air": {"route": {**good, "port": 64}}})["ok"])
        self.assertTrue(self.m.control({"air": {"route": {"clear": True}}})["ok"])
        self.assertEqual(self.m.control({"get": "routes"})["routes"], [])

    def test_pace(self):
        self.assertTrue(self.m.control({"set": {"pace": True}})["ok"])
        self.assertEqual(self.m.ask("AT"), ["OK"])
        self.assertTrue(self.m.control({"set": {"pace": False}})["ok"])
        self.assertEqual(self.m.ask("AT"), ["OK"])
        self.assertFalse(self.m.control({"set": {"pace": 1}})["ok"])


class Field(Case):
    options = ("--dialect", "field")

    def test_dialect(self):
        self.assertEqual(self.m.ask("AT+CIFSR"), ['+CIFSR:STAIP,"192.168.101.100"', '+CIFSR:STAMAC,"5c:cf:7f:5e:0c:1f"', "OK"])
        self.ok("AT+CWMODE=3")
        self.assertEqual(self.m.ask("AT+CIFSR")[0], '+CIFSR:APIP,"192.168.4.1"')
        self.says('AT+PING="192.0.2.1"', "+PING:TIMEOUT", "ERROR")
        self.error("AT+CIPSNTPCFG", 'AT+CIPSNTPCFG=8,"a.example"', "AT+CIPSNTPCFG=8", "AT+CIPSNTPCFG=1")
        self.ok('AT+CIPSNTPCFG=1,8,"a.example"')
        self.ok("AT+CIPSNTPCFG?", '+CIPSNTPCFG:1,8,"a.example"')
        self.ok("AT+CIPSNTPCFG=0")
        self.ok("AT+CIPSNTPCFG?", "+CIPSNTPCFG:0")
        self.ok("AT+CIPDNS=1")
        self.ok("AT+CIPDNS?", '+CIPDNS:1,"208.67.222.222"')


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "takes rights away, which takes root")
class Unprivileged(Case):
    """Without the right to raw sockets and low ports."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="atmodule-less-")
        program, path = atmodule.PROGRAM, os.path.join(folder, "atmodule")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexec setpriv --inh-caps=-all --bounding-set=-net_raw,-net_bind_service "
                       f"'{program}' \"$@\"\n")
        os.chmod(path, 0o755)
        atmodule.PROGRAM = path
        try:
            super().setUpClass()
        finally:
            atmodule.PROGRAM = program
            shutil.rmtree(folder)

    def test_ping(self):
        self.assertIn(self.m.control({"get": "ping"})["how"], ("datagram", "stand-in"))
        self.assertRegex(self.m.ask(f'AT+PING="{HOST}"')[0], r"^\+PING:\d+$")
        with Update() as listener:
            self.route("10.7.0.1", 80, "tcp", listener.at)
            self.assertRegex(self.m.ask('AT+PING="10.7.0.1"')[0], r"^\+PING:\d+$")
        self.says('AT+PING="192.0.2.1"', "+timeout", "ERROR")

    def test_low_port(self):
        self.ok("AT+CIPMUX=1")
        self.ok("AT+CIPSERVER=1,80")
        server = self.m.control({"get": "server"})
        self.assertEqual((server["ok"], server["address"], server["asked"]), (True, MODULE, 80))
        with socket.create_connection((server["address"], server["port"]), timeout=PATIENCE):
            self.m.until(b"0,CONNECT\r\n")
        self.m.until(b"0,CLOSED\r\n")
        self.ok("AT+CIPSERVER=0")


class Options(unittest.TestCase):
    def test_refused(self):
        for words in (("--host", "192.168.1.1"), ("--host", "x"), ("--pki", "/nonexistent"), ("--pki", AIR)):
            done = run("--stdio", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertEqual(done.stderr.count(b"\n"), 1, words)

    def test_air_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            for hosts, text in (('{"a": {"address": "x"}}', b"an IPv4 address is wanted"), ('{"a": {"b": 1}}', b"no such key"),
                                ('{"": {}}', b"1 to 64 bytes"), ('{"a": {}, "A": {}}', b"another host"), ("[]", b"an object"),
                                ("{%s}" % ",".join(f'"h{i}": {{}}' for i in range(65)), b"at most 64 hosts")):
                file.seek(0)
                file.truncate()
                file.write('{"access_points": [], "hosts": %s}' % hosts)
                file.flush()
                done = run("--stdio", "--air", file.name)
                self.assertEqual(done.returncode, 2, hosts)
                self.assertIn(text, done.stderr)
                self.assertRegex(done.stderr.decode(), re.escape(file.name) + r":1:\d+: ")


if __name__ == "__main__":
    unittest.main()
