#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Connections that the module opens, over real sockets: opening, state, sending, closing."""
import select
import socket
import sys
import tempfile
import threading
import time
import unittest

from atmodule import PATIENCE, fastest
from link_peers import HOST, MODULE, PATTERN, THIRD, Case, datagrams, frames, listener, port, quiet, whole
from service_peers import Dns, pki, tls_server

ALL = bytes(range(256))


class Opening(Case):
    def test_tcp(self):
        self.status(2)
        s = self.connect()
        own = s.getpeername()
        self.assertEqual(own[0], MODULE)
        self.status(3, f'0,"TCP","{HOST}",{port(self.server)},{own[1]},0')
        start = f'AT+CIPSTART="TCP","{HOST}",{port(self.server)}'
        self.says(start, "ALREADY CONNECTTED", "ERROR")
        self.ok("AT+CIPCLOSE", "CLOSED")
        self.closed(s)
        self.status(4)
        self.error("AT+CIPCLOSE")

    def test_a_state_that_ends_with_the_station(self):
        """Whether there was a connection is told of this stay in the network, not of one before it."""
        self.connect()
        self.ok("AT+CIPCLOSE", "CLOSED")
        self.status(4)
        for mode in (0, 2, 3):  # with a SoftAP and without one
            with self.subTest(mode):
                self.ok("AT+CWMODE=2" if mode == 3 else f"AT+CWMODE={mode}", "WIFI DISCONNECT")
                self.ok("AT+CWMODE=3" if mode == 3 else "AT+CWMODE=1")
                self.join()
                self.status(2)
                self.connect()
                self.ok("AT+CIPCLOSE", "CLOSED")
                self.status(4)

    def test_parameters(self):
        there = f'"{HOST}",{port(self.server)}'
        self.error(f'AT+CIPSTART="TCP","{HOST}"', f'AT+CIPSTART="tcp",{there}', f'AT+CIPSTART=TCP,{there}',
                   f'AT+CIPSTART=0,"TCP",{there}', f'AT+CIPSTART="TCP","{HOST}",0', f'AT+CIPSTART="TCP","{HOST}",65536',
                   f'AT+CIPSTART="TCP",{there},7201', f'AT+CIPSTART="TCP",{there},-1', f'AT+CIPSTART="TCP",{there},0,"x"',
                   f'AT+CIPSTART="TCP",{there},0,"{HOST}"', f'AT+CIPSTART="TCP",{there},0,"192.168.101.100",0',
                   'AT+CIPSTART="TCP","",80', 'AT+CIPSTART="TCP","1.2.3",80', "AT+CIPSTART=", "AT+CIPSTART",
                   f'AT+CIPSTART="UDP",{there},1,3', f'AT+CIPSTART="UDP",{there},65536')
        self.assertTrue(quiet(self.server, 0))
        self.status(2)
        self.ok(f'AT+CIPSTART="TCP",{there},,"192.168.101.100"', "CONNECT")
        self.accept()
        self.ok("AT+CIPCLOSE", "CLOSED")
        self.ok("AT+CIPMUX=1")
        self.error(f'AT+CIPSTART="TCP",{there}', f'AT+CIPSTART=5,"TCP",{there}', f'AT+CIPSTART=-10,"TCP",{there}')
        self.ok(f'AT+CIPSTART=4,"TCP",{there},7200', "4,CONNECT")

    def test_nobody_there(self):
        s = listener()
        nobody = port(s)
        s.close()
        self.error(f'AT+CIPSTART="TCP","{HOST}",{nobody}')
        nowhere = ('AT+CIPSTART="TCP","192.168.77.1",80', 'AT+CIPSTART="UDP","192.168.77.1",80')
        self.assertLess(fastest(lambda: self.error(*nowhere), 1), 1)
        self.ok("AT+CWQAP", "WIFI DISCONNECT")
        self.error(f'AT+CIPSTART="TCP","{HOST}",{port(self.server)}')
        self.status(5)
        self.ok("AT+CWMODE=0")
        self.status(0)

    def test_busy_meanwhile(self):
        # In one piece: on a busy machine it may be over before a second one comes.
        self.m.send('AT+CIPSTART="TCP","192.168.77.1",80\r\nAT\r\n')
        self.m.until(b"\r\nbusy p...\r\n")
        self.m.until(b"\r\nERROR\r\n")
        self.ok("AT")

    def test_restart_meanwhile(self):
        self.m.send('AT+CIPSTART="TCP","192.168.77.1",80\r\n')
        self.m.heard()
        self.start()
        self.m.until(b"WIFI GOT IP\r\n")
        self.ok("ATE0")
        self.silence()

    def test_route_and_name(self):
        with Dns({"example.com": "192.168.101.77"}) as dns:
            for to, at, protocol in (("222.222.67.208", f"{dns.at}", "udp"),
                                     ("192.168.101.77", f"{HOST}:{port(self.server)}", "tcp")):
                host, number = at.split(":")
                answer = self.m.control({"air": {"route": {"to": to, "port": 53 if protocol == "udp" else 8000,
                                                           "protocol": protocol, "at": f"{host}:{number}"}}})
                self.assertTrue(answer["ok"], answer)
            self.ok('AT+CIPDNS=1,"222.222.67.208","1.1.1.1","2.2.2.2"')
            self.ok('AT+CIPSTART="TCP","example.com",8000', "CONNECT")
            own = self.accept().getpeername()[1]
            self.status(3, f'0,"TCP","192.168.101.77",8000,{own},0')
            self.ok("AT+CIPCLOSE", "CLOSED")
            self.error('AT+CIPSTART="TCP","other.example.com",8000')
        self.m.control({"air": {"route": {"clear": True}}})

    def test_five_and_automatic_ids(self):
        self.ok("AT+CIPMUX=1")
        there = f'"TCP","{HOST}",{port(self.server)}'
        sides = [self.connect(1)]
        for link in (0, 2, 3, 4):
            self.ok(f"AT+CIPSTARTEX={there}", f"{link},CONNECT")
            sides.append(self.accept())
        self.error(f"AT+CIPSTARTEX={there}")
        self.says(f"AT+CIPSTART=1,{there}", "ALREADY CONNECTTED", "ERROR")
        self.ok("AT+CIPCLOSE=3", "3,CLOSED")
        self.closed(sides[3])
        self.error("AT+CIPCLOSE=3", "AT+CIPCLOSE=6", "AT+CIPCLOSE=-1", "AT+CIPCLOSE", "AT+CIPCLOSE=")
        self.ok(f"AT+CIPSTARTEX={there}", "3,CONNECT")
        self.ok("AT+CIPCLOSE=5", *(f"{i},CLOSED" for i in range(5)))
        for s in sides[:3]:
            self.closed(s)

    def test_new_words(self):
        self.ok("AT+SYSMSG=2")
        self.m.send(f'AT+CIPSTART="TCP","{HOST}",{port(self.server)}\r\n')
        text = self.m.until(b"\r\nOK\r\n").decode()
        own = self.accept().getpeername()[1]
        self.assertEqual(text, f'+LINK_CONN:0,0,"TCP",0,"{HOST}",{port(self.server)},{own}\r\n\r\nOK\r\n')
        self.ok("AT+SYSMSG=0")

    def test_modes_that_go_together(self):
        self.error("AT+CIPSERVER=1", "AT+CIPMUX=2", "AT+CIPMODE=2", 'AT+CIPMUX="1"')
        s = self.connect()
        self.error("AT+CIPMUX=1")
        self.ok("AT+CIPMUX=0")
        self.ok("AT+CIPCLOSE", "CLOSED")
        self.ok("AT+CIPMODE=1")
        self.error("AT+CIPMUX=1")
        self.ok("AT+CIPMODE=0")
        self.ok("AT+CIPMUX=1")
        self.error("AT+CIPMODE=1")
        self.ok("AT+CIPSERVER=1")
        self.error("AT+CIPMUX=0", "AT+CIPSERVER=1,334", "AT+CIPSERVERMAXCONN=2")
        self.ok("AT+CIPSERVER=0")
        self.ok("AT+CIPMUX=0")
        self.closed(s)

    def test_peer_closes(self):
        s = self.connect()
        s.close()
        self.assertEqual(self.m.until(b"CLOSED\r\n"), b"CLOSED\r\n")
        self.status(4)
        s = self.connect()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
        self.assertEqual(self.m.until(b"CLOSED\r\n"), b"CLOSED\r\n")
        s = self.connect()
        s.sendall(PATTERN)
        s.close()
        found, rest = self.ipd(len(PATTERN))
        self.assertEqual(b"".join(d for _, _, d in found), PATTERN)
        self.assertEqual(rest + self.m.read(0.1, len(b"CLOSED\r\n") - len(rest)), b"CLOSED\r\n")

    def test_orderly_end_with_data_unread(self):
        """What the module had not taken yet does not make a reset of its close."""
        self.ok("AT+CIPRECVMODE=1")
        s = self.connect()
        s.sendall(bytes(6000))
        self.m.until(b"+IPD,5840\r\n")
        self.ok("AT+CIPCLOSE", "CLOSED")
        self.closed(s)

    def test_access_point_gone(self):
        s = self.connect()
        self.m.control({"air": {"ap": "02:00:5e:00:00:01", "set": {"visible": False}}})
        self.assertEqual(self.m.until(b"CLOSED\r\n"), b"WIFI DISCONNECT\r\nCLOSED\r\n")
        self.closed(s)
        self.status(5)
        self.m.control({"air": {"ap": "02:00:5e:00:00:01", "set": {"visible": True}}})
        self.m.until(b"GOT IP\r\n")
        self.status(2)


class Udp(Case):
    def both(self, peer):
        sender = self.source(peer)
        other = self.keep(datagrams(THIRD))
        again = self.keep(datagrams())
        for s, text in ((other, b"two"), (again, b"three"), (peer, b"four")):
            s.sendto(text, sender)
            self.hears(text)
            self.m.send("AT+CIPSEND=1\r\n")
            self.m.until(b">")
            self.m.send("x")
            self.m.until(b"SEND OK\r\n")
            select.select([peer, other, again], [], [], PATIENCE)
            hit = [one for one in (peer, other, again) if not quiet(one, 0.05)]
            self.assertEqual(len(hit), 1)
            hit[0].recv(10)
            yield {peer: "peer", other: "other", again: "again"}[hit[0]]

    def test_modes(self):
        for mode, targets in ((0, ["peer"] * 3), (1, ["other"] * 3), (2, ["other", "again", "peer"])):
            peer = self.udp("", mode)
            self.assertEqual(list(self.both(peer)), targets, mode)
            self.ok("AT+CIPCLOSE", "CLOSED")

    def test_local_port_and_status(self):
        probe = datagrams(MODULE)
        own = port(probe)
        probe.close()
        peer = self.udp(own, 2)
        self.assertEqual(self.source(peer), (MODULE, own))
        self.status(3, f'0,"UDP","{HOST}",{port(peer)},{own},0')
        other = self.keep(datagrams(THIRD))
        other.sendto(b"x", (MODULE, own))
        self.hears(b"x")
        self.status(3, f'0,"UDP","{THIRD}",{port(other)},{own},0')
        self.ok("AT+CIPCLOSE", "CLOSED")
        other.sendto(b"y", (MODULE, own))
        self.silence()
        self.status(4)

    def test_sending_elsewhere(self):
        peer, other = self.udp(), self.keep(datagrams(THIRD))
        self.error(f'AT+CIPSEND=1,"{THIRD}"', f'AT+CIPSEND=1,"256.1.1.1",{port(other)}', 'AT+CIPSEND=1,"",1',
                   f'AT+CIPSEND=1,"{THIRD}",0', f'AT+CIPSEND=1,"{THIRD}",1,1', 'AT+CIPSEND=1,"192.168.77.1",1')
        self.give(f'AT+CIPSEND=3,"{THIRD}",{port(other)}', b"abc")
        self.assertEqual(other.recv(10), b"abc")
        self.give("AT+CIPSEND=2", b"de")
        self.assertEqual(peer.recv(10), b"de")
        self.assertTrue(quiet(other))

    def test_one_datagram_a_send(self):
        peer = self.udp()
        for n in (1, 2047, 2048):
            self.give(f"AT+CIPSEND={n}", PATTERN[:n])
            self.assertEqual(peer.recv(4096), PATTERN[:n])
        sender = self.source(peer)
        for n in (1, 1460, 1461, 3000):
            peer.sendto(PATTERN[:n], sender)
            self.assertEqual(self.ipd(n), ([(None, None, PATTERN[:n])], b""))


class Sending(Case):
    def test_lengths(self):
        s = self.connect()
        for n in (1, 2, 255, 2047, 2048):
            self.give(f"AT+CIPSEND={n}", PATTERN[:n])
            self.assertEqual(whole(s, n), PATTERN[:n])
        self.error("AT+CIPSEND=0", "AT+CIPSEND=-1", "AT+CIPSEND=2049", "AT+CIPSEND=0,5", "AT+CIPSEND=x",
                   'AT+CIPSEND="5"', "AT+CIPSEND=", "AT+CIPSEND")
        self.ok("AT+CIPCLOSE", "CLOSED")
        self.error("AT+CIPSEND=5", "AT+CIPSENDEX=5")

    def test_every_byte_and_pieces(self):
        s = self.connect()
        self.prompt("AT+CIPSEND=256")
        for i in range(0, 256, 50):
            self.assertTrue(quiet(s, 0.01))
            self.m.send(ALL[i:i + 50])
            time.sleep(0.01)
        self.assertEqual(self.m.until(b"SEND OK\r\n"), b"\r\nSEND OK\r\n")
        self.assertEqual(whole(s, 256), ALL)
        self.give("AT+CIPSEND=9", b"AT\r\n+++\r\n")
        self.assertEqual(whole(s, 9), b"AT\r\n+++\r\n")

    def test_surplus_is_no_data(self):
        s = self.connect()
        self.prompt("AT+CIPSEND=4")
        self.m.send(b"abcdXYZ")
        said = self.m.until(b"SEND OK\r\n") + self.m.read(0.2)
        self.assertEqual(said.replace(b"\r\nbusy p...\r\n", b""), b"\r\nSEND OK\r\n")
        self.assertEqual(whole(s, 4), b"abcd")
        self.assertTrue(quiet(s))
        self.ok("AT")

    def test_connection_lost_in_between(self):
        s = self.connect()
        self.prompt("AT+CIPSEND=4")
        self.m.send(b"ab")
        s.close()
        self.m.until(b"CLOSED\r\n")
        self.m.send(b"cd")
        self.assertEqual(self.m.until(b"ERROR\r\n"), b"\r\nERROR\r\n")
        self.ok("AT")

    def test_another_link_is_not_meant(self):
        self.ok("AT+CIPMUX=1")
        a, b = self.connect(0), self.connect(4)
        self.give("AT+CIPSEND=4,3", b"abc")
        self.assertEqual(whole(b, 3), b"abc")
        self.assertTrue(quiet(a))
        self.error("AT+CIPSEND=3", "AT+CIPSEND=5,3", "AT+CIPSEND=1,3", "AT+CIPSEND=,3", "AT+CIPSEND=-10,3")

    def test_data_come_in_between(self):
        s = self.connect()
        self.prompt("AT+CIPSEND=4")
        s.sendall(b"one")
        self.hears(b"one")
        self.m.send(b"ab")
        s.sendall(b"two")
        self.hears(b"two")
        self.m.send(b"cd")
        self.assertEqual(self.m.until(b"SEND OK\r\n"), b"\r\nSEND OK\r\n")
        self.m.send(b"AT+CIP")
        s.sendall(b"three")
        self.hears(b"three")
        self.m.send(b"MUX?\r\n")
        self.assertEqual(self.m.until(b"OK\r\n"), b"+CIPMUX:0\r\n\r\nOK\r\n")

    def test_busy_while_a_command_works(self):
        self.ok("AT+CIPMUX=1")
        s = self.connect(0)
        for _ in range(20):  # on a busy machine it may be over before the news comes
            self.m.send('AT+CIPSTART=1,"TCP","192.168.77.1",80\r\n')
            self.m.heard()
            s.sendall(b"news")
            found, rest = frames(self.m.until(b"\r\nERROR\r\n"))
            if found:
                break
            self.hears(b"news", 0)
        self.assertEqual((found, rest), ([(0, None, b"news")], b"\r\nERROR\r\n"))

    def test_extended(self):
        s = self.connect()
        for sent, length, wanted in (
                (rb"hello", 5, b"hello"), (rb"ab\0", 100, b"ab"), (rb"a\\0b\0", 100, rb"a\0b"), (rb"\0", 10, b""),
                (rb"a\b\\c\0", 100, rb"a\b\\c"), (b"a\0b", 3, b"a\0b"), (rb"abc\0", 5, b"abc"),
                (rb"abc\0", 4, b"abc"), (b"abc\\", 4, b"abc\\"), (rb"\\0", 2, rb"\0"), (b"\\\\", 2, b"\\\\")):
            self.give(f"AT+CIPSENDEX={length}", sent)
            self.assertEqual(whole(s, len(wanted)), wanted, sent)
            self.assertTrue(quiet(s, 0.03), sent)
        self.prompt("AT+CIPSENDEX=100")
        for byte in rb"x\\0y\0":
            self.m.send(bytes([byte]))
            time.sleep(0.03)
        self.m.until(b"SEND OK\r\n")
        self.assertEqual(whole(s, 4), rb"x\0y")
        self.error("AT+CIPSENDEX=0", "AT+CIPSENDEX=2049", "AT+CIPSENDEX")

    def test_slow_reader(self):
        small = listener()
        self.keep(small)
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.ok(f'AT+CIPSTART="TCP","{HOST}",{port(small)}', "CONNECT")
        s = self.keep(small.accept()[0])
        for _ in range(50):
            self.give("AT+CIPSEND=2048", PATTERN[:2048])
        self.assertEqual(whole(s, 50 * 2048), PATTERN[:2048] * 50)

    def test_all_five_both_ways(self):
        self.ok("AT+CIPMUX=1")
        sides = [self.connect(i) for i in range(5)]
        for i, s in enumerate(sides):
            s.sendall(PATTERN[i * 100:i * 100 + 20000])
        raw = b""
        for i in range(5):
            self.m.send(f"AT+CIPSEND={i},300\r\n")
            raw += self.m.until(b"\r\nOK\r\n>")
            self.m.send(PATTERN[i:i + 300])
            raw += self.m.until(b"\r\nSEND OK\r\n")
        self.m.seen = raw + self.m.seen
        found, rest = self.ipd(100000)
        for i, s in enumerate(sides):
            self.assertEqual(b"".join(d for link, _, d in found if link == i), PATTERN[i * 100:i * 100 + 20000])
            self.assertEqual(whole(s, 300), PATTERN[i:i + 300])


class Tls(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        pki(cls.folder.name)
        cls.options = ("--pki", cls.folder.name)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()

    def tls(self, link=None):
        found = []
        thread = threading.Thread(target=lambda: found.append(
            tls_server(self.folder.name).wrap_socket(self.server.accept()[0], server_side=True)))
        thread.start()
        first = "" if link is None else f"{link},"
        self.ok(f'AT+CIPSTART={first}"SSL","{HOST}",{port(self.server)}', "CONNECT" if link is None else f"{link},CONNECT")
        thread.join()
        found[0].settimeout(PATIENCE)
        return self.keep(found[0])

    def test_both_ways(self):
        s = self.tls()
        self.give("AT+CIPSEND=2048", PATTERN[:2048])
        self.assertEqual(whole(s, 2048), PATTERN[:2048])
        s.sendall(PATTERN)
        found, rest = self.ipd(len(PATTERN))
        self.assertEqual((b"".join(d for _, _, d in found), rest), (PATTERN, b""))
        self.says(f'AT+CIPSTART="SSL","{HOST}",{port(self.server)}', "ALREADY CONNECTTED", "ERROR")
        self.ok("AT+CIPMODE=1")
        self.error("AT+CIPSEND")
        self.ok("AT+CIPCLOSE", "CLOSED")
        self.assertEqual(s.recv(10), b"")

    def test_one_at_most(self):
        self.ok("AT+CIPMUX=1")
        s = self.tls(2)
        self.error(f'AT+CIPSTART=0,"SSL","{HOST}",{port(self.server)}')
        tcp = self.connect(0)
        s.sendall(b"secret")
        self.hears(b"secret", 2)
        s.close()
        self.m.until(b"2,CLOSED\r\n")
        self.tls(1)

    def test_no_tls_there(self):
        results = []
        for talk in (b"HTTP/1.1 400 Bad Request\r\n\r\n", None, b""):
            def serve():
                s = self.server.accept()[0]
                if talk:
                    s.sendall(talk)
                if talk is not None:
                    s.close()
                else:
                    self.keep(s)
            thread = threading.Thread(target=serve)
            thread.start()
            self.assertEqual(self.m.ask(f'AT+CIPSTART="SSL","{HOST}",{port(self.server)}'), ["ERROR"], talk)
            thread.join()
        self.status(2)

    def test_passive(self):
        self.ok("AT+CIPRECVMODE=1")
        s = self.tls()
        s.sendall(PATTERN[:10000])
        got = b""
        self.m.until(b"+IPD,")
        while len(got) < 10000:
            got += self.received("AT+CIPRECVDATA=2048") or b""
        self.assertEqual(got, PATTERN[:10000])


class Field(Case):
    options = ("--dialect", "field")

    def setUp(self):
        self.start("factory")
        self.m.ask("ATE0")
        self.join()
        self.server = self.keep(listener())

    def test_words(self):
        s = self.connect()
        self.error(f'AT+CIPSTART="TCP","{HOST}",{port(self.server)}')
        self.m.send("AT+CIPSEND=2\r\n")
        self.assertEqual(self.m.until(b">"), b"\r\nOK\r\n\r\n>")
        self.m.send("ab")
        self.assertEqual(self.m.until(b"SEND OK\r\n"), b"\r\nRecv 2 bytes\r\n\r\nSEND OK\r\n")
        self.ok("AT+CIPRECVLEN?", "+CIPRECVLEN:0")
        self.ok("AT+CIPDINFO?", "+CIPDINFO:0")
        self.m.send("AT+CIPSEND=2\r\n")
        self.m.until(b">")
        s.close()
        self.m.until(b"CLOSED\r\n")
        self.m.send("ab")
        self.assertEqual(self.m.until(b"SEND FAIL\r\n"), b"\r\nRecv 2 bytes\r\n\r\nSEND FAIL\r\n")
        self.ok("AT+CIPMUX=1")
        self.connect(1)
        self.ok("AT+CIPRECVLEN?", "+CIPRECVLEN:-1,0,-1,-1,-1")
        self.ok("AT+CIPSERVER=1")
        self.ok("AT+CIPSERVER?", "+CIPSERVER:1,333")
        self.ok("AT+CIPSERVER=0")
        self.ok("AT+CIPSERVER?", "+CIPSERVER:0")


if __name__ == "__main__":
    unittest.main()
