# SPDX-License-Identifier: MIT
"""A board with the usual two transistors between DTR, RTS, and the module's EN and boot pins: RTS
alone holds it in reset."""
import os
import threading
import time

import guesttest
from cable_cases import CASES, VICTIM
from guesttest import GuestTest, long_form

HELD, LET_GO = "lines 0 1", "lines 0 0"


class Board:
    """Restarts the module when RTS alone ends."""

    def __init__(self, module):
        self.module, self.resets, self.ending = module, 0, False
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        seen, held = 0, False
        while not self.ending:
            noted = guesttest.guest.noted(self.module.tty)
            for line in noted[seen:]:
                if not line.startswith("lines"):
                    continue
                if held and line != HELD:
                    self.module.control({"do": "power-cycle"})
                    self.resets += 1
                held = line == HELD
            seen = len(noted)
            time.sleep(0.01)

    def stop(self):
        self.ending = True
        self.thread.join()


class Reset(GuestTest):
    def board(self):
        board = Board(self.module("--fault", "hang:systimestamp"))
        self.addCleanup(board.stop)
        return board

    def brought_back(self, port, board):
        """A module that hangs, by the lines; nothing else moves them."""
        run = self.run_cases(port, *CASES, reset={"lines": "esp"},
                             timeouts_ms={"answer": 2000, "restart": 20000, "silence": 100, "case": 60000, "recover": 120000})
        self.assertEqual(run.verdicts(), {case: "fail" if case == VICTIM else "pass" for case in CASES}, run.said[-3000:])
        steps = [e for e in run.journal() if e["e"] == "recover" and e["step"] == "reset"]
        self.assertTrue(steps and all(e["ok"] for e in steps), steps)
        self.assertEqual(board.resets, len(steps))
        edges = self.edges(board.module)
        self.assertEqual(edges[edges.index("lines 1 1"):], ["lines 1 1"] + [HELD, LET_GO] * len(steps))

    @long_form
    def test_16550(self):
        board = self.board()
        self.brought_back(self.on_uart(board.module), board)

    @long_form
    def test_usb(self):
        board = self.board()
        self.brought_back(self.on_usb(board.module), board)

    @long_form
    def test_doctor_finds_it(self):
        """And writes a bench file with which a run goes."""
        for attach, name in ((self.on_uart, "ttyS1"), (self.on_usb, "ttyUSB0")):
            with self.subTest(name):
                board = Board(self.module())
                self.addCleanup(board.stop)
                port = attach(board.module)
                said = guesttest.guest.run(f"atconform doctor --iut serial:{port} --try-reset --out /tmp/{name}.json; status=$?; "
                                           f"cp /tmp/{name}.json /share/; exit $status", guesttest.PATIENCE)
                self.assertEqual(said.status, 0, said.out)
                self.assertGreater(board.resets, 0, said.out)
                with open(os.path.join(guesttest.guest.share, f"{name}.json"), encoding="utf-8") as f:
                    written = f.read()
                self.assertIn('"esp"', written)
                self.assertIn('"databits:7"', written)
                self.all_pass(self.run_cases(port, "basic/at/*", "basic/uart_cur/is_answered_at_the_old_rate", bench=f"/tmp/{name}.json"))
