# SPDX-License-Identifier: MIT
"""The cable is pulled in the middle of a case, and put back."""
import os
import signal

import guesttest
from guesttest import UART, USB, GuestTest, long_form, poll

CASES = ("basic/at/*", "basic/gmr/*")


class Cable(GuestTest):
    def in_mid_case(self, run, module):
        """The module falls silent, and a case waits for its answer."""
        poll(lambda: any(e["e"] == "verdict" for e in run.journal()), "the first case is over", 120)
        os.kill(module.process.pid, signal.SIGSTOP)
        events = len(run.journal())

        def waits():
            later = run.journal()[events:]
            leases = [i for i, e in enumerate(later) if e["e"] == "lease"]
            return leases and any(e["e"] == "tx" for e in later[leases[-1]:])
        poll(waits, "a case has sent its command", 120)

    def survived(self, run):
        counts = run.counts()
        self.assertEqual(counts.pop("inconclusive", 0), 1, run.said[-3000:])
        self.assertEqual(set(counts), {"pass"}, run.said[-3000:])
        journal = run.journal()
        self.assertEqual([e["what"] for e in journal if e["e"] == "line" and e["what"] in ("lost", "back")], ["lost", "back"])
        self.assertTrue(any(e["e"] == "recover" and e["step"] == "reopen" and e["ok"] for e in journal), "a rung of the ladder")
        self.assertEqual(run.status, 1, run.said[-2000:])

    def pull_and_plug(self, again, port=USB):
        module = self.module()
        self.on_usb(module)
        with self.running(port, *CASES) as run:
            self.in_mid_case(run, module)
            guesttest.guest.unplug()
            poll(lambda: any(e["e"] == "line" and e["what"] == "lost" for e in run.journal()), "the loss is seen")
            os.kill(module.process.pid, signal.SIGCONT)
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
        module = self.module()
        self.on_usb(module)
        with self.running(USB, *CASES, timeouts_ms={"answer": 8000, "silence": 150, "recover": 4000, "case": 120000}) as run:
            self.in_mid_case(run, module)
            guesttest.guest.unplug()
        self.assertEqual(run.status, 3, run.said[-2000:])
        self.assertEqual(len(run.messages), 1, run.said[-2000:])
        self.assertRegex(run.messages[0], "/dev/ttyUSB0")
        counts = run.counts()
        self.assertGreater(counts.pop("missing", 0), 0)
        self.assertEqual(counts.pop("inconclusive", 0), 1, run.said[-2000:])
        self.assertEqual(set(counts), {"pass"})

    @long_form
    def test_wires_of_the_16550_cut(self):
        """No driver can tell: the module is silent for a while, and recovery waits for it."""
        module = self.module()
        self.on_uart(module)
        with self.running(UART, *CASES, timeouts_ms={"answer": 3000, "silence": 150, "recover": 60000, "case": 120000}) as run:
            self.in_mid_case(run, module)
            guesttest.guest.connect_uart(None)
            os.kill(module.process.pid, signal.SIGCONT)
            judged = [e["e"] for e in run.journal()].count("verdict")
            poll(lambda: [e["e"] for e in run.journal()].count("verdict") > judged, "the case is over", 120)
            guesttest.guest.connect_uart(module.tty)
        counts = run.counts()
        self.assertEqual(counts.pop("fail", 0) + counts.pop("inconclusive", 0), 1, run.said[-3000:])
        self.assertEqual(set(counts), {"pass"}, run.said[-3000:])
