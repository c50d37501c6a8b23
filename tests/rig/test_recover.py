#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each rung of the recovery ladder: what one case leaves behind costs the next one nothing."""
import contextlib
import socket
import subprocess
import sys
import time

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

    def served(self, *modes):
        """A module behind a bridge that nothing can restart: a new life for each connection."""
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        script = self.dir / "module"
        script.write_text(f"#!/bin/sh\nexec {rigtest.fake(*modes)[5:]}\n", encoding="ascii")
        script.chmod(0o700)
        bridge = subprocess.Popen(["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", f"EXEC:{script}"])
        self.addCleanup(bridge.wait)
        self.addCleanup(bridge.terminate)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.02)
        return f"tcp:127.0.0.1:{port}"

    def test_a_line_that_goes_with_the_restart(self):
        """As of a board whose USB port is the chip's own: lost in mid-ladder, and there again."""
        run = self.recovers("fail", "reopen", "restart", iut=self.served(f"rst-dies={self.dir / 'died'}"))
        self.assertEqual([x["ok"] for x in run.of("recover", step="restart")], [False, True])
        self.assertEqual(run.of("recover", step="giveup"), [])

    def test_a_line_that_is_lost_each_time(self):
        """Bounded: the ladder begins once more, not for ever."""
        run = self.run_rig("fail", "pass", iut=self.served("rst-dies=always"), timeouts=TIMES)
        self.assertEqual(run.end, "unusable")
        self.assertEqual(len(run.of("recover", step="restart")), 2)
        self.assertEqual(len(run.of("recover", step="giveup")), 1)

    def test_nothing_restarts_it(self):
        """Its other verdicts are worth having; the journal says it."""
        run = self.recovers("fail", iut=self.served("no-rst"))
        settle = run.of("recover", step="settle")
        self.assertEqual([(x["ok"], "nothing was seen to restart it" in x["text"]) for x in settle], [(False, True)])

    def test_what_is_said_after_a_reset_is_no_start(self):
        pid = self.dir / "pid"
        script = f"import os,signal;os.kill(int(open('{pid}').read()),signal.SIGUSR1)"
        for mode, restarts in (("wakes", 1), ("starts", 0)):
            with self.subTest(mode):
                self.out = self.dir / mode
                self.out.mkdir()
                run = self.recovers("deaf", "reset", iut=rigtest.fake(f"pid={pid}", mode),
                                    reset=f'{sys.executable} -S -c "{script}"')
                reset = run.of("recover", step="reset", ok=True)[0]["n"]
                self.assertEqual(len([x for x in run.of("recover", step="restart", ok=True) if x["n"] > reset]),
                                 restarts)
                self.assertEqual(run.of("recover", step="settle"), [])

    def test_half_a_line_before_the_end_is_kept(self):
        run = self.recovers("die", "reopen")
        self.assertIn("+HALF:1,", run.bytes("rx", 0))


rigtest.main()
