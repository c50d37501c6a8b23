#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Modules that flood, clog or vanish: no hang, bounded memory, nothing lost from the journal."""
import hashlib
import os
import pathlib
import pty
import threading
import time

import rigtest

TIMES = "300,800,30,2500,8000,30"


class Hostile(rigtest.RigTest):
    def watch_memory(self, process):
        peak = 0
        status = pathlib.Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            for line in status.read_text(encoding="ascii").splitlines():
                if line.startswith("VmRSS"):
                    peak = max(peak, int(line.split()[1]))
            time.sleep(0.05)
        return peak

    def test_a_flood_that_the_case_reads(self):
        process = self.start("drink", "pass", timeouts="300,800,30,20000,8000,30")
        peak = self.watch_memory(process)
        run = self.finish(process)
        self.assert_clean()
        self.assertLess(peak, 200000)
        self.assertEqual(run.verdicts()["pass"], "pass", run.text)
        bulk = run.of("bulk", c=0, dir="rx")[0]
        sizes = sum(x.get("len", 0) for x in run.of("rx", c=0))
        kept = len(run.bytes("rx", 0))
        self.assertEqual(bulk["total"], sizes + kept)
        self.assertLessEqual(kept, 65536)
        self.assertEqual(len(bulk["last"]), 4096)
        if set(bulk["last"]) == {"x"}:
            echo = b"AT+FLOOD\r\n"
            whole = echo + b"x" * (bulk["total"] - len(echo))
            self.assertEqual(bulk["sha256"], hashlib.sha256(whole).hexdigest())

    def test_a_flood_that_nobody_reads(self):
        process = self.start("flood", "pass", timeouts=TIMES)
        peak = self.watch_memory(process)
        run = self.finish(process)
        self.assert_clean()
        self.assertLess(peak, 200000)
        self.assertEqual(run.verdicts()["flood"], "error")
        self.assertEqual(run.verdicts()["pass"], "pass", run.text)

    def test_a_module_that_does_not_read(self):
        run = self.run_rig("pour", "pass", iut=rigtest.fake("clog"), timeouts=TIMES)
        self.assertEqual(run.verdicts(), {"pour": "error", "pass": "pass"}, run.text)

    def test_a_port_that_vanishes_for_good(self):
        master, slave = pty.openpty()
        path = os.ttyname(slave)

        def module():
            line, held = b"", True
            while b"AT+DIE" not in line:
                line = os.read(master, 4096)
                if held:  # the rig has it open, too: now it is the only one
                    os.close(slave)
                held = False
                answer = b"\r\nOK\r\n" if line.strip() == b"AT" else b"\r\nERROR\r\n"
                os.write(master, line + answer if b"DIE" not in line else b"\r\n+HA")
            time.sleep(0.2)
            os.close(master)
        thread = threading.Thread(target=module)
        thread.start()
        process = self.start("pass1", "die", "pass", iut=f"pty:{path}",
                             timeouts="300,800,30,3000,1500,30")
        run = self.finish(process)
        thread.join(30)
        self.assert_clean()
        self.assertEqual(run.end, "unusable")
        self.assertIn(path, run.text)
        self.assertEqual(run.verdicts(), {"pass1": "pass", "die": "inconclusive"})
        self.assertEqual(run.of("recover", step="giveup")[0]["ok"], False)
        self.assertIn("+HA", run.bytes("rx", 1))


rigtest.main()
