# SPDX-License-Identifier: MIT
"""Several boards on one bench: how its file names them, what is refused, and what becomes of the cases
of a board that dies."""
import json
import os
import unittest

from harness import CliTest

MAC = "02:00:5e:00:00:01"
USB0 = {"address": "serial:/dev/ttyUSB0"}


class BenchFile(CliTest):
    def bench(self, iuts, **keys):
        return self.file("bench.json", json.dumps({"bench": "test", **keys, "iuts": iuts}, indent=1))

    def dry_run(self, iuts, *args, **keys):
        return self.call("run", "--dry-run", "--bench", self.bench(iuts, **keys), *args, "basic/at/*")

    def check_refused(self, iuts, *says):
        result = self.dry_run(iuts)
        self.check_said(result, 2, r"bench\.json:\d+:\d+: ", *says)
        return result

    def test_strings_and_objects(self):
        result = self.dry_run(["serial:/dev/ttyUSB1", {**USB0, "adapter": "1a86:7523", "mac": MAC}, "tcp:127.0.0.1:7"])
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("3 job(s)", result.out)

    def test_own_switches(self):
        result = self.dry_run([{**USB0, "reset": {"command": ["button", "2"]}, "power": {"command": ["relay"]}}])
        self.assertEqual(result.code, 0, result.err)

    def test_position_is_that_of_the_board(self):
        result = self.check_refused(["virtual:", {"address": "serial:/dev/ttyUSB0", "mac": "none"}], '"mac"', "octets")
        self.assertIn("bench.json:7:4: ", result.err)

    def test_what_is_no_board(self):
        self.check_refused("virtual:", "list")
        self.check_refused([["virtual:"]], "iuts|string|object")
        self.check_refused([""], "string")
        self.check_refused(["virtual:\0"], "string")
        self.check_refused([{}], '"address"')
        self.check_refused([{"address": ""}], '"address"')
        self.check_refused([{"address": 5}], '"address"')
        self.check_refused(["usb:1"], "usb:1")
        self.check_refused([{"address": "usb:1"}], "usb:1")
        self.check_refused([{**USB0, "adress": ""}], '"adress"')
        self.check_refused([f"serial:/dev/ttyUSB{i}" for i in range(65)], "64")

    def test_what_is_no_adapter_or_address(self):
        for adapter in ("", "1a86", "1a86:752", "1a86:7523:", "1a86-7523", "xa86:7523", 5):
            with self.subTest(adapter):
                self.check_refused([{**USB0, "adapter": adapter}], '"adapter" must be VID:PID')
        for mac in ("", MAC[:-1], MAC + "0", MAC[:-1] + "g", MAC.replace(":", "-"), None):
            with self.subTest(mac):
                self.check_refused([{**USB0, "mac": mac}], '"mac" must be six octets')

    def test_switches_are_checked(self):
        for key in ("reset", "power"):
            for value in ({"command": []}, {}, {"command": "relay"}, {"command": [""]}, "relay", {"comand": ["relay"]}):
                with self.subTest(key=key, value=value):
                    self.check_refused([{**USB0, key: value}], key + "|comand")

    def test_one_board_is_one_line(self):
        self.check_refused([USB0, "serial:/dev/ttyUSB0?baud=9600"], "same line", r"iuts\[0\]")
        port = self.file("port", "")
        os.symlink(port, os.path.join(self.home, "by-id"))
        self.check_refused([f"serial:{port}", f"serial:{self.home}/by-id"], "same line")
        other = {"address": "serial:/dev/ttyUSB1", "mac": MAC}
        self.check_refused([{**USB0, "mac": MAC}, other], MAC, r"iuts\[0\]")
        result = self.call("run", "--dry-run", "--iut", f"serial:{port}", "--iut", f"pty:{self.home}/by-id")
        self.check_said(result, 2, "--iut", "same line")

    def test_programs_may_be_named_twice(self):
        result = self.dry_run(["virtual:", "virtual:"])
        self.assertEqual(result.code, 0, result.err)


if __name__ == "__main__":
    unittest.main()
