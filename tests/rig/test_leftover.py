#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Signals: the run ends in order, the rest is missing, and nothing is left."""
import signal
import time

import rigtest


class Signals(rigtest.RigTest):
    def wait_lease(self):
        path = self.out / "journal.jsonl"
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if path.exists() and '"e":"lease"' in path.read_text(encoding="utf-8"):
                return
            time.sleep(0.02)
        self.fail("no lease came")

    def interrupted(self, number, *cases, times=1, **options):
        process = self.start(*cases, **options)
        self.wait_lease()
        since = time.monotonic()
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.05)
        run = self.finish(process)
        self.assert_clean()
        self.assertEqual((run.end, int(run.signal)), ("interrupted", number))
        end = run.of("end")[0]
        self.assertEqual((end["reason"], end["signal"]), ("interrupted", number))
        self.assertEqual(run.verdicts(), {})
        return time.monotonic() - since

    def test_interrupt(self):
        self.assertLess(self.interrupted(signal.SIGINT, "hang", "pass"), 4)

    def test_terminate(self):
        self.assertLess(self.interrupted(signal.SIGTERM, "drink", "pass"), 4)

    def test_twice_is_faster(self):
        self.assertLess(self.interrupted(signal.SIGINT, "hang", "pass", times=2), 2)

    def test_while_probing(self):
        process = self.start("pass", iut=rigtest.fake("silent"),
                             timeouts="2000,20000,30,3000,3000,30")
        time.sleep(0.5)
        since = time.monotonic()
        process.send_signal(signal.SIGINT)
        run = self.finish(process)
        self.assertEqual(run.end, "interrupted")
        self.assertLess(time.monotonic() - since, 3)
        self.assert_clean()

    def test_while_recovering(self):
        process = self.start("deaf", "pass", iut=rigtest.fake("clog"), reset="/bin/sleep 100",
                             timeouts="2000,20000,30,3000,30000,30")
        path = self.out / "journal.jsonl"
        end = time.monotonic() + 20
        while time.monotonic() < end and not (
                path.exists() and '"e":"verdict"' in path.read_text(encoding="utf-8")):
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        run = self.finish(process)
        self.assertEqual(run.end, "interrupted")
        self.assertEqual(run.verdicts(), {"deaf": "fail"})
        self.assert_clean()

    def test_a_killed_rig_takes_its_children_along(self):
        process = self.start("hang", "pass")
        self.wait_lease()
        process.kill()
        process.communicate(timeout=10)
        end = time.monotonic() + 5
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
