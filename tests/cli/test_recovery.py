# SPDX-License-Identifier: MIT
"""Boards that hang, fall into their boot loader or lose their cable: what brings them back from outside,
and what is said when nothing does."""
import json
import os
import select
import signal
import subprocess
import tempfile
import termios
import threading
import time
import tty
import unittest

from harness import ATMODULE, BUILD, CliTest, marked_processes, read_journal

SYSRAM = "basic/sysram/shows_a_plausible_number_of_bytes"
NEXT = "basic/systimestamp/query*"
CASES = ("basic/gmr/*", SYSRAM, NEXT)
QUICK = {"answer": 400, "restart": 2000, "silence": 30, "case": 10000, "recover": 8000, "guard": 100,
         "escape": 150, "command": 20000}
# Where nothing is to come back.
VAIN = {**QUICK, "answer": 300, "restart": 700, "recover": 2500}
LONG = unittest.skipUnless(os.environ.get("ATCONFORM_TEST_LONG"), "only with ATCONFORM_TEST_LONG")
SANITIZED = "sanitize" in os.path.basename(BUILD) or "asan" in os.path.basename(BUILD)


class Board(CliTest):
    """A board on a USB adapter, as far as the tester can tell: a PTY in a tree that looks like sysfs."""

    def setUp(self):
        super().setUp()
        self.sysfs = os.path.join(self.home, "sys")
        self.control = os.path.join(self.home, "ctl")
        os.makedirs(os.path.join(self.sysfs, "class/tty"))

    def module(self, port, *options):
        """The module with its adapter, plugged in under that name."""
        path = os.path.join(self.home, port)
        process = subprocess.Popen([ATMODULE, "--pty", path, "--control", self.control, "--nvs", self.home + "/nvs",
                                    *options], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.fakes.append(process)
        self.assertIn("pty", process.stdout.readline())
        self.plug(port)
        return process

    def plug(self, port, vid="10c4", pid="ea60", serial="0001"):
        usb = os.path.join(self.sysfs, "devices/usb1/1-2")
        device = os.path.join(usb, "1-2:1.0", port)
        entry = os.path.join(self.sysfs, "class/tty", port)
        for folder in (device, entry):
            os.makedirs(folder, exist_ok=True)
        for name, text in (("idVendor", vid), ("idProduct", pid), ("serial", serial),
                           ("1-2:1.0/bInterfaceNumber", "00")):
            with open(os.path.join(usb, name), "w", encoding="ascii") as f:
                f.write(text + "\n")
        with open(os.path.join(entry, "uevent"), "w", encoding="ascii") as f:
            f.write(f"DEVNAME={self.home}/{port}\n")
        os.symlink(device, os.path.join(entry, "device"))

    def unplug(self, port):
        os.unlink(os.path.join(self.sysfs, "class/tty", port, "device"))

    def bench(self, **keys):
        text = {"bench": "test", "facilities": [], "baud_rates": [115200, 9600], "timeouts_ms": QUICK,
                "gate_inferred": True, **keys}
        return self.file("bench.json", json.dumps(text, indent=1))

    def start_board(self, port, *cases, env=None, **keys):
        out = tempfile.mkdtemp(prefix="run", dir=self.home)
        return self.start("run", "--out", out, "--bench", self.bench(**keys), "--iut", f"serial:{self.home}/{port}",
                          *(cases or CASES), env={"ATCONFORM_SYSFS": self.sysfs, **(env or {})})

    def run_board(self, port, *cases, **keys):
        return self.finish(self.start_board(port, *cases, **keys))

    def spoil(self, fault):
        """The board gets into that state before the tester comes."""
        self.module("ttyUSB0", "--fault", fault + ":sysram")
        self.spoil_running("AT+SYSRAM?", starts=True)

    def spoil_running(self, command, starts=False):
        fd = os.open(os.path.join(self.home, "ttyUSB0"), os.O_RDWR | os.O_NOCTTY)
        # Its banner may be there already, and is kept.
        tty.setraw(fd, termios.TCSANOW)
        settings = termios.tcgetattr(fd)
        settings[4] = settings[5] = termios.B115200
        termios.tcsetattr(fd, termios.TCSANOW, settings)
        if starts:
            self.hear(fd, b"ready")
        os.write(fd, command.encode() + b"\r\n")
        rest = self.hear(fd, command.encode())
        if not starts:
            self.hear(fd, b"OK", rest)
        os.close(fd)

    def hear(self, fd, wanted, said=b""):
        """Waits for that; what came behind it."""
        while wanted not in said:
            self.assertTrue(select.select([fd], [], [], 30)[0], f"{wanted!r} did not come, but {said!r}")
            said += os.read(fd, 100)
        return said.split(wanted, 1)[1]

    def steps(self, result):
        return [(e["step"], e["ok"]) for e in result.journal() if e["e"] == "recover"]

    def check_others_pass(self, result, *bad):
        for case, verdict in result.verdicts().items():
            wanted = "fail" if case.split("/")[1] in bad else "pass"
            self.assertEqual(verdict["verdict"], wanted, case)


class LeftBehind(Board):
    """What a killed run has left the module in."""

    def test_passthrough(self):
        self.spoil("stuck-passthrough")
        result = self.run_board("ttyUSB0", "basic/gmr/*", NEXT)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual([s for s in self.steps(result) if s[0] in ("escape", "restart")],
                         [("escape", True), ("restart", True)])

    def test_lost_rate(self):
        """A new run says where it is, the one that goes on brings it back."""
        self.module("ttyUSB0")
        begun = self.start_board("ttyUSB0", *CASES, "basic/at/*", "basic/sysmsg/*")
        begun.wait_for(lambda e: e["e"] == "verdict")
        begun.signal(signal.SIGKILL)
        begun.wait(30)
        self.spoil_running("AT+UART_CUR=9600,8,1,0,0")
        env = {"ATCONFORM_SYSFS": self.sysfs}
        fresh = self.run_board("ttyUSB0", "basic/gmr/*")
        self.assertEqual(fresh.code, 3, fresh.err)
        self.assertIn("but it does at 9600", fresh.err)
        again = self.call("run", "--resume", begun.dir, env=env)
        self.assertEqual(again.code, 0, again.err)
        self.assertIn(("baud", True), [(e["step"], e["ok"]) for e in read_journal(begun.dir + "/journal.jsonl")
                                       if e["e"] == "recover"])


@unittest.skipIf(SANITIZED, "a preloaded library comes before the sanitizer's")
class ModemLines(Board):
    def setUp(self):
        super().setUp()
        self.log = os.path.join(self.home, "lines")
        self.env = {"LD_PRELOAD": os.path.join(BUILD, "tests/cli/libtest-lines.so"),
                    "ATCONFORM_TEST_LINES": self.log, "ATCONFORM_TEST_CONTROL": self.control}

    def moved(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="ascii") as f:
            return f.read().splitlines()

    def test_the_circuit_of_common_boards(self):
        faults = {"boot-loader": "boot loader", "boot-loop": "again and again"}
        for fault, said in list(faults.items())[:2 if "ATCONFORM_TEST_LONG" in os.environ else 1]:
            with self.subTest(fault):
                module = self.module("ttyUSB0", "--fault", fault + ":sysram")
                result = self.run_board("ttyUSB0", reset={"lines": "esp", "settle_ms": 20}, env=self.env)
                self.assertEqual(result.code, 1, result.err)
                self.check_others_pass(result, "sysram")
                done = [e for e in result.journal() if e["e"] == "recover" and e["ok"]]
                self.assertIn("by the modem lines", [e["text"] for e in done if e["step"] == "reset"])
                self.assertIn(said, [e["text"] for e in done if e["step"] == "listen"][0])
                # Into its firmware and not into its boot loader, once, and both lines left released.
                self.assertEqual(self.moved(), ["dtr=0 rts=1", "dtr=0 rts=0", "start"])
                module.kill()
                module.wait()
                self.unplug("ttyUSB0")
                os.unlink(self.log)
                os.unlink(os.path.join(self.home, "ttyUSB0"))

    @LONG
    def test_own_sequence(self):
        lines = [{"dtr": False}, {"rts": True, "ms": 20}, {"rts": False, "dtr": False, "ms": 5}]
        self.module("ttyUSB0", "--fault", "hang:sysram")
        result = self.run_board("ttyUSB0", reset={"lines": lines}, env=self.env)
        self.check_others_pass(result, "sysram")
        self.assertEqual(self.moved(), ["dtr=0 rts=1", "dtr=0 rts=1", "dtr=0 rts=0", "start"])

    def test_given_up_it_is_not_held_in_reset(self):
        self.module("ttyUSB0", "--fault", "hang:sysram")
        running = self.start_board("ttyUSB0", env=self.env, reset={"lines": [
            {"dtr": False, "rts": True, "ms": 8000}, {"dtr": True, "rts": True}, {"dtr": False, "rts": False}]})
        end = time.monotonic() + 30
        while not self.moved() and time.monotonic() < end:
            time.sleep(0.02)
        begun = time.monotonic()
        running.signal(signal.SIGINT)
        result = self.finish(running)
        self.assertEqual(result.code, 130, result.err)
        self.assertLess(time.monotonic() - begun, 6, "the rest is not waited for")
        self.assertEqual([m for m in self.moved() if m != "start"], ["dtr=0 rts=1", "dtr=1 rts=1", "dtr=0 rts=0"])

    def test_a_board_that_does_not_answer_at_the_start(self):
        self.spoil("boot-loader")
        result = self.run_board("ttyUSB0", "basic/gmr/*", reset={"lines": "esp"}, env=self.env,
                                timeouts_ms={**QUICK, "restart": 1500})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(self.moved(), ["dtr=0 rts=1", "dtr=0 rts=0", "start"])

    def test_nothing_moves_that_the_bench_does_not_say(self):
        self.module("ttyUSB0", "--fault", "hang:sysram")
        result = self.run_board("ttyUSB0", SYSRAM, NEXT, env=self.env, timeouts_ms=VAIN)
        self.check_said(result, 3, "ttyUSB0 does not answer any more", '"power"')
        self.assertEqual(self.moved(), [])


class AtTheStart(Board):
    """A board that is in a bad way before the first case is refused, and it is said why."""

    def refused(self, fault):
        self.spoil(fault)
        return self.run_board("ttyUSB0", timeouts_ms=VAIN)

    def test_in_its_boot_loader(self):
        self.check_said(self.refused("boot-loader"), 3, "answers no AT: it is in its ROM boot loader", "GPIO0")

    def test_it_restarts_all_the_time(self):
        self.check_said(self.refused("boot-loop"), 3, "answers no AT: it restarts again and again")


class Cable(Board):
    def pull(self, put_back, **times):
        """Pulled while the first case waits for its answer; what `put_back` does follows."""
        module = self.module("ttyUSB0", "--fault", "hang:sysram")
        running = self.start_board("ttyUSB0", SYSRAM, NEXT,
                                   timeouts_ms={**QUICK, "answer": 3000, **times})

        def hand():
            running.wait_for(lambda e: e["e"] == "tx" and "SYSRAM" in e.get("bytes", ""))
            self.unplug("ttyUSB0")
            module.kill()
            module.wait()
            running.wait_for(lambda e: e["e"] == "line" and e["what"] == "lost")
            put_back()
        thread = threading.Thread(target=hand)
        thread.start()
        result = self.finish(running)
        thread.join()
        return result

    def check_survived(self, result, where):
        verdicts = result.verdicts()
        lost = verdicts.pop(SYSRAM)
        self.assertEqual(lost["verdict"], "inconclusive")
        self.assertIn("line", lost["message"])
        self.assertEqual({v["verdict"] for v in verdicts.values()}, {"pass"})
        self.assertIn(("reopen", True), self.steps(result))
        back = [e["text"] for e in result.journal() if e["e"] == "line" and e["what"] == "back"]
        self.assertEqual(len(back), 1)
        self.assertTrue(back[0].endswith(where), back)

    def test_put_back(self):
        self.check_survived(self.pull(lambda: self.module("ttyUSB0")), "/ttyUSB0")

    def test_put_back_under_another_name(self):
        def put_back():
            # Another adapter has its name meanwhile.
            other = os.path.join(self.home, "ttyUSB0")
            if os.path.lexists(other):
                os.unlink(other)
            os.symlink("/dev/null", other)
            self.module("ttyUSB1")
        self.check_survived(self.pull(put_back), ", now " + self.home + "/ttyUSB1")

    def test_another_board_is_put_in(self):
        def put_back():
            self.module("ttyUSB0")
            self.plug_other()
        self.plug_other = lambda: self.file("sys/devices/usb1/1-2/serial", "0002\n")
        result = self.pull(put_back, recover=1500)
        self.check_said(result, 3, "ttyUSB0.* is gone and did not come back", "10c4:ea60:0001")
        self.assertEqual({v["verdict"] for k, v in result.verdicts().items() if k != SYSRAM}, {"missing"})


class PowerCommand(Board):
    def run_dead(self, power, **keys):
        self.module("ttyUSB0", "--fault", "hang:sysram")
        return self.run_board("ttyUSB0", SYSRAM, NEXT, **{"power": {"command": power}, "timeouts_ms": VAIN, **keys})

    def check_dead(self, result, *patterns):
        self.check_said(result, 3, "does not answer any more, whatever was tried", *patterns)
        verdicts = {k.split("/")[1]: v["verdict"] for k, v in result.verdicts().items()}
        self.assertIn("missing", verdicts.values())
        self.assertEqual(result.journal()[-1]["reason"], "iut-unusable")
        self.check_reports(result)

    def test_fails(self):
        result = self.run_dead(["sh", "-c", "echo first; echo 'relay: no such channel 9' >&2; exit 4"])
        self.check_dead(result, r"the bench's command sh failed \(exit 4\): relay: no such channel 9")

    def test_hangs(self):
        """With children of its own, and deaf to SIGTERM: nothing of it is left."""
        script = "trap '' TERM; sleep 1000 & sleep 1000"
        result = self.run_dead(["sh", "-c", script], timeouts_ms={**VAIN, "command": 700})
        self.check_dead(result, r"the bench's command sh did not end within 700 ms and was killed")

    @LONG
    def test_interrupted(self):
        self.module("ttyUSB0", "--fault", "hang:sysram")
        running = self.start_board("ttyUSB0", SYSRAM, NEXT, power={"command": ["sleep", "1000"]})
        running.wait_for(lambda e: e["e"] == "line" and e["what"] == "power")
        running.signal(2)
        self.assertEqual(self.finish(running).code, 130)
        self.assertEqual(marked_processes(running.mark), [])


class BenchFile(Board):
    def check_refused(self, key, value, *patterns):
        result = self.call("run", "--dry-run", "--bench", self.bench(**{key: value}), "--iut", "virtual:", "basic/at/*")
        self.check_said(result, 2, r"bench\.json:\d+:\d+: ", *patterns)

    def test_what_is_no_reset(self):
        self.check_refused("reset", {}, '"reset" needs either "command".* or "lines"')
        self.check_refused("reset", {"command": ["a"], "lines": "esp"}, "needs either")
        self.check_refused("reset", {"lines": "esp32"}, '"reset.lines" must be "esp", or a list')
        self.check_refused("reset", {"lines": []}, '"reset.lines" must be')
        self.check_refused("reset", {"lines": [{}] * 33}, "at most 32")
        self.check_refused("reset", {"lines": [{"dtr": 1}]}, r'"reset.lines\[0\].dtr" must be true')
        self.check_refused("reset", {"lines": [{}, {"ms": -1}]}, r'"reset.lines\[1\].ms" must be a whole number')
        self.check_refused("reset", {"lines": [{"ms": 60001}]}, "60000")
        self.check_refused("reset", {"lines": [{"cts": True}]}, "cts")
        self.check_refused("reset", {"lines": [5]}, r'"reset.lines\[0\]" must be an object')

    def test_what_is_no_power(self):
        self.check_refused("power", {"lines": "esp"}, "lines")
        self.check_refused("power", {"command": ["a"], "settle_ms": 1.5}, '"power.settle_ms" must be a whole number')
        self.check_refused("power", {"command": ["a", ""]}, "non-empty")
        self.check_refused("timeouts_ms", {"command": 0}, "timeouts_ms.command")

    @LONG
    def test_a_link_without_modem_lines(self):
        """Is told when it is needed, and the run goes on with the next rung."""
        result = self.call("run", "--out", os.path.join(self.home, "run"), "--bench",
                           self.bench(reset={"lines": "esp"}), "--iut", "virtual:?fault=hang:sysram", *CASES)
        self.check_others_pass(result, "sysram")
        reset = [e for e in result.journal() if e["e"] == "recover" and e["step"] == "reset"]
        self.assertFalse(reset[0]["ok"])
        self.assertIn("no modem lines", reset[0]["text"])
        self.assertIn(("power", True), self.steps(result))


if __name__ == "__main__":
    unittest.main()
