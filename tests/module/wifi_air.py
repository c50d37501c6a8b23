# SPDX-License-Identifier: MIT
"""What the Wi-Fi tests of this folder have in common: a module in the default air."""
import os
import unittest

from atmodule import Module

AIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "fixtures", "air", "default.json")
JOIN = 'AT+CWJAP="atconform","correct horse"'
HOME = "02:00:5e:00:00:01"
PID = os.getpid()
ADDRESS = f"127.{1 + PID % 250}.{1 + PID // 250 % 250}.9"


class Case(unittest.TestCase):
    """One module for all tests of a class, from the factory before each."""
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.m = Module("--boot-ms", "5", "--air", AIR, "--address", ADDRESS, *cls.options, control=True)

    @classmethod
    def tearDownClass(cls):
        status, err = cls.m.stop()
        assert status == 0 and err == "", (status, err)

    def setUp(self):
        for bssid in (HOME, "02:00:5e:00:00:06", "02:00:5e:00:00:07"):
            self.air({"ap": bssid, "set": {"beacons": True, "visible": True, "answer": "accept"}})
        self.m.control({"do": "factory"})
        self.m.until(b"\r\nready\r\n")
        self.m.seen = b""

    def ok(self, command, *lines):
        self.assertEqual(self.m.ask(command), [*lines, "OK"], command)

    def error(self, *commands):
        for command in commands:
            self.assertEqual(self.m.ask(command), ["ERROR"], command)

    def says(self, command, *lines):
        self.assertEqual(self.m.ask(command), list(lines), command)

    def join(self, command=JOIN):
        self.ok(command, "WIFI CONNECTED", "WIFI GOT IP")

    def air(self, request):
        answer = self.m.control({"air": request})
        self.assertTrue(answer["ok"], answer)
        return answer

    def wifi(self):
        return self.m.control({"get": "wifi"})["value"]

    def lines(self, seconds):
        """Unsolicited lines that come within that time."""
        return self.m.read(seconds).decode("latin-1").split("\r\n")[:-1]

    def comes(self, *lines):
        """These lines unasked, and then nothing more for a moment."""
        raw = "".join(line + "\r\n" for line in lines).encode("latin-1")
        self.assertEqual(self.m.read(0.1, len(raw)), raw)

    def restart(self):
        self.ok("AT+RST")
        self.m.until(b"\r\nready\r\n")
