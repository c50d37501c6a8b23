#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The virtual module as a link: started, controlled, power-cycled, started again, taken away."""
import os
import signal
import sys
import threading
import time

MODULE = sys.argv.pop(3)

import rigtest  # noqa: E402  (it reads the rest of the arguments)


class Virtual(rigtest.RigTest):
    def virtual(self, *cases, address="virtual:", **options):
        return self.run_rig(*cases, iut=address, module=MODULE,
                            timeouts="500,3000,30,10000,10000,25", **options)

    def test_requests_of_a_worker(self):
        run = self.virtual("requests", "control", "pass")
        self.assertEqual(set(run.verdicts().values()), {"pass"}, run.of("verdict"))

    def test_power_cycle_in_a_lease(self):
        """The fake worker does not wait for the start-up line, but it must reach the worker."""
        run = self.virtual("reset", "pass")
        self.assertEqual(run.verdicts()["pass"], "pass", run.text)
        self.assertEqual(len(run.of("line", what="reset")), 1)
        self.assertIn("ready", run.bytes("rx", 0))

    def test_options(self):
        run = self.virtual("pass", address="virtual:?dialect=field&pace=1")
        self.assertEqual(run.verdicts(), {"pass": "pass"}, run.text)

    def test_lost_rate_is_found(self):
        run = self.virtual("lost_rate", "pass", restore=1)
        self.assertEqual(run.verdicts(), {"lost_rate": "fail", "pass": "pass"}, run.text)
        steps = [x["step"] for x in run.of("recover", ok=True)]
        self.assertIn("baud", steps)
        self.assertIn("restore", steps)

    def test_a_module_that_dies_is_started_again(self):
        process = self.start("hang", "pass", iut="virtual:", module=MODULE,
                             timeouts="500,3000,30,8000,10000,25")

        def kill_module():
            end = time.monotonic() + 30
            path = self.out / "journal.jsonl"
            while time.monotonic() < end:
                if path.exists() and '"e":"lease"' in path.read_text(encoding="utf-8"):
                    break
                time.sleep(0.02)
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as f:
                        words = f.read().split(b"\0")
                except OSError:
                    continue
                if words[0] == MODULE.encode() and str(self.private).encode() in b" ".join(words):
                    os.kill(int(pid), signal.SIGKILL)
        thread = threading.Thread(target=kill_module)
        thread.start()
        run = self.finish(process)
        thread.join()
        self.assert_clean()
        self.assertEqual(run.verdicts(), {"hang": "inconclusive", "pass": "pass"}, run.text)
        self.assertEqual([x["what"] for x in run.of("line") if x["what"] in ("lost", "back")],
                         ["lost", "back"])


rigtest.main()
