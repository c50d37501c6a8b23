#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The module's server with its limits, and passive reception."""
import re
import select
import socket
import time
import unittest

from atmodule import PATIENCE
from link_peers import HOST, MODULE, PATTERN, THIRD, Case, datagrams, listener, port, quiet, whole


class Server(Case):
    def setUp(self):
        super().setUp()
        self.ok("AT+CIPMUX=1")

    def serve(self, number=0, *before):
        for command in before:
            self.ok(command)
        if number == 0:
            s = listener(MODULE)
            number = port(s)
            s.close()
        self.ok(f"AT+CIPSERVER=1,{number}")
        told = self.m.control({"get": "server"})
        self.assertEqual((told["address"], told["asked"]), (MODULE, number))
        return told["port"]

    def client(self, number, address=HOST, connected=True):
        s = self.keep(socket.socket())
        s.bind((address, 0))
        s.settimeout(PATIENCE)
        s.connect((MODULE, number))
        if connected:
            link = int(self.m.until(b",CONNECT\r\n")[:1])
            return s, link
        return s

    def test_clients(self):
        number = self.serve()
        a, first = self.client(number)
        own = self.connect(1)
        b, second = self.client(number, THIRD)
        self.assertEqual((first, second), (0, 2))
        self.status(3, f'0,"TCP","{HOST}",{port(a)},{number},1',
                    f'1,"TCP","{HOST}",{port(self.server)},{own.getpeername()[1]},0',
                    f'2,"TCP","{THIRD}",{port(b)},{number},1')
        b.sendall(PATTERN[:5000])
        found, _ = self.ipd(5000)
        self.assertEqual({link for link, _, _ in found}, {2})
        self.give("AT+CIPSEND=0,4", b"to a")
        self.assertEqual(whole(a, 4), b"to a")
        self.assertTrue(quiet(b, 0.05))
        a.close()
        self.assertEqual(self.m.until(b"CLOSED\r\n"), b"0,CLOSED\r\n")
        self.ok("AT+CIPCLOSE=2", "2,CLOSED")
        self.closed(b)
        self.ok("AT+CIPSERVER=0")
        with self.assertRaises(ConnectionRefusedError):
            self.client(number, connected=False)
        self.error("AT+CIPSERVER=2", "AT+CIPSERVER=1,0", "AT+CIPSERVER=1,65536", "AT+CIPSERVER=", "AT+CIPSERVER=1,1,1")
        self.assertFalse(self.m.control({"get": "server"})["ok"])

    def test_default_port(self):
        self.ok("AT+CIPSERVER=1")
        told = self.m.control({"get": "server"})
        self.assertEqual(told["asked"], 333)
        _, link = self.client(told["port"])
        self.status(3, f'0,"TCP","{HOST}",{port(_)},333,1')

    def test_port_in_use(self):
        s = self.keep(listener(MODULE))
        self.m.send(f"AT+CIPSERVER=1,{port(s)}\r\n")
        self.m.until(b"\r\nERROR\r\n")
        self.assertIn(b"can't listen", self.m.process.stderr.readline())

    def test_limit(self):
        self.error("AT+CIPSERVERMAXCONN=0", "AT+CIPSERVERMAXCONN=6")
        self.ok("AT+CIPSERVERMAXCONN?", "+CIPSERVERMAXCONN:5")
        number = self.serve(0, "AT+CIPSERVERMAXCONN=2")
        self.error("AT+CIPSERVERMAXCONN=3")
        own = self.connect(4)
        a, _ = self.client(number)
        b, _ = self.client(number)
        late = self.client(number, connected=False)
        self.assertEqual(late.recv(1), b"")
        self.silence()
        a.close()
        self.m.until(b"0,CLOSED\r\n")
        c, link = self.client(number)
        self.assertEqual(link, 0)
        c.sendall(b"x")
        self.hears(b"x", 0)

    def test_all_five_taken(self):
        number = self.serve()
        for i in range(5):
            self.assertEqual(self.client(number)[1], i)
        self.assertEqual(self.client(number, connected=False).recv(1), b"")
        self.error(f'AT+CIPSTARTEX="TCP","{HOST}",{port(self.server)}')

    def test_pending_id_is_taken(self):
        number = self.serve()
        for attempt in range(40):  # on a busy machine it may not have come yet, or be over, when the client comes
            self.m.send('AT+CIPSTART=0,"TCP","192.168.77.1",80\r\n')
            self.m.heard()
            time.sleep(attempt % 10 * 0.008)
            s = self.client(number, connected=False)
            said = self.m.until(b",CONNECT\r\n")
            if said == b"1,CONNECT\r\n":
                break
            s.close()
            said += self.m.until(b"0,CLOSED\r\n")
            if b"ERROR" not in said:
                self.m.until(b"ERROR\r\n")
        self.assertEqual(said, b"1,CONNECT\r\n")
        self.m.until(b"ERROR\r\n")

    def test_silence(self):
        self.ok("AT+CIPSTO?", "+CIPSTO:180")
        self.error("AT+CIPSTO=-1", "AT+CIPSTO=7201")
        for _ in range(20):
            number = self.serve(0, "AT+CIPSTO=1")
            begin = time.monotonic()
            a, _ = self.client(number)
            moments = [time.monotonic()]
            b, _ = self.client(number)
            own = self.connect(2)
            text = b""
            while b"CLOSED" not in text:
                self.assertLess(time.monotonic(), moments[0] + PATIENCE, text[-300:])
                b.sendall(b"x")
                moments.append(time.monotonic())
                text += self.m.read(0.2)
            self.assertGreater(time.monotonic() - begin, 0.9)
            answer = self.m.ask("AT+CIPSTO=0")
            moments.append(time.monotonic())
            if max(after - before for before, after in zip(moments, moments[1:])) < 0.9:
                break
            self.setUp()  # b may have been silent for too long itself
        self.assertEqual(re.sub(rb"\r\n\+IPD,1,\d:x+", b"", text), b"0,CLOSED\r\n")
        self.assertEqual(answer, ["OK"])
        self.closed(a)
        a, link = self.client(number)
        self.assertEqual(link, 0)
        self.assertTrue(quiet(b, 1.2))
        self.ok("AT+CIPSTO=1")
        self.assertEqual(sorted(self.m.until(b"CLOSED\r\n") + self.m.until(b"CLOSED\r\n")), sorted(b"0,CLOSED\r\n1,CLOSED\r\n"))
        self.assertTrue(quiet(own, 0))

    def test_new_words(self):
        self.ok("AT+SYSMSG=2")
        number = self.serve()
        s = self.client(number, connected=False)
        self.assertEqual(self.m.until(b"\r\n").decode(), f'+LINK_CONN:0,0,"TCP",1,"{HOST}",{port(s)},{number}\r\n')
        self.ok("AT+SYSMSG=0")


class Passive(Case):
    def setUp(self):
        super().setUp()
        self.ok("AT+CIPRECVMODE=1")

    def read_data(self, command):
        """What one AT+CIPRECVDATA gives: (address, data)."""
        got = self.received(command, self.dinfo)
        return (got[:2], got[2]) if self.dinfo else (None, got)

    dinfo = False

    def notice(self, text):
        self.assertEqual(self.m.until(b"\r\n"), b"\r\n")
        self.assertEqual(self.m.until(b"\r\n").decode(), f"+IPD,{text}\r\n")

    def test_notices_and_reading(self):
        s = self.connect()
        s.sendall(b"hello")
        self.notice("5")
        s.sendall(b" world")
        self.notice("11")
        self.ok("AT+CIPRECVLEN?", "+CIPRECVLEN:11,,,,")
        self.assertEqual(self.read_data("AT+CIPRECVDATA=4"), (None, b"hell"))
        self.assertEqual(self.read_data("AT+CIPRECVDATA=2048"), (None, b"o world"))
        self.error("AT+CIPRECVDATA=1", "AT+CIPRECVDATA=0", "AT+CIPRECVDATA=2049", "AT+CIPRECVDATA=0,1", "AT+CIPRECVDATA=")
        self.ok("AT+CIPRECVLEN?", "+CIPRECVLEN:0,,,,")
        s.sendall(PATTERN[:256])
        self.notice("256")
        self.assertEqual(self.read_data("AT+CIPRECVDATA=256"), (None, PATTERN[:256]))

    def test_address(self):
        self.ok("AT+CIPDINFO=1")
        self.dinfo = True
        s = self.connect()
        s.sendall(b"hello")
        self.notice("5")
        self.assertEqual(self.read_data("AT+CIPRECVDATA=9"), ((HOST, port(self.server)), b"hello"))
        self.ok("AT+CIPRECVMODE=0")
        s.sendall(b"again")
        self.assertEqual(self.ipd(5)[0], [(None, (HOST, port(self.server)), b"again")])

    def test_back_pressure(self):
        s = self.connect()
        s.setblocking(False)
        sent, end = 0, time.monotonic() + 1
        while time.monotonic() < end:
            if not select.select([], [s], [], 0.2)[1]:
                break
            sent += s.send(PATTERN[sent % 256:][:8192])
        self.assertLess(sent, 4 << 20)
        self.m.until(b"+IPD,5840\r\n")
        self.silence()
        self.ok("AT+CIPRECVLEN?", "+CIPRECVLEN:5840,,,,")
        self.ok("AT")
        self.give("AT+CIPSEND=2", b"ok")
        self.assertEqual(whole(s, 2), b"ok")

    def test_nothing_is_lost_of_much(self):
        s = self.connect()
        s.setblocking(False)
        sent, got = 0, b""
        while len(got) < len(PATTERN):
            if sent < len(PATTERN) and select.select([], [s], [], 0)[1]:
                sent += s.send(PATTERN[sent:sent + 8192])
            got += self.received("AT+CIPRECVDATA=2048") or b""
        self.assertEqual(got, PATTERN)

    def test_disconnection_keeps_data(self):
        self.ok("AT+CIPMUX=1")
        s = self.connect(3)
        s.sendall(b"left over")
        self.notice("3,9")
        s.close()
        self.m.until(b"3,CLOSED\r\n")
        self.ok("AT+CIPRECVLEN?", "+CIPRECVLEN:,,,9,")
        self.assertEqual(self.read_data("AT+CIPRECVDATA=3,4"), (None, b"left"))
        self.ok("AT+CIPCLOSE=3")
        self.error("AT+CIPRECVDATA=3,4", "AT+CIPCLOSE=3")
        s = self.connect(3)
        s.sendall(b"old")
        self.notice("3,3")
        s.close()
        self.m.until(b"3,CLOSED\r\n")
        s = self.connect(3)
        self.error("AT+CIPRECVDATA=3,4")
        s.sendall(b"new")
        self.notice("3,3")
        self.assertEqual(self.read_data("AT+CIPRECVDATA=3,9"), (None, b"new"))

    def test_each_link_has_its_own(self):
        self.ok("AT+CIPMUX=1")
        a, b = self.connect(0), self.connect(1)
        a.sendall(PATTERN[:20000])
        self.m.until(b"+IPD,0,5840\r\n")
        b.sendall(b"small")
        self.notice("1,5")
        self.ok("AT+CIPRECVLEN?", "+CIPRECVLEN:5840,5,,,")
        self.assertEqual(self.read_data("AT+CIPRECVDATA=1,9"), (None, b"small"))
        self.error("AT+CIPRECVDATA=5,1", "AT+CIPRECVDATA=2,1", "AT+CIPRECVDATA=1")

    def test_clients(self):
        self.ok("AT+CIPMUX=1")
        s = listener(MODULE)
        number = port(s)
        s.close()
        self.ok(f"AT+CIPSERVER=1,{number}")
        c = self.keep(socket.create_connection((MODULE, number)))
        self.m.until(b"0,CONNECT\r\n")
        c.sendall(b"news")
        self.notice("0,4")
        self.assertEqual(self.read_data("AT+CIPRECVDATA=0,4"), (None, b"news"))

    def test_datagrams(self):
        peer, other = self.udp("", 2), self.keep(datagrams(THIRD))
        sender = self.source(peer)
        for s, text in ((peer, b"one"), (peer, b"two"), (other, b"three")):
            s.sendto(text, sender)
            self.m.until(b"+IPD,")
            self.m.until(b"\r\n")
        self.ok("AT+CIPRECVLEN?", "+CIPRECVLEN:11,,,,")
        self.ok("AT+CIPDINFO=1")
        self.dinfo = True
        self.assertEqual(self.read_data("AT+CIPRECVDATA=2"), ((HOST, port(peer)), b"on"))
        self.assertEqual(self.read_data("AT+CIPRECVDATA=100"), ((HOST, port(peer)), b"etwo"))
        self.assertEqual(self.read_data("AT+CIPRECVDATA=100"), ((THIRD, port(other)), b"three"))
        for _ in range(6):
            peer.sendto(PATTERN[:1000], sender)
        self.m.until(b"+IPD,5000\r\n")
        self.m.heard()
        self.ok("AT+CIPRECVLEN?", "+CIPRECVLEN:5000,,,,")
        self.read_data("AT+CIPRECVDATA=2048")
        peer.sendto(b"fits", sender)
        self.notice("2956")

    def test_active_has_nothing_to_read(self):
        self.ok("AT+CIPRECVMODE=0")
        s = self.connect()
        s.sendall(b"x")
        self.hears(b"x")
        self.error("AT+CIPRECVDATA=1")
        self.ok("AT+CIPRECVLEN?", "+CIPRECVLEN:0,,,,")


if __name__ == "__main__":
    unittest.main()
