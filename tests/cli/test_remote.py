# SPDX-License-Identifier: MIT
"""Boards in another room: whole runs over rfc2217: and tcp: through ser2net, with the virtual module
on its port. With ATCONFORM_TEST_LONG the whole basic family, else what sets the line."""
import os
import shutil
import subprocess
import sys
import time
import unittest

from harness import ATMODULE, SOURCE, CliTest, events_of

sys.path.insert(0, os.path.join(SOURCE, "tests/rig"))
from ser2net import Ser2net, Server  # noqa: E402

LONG = os.environ.get("ATCONFORM_TEST_LONG")
HOST = f"127.{138 + os.getpid() % 20}.{1 + os.getpid() // 20 % 250}.1"  # this run's own
SETTINGS = ["baudrate:*", "databits:*", "stopbits:*", "parity:*", "flow_control:*"]
TCP = "tcp: carries bytes only, no rate or format; rfc2217: does"


class Remote(CliTest):
    def bench(self):
        bench = self.quick_bench(facilities=SETTINGS, destructive=True, restore_after_failure=True)
        return shutil.copy(bench, os.path.join(self.home, "remote.json"))

    def board(self):
        """The virtual module behind ser2net."""
        path = os.path.join(self.home, "module")
        self.fakes.append(subprocess.Popen([ATMODULE, "--pty", path], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        end = time.monotonic() + 20
        while not os.path.exists(path) and time.monotonic() < end:
            time.sleep(0.01)
        server = Ser2net(self.home, path, HOST)
        self.addCleanup(server.stop)
        return server

    def test_rfc2217_carries_the_basic_family(self):
        patterns = ["basic/*"] if LONG else [
            "basic/uart_cur/set_baudrate_accepts_*", "basic/uart_cur/is_*",
            "basic/uart_cur/set_*_reads_back_*", "basic/rst/*"]
        result = self.run_iut(self.board().url, *patterns, bench=self.bench(), timeout=600)
        events = self.check_journal(result)
        self.check_reports(result)
        verdicts = result.verdicts()
        others = {v["message"] for v in verdicts.values() if v["verdict"] != "pass"}
        self.assertLessEqual(others, {"wakeup", "power", "second_image", "control"}, result.out)
        self.assertEqual(result.code, 0, result.out)
        rates = {e["text"].split(",")[0] for e in events_of(events, "line") if e["what"] == "uart"}
        self.assertLessEqual({"80", "5000000", "9600"}, rates)
        steps = {e["step"] for e in events_of(events, "recover")}
        self.assertLessEqual(steps, {"at"}, "no case has cost a recovery")

    def test_tcp_carries_what_needs_no_settings(self):
        patterns = ["basic/*"] if LONG else ["basic/at/*", "basic/uart_cur/*_s*", "basic/uart_cur/is_*",
                                           "basic/uart_cur/query_*"]
        result = self.run_iut(self.board().raw, *patterns, bench=self.bench(), timeout=600)
        self.check_journal(result)
        verdicts = result.verdicts()
        self.assertEqual({v["verdict"] for v in verdicts.values()}, {"pass", "unequipped"})
        self.assertEqual(result.code, 0, result.out)
        why = {name: v["message"] for name, v in verdicts.items() if v["verdict"] != "pass"}
        self.assertEqual(why["basic/uart_cur/is_in_use_at_once"], TCP)
        self.assertEqual(verdicts["basic/uart_cur/query_answers_as_documented"]["verdict"], "pass")
        self.assertLessEqual(set(why.values()),
                             {TCP, "wakeup", "power", "second_image", "control"})

    def test_the_connection_breaks_in_mid_case(self):
        """The case that it happened to is inconclusive, the next one goes on."""
        server = self.board()
        out = os.path.join(self.home, "out")
        running = self.start("run", "--out", out, "--bench", self.bench(), "--iut", server.url,
                             "basic/at/*", "basic/gmr/*")
        running.wait_for(lambda e: e["e"] == "lease")
        server.stop()
        server.start()
        result = self.finish(running)
        events = self.check_journal(result)
        words = [e["what"] for e in events_of(events, "line")]
        self.assertEqual([w for w in words if w in ("lost", "back")], ["lost", "back"])
        self.assertIn((True, "reopen"), {(e["ok"], e["step"]) for e in events_of(events, "recover")})
        bad = [v for v in result.verdicts().values() if v["verdict"] != "pass"]
        self.assertLessEqual({v["verdict"] for v in bad}, {"inconclusive"})
        self.assertLessEqual(len(bad), 1)
        self.assertEqual(result.code, 1 if bad else 0)

    def test_the_server_stays_away(self):
        server = self.board()
        out = os.path.join(self.home, "out")
        running = self.start("run", "--out", out, "--bench", self.bench(), "--iut", server.url,
                             "basic/*")
        running.wait_for(lambda e: e["e"] == "lease")
        server.stop()
        result = self.finish(running)
        self.check_said(result, 3, r"is gone and did not come back")
        self.assertIn("missing", {v["verdict"] for v in result.verdicts().values()})

    def test_a_rate_that_the_server_refuses(self):
        """Said with the server's own answer, before the first case."""
        server = Server(HOST)
        self.addCleanup(server.close)
        server.port.__dict__.update(only=(9600,), baudrate=9600)
        result = self.run_iut(server.url, "basic/at/*", bench=self.bench())
        self.check_said(result, 3, "asked for 115200 baud the server answers with 9600 baud")

    def test_addresses(self):
        for address, says in (("rfc2217:", "HOST:PORT"), ("rfc2217:host", "HOST:PORT"),
                              ("rfc2217:host:0", "HOST:PORT"), ("rfc2217:host:5?rate=5", "rate"),
                              ("rfc2217:host:5?baud=x", "baud rate"),
                              ("rfc2217:host:99999999999", "HOST:PORT")):
            self.check_said(self.call("run", "--iut", address, "--dry-run"), 2, says)


if __name__ == "__main__":
    unittest.main()
