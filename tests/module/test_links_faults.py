#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A sample of the faults of the connections: each does what it says. That the suite sees them all is
the kill matrix's business."""
import socket
import unittest

from atmodule import PATIENCE, Module
from link_peers import HOST, MODULE, listener, port, quiet, whole
from wifi_air import AIR, JOIN


class Sample(unittest.TestCase):
    m = None

    def tearDown(self):
        if self.m:
            self.m.stop()

    def module(self, fault, *commands):
        self.tearDown()
        m = Module("--boot-ms", "1", "--air", AIR, "--address", MODULE, "--host", HOST, "--fault", fault, control=True)
        m.ask("ATE0")
        m.ask(JOIN)
        for command in commands:
            m.ask(command)
        self.server = listener()
        self.addCleanup(self.server.close)
        self.m = m
        return m

    def start(self, link=None):
        first = "" if link is None else f"{link},"
        return self.m.ask(f'AT+CIPSTART={first}"TCP","{HOST}",{port(self.server)}')

    def accept(self):
        s, _ = self.server.accept()
        s.settimeout(PATIENCE)
        self.addCleanup(s.close)
        return s

    def says(self, text, about, quiet=0.3):
        """Exactly this, and then nothing more for a moment."""
        self.m.heard()
        self.assertEqual(self.m.read(quiet, len(text)), text, about)

    def send(self, command, data, head, tail, about=None):
        self.m.send(command + "\r\n")
        self.says(head, about, 0.2)
        self.m.send(data)
        if tail is not None:
            self.says(tail, about, 0.4)

    def test_opening(self):
        for fault, answer in (("no-connect:cipstart", ["OK"]), ("connect-twice:cipstart", ["CONNECT", "CONNECT", "OK"]),
                              ("any-form:cipstart", ["CONNECT", "OK"]),
                              ("refuse-any:cipstart.type", ["ERROR"]), ("no-info:cipmux.query", ["CONNECT", "OK"])):
            self.module(fault)
            self.assertEqual(self.start(), answer, fault)
        self.module("connect-after-ok:cipstart")
        self.m.send(f'AT+CIPSTART="TCP","{HOST}",{port(self.server)}\r\n')
        self.says(b"\r\nOK\r\nCONNECT\r\n", "connect-after-ok")
        self.module("nonos-sdk-35:cipstart", "AT+CIPMUX=1")
        self.assertEqual(self.start(-10), ["246,CONNECT", "OK"])
        self.module("already-silent:cipstart")
        self.start()
        self.assertEqual(self.start(), ["ERROR"])
        self.module("fails-ok:cipstart")
        self.assertEqual(self.m.ask(f'AT+CIPSTART="TCP","{HOST}",1'), ["OK"])
        self.module("last-id:cipstartex", "AT+CIPMUX=1")
        self.assertEqual(self.m.ask(f'AT+CIPSTARTEX="TCP","{HOST}",{port(self.server)}'), ["4,CONNECT", "OK"])
        self.module("with-links:cipmux")
        self.start()
        self.assertEqual(self.m.ask("AT+CIPMUX=1"), ["OK"])

    def test_sending(self):
        for fault, arrives, said in (
                ("esp-at-154:cipsend", b"hello", b""), ("send-ok-twice:cipsend", b"hello", b"\r\nSEND OK\r\n" * 2),
                ("lost-byte:cipsend", b"helo", b"\r\nSEND OK\r\n"), ("doubled-byte:cipsend", b"helloo", b"\r\nSEND OK\r\n"),
                ("one-less:cipsend", b"hell", b"\r\nSEND OK\r\n"), ("esp-at-967:cipsend", b"\nhello", b"\r\nSEND OK\r\n"),
                ("swapped:cipsend", b"ehllo", None), ("sends-nothing:cipsend", b"", b"\r\nSEND OK\r\n")):
            self.module(fault)
            self.start()
            s = self.accept()
            self.send("AT+CIPSEND=5", b"hello", b"\r\nOK\r\n>", said, fault)
            if fault != "swapped:cipsend":
                self.assertEqual(whole(s, len(arrives)), arrives, fault)
            self.assertTrue(quiet(s, 0.05) or fault == "swapped:cipsend", fault)
        self.module("no-prompt:cipsend")
        self.start()
        self.send("AT+CIPSEND=5", b"hello", b"\r\nOK\r\n", b"\r\nSEND OK\r\n")
        self.module("no-final:cipsend.set")
        self.start()
        self.send("AT+CIPSEND=5", b"hello", b">", None)

    def test_receiving(self):
        for fault, text in (("ipd-long", b"\r\n+IPD,6:hello"), ("ipd-short", b"\r\n+IPD,4:hello"),
                            ("ipd-lost-byte", b"\r\n+IPD,4:helo"), ("ipd-doubled-byte", b"\r\n+IPD,6:hhello"),
                            ("ipd-id-in-single", b"\r\n+IPD,0,5:hello"), ("ipd-twice", b"\r\n+IPD,5:hello" * 2),
                            ("ipd-last-waits", b"\r\n+IPD,4:hell"), ("ipd-waits", b""), ("closed-missing", b"\r\n+IPD,5:hello"),
                            ("deaf:cipstart", b"")):
            self.module(fault)
            self.start()
            s = self.accept()
            s.sendall(b"hello")
            self.says(text, fault)
        self.module("esp-at-302")
        self.start()
        s = self.accept()
        self.m.send("AT+CIPSEND=2\r\n")
        self.m.until(b">")
        s.sendall(b"one")
        self.says(b"", "one")
        self.m.send("ab")
        self.m.until(b"SEND OK\r\n")
        s.sendall(b"two")
        self.says(b"", "two")
        self.module("esp-at-13")
        self.start()
        s = self.accept()
        self.m.send("AT+CIPSEND=2\r\n")
        self.m.until(b">")
        self.m.send("ab")
        s.sendall(whole(s, 2))
        self.says(b"\r\n+IPD,2:a\r\nSEND OK\r\nb", "esp-at-13", 0.5)

    def test_passive(self):
        for fault, text in (("silent:ciprecvmode", b""), ("long:ciprecvmode", b"\r\n+IPD,6\r\n"),
                            ("blanks:ciprecvmode", b"\r\n+IPD, 5\r\n"), ("stays-active:ciprecvmode", b"\r\n+IPD,5:hello")):
            self.module(fault, "AT+CIPRECVMODE=1")
            self.start()
            self.accept().sendall(b"hello")
            self.says(text, fault)
        for fault, answer in (("esp-at-589:ciprecvdata", ["+CIPRECVDATA:4,hell", "OK"]),
                              ("length:ciprecvdata", ["+CIPRECVDATA:6,hello", "OK"]),
                              ("no-info:ciprecvdata.set", ["OK"]), ("refuse-max:ciprecvdata.len", ["+CIPRECVDATA:5,hello", "OK"])):
            self.module(fault, "AT+CIPRECVMODE=1")
            self.start()
            self.accept().sendall(b"hello")
            self.m.until(b"+IPD,5\r\n")
            self.assertEqual(self.m.ask("AT+CIPRECVDATA=2047"), answer, fault)
        self.module("lwesp-46:ciprecvmode", "AT+CIPRECVMODE=1")
        self.start()
        s = self.accept()
        for told in (b"\r\n+IPD,1\r\n", b"\r\n+IPD,2\r\n", b"\r\n+IPD,3\r\n", b"", b"\r\n+IPD,5\r\n"):
            s.sendall(b"x")
            self.says(told, "lwesp-46", 0.1)
        self.module("lwesp-54:ciprecvmode", "AT+CIPRECVMODE=1", "AT+CIPMUX=1", "AT+CIPSERVER=1")
        s = socket.create_connection((MODULE, self.m.control({"get": "server"})["port"]))
        self.addCleanup(s.close)
        s.sendall(b"x")
        self.says(b"0,CONNECT\r\n", "lwesp-54")
        s.sendall(b"x")
        self.says(b"\r\n+IPD,0,2\r\n", "lwesp-54")
        self.module("total:ciprecvlen", "AT+CIPRECVMODE=1", "AT+CIPMUX=1")
        self.start(2)
        self.accept().sendall(b"hello")
        self.m.until(b"+IPD,2,5\r\n")
        self.assertEqual(self.m.ask("AT+CIPRECVLEN?"), ["+CIPRECVLEN:5,,5,,", "OK"])

    def test_lost_input_and_output(self):
        self.module("esp-at-455:cipsend")
        self.start()
        s = self.accept()
        self.send("AT+CIPSEND=1024", b"x" * 1024, b"\r\nOK\r\n>", b"\r\nSEND OK\r\n")
        self.send("AT+CIPSEND=2048", b"x" * 2048, b"\r\nOK\r\n>", b"")
        self.module("kaluma-389")
        self.start()
        s = self.accept()
        good = b"\r\n+IPD,10:0123456789"
        for told in (good, good, good, b"\r\n+IPD,1:0123456789", good):
            s.sendall(b"0123456789")
            self.says(told, "kaluma-389", 0.1)

    def test_closing(self):
        for fault, text in (("no-closed:cipclose", b"\r\nOK\r\n"), ("closed-after-ok:cipclose", b"\r\nOK\r\nCLOSED\r\n"),
                            ("closed-twice:cipclose", b"CLOSED\r\nCLOSED\r\n\r\nOK\r\n")):
            self.module(fault)
            self.start()
            self.m.send("AT+CIPCLOSE\r\n")
            self.says(text, fault)
        self.module("esp-at-465:cipclose")
        self.start()
        s = self.accept()
        self.m.ask("AT+CIPCLOSE")
        with self.assertRaises(ConnectionResetError):
            s.recv(1)
        self.module("lwesp-51:cipclose", "AT+CIPMUX=1")
        self.start(0)
        self.start(1)
        self.assertEqual(self.m.ask("AT+CIPCLOSE=0"), ["0,CLOSED", "OK"])
        self.m.send("AT+CIPCLOSE=1\r\n")
        self.says(b"", "lwesp-51")
        self.assertEqual(self.m.ask("AT"), ["OK"])
        self.module("leaks:cipclose")
        self.start()
        s = self.accept()
        self.m.ask("AT+CIPCLOSE")
        self.assertTrue(quiet(s, 0.2))

    def test_status(self):
        for fault, line in (("wrong-state:cipstatus.3", "STATUS:2"), ("esp-at-322:cipstatus", "STATUS:3")):
            self.module(fault)
            self.start()
            self.assertEqual(self.m.ask("AT+CIPSTATUS")[0], line, fault)
        self.module("stale:cipstatus")
        self.start()
        self.m.ask("AT+CIPCLOSE")
        self.assertEqual(len(self.m.ask("AT+CIPSTATUS")), 3)

    def test_server(self):
        for fault, taken in (("one-more:cipservermaxconn", 2), ("ignored:cipservermaxconn", 4), ("deaf:cipserver", 0)):
            self.module(fault, "AT+CIPMUX=1", "AT+CIPSERVERMAXCONN=1", "AT+CIPSERVER=1")
            there = (MODULE, self.m.control({"get": "server"})["port"])
            for _ in range(4):
                self.addCleanup(socket.create_connection(there).close)
            self.m.heard()
            self.assertEqual(self.m.read(0.4, taken * len("0,CONNECT\r\n")).count(b",CONNECT"), taken, fault)
        self.module("nonos-sdk-50:cipserver", "AT+CIPMUX=1", "AT+CIPSERVER=1")
        there = (MODULE, self.m.control({"get": "server"})["port"])
        self.m.send('AT+CIPSTART=0,"TCP","192.168.77.1",80\r\n')
        self.m.heard()
        self.addCleanup(socket.create_connection(there).close)
        self.m.until(b"0,CONNECT")

    def test_passthrough(self):
        for fault, sent, arrives in (("plus-inside:cipmode", b"a+++b", b""), ("esp-at-444:cipmode", b"abc", b"ab"),
                                     ("commands-inside:cipmode", b"AT\r\n", b"")):
            self.module(fault, "AT+CIPMODE=1")
            self.start()
            s = self.accept()
            self.m.send("AT+CIPSEND\r\n")
            self.m.until(b">")
            self.m.send(sent)
            self.assertEqual(whole(s, len(arrives)), arrives, fault)
            self.assertTrue(quiet(s, 0.2), fault)
        self.module("quitt-always:sysmsg", "AT+CIPMODE=1")
        self.start()
        self.m.send("AT+CIPSEND\r\n")
        self.m.until(b">")
        self.m.send("+++")
        self.says(b"\r\n+QUITT\r\n", "quitt-always")


if __name__ == "__main__":
    unittest.main()
