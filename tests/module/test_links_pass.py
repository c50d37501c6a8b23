#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Passthrough: packets, +++ and its guards, silent reconnection, the link that a start opens; and
what a paced line makes of all that."""
import os
import select
import socket
import time
import unittest

from atmodule import fastest
from link_peers import HOST, MODULE, PATTERN, THIRD, Case, datagrams, listener, port, quiet, whole

GUARD = 0.15  # packets of 20 ms; the rest is for a busy machine's pseudo-terminal


class Passing(Case):
    def enter(self):
        self.ok("AT+CIPMODE=1")
        self.prompt("AT+CIPSEND")

    def piece(self, data=b""):
        """Bytes with a silence behind them, which the module has noticed, however late it took the bytes."""
        self.m.send(data)
        self.m.heard()
        time.sleep(GUARD)
        self.m.heard()

    def plus(self):
        self.piece()
        self.piece(b"+++")

    def leave(self, said=b""):
        self.plus()
        self.m.send("AT\r\n")
        self.assertEqual(self.m.until(b"OK\r\n"), said + b"\r\nOK\r\n")

    def comes(self, data):
        """Exactly these bytes from the module."""
        self.assertEqual(self.m.read(0, len(data)), data)


class Passthrough(Passing):
    def test_both_ways(self):
        s = self.connect()
        self.error("AT+CIPSEND")
        self.enter()
        self.m.send(PATTERN[:20000])
        self.assertEqual(whole(s, 20000), PATTERN[:20000])
        s.sendall(PATTERN)
        self.comes(PATTERN)
        self.m.send(b"AT+CIPCLOSE\r\n")
        self.assertEqual(whole(s, 13), b"AT+CIPCLOSE\r\n")
        self.leave()
        self.assertTrue(quiet(s))
        self.error("AT+CIPSEND=5")
        self.ok("AT+CIPMODE?", "+CIPMODE:1")
        self.prompt("AT+CIPSEND")
        self.m.send(b"again")
        self.assertEqual(whole(s, 5), b"again")
        self.leave()
        self.ok("AT+CIPMODE=0")
        s.sendall(b"normal")
        self.hears(b"normal")

    def test_packets(self):
        peer = self.udp("", 0)
        self.enter()
        for piece in (b"one", b"two"):
            self.piece(piece)
        self.assertEqual((peer.recv(4096), peer.recv(4096)), (b"one", b"two"))
        for data, lengths in ((PATTERN[:4097], [2048, 2048, 1]), (PATTERN[:2048] + b"+++", [2048, 3])):
            for _ in range(20):  # where the line stands still for a moment on a busy machine, a packet ends
                self.piece(data)
                packets = []
                while len(b"".join(packets)) < len(data):
                    packets.append(peer.recv(4096))
                self.assertEqual(b"".join(packets), data)
                self.assertLessEqual(max(map(len, packets)), 2048)
                if len(packets) == len(lengths):
                    break
            self.assertEqual([len(packet) for packet in packets], lengths)
        for piece in (b"a+++", b"+++b", b"++", b"++++"):
            self.piece(piece)
            self.assertEqual(peer.recv(4096), piece)
        self.leave()
        self.assertTrue(quiet(peer))

    def test_where_it_may_not(self):
        self.ok("AT+CIPMODE=1")
        self.error("AT+CIPSEND")
        for mode in (1, 2):
            self.udp("", mode)
            self.error("AT+CIPSEND")
            self.ok("AT+CIPCLOSE", "CLOSED")

    def test_quit_is_told(self):
        self.ok("AT+SYSMSG=1")
        self.connect()
        self.enter()
        self.leave(b"\r\n+QUITT\r\n")
        self.ok("AT+SYSMSG=0")

    def test_reconnection(self):
        s = self.connect()
        self.enter()
        for _ in range(2):
            s.close()
            s = self.accept()
            self.m.send(b"here")
            self.assertEqual(whole(s, 4), b"here")
            s.sendall(b"there")
            self.comes(b"there")
        self.leave()
        self.ok("AT+CIPRECONNINTV=6")
        self.prompt("AT+CIPSEND")
        def again():
            nonlocal s
            s.close()
            s = self.accept()
        took = fastest(again, 1.5)
        self.assertTrue(0.5 < took < 1.5, took)
        self.silence()
        self.leave()
        self.error("AT+CIPRECONNINTV=0", "AT+CIPRECONNINTV=36001", "AT+CIPRECONNINTV?", "AT+CIPRECONNINTV=")

    def test_nobody_there_any_more(self):
        s = self.connect()
        self.enter()
        self.server.close()
        s.close()
        self.piece(b"lost?")
        time.sleep(0.15)
        self.silence()
        self.leave()
        self.status(4)
        self.ok("AT+CIPMODE=0")

    def test_data_while_it_is_broken(self):
        s = self.connect()
        self.ok("AT+CIPRECONNINTV=3")
        self.enter()
        s.close()
        self.m.heard()
        self.m.send(b"kept")
        s = self.accept()
        self.assertEqual(whole(s, 4), b"kept")
        self.leave()

    def test_stalled_peer_holds_the_line(self):
        s = self.connect()
        self.enter()
        os.set_blocking(self.m.fd_out, False)
        sent = 0
        while sent < 32 << 20 and select.select([], [self.m.fd_out], [], 0.3)[1]:
            sent += os.write(self.m.fd_out, PATTERN[sent % 65536:][:4096])
        os.set_blocking(self.m.fd_out, True)
        self.assertLess(sent, 32 << 20)
        got = whole(s, sent)
        self.assertTrue(all(got[i:i + 65536] == PATTERN[:len(got) - i][:65536] for i in range(0, sent, 65536)))
        self.leave()


class Saved(Passing):
    def boot(self):
        self.start()

    def test_tcp(self):
        self.error("AT+SAVETRANSLINK=1", f'AT+SAVETRANSLINK=2,"{HOST}",80', f'AT+SAVETRANSLINK=1,"{HOST}",0',
                   f'AT+SAVETRANSLINK=1,"{HOST}"', f'AT+SAVETRANSLINK=1,"",80', f'AT+SAVETRANSLINK=1,"{HOST}",80,"SSL"',
                   f'AT+SAVETRANSLINK=1,"{HOST}",80,"TCP",7201', f'AT+SAVETRANSLINK=1,"{HOST}",80,"TCP",1,1',
                   'AT+SAVETRANSLINK=1,"255.255.255.255",80', f'AT+SAVETRANSLINK=1,"{HOST}",80,"UDP",65536')
        self.ok(f'AT+SAVETRANSLINK=1,"{HOST}",{port(self.server)}')
        self.assertTrue(quiet(self.server))
        for _ in range(2):
            self.start()
            s = self.accept()
            told = b"WIFI CONNECTED\r\nWIFI GOT IP\r\n"
            self.assertEqual(self.m.read(0.1, len(told)), told)
            self.m.send(b"AT\r\n")
            self.assertEqual(whole(s, 4), b"AT\r\n")
            s.sendall(b"bare")
            self.comes(b"bare")
            s.close()
        s = self.accept()
        self.plus()
        self.m.send("ATE0\r\n")
        self.m.until(b"OK\r\n")
        self.ok("AT+CIPMODE?", "+CIPMODE:1")
        self.status(3, f'0,"TCP","{HOST}",{port(self.server)},{s.getpeername()[1]},0')
        self.ok("AT+SAVETRANSLINK=0")
        self.start()
        self.m.until(b"WIFI GOT IP\r\n")
        self.ok("ATE0")
        self.assertTrue(quiet(self.server))

    def test_restart_by_command(self):
        self.ok(f'AT+SAVETRANSLINK=1,"{HOST}",{port(self.server)},"TCP",60')
        self.m.send("AT+RST\r\n")
        self.m.until(b"ready\r\n")
        self.accept()
        self.plus()
        self.m.read(0.1)
        self.m.send("AT+RESTORE\r\n")
        self.m.until(b"ready\r\n")
        self.m.read(0.1)
        self.ok("ATE0")

    def test_udp(self):
        probe = datagrams(MODULE)
        own = port(probe)
        probe.close()
        peer = self.keep(datagrams())
        self.ok(f'AT+SAVETRANSLINK=1,"{HOST}",{port(peer)},"UDP",{own}')
        self.start()
        self.m.until(b"GOT IP\r\n")
        self.m.heard()
        self.m.send(b"datagram")
        self.assertEqual(peer.recvfrom(100), (b"datagram", (MODULE, own)))
        other = self.keep(datagrams(THIRD))
        other.sendto(b"x", (MODULE, own))
        self.comes(b"x")
        self.m.send(b"still")
        self.assertEqual(peer.recv(100), b"still")
        self.plus()
        self.ok("ATE0")
        self.ok("AT+SAVETRANSLINK=0")

    def test_plus_without_a_network(self):
        self.ok(f'AT+SAVETRANSLINK=1,"{HOST}",1')
        self.ok("AT+CWAUTOCONN=0")
        self.start()
        self.plus()
        self.ok("ATE0")
        self.ok("AT+SAVETRANSLINK=0")


class Paced(Case):
    options = ("--pace",)

    def test_rates(self):
        """As fast as the rate allows, not faster, and whole; and an answer does not wait for long."""
        self.ok("AT+CIPMUX=1")
        s = self.connect(0)
        for rate, count in ((115200, 8000), (921600, 60000), (5000000, 200000)):
            self.at_rate(rate)
            data = (PATTERN * 4)[:count]
            least = 0.9 * count * 10 / rate

            def transfer():
                begin = time.monotonic()
                s.sendall(data)
                found, rest = self.ipd(count)
                took = time.monotonic() - begin
                self.assertEqual(b"".join(d for _, _, d in found), data)
                self.assertEqual(rest, b"")
                self.assertGreater(took, least, rate)
            limit = 3 * count * 10 / rate + 0.5
            self.assertLess(fastest(transfer, limit), limit, rate)
        # Only what is on its way goes before the answer, not all that there is to tell.
        self.at_rate(115200)
        s.sendall(PATTERN[:30000])
        before = self.m.until(b"+IPD,")
        self.m.send("AT+CIPMUX?\r\n")
        before += self.m.until(b"+CIPMUX:1\r\n")
        self.assertLess(len(before), 15000)
        self.m.until(b"\r\nOK\r\n")

    def at_rate(self, rate):
        self.m.send(f"AT+UART_CUR={rate},8,1,0,0\r\n")
        self.m.until(b"OK\r\n")
        self.m.settled()
        self.m.set_rate(rate)


if __name__ == "__main__":
    unittest.main()
