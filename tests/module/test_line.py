#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Transports, baud rates, pacing, control port, flash file, and bad input to the line."""
import math
import os
import random
import signal
import socket
import tempfile
import unittest

from atmodule import PATIENCE, Module, fastest, run

UART = "115200,8,1,0,0"


class Pty(unittest.TestCase):
    def test_announces_itself_and_cleans_up(self):
        m = Module(link="pty")
        self.assertRegex(m.first_line, r"^pty /dev/pts/[0-9]+\n$")
        self.assertEqual(os.readlink(m.path), m.first_line.split()[1])
        self.assertEqual(m.ask("AT"), ["OK"])
        status, err = m.stop()
        self.assertEqual((status, err), (0, ""))

    def test_survives_a_tester_that_comes_and_goes(self):
        with Module(link="pty") as m:
            for _ in range(3):
                os.close(m.fd_in)
                m.fd_in = m.fd_out = os.open(m.path, os.O_RDWR | os.O_NOCTTY)
                self.assertEqual(m.ask("AT"), ["OK"])

    def test_refuses_to_replace_a_file(self):
        with tempfile.NamedTemporaryFile() as f:
            done = run("--pty", f.name)
            self.assertEqual(done.returncode, 3)
            self.assertIn(f.name.encode(), done.stderr)
            self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_interrupt(self):
        m = Module(link="pty", control=True)
        m.process.send_signal(signal.SIGINT)
        self.assertEqual(m.stop(), (0, ""))


class Baud(unittest.TestCase):
    def test_only_the_right_rate_is_understood(self):
        with Module("--boot-ms", "5", link="pty", control=True) as m:
            m.set_rate(115200)
            self.assertEqual(m.ask("AT"), ["OK"])
            self.assertEqual(m.ask("AT+UART_CUR=9600,8,1,0,0"), ["OK"])
            m.send("AT\r\n")
            garbage = m.read(0.3)
            self.assertNotIn(b"OK", garbage + m.settled())
            m.set_rate(9600)
            m.send("\r\n")
            m.until(b"ERROR\r\n")
            self.assertEqual(m.ask("AT"), ["OK"])
            m.set_rate(9800)  # within what a receiver takes
            self.assertEqual(m.ask("AT"), ["OK"])
            m.set_rate(9600)
            self.assertEqual(m.ask("AT+UART_CUR?"), ["+UART_CUR:9600,8,1,0,0", "OK"])
            self.assertEqual(m.ask("AT+RST"), ["OK"])
            self.assertNotIn(b"ready", m.settled())
            m.set_rate(115200)
            self.assertEqual(m.ask("AT"), ["OK"])

    def test_garbage_is_repeatable_and_not_text(self):
        seen = []
        for _ in range(2):
            with Module("--boot-ms", "5", link="pty", control=True) as m:
                m.set_rate(115200)
                self.assertEqual(m.ask("AT+UART_CUR=57600,8,1,0,0"), ["OK"])
                m.set_rate(57600)
                m.send("AT+GSLP=50\r\n")
                m.until(b"OK\r\n")
                # It wakes at the saved rate, 115200.
                seen.append(m.settled())
                m.send("AT\r\n")
                seen[-1] += m.settled()
        self.assertEqual(seen[0], seen[1])
        self.assertGreater(len(seen[0]), 4)
        self.assertNotIn(b"ready", seen[0])
        self.assertTrue(any(b >= 0x80 for b in seen[0]), seen[0])

    def test_saved_rate_is_the_rate_after_power_on(self):
        with Module("--boot-ms", "5", link="pty", control=True) as m:
            m.set_rate(115200)
            self.assertEqual(m.ask("AT+UART_DEF=1000000,8,1,0,0"), ["OK"])
            m.set_rate(1000000)
            self.assertEqual(m.ask("AT"), ["OK"])
            m.control({"do": "power-cycle"})
            m.until(b"ready\r\n")
            self.assertEqual(m.control({"get": "baud"})["value"], 1000000)
            self.assertEqual(m.ask("AT+RESTORE"), ["OK"])
            m.settled()
            m.set_rate(115200)
            self.assertEqual(m.ask("AT"), ["OK"])

    def test_rom_talks_at_its_own_rate(self):
        with Module("--boot-ms", "20", "--dialect", "field", link="pty", control=True) as m:
            m.set_rate(74880)
            m.control({"do": "power-cycle"})
            m.until(b"boot mode")


class Pace(unittest.TestCase):
    def seconds(self, limit, *options):
        with Module("--boot-ms", "5", *options) as m:
            m.ask("AT+UART_CUR=19200,8,1,0,0")
            m.ask("ATE0")
            return fastest(lambda: [m.ask("AT+GMR") for _ in range(5)], limit)

    def test_paced_is_slower_by_the_baud_rate(self):
        paced = self.seconds(math.inf, "--pace")
        # 5 x (8 out + about 120 in) x 10 bits at 19200 baud.
        self.assertGreater(paced, 0.3)
        self.assertGreater(paced, 2 * self.seconds(paced / 2))

    def test_everything_still_arrives(self):
        with Module("--boot-ms", "5", "--pace") as m:
            for _ in range(5):
                self.assertEqual(m.ask("AT+UART_CUR?"), [f"+UART_CUR:{UART}", "OK"])
            self.assertEqual(m.ask("AT+RST"), ["OK"])
            m.until(b"\r\nready\r\n")
            self.assertEqual(m.ask("AT"), ["OK"])


class Tcp(unittest.TestCase):
    def test_one_client_at_a_time(self):
        with Module("--boot-ms", "5", link="tcp", ready=False, control=True) as m:
            self.assertRegex(m.first_line, r"^listen 127\.0\.0\.1:[0-9]+\n$")
            m.settled()
            self.assertEqual(m.ask("AT"), ["OK"])
            port = int(m.first_line.rsplit(":", 1)[1])
            with socket.create_connection(("127.0.0.1", port)) as second:
                second.settimeout(PATIENCE)
                self.assertEqual(second.recv(10), b"")
            m.sock.close()
            m.heard()
            m.sock = socket.create_connection(("127.0.0.1", port))
            m.fd_in = m.fd_out = m.sock.fileno()
            self.assertEqual(m.ask("AT"), ["OK"])

    def test_only_loopback(self):
        for address in ("0.0.0.0:1", "192.168.1.1:80", "[::]:80", "localhost:80", "127.0.0.1", "x",
                        "127.0.0.1:99999", "127.0.0.1:", "[::1]:1x", ""):
            done = run("--listen", address)
            self.assertEqual(done.returncode, 2, address)
            self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)


class Control(unittest.TestCase):
    def test_commands(self):
        with Module("--boot-ms", "5", "--images", "1", control=True) as m:
            self.assertEqual(m.control({"get": "images"}), {"ok": True, "value": 1})
            self.assertEqual(m.control({"set": {"images": 2}}), {"ok": True})
            self.assertEqual(m.control({"get": "images"}), {"ok": True, "value": 2})
            self.assertEqual(m.control({"get": "dialect"})["value"], "document")
            self.assertEqual(m.control({"get": "state"})["value"], "ready")
            self.assertEqual(m.control({"get": "starts"})["value"], 1)
            for bad in ("nonsense", "[]", "{}", '{"do":"fly"}', '{"do":1}', '{"set":{"images":3}}',
                        '{"set":{"images":"1"}}', '{"set":{}}', '{"get":"x"}', '{"get":1}',
                        '{"do":"factory","get":"x"}', '{"do":"factory","do":"factory"}', "\0", ""):
                answer = m.control(bad)
                self.assertFalse(answer["ok"], bad)
                self.assertTrue(answer["text"], bad)
            self.assertEqual(m.ask("AT"), ["OK"])

    def test_endless_line_is_cut_off(self):
        with Module(control=True) as m:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(PATIENCE)
                s.connect(m.control_path)
                try:
                    for _ in range(100):
                        s.sendall(b"x" * 1000)
                    self.assertEqual(s.recv(1), b"")
                except OSError:
                    pass
            self.assertEqual(m.control({"get": "state"})["ok"], True)


class Flash(unittest.TestCase):
    def test_outlives_the_process(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "nvs")
            with Module("--nvs", path) as m:
                self.assertEqual(m.ask("AT+SYSMSG=2"), ["OK"])
                self.assertEqual(m.ask("AT+UART_DEF=9600,7,2,1,3"), ["OK"])
                self.assertEqual(m.ask("AT+RFPOWER=40"), ["OK"])
            with Module("--nvs", path) as m:
                self.assertEqual(m.ask("AT+SYSMSG?"), ["+SYSMSG:2", "OK"])
                self.assertEqual(m.ask("AT+UART_CUR?"), ["+UART_CUR:9600,7,2,1,3", "OK"])
                self.assertEqual(m.ask("AT+RFPOWER?"), ["+RFPOWER:78,0,0,0", "OK"])
                self.assertEqual(m.ask("AT+RESTORE"), ["OK"])
                m.until(b"ready\r\n")
            with Module("--nvs", path) as m:
                self.assertEqual(m.ask("AT+SYSMSG?"), ["+SYSMSG:0", "OK"])
            self.assertEqual(os.listdir(directory), ["nvs"])

    def test_damaged_file_is_refused(self):
        with tempfile.NamedTemporaryFile("w") as f:
            for text in ("{", "[]", '{"sysmsg.state": "x"}', '{"sysmsg.state": 1, "sysmsg.state": 1}'):
                f.seek(0)
                f.truncate()
                f.write(text)
                f.flush()
                done = run("--nvs", f.name)
                self.assertEqual(done.returncode, 2, text)
                self.assertIn(f.name.encode(), done.stderr)
                self.assertEqual(done.stderr.count(b"\n"), 1)


class Options(unittest.TestCase):
    def test_bad_ones(self):
        for argv in (["--nonsense"], ["x"], ["--pty"], ["--dialect", "x"], ["--images", "3"],
                     ["--boot-ms", "-1"], ["--boot-ms", "x"], ["--fault", "x"], ["--json"],
                     ["--stdio=1"], ["--pty", "/tmp/x", "--stdio"], ["--fault"], ["-h"], ["--air"]):
            done = run(*argv)
            self.assertEqual(done.returncode, 2, argv)
            self.assertEqual(done.stdout, b"")
            self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
            self.assertTrue(done.stderr.startswith(b"atmodule: "), done.stderr)

    def test_good_ones(self):
        self.assertIn(b"--list-faults", run("--help").stdout)
        self.assertRegex(run("--version").stdout, rb"^atmodule [0-9.]+\n$")
        self.assertEqual(run("--stdio", stdin=-3).returncode, 0)


class Robust(unittest.TestCase):
    def memory(self, m):
        with open(f"/proc/{m.process.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))

    def answers(self, m):
        m.send("\r\n")
        m.settled()
        self.assertEqual(m.ask("AT"), ["OK"])

    def test_rubbish(self):
        chance = random.Random(7)
        for dialect in ("document", "field", "2.0", "2.1", "2.2"):
            with Module("--boot-ms", "1", "--dialect", dialect, control=True) as m:
                for _ in range(60):
                    m.send(bytes(chance.randrange(256) for _ in range(chance.randrange(400))))
                    m.read(0.001)
                self.answers(m)
                for _ in range(300):
                    text = "".join(chance.choice('AT+UART_CUR=,?"\\0159\r\nE') for _ in range(40))
                    m.send("AT" + text + "\r\n")
                    m.read(0.0005)
                self.answers(m)

    def test_hostile_lines(self):
        with Module("--boot-ms", "1", control=True) as m:
            for line in (b"\0", b"AT\0", b"AT+SYSMSG=\x001", b"\xff" * 255, b"AT+SYSMSG=" + b"," * 240,
                         b'AT+SYSMSG="' + b"\\" * 240, b"AT+SYSMSG=" + b'"' * 243, b"AT" + b"=" * 250,
                         b"A" * 300, b"AT+" + b"\r" * 250):
                m.send(line + b"\r\n")
                out = m.until(b"\r\nERROR\r\n")
                self.assertEqual(out.count(b"ERROR"), 1)
            self.answers(m)

    def test_flood_without_a_line_end(self):
        with Module("--boot-ms", "1", control=True) as m:
            self.assertEqual(m.ask("ATE0"), ["OK"])
            before = self.memory(m)
            for _ in range(512):
                m.send(b"x" * 65536)
            m.send("\r\n")
            self.assertEqual(m.until(b"ERROR\r\n"), b"\r\nERROR\r\n")
            self.assertLess(self.memory(m) - before, 12000)
            self.assertEqual(m.ask("AT"), ["OK"])

    def test_flood_of_commands_that_nobody_reads(self):
        with Module("--boot-ms", "1", link="pty", control=True) as m:
            before = self.memory(m)
            for _ in range(2000):
                m.send(b"AT+GMR\r\n" * 20)
            self.assertLess(self.memory(m) - before, 12000)
            while m.read(0.3) or m.settled():
                pass
            self.answers(m)


if __name__ == "__main__":
    unittest.main()
