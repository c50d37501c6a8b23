#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Signals: the run ends in order, the rest is missing, and nothing is left."""
import contextlib
import os
import pathlib
import signal
import tempfile
import time

import rigtest


# A case has a minute, and so has an answer: what ends soon has waited for neither.
TIMES, SOON = "60000,60000,30,60000,3000,30", 20


class Signals(rigtest.RigTest):
    def wait_line(self, *parts):
        """Until the journal has a line with these parts."""
        path = self.out / "journal.jsonl"
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if path.exists() and any(all(part in line for part in parts)
                                     for line in path.read_text(encoding="utf-8").splitlines()):
                return
            time.sleep(0.02)
        self.fail(f"no line with {parts} came")

    def wait_lease(self):
        self.wait_line('"e":"lease"')

    def interrupted(self, number, *cases, times=1, stopped=False):
        """The seconds until it has ended."""
        self.out = pathlib.Path(tempfile.mkdtemp(dir=self.dir))
        process = self.start(*cases, timeouts=TIMES)
        self.wait_lease()
        if stopped:
            self.stop_suite(process)
        since = time.monotonic()
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.05)
        run = self.finish(process)
        took = time.monotonic() - since
        self.assert_clean()
        self.assertEqual((run.end, int(run.signal)), ("interrupted", number))
        end = run.of("end")[0]
        self.assertEqual((end["reason"], end["signal"]), ("interrupted", number))
        self.assertEqual(run.verdicts(), {})
        return took

    def state(self, pid):
        """Its state and its parent."""
        words = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return words[0], int(words[1])

    def stop_suite(self, process):
        """The suite program is as one that has no time for signals."""
        suites = []
        for cmdline in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                pid = int(cmdline.parent.name)
                if cmdline.read_bytes().startswith(rigtest.SUITE.encode() + b"\0") and self.state(pid)[1] == process.pid:
                    suites.append(pid)
        self.assertEqual(len(suites), 1)
        os.killpg(suites[0], signal.SIGSTOP)
        end = time.monotonic() + 30
        while self.state(suites[0])[0] != "T":
            self.assertLess(time.monotonic(), end)
            time.sleep(0.005)

    def test_interrupt(self):
        self.assertLess(self.interrupted(signal.SIGINT, "hang", "pass"), SOON)

    def test_terminate(self):
        self.assertLess(self.interrupted(signal.SIGTERM, "drink", "pass"), SOON)

    def test_twice_is_faster(self):
        """A suite program that does not go by itself has a moment for it, and none when asked twice."""
        self.assertGreater(self.interrupted(signal.SIGINT, "hang", "pass", stopped=True), 0.65)
        for _ in range(10):  # on a busy machine the two signals may have become one
            took = self.interrupted(signal.SIGINT, "hang", "pass", times=2, stopped=True)
            if took < 0.6:
                break
        self.assertLess(took, 0.6)

    def test_while_probing(self):
        process = self.start("pass", iut=rigtest.fake("silent"), timeouts=TIMES)
        self.wait_line('"e":"tx"')
        since = time.monotonic()
        process.send_signal(signal.SIGINT)
        run = self.finish(process)
        self.assertEqual(run.end, "interrupted")
        self.assertLess(time.monotonic() - since, SOON)
        self.assert_clean()

    def test_while_recovering(self):
        process = self.start("deaf", "pass", iut=rigtest.fake("clog"), reset="/bin/sleep 100",
                             timeouts="2000,20000,30,3000,30000,30")
        self.wait_line('"e":"verdict"')
        process.send_signal(signal.SIGTERM)
        run = self.finish(process)
        self.assertEqual(run.end, "interrupted")
        self.assertEqual(run.verdicts(), {"deaf": "fail"})
        self.assert_clean()

    def test_a_killed_rig_takes_its_children_along(self):
        process = self.start("hang", "pass")
        self.wait_lease()
        process.kill()
        process.communicate(timeout=30)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for path in self.private.rglob("*"):
                if not path.is_dir():
                    path.unlink()
            for path in sorted(self.private.rglob("*"), reverse=True):
                path.rmdir()
            try:
                self.assert_clean()
                return
            except AssertionError:
                time.sleep(0.05)
        self.assert_clean()


rigtest.main()
