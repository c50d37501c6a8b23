# SPDX-License-Identifier: MIT
"""The cable is pulled in the middle of a case, and put back."""
import guesttest
from guesttest import USB, GuestTest, long_form, poll

# The second one hangs the module, so that it is certainly in the middle when the cable goes.
VICTIM = "basic/systimestamp/query_answers_as_documented"
CASES = ("basic/at/execute_answers_as_documented", VICTIM, "basic/uart_cur/query_answers_as_documented")


class Cable(GuestTest):
    def hanging(self):
        return self.module("--fault", "hang:systimestamp")

    def in_mid_case(self, run):
        def waits():
            sent = [e.get("bytes", "") for e in run.journal() if e["e"] in ("tx", "rx")]
            return sent and "AT+SYSTIMESTAMP?" in "".join(sent[-2:])
        poll(waits, "the case waits for its answer", 120)

    def lost(self, run):
        return any(e["e"] == "line" and e["what"] == "lost" for e in run.journal())

    def survived(self, run):
        self.assertEqual(run.verdicts(), {case: "inconclusive" if case == VICTIM else "pass" for case in CASES}, run.said[-3000:])
        journal = run.journal()
        self.assertEqual([e["what"] for e in journal if e["e"] == "line" and e["what"] in ("lost", "back")], ["lost", "back"])
        self.assertTrue(any(e["e"] == "recover" and e["step"] == "reopen" and e["ok"] for e in journal), "a rung of the ladder")
        self.assertEqual(run.status, 1, run.said[-2000:])

    def pull_and_plug(self, again, port=USB):
        module = self.hanging()
        self.on_usb(module)
        with self.running(port, *CASES) as run:
            self.in_mid_case(run)
            guesttest.guest.unplug()
            poll(lambda: self.lost(run), "the loss is seen")
            module.control({"do": "power-cycle"})
            again(module)
        return run

    @long_form
    def test_put_back(self):
        self.survived(self.pull_and_plug(lambda module: guesttest.guest.plug(module.tty)))

    def test_put_back_under_another_name(self):
        """Something else has taken the name meanwhile: it is let alone, and the adapter found."""
        other = self.module()

        def again(module):
            guesttest.guest.plug(other.tty, "B200")
            guesttest.guest.plug(module.tty)
        run = self.pull_and_plug(again)
        self.survived(run)
        self.assertEqual([n for n in guesttest.guest.noted(other.tty) if n.startswith("lines 1")], [], "nobody opened the other one")
        self.assertTrue(any("/dev/ttyUSB1" in e.get("text", "") for e in run.journal() if e["e"] in ("line", "recover")), "the new name is told")

    @long_form
    def test_not_put_back(self):
        """The rest is missing, and the run says what is gone."""
        module = self.hanging()
        self.on_usb(module)
        with self.running(USB, *CASES, timeouts_ms={"answer": 8000, "silence": 150, "recover": 4000, "case": 120000}) as run:
            self.in_mid_case(run)
            guesttest.guest.unplug()
        self.refused(run, "/dev/ttyUSB0")
        self.assertEqual(list(run.verdicts().values()), ["pass", "inconclusive", "missing"], run.said[-2000:])

    @long_form
    def test_wires_of_the_16550_cut(self):
        """No driver can tell: the module is silent for a while, and recovery waits for it."""
        module = self.module()
        port = self.on_uart(module)
        with self.running(port, *CASES, timeouts_ms={"answer": 3000, "silence": 150, "recover": 60000, "case": 120000}) as run:
            poll(lambda: any(e["e"] == "lease" for e in run.journal()), "the first case runs", 120)
            guesttest.guest.connect_uart(None)
            poll(lambda: any(e["e"] == "verdict" and e["verdict"] != "pass" for e in run.journal()), "a case has failed by it", 120)
            guesttest.guest.connect_uart(module.tty)
        verdicts = list(run.verdicts().values())
        self.assertEqual(len([v for v in verdicts if v != "pass"]), 1, run.said[-3000:])
        self.assertTrue({"fail", "inconclusive"} & set(verdicts), run.said[-3000:])
