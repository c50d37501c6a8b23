#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The basic commands of the virtual module, in both dialects, byte for byte where it matters."""
import time
import unittest

from atmodule import Module, fastest

UART = "115200,8,1,0,0"


class Document(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.m = Module("--boot-ms", "5", control=True)

    @classmethod
    def tearDownClass(cls):
        status, err = cls.m.stop()
        assert status == 0 and err == "", (status, err)

    def setUp(self):
        self.m.control({"do": "factory"})
        self.m.until(b"\r\nready\r\n")

    def exchange(self, command, answer):
        self.m.send(command)
        self.assertEqual(self.m.until(answer.encode()), answer.encode())

    def ok(self, command, *lines):
        self.assertEqual(self.m.ask(command), [*lines, "OK"], command)

    def error(self, *commands):
        for command in commands:
            self.assertEqual(self.m.ask(command), ["ERROR"], command)

    def test_frames(self):
        self.exchange("AT\r\n", "AT\r\n\r\nOK\r\n")
        self.exchange("AT+SYSMSG?\r\n", "AT+SYSMSG?\r\n+SYSMSG:0\r\n\r\nOK\r\n")
        self.exchange("AT+FAKE\r\n", "AT+FAKE\r\n\r\nERROR\r\n")
        self.exchange("ATE0\r\n", "ATE0\r\n\r\nOK\r\n")
        self.exchange("AT\r\n", "\r\nOK\r\n")
        self.exchange("ATE1\r\n", "\r\nOK\r\n")
        self.exchange("AT\r\n", "AT\r\n\r\nOK\r\n")

    def test_version(self):
        lines = self.m.ask("AT+GMR")
        self.assertEqual([line.split(":")[0] for line in lines],
                         ["AT version", "SDK version", "compile time", "OK"])

    def test_refused_forms(self):
        self.error("AT+GMR?", "AT+RST?", "AT+SYSRAM", "AT+SYSMSG", "AT+SYSMSG=?", "AT+SLEEP?", "ATE",
                   "ATE2", "ATE9", "ATE-1", "ATE00x", "at", "AT+sysmsg?", "AT+SYSMSG?x", "AT +GMR",
                   "AT+UART?", "AT+UART=" + UART, "", " ", "A", "XAT", "AT+", "AT=", "AT?")

    def test_uart(self):
        for command in ("AT+UART_CUR", "AT+UART_DEF"):
            name = command[2:]
            self.ok(command + "?", f"{name}:{UART}")
            for good in ("80,8,1,0,0", "5000000,5,3,2,3", "921600,6,2,1,1", "9600,7,1,0,2"):
                self.ok(f"{command}={good}")
                self.ok(command + "?", f"{name}:{good}")
                self.ok("AT+UART_CUR?", f"+UART_CUR:{good}")
            for bad in ("79,8,1,0,0", "5000001,8,1,0,0", "-1,8,1,0,0", "9600,4,1,0,0",
                        "9600,9,1,0,0", "9600,8,0,0,0", "9600,8,4,0,0", "9600,8,1,-1,0",
                        "9600,8,1,3,0", "9600,8,1,0,-1", "9600,8,1,0,4", '"9600",8,1,0,0',
                        "x,8,1,0,0", "9600,8,1,0", "9600,8,1,0,0,0", "", "9600,,1,0,0",
                        ",8,1,0,0", "9600,8,1,0,", "9600 ,8,1,0,0", "99999999999999999999,8,1,0,0"):
                self.error(f"{command}={bad}")
                self.ok(command + "?", f"{name}:9600,7,1,0,2")
            self.ok(f"{command}={UART}")

    def test_sleep_mode_and_message_form(self):
        for n in (0, 1):
            self.ok(f"AT+SLEEP={n}")
        self.error("AT+SLEEP=2", "AT+SLEEP=-1", 'AT+SLEEP="0"', "AT+SLEEP=", "AT+SLEEP=0,1")
        for n in (3, 2, 1, 0):
            self.ok(f"AT+SYSMSG={n}")
            self.ok("AT+SYSMSG?", f"+SYSMSG:{n}")
        self.error("AT+SYSMSG=4", "AT+SYSMSG=-1", "AT+SYSMSG=x", "AT+SYSMSG=", "AT+SYSMSG=1,1")
        self.ok("AT+SYSMSG?", "+SYSMSG:0")

    def test_ram_varies(self):
        seen = {self.m.ask("AT+SYSRAM?")[0] for _ in range(8)}
        self.assertGreater(len(seen), 1)
        for line in seen:
            self.assertRegex(line, r"^\+SYSRAM:1[0-9]{5}$")

    def test_power(self):
        for n in range(40, 83):
            self.ok(f"AT+RFPOWER={n}")
            shown = int(self.m.ask("AT+RFPOWER?")[0].split(":")[1].split(",")[0])
            self.assertTrue(40 <= shown <= n, (n, shown))
        self.ok("AT+RFPOWER=78,1,2,7")
        self.ok("AT+RFPOWER=60")
        self.ok("AT+RFPOWER?", "+RFPOWER:60,1,2,7")
        self.error("AT+RFPOWER=39", "AT+RFPOWER=83", "AT+RFPOWER=60,1", "AT+RFPOWER=60,1,2",
                   "AT+RFPOWER=60,8,0,0", "AT+RFPOWER=60,0,-1,0", "AT+RFPOWER=60,0,0,8",
                   "AT+RFPOWER=60,,,", "AT+RFPOWER=60,1,,1", "AT+RFPOWER=60,1,1,1,1", "AT+RFPOWER=",
                   "AT+RFPOWER=,1,1,1", 'AT+RFPOWER="60"')
        self.ok("AT+RFPOWER?", "+RFPOWER:60,1,2,7")

    def test_time(self):
        self.ok("AT+SYSTIMESTAMP=0")
        self.ok("AT+SYSTIMESTAMP=2147483647")
        begin = time.monotonic()
        self.ok("AT+SYSTIMESTAMP=1565853509")
        done = time.monotonic()
        self.stamp(1565853509, begin, done)
        time.sleep(1.02)
        self.stamp(1565853509, begin, done)
        self.error("AT+SYSTIMESTAMP=-1", "AT+SYSTIMESTAMP=2147483648", 'AT+SYSTIMESTAMP="1"',
                   "AT+SYSTIMESTAMP=", "AT+SYSTIMESTAMP=1,1")
        begin = time.monotonic()
        self.ok("AT+RST")
        self.m.until(b"ready\r\n")
        self.stamp(0, begin, time.monotonic())

    def stamp(self, start, first, last):
        """The module's clock goes as fast as ours: it was at `start` between these two moments."""
        least = int(time.monotonic() - last)
        name, _, now = self.m.ask("AT+SYSTIMESTAMP?")[0].partition(":")
        self.assertEqual(name, "+SYSTIMESTAMP")
        self.assertIn(int(now) - start, range(least, int(time.monotonic() - first) + 1))

    def test_error_codes(self):
        self.ok("AT+SYSLOG?", "+SYSLOG:0")
        self.ok("AT+SYSLOG=1")
        self.ok("AT+SYSLOG?", "+SYSLOG:1")
        for command, code in (("AT+FAKE", "01090000"), ("XX", "01030000"), ("AT+GMR?", "010c0000"),
                              ("AT+SYSMSG=4", "01070001"), ('AT+SYSMSG="1"', "01050001"),
                              ("AT+SYSMSG=x", "01080001"), ("AT+SYSMSG=", "01060100"),
                              ("AT+UART_CUR=1,2", "01060502"), ("AT+SYSLOG=2", "01070001"),
                              ('AT+SYSMSG="', "01080001"), ("AT+SYSLSP?", "010c0000")):
            self.assertEqual(self.m.ask(command), [f"ERR CODE:0x{code}", "ERROR"], command)
        self.m.send("AT\n")
        self.assertEqual(self.m.until(b"ERROR\r\n"), b"AT\nERR CODE:0x01020000\r\n\r\nERROR\r\n")
        self.ok("AT+SYSLOG=0")
        self.error("AT+FAKE")

    def test_light_sleep_is_known(self):
        for command in ("AT+SYSLSP", "AT+SYSLSPCFG=0,1000", "AT+SYSLSPCFG=1,1", "AT+SYSLSPCFG=2,12,1"):
            self.ok(command)

    def test_restart_loses_what_is_not_saved(self):
        for command in ("AT+SYSMSG=3", "AT+UART_DEF=9600,8,1,0,0", "AT+UART_CUR=19200,7,1,0,0",
                        "ATE0", "AT+SYSLOG=1", "AT+RFPOWER=40"):
            self.ok(command)
        self.m.send("AT+RST\r\n")
        self.assertEqual(self.m.until(b"ready\r\n"), b"\r\nOK\r\n\r\nready\r\n")
        self.ok("AT+UART_CUR?", "+UART_CUR:9600,8,1,0,0")
        self.ok("AT+UART_DEF?", "+UART_DEF:9600,8,1,0,0")
        self.ok("AT+SYSMSG?", "+SYSMSG:3")
        self.ok("AT+SYSLOG?", "+SYSLOG:0")
        self.ok("AT+RFPOWER?", "+RFPOWER:78,0,0,0")
        self.exchange("AT\r\n", "AT\r\n\r\nOK\r\n")
        self.m.control({"do": "power-cycle"})
        self.m.until(b"ready\r\n")
        self.ok("AT+SYSMSG?", "+SYSMSG:3")
        self.ok("AT+RESTORE")
        self.m.until(b"ready\r\n")
        self.ok("AT+SYSMSG?", "+SYSMSG:0")
        self.ok("AT+UART_DEF?", f"+UART_DEF:{UART}")
        self.ok("AT+UART_CUR?", f"+UART_CUR:{UART}")

    def test_busy_while_it_works(self):
        self.m.send("AT+RESTORE\r\nAT\r\n")
        self.assertEqual(self.m.until(b"ready\r\n"),
                         b"AT+RESTORE\r\n\r\nbusy p...\r\n\r\nOK\r\n\r\nready\r\n")

    def test_deep_sleep(self):
        start = time.monotonic()
        self.ok("AT+GSLP=800", "800")
        self.m.until(b"\r\nready\r\n")
        self.assertGreaterEqual(time.monotonic() - start, 0.8)
        self.assertLess(fastest(lambda: self.sleep(100), 1), 1)
        self.ok("AT")
        self.error("AT+GSLP=0", "AT+GSLP=-1", "AT+GSLP=2147483648", "AT+GSLP=", "AT+GSLP=1,1",
                   'AT+GSLP="100"')
        self.ok("AT+GSLP=2147483647", "2147483647")
        self.assertEqual(self.m.control({"get": "state"})["value"], "asleep")
        self.m.send("AT\r\n")
        self.assertEqual(self.m.read(0.1), b"")
        self.m.control({"do": "power-cycle"})
        self.assertEqual(self.m.until(b"ready\r\n"), b"\r\nready\r\n")

    def sleep(self, ms):
        self.ok(f"AT+GSLP={ms}", str(ms))
        self.m.until(b"\r\nready\r\n")

    def test_roll_back(self):
        first = self.m.ask("AT+GMR")
        self.ok("AT+SYSROLLBACK")
        self.m.until(b"ready\r\n")
        other = self.m.ask("AT+GMR")
        self.assertNotEqual(first[0], other[0])
        self.m.control({"do": "power-cycle"})
        self.m.until(b"ready\r\n")
        self.ok("AT+RESTORE")
        self.m.until(b"ready\r\n")
        self.assertEqual(self.m.ask("AT+GMR"), other)
        self.ok("AT+SYSROLLBACK")
        self.m.until(b"ready\r\n")
        self.assertEqual(self.m.ask("AT+GMR"), first)
        self.assertTrue(self.m.control({"set": {"images": 1}})["ok"])
        self.error("AT+SYSROLLBACK")
        self.assertEqual(self.m.ask("AT+GMR"), first)
        self.assertTrue(self.m.control({"set": {"images": 2}})["ok"])

    def test_line_limit(self):
        self.error("AT+SYSMSG=" + "1" * (254 - 10), "AT+SYSMSG=" + "1" * (255 - 10), "A" * 3000)
        self.m.send("AT" + "B" * 400 + "\r\nAT\r\n")
        self.assertEqual(self.m.until(b"\r\nAT\r\n\r\nOK\r\n").count(b"ERROR"), 1)
        self.ok("AT")

    def test_pieces(self):
        for byte in "AT+SYSMSG?\r\n":
            self.m.send(byte)
            time.sleep(0.002)
        self.assertEqual(self.m.until(b"OK\r\n"), b"AT+SYSMSG?\r\n+SYSMSG:0\r\n\r\nOK\r\n")
        self.m.send("AT\r\nAT+SYSMSG?\r\n")
        self.assertEqual(self.m.until(b":0\r\n\r\nOK\r\n"),
                         b"AT\r\n\r\nOK\r\nAT+SYSMSG?\r\n+SYSMSG:0\r\n\r\nOK\r\n")


class Field(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.m = Module("--boot-ms", "5", "--dialect", "field", control=True)

    @classmethod
    def tearDownClass(cls):
        status, err = cls.m.stop()
        assert status == 0 and err == "", (status, err)

    def setUp(self):
        self.m.control({"do": "factory"})
        self.m.until(b"\r\nready\r\n")

    def ok(self, command, *lines):
        self.assertEqual(self.m.ask(command), [*lines, "OK"], command)

    def raw(self, command, answer):
        self.m.send(command + b"\r\n")
        self.assertEqual(self.m.until(answer), command + b"\r\n" + answer)

    def test_differences(self):
        self.assertEqual(len(self.m.ask("AT+GMR")), 5)
        self.ok("at")
        self.ok("At+sysmsg?", "+SYSMSG:0")
        self.ok("AT+SLEEP?", "+SLEEP:0")
        self.ok("AT+UART_CUR?", "+UART_CUR:115201,8,1,0,0")
        self.ok("AT+UART_DEF?", f"+UART_DEF:{UART}")
        self.ok("AT+UART=9600,8,1,0,0")
        self.ok("AT+UART_DEF?", "+UART_DEF:9600,8,1,0,0")
        self.raw(b"AT+SYSMSG?", b"+SYSMSG:0\r\nOK\r\n")
        self.raw(b"AT+SYSLOG?", b"+SYSLOG:0\r\n\r\nOK\r\n")
        self.raw(b"AT+SYSTIMESTAMP=5", b"\r\nOK\r\n")
        self.raw(b"AT+SYSTIMESTAMP?", b"+SYSTIMESTAMP:5\r\nOK\r\n")
        self.ok("AT+SYSLOG=1")
        self.assertEqual(self.m.ask("AT+SYSLSP"), ["ERR CODE:0x01090000", "ERROR"])
        self.assertEqual(self.m.ask("AT+SYSLSPCFG=0,1"), ["ERR CODE:0x01090000", "ERROR"])
        self.assertEqual(self.m.ask('AT+SYSMSG="1"'), ["ERR CODE:0x01080000", "ERROR"])

    def test_restart_makes_noise(self):
        self.m.send("AT+RST\r\n")
        out = self.m.until(b"\r\nready\r\n")
        self.assertTrue(out.startswith(b"AT+RST\r\n\r\nOK\r\n"))
        noise = out[len(b"AT+RST\r\n\r\nOK\r\n"):-len(b"\r\nready\r\n")]
        self.assertGreater(len(noise), 20)
        self.assertTrue(any(byte >= 0x80 for byte in noise))

    def test_sleep_says_only_ok(self):
        self.m.send("AT+GSLP=20\r\n")
        self.assertTrue(self.m.until(b"ready\r\n").startswith(b"AT+GSLP=20\r\n\r\nOK\r\n"))

    def test_long_line_is_cut(self):
        self.m.send("ATE0\r\n")
        self.m.until(b"OK\r\n")
        self.m.send("AT" + "B" * 300 + "\r\n")
        self.assertEqual(self.m.until(b"\r\nERROR\r\n" * 2), b"\r\nERROR\r\n" * 2)
        self.ok("AT")

    def test_forced_restart(self):
        # In one piece: on a busy machine the module may be done before a second one comes.
        self.m.send("AT+RESTORE\r\nAT+RST\r\n")
        self.assertIn(b"Will force to restart!!!", self.m.until(b"\r\nready\r\n"))
        self.ok("AT")


if __name__ == "__main__":
    unittest.main()
