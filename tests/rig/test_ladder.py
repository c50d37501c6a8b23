#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The virtual module stuck in every state that a rung is for: the case that got it there pays, the
next one does not, and the journal says which rung it was. And what recovery costs."""
import shlex
import statistics
import sys

MODULE = sys.argv.pop(3)

import rigtest  # noqa: E402  (it reads the rest of the arguments)

TIMES = "400,2000,30,8000,20000,25"
# The power button: a client of the module's control port.
BUTTON = """import glob,os,socket
s=socket.socket(socket.AF_UNIX)
s.connect(glob.glob(os.environ["TMPDIR"]+"/**/*ctl*",recursive=True)[0])
s.sendall(b'{"do":"power-cycle"}'+bytes([10]))
s.recv(99)
"""
FAILS = "/bin/false"


class Ladder(rigtest.RigTest):
    def start_stuck(self, fault, **options):
        """The fault, between two cases that have nothing to do with it."""
        home = self.dir / f"{fault}-{len(list(self.dir.iterdir()))}"
        self.out, self.private = home / "run", home / "tmp"
        self.out.mkdir(parents=True)
        self.private.mkdir()
        process = self.start("pass1", "sysram", "pass2", iut=f"virtual:?fault={fault}:sysram", module=MODULE,
                             timeouts=TIMES, **options)
        return process, home

    def finish_stuck(self, started, rung, state=None):
        process, home = started
        self.out, self.private = home / "run", home / "tmp"
        run = self.finish(process)
        self.assert_clean()
        self.assertEqual(run.end, "complete", run.text)
        self.assertEqual(run.verdicts(), {"pass1": "pass", "sysram": "fail", "pass2": "pass"})
        steps = self.after(run, "sysram")
        climbed = [x["step"] for x in steps if x["ok"] and x["step"] not in ("drain", "listen")]
        self.assertEqual(climbed[0], rung, steps)
        self.assertEqual(climbed[-1], "at", "and then it shows order")
        heard = [x["text"] for x in steps if x["step"] == "listen" and x["ok"]]
        self.assertEqual(bool(heard), state is not None, heard)
        if state:
            self.assertIn(state, heard[0])
        return [x["step"] for x in steps]

    @staticmethod
    def after(run, case):
        """The steps between this case's release and the next lease."""
        index = next(x["c"] for x in run.of("plan") if x["case"].endswith("/" + case))
        begin = run.of("release", c=index)[0]["n"]
        end = min((x["n"] for x in run.of("lease") if x["n"] > begin), default=len(run.lines))
        return [x for x in run.of("recover") if begin < x["n"] < end]

    def test_each_rung_brings_back_what_it_is_for(self):
        button = shlex.join([sys.executable, "-S", "-c", BUTTON])
        plan = {
            "escape": self.start_stuck("stuck-passthrough"),
            "fill": self.start_stuck("stuck-prompt"),
            "baud": self.start_stuck("lost-rate"),
            "restart": self.start_stuck("stays-busy"),
            "reset": self.start_stuck("hang", reset=button),
            "power": self.start_stuck("hang", reset=FAILS, power=button),
            "loop": self.start_stuck("boot-loop", reset=FAILS, power=button),
            "loader": self.start_stuck("boot-loader", reset=FAILS),
        }
        shown = {name: self.finish_stuck(started, {"loop": "power", "loader": "power"}.get(name, name),
                                         {"loop": "restarts again and again", "loader": "boot loader"}.get(name))
                 for name, started in plan.items()}
        # No rung is climbed that the one before has made superfluous.
        self.assertNotIn("fill", shown["escape"])
        self.assertNotIn("baud", shown["fill"])
        self.assertNotIn("reset", shown["baud"])
        for step in ("escape", "fill", "baud", "listen", "reset"):
            self.assertNotIn(step, shown["restart"], "a module that reads commands is in no data mode")
        self.assertNotIn("power", shown["reset"])
        # What was started anew is not restarted once more.
        self.assertEqual(shown["restart"].count("restart"), 1)
        for name in ("power", "loop", "loader"):
            self.assertEqual(shown[name][-2:], ["power", "at"], shown[name])

    def test_noise_of_the_rom_at_each_start(self):
        run = self.run_rig("pass1", "fail", "pass2", iut="virtual:?dialect=field", module=MODULE,
                           timeouts=TIMES, restore=1)
        self.assertEqual(run.verdicts(), {"pass1": "pass", "fail": "fail", "pass2": "pass"})
        steps = [x["step"] for x in self.after(run, "fail")]
        self.assertEqual(steps, ["drain", "at", "restart", "restore", "at"])

    def test_a_prompt_gets_no_more_than_it_waits_for(self):
        self.finish_stuck(self.start_stuck("stuck-prompt"), "fill")
        sent = sum(len(x.get("bytes", "")) for x in self.journal() if x["e"] == "tx" and x["c"] == -1
                   and x.get("bytes", "").startswith(("AT\r\nAT", "\\0")))
        self.assertGreaterEqual(sent, 700)
        self.assertLess(sent, 1400)

    def test_a_health_check_costs_one_exchange(self):
        """At most one in the median, exactly one behind a case that passed."""
        run = self.run_rig("pass1", "pass2", "pass3", "fail", "pass4", "pass5", "echo_off", "pass6", "pass7", "pass8",
                           iut="virtual:", module=MODULE, timeouts=TIMES)
        sent = [x["n"] for x in run.of("tx", c=-1)]
        leases = [x["n"] for x in run.of("lease")]
        cost = [len([n for n in sent if before < n < lease]) for before, lease in zip(leases, leases[1:])]
        self.assertEqual(len(cost), 9)
        self.assertLessEqual(statistics.median(cost), 1)
        self.assertEqual([c for i, c in enumerate(cost) if i not in (3, 6)], [1] * 7)
        asked = "".join(x["bytes"] for x in run.of("tx", c=-1) if x["n"] < leases[1] and x["n"] > leases[0])
        self.assertEqual(asked, "AT\r\n")


rigtest.main()
