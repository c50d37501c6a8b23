#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each rung of the recovery ladder: what one case leaves behind costs the next one nothing."""
import sys

import rigtest

TIMES = "300,800,30,3000,8000,30"


class Ladder(rigtest.RigTest):
    def recovers(self, case, *steps, iut=None, **options):
        run = self.run_rig(case, "pass", iut=iut or rigtest.fake(), timeouts=TIMES, **options)
        self.assertEqual(run.end, "complete", run.text)
        self.assertEqual(run.verdicts()["pass"], "pass")
        done = [x["step"] for x in run.of("recover", ok=True)]
        for step in steps:
            self.assertIn(step, done)
        for line in run.of("recover"):
            self.assertEqual(list(line), ["n", "t", "e", "l", "step", "ok", "ms", "text"])
        return run

    def test_after_a_good_case_one_exchange(self):
        run = self.recovers("pass1", "at")
        self.assertEqual({x["step"] for x in run.of("recover")}, {"at"})
        self.assertEqual(len(run.of("recover")), 2)

    def test_echo_off(self):
        self.recovers("echo_off", "echo")

    def test_after_a_failing_case_a_restart(self):
        self.recovers("fail", "drain", "at", "restart")

    def test_restore_where_the_bench_allows_it(self):
        self.recovers("fail", "restart", "restore", restore=1)

    def test_lost_rate(self):
        run = self.recovers("lost_rate", "baud", "restart")
        self.assertIn("9600", run.of("recover", step="baud")[0]["text"])

    def test_stuck_in_data_mode(self):
        self.recovers("stuck", "escape")

    def test_stuck_at_a_data_prompt(self):
        run = self.recovers("prompt", "fill", "restart")
        self.assertFalse(run.of("recover", step="escape")[0]["ok"])
        self.assertEqual(run.of("recover", step="baud"), [])

    def test_needs_the_bench_reset(self):
        pid = self.dir / "pid"
        script = f"import os,signal;os.kill(int(open('{pid}').read()),signal.SIGUSR1)"
        run = self.recovers("deaf", "reset", iut=rigtest.fake(f"pid={pid}"),
                            reset=f'{sys.executable} -S -c "{script}"')
        self.assertEqual(run.of("recover", step="power"), [])

    def test_needs_power(self):
        run = self.recovers("deaf", "power", reset="/bin/false")
        self.assertFalse(run.of("recover", step="reset")[0]["ok"])

    def test_a_program_that_dies_is_started_again(self):
        run = self.recovers("die", "reopen")
        self.assertEqual(run.verdict("die")["verdict"], "inconclusive")
        self.assertIn("lost", run.verdict("die")["message"])
        self.assertEqual([x["what"] for x in run.of("line") if x["what"] in ("lost", "back")],
                         ["lost", "back"])

    def test_half_a_line_before_the_end_is_kept(self):
        run = self.recovers("die", "reopen")
        self.assertIn("+HALF:1,", run.bytes("rx", 0))


rigtest.main()
