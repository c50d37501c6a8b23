# SPDX-License-Identifier: MIT
"""Modules and ports that nobody wants to meet: each ends with one clear line and the right exit
code, nothing hangs, no journal line is lost, nothing is left."""
import fcntl
import os
import shutil
import unittest

from harness import BUILD, SOURCE, CliTest, events_of, fake, received

FLOOD = 100_000_000


class Probes(CliTest):
    """Before the first case."""

    def refused(self, iut, *says, **options):
        result = self.run_iut(iut, "basic/at/*", "basic/gmr/*", **options)
        self.check_said(result, 3, *says)
        events = self.check_journal(result, "iut-unusable")
        self.assertEqual(events_of(events, "lease"), [], "no case ran")
        self.assertEqual({v["verdict"] for v in result.verdicts().values()}, {"missing"})
        self.check_reports(result)
        return events

    def failed_probe(self, events, name):
        failed = [e["name"] for e in events_of(events, "probe") if not e["ok"]]
        self.assertEqual(failed, [name])

    def test_nobody_answers(self):
        events = self.refused(fake("silent"), "answer", "baud|rate|power|wired|cable")
        self.failed_probe(events, "answer")

    def test_looped_back_line(self):
        events = self.refused(fake("loopback"), "loop")
        self.failed_probe(events, "loopback")

    def test_ok_to_everything(self):
        events = self.refused(fake("yes"), "OK", "no command")
        self.failed_probe(events, "nonsense")

    def test_never_quiet(self):
        """What it prints belongs to nothing: no case passes, and nothing waits for silence."""
        result = self.run_iut(fake("babble"), "basic/at/*", "basic/gmr/*")
        self.assertIn(result.code, (1, 3), result.err)
        self.check_journal(result, "complete" if result.code == 1 else "iut-unusable")
        self.assertNotIn("pass", {v["verdict"] for v in result.verdicts().values()})
        self.check_reports(result)

    def test_good_module_passes_the_probes(self):
        result = self.run_iut(fake("normal"), "basic/at/*", "basic/gmr/*")
        self.assertIn(result.code, (0, 1), result.err)
        events = self.check_journal(result)
        self.assertEqual([e["ok"] for e in events_of(events, "probe")], [True] * 3)

    def test_half_a_line_at_the_health_check(self):
        """It has not come whole when the module has answered: its rest is not the next case's."""
        result = self.run_iut(fake("halves", "--at", "AT"), "basic/gmr/tells_*")
        self.assertEqual({v["verdict"] for v in result.verdicts().values()}, {"pass"}, result.out[-2000:])
        self.assertIn(b"T IP\r\n", received(result.journal(), -1))

    def test_program_that_is_not_there(self):
        self.refused("exec:/nowhere/firmware", "/nowhere/firmware")

    def test_program_that_ends_at_once(self):
        self.refused("exec:/bin/true")


class Ports(CliTest):
    def refused(self, iut, *says, **options):
        result = self.run_iut(iut, "basic/at/*", **options)
        self.check_said(result, 3, *says)
        self.check_journal(result, "iut-unusable")
        self.check_reports(result)
        return result

    def test_port_that_is_not_there(self):
        self.refused("pty:/dev/nowhere", "/dev/nowhere", "--iut")
        self.refused("serial:/dev/ttyNOWHERE", "/dev/ttyNOWHERE", "--iut")

    def test_port_that_is_no_port(self):
        path = self.file("port", "")
        self.refused(f"pty:{path}", path)

    def test_tcp_where_nobody_listens(self):
        self.refused("tcp:127.0.0.1:1", "127.0.0.1:1")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything; see the next test")
    def test_unreadable_port(self):
        path = self.file("port", "")
        os.chmod(path, 0)
        self.refused(f"pty:{path}", path, "right")

    @unittest.skipUnless(os.geteuid() == 0, "needs root to become somebody else")
    def test_unreadable_port_for_another_user(self):
        nobody = 65534
        become = lambda: (os.setgroups([]), os.setgid(nobody), os.setuid(nobody))
        program, data = self.open_copy()
        address, _ = self.fake_port("normal")
        path = os.path.realpath(address[4:])
        os.chmod(path, 0)
        os.chmod(self.home, 0o777)
        os.umask(0)
        self.addCleanup(os.umask, 0o022)
        out = os.path.join(self.home, "run")
        bench = self.quick_bench()
        running = self.start("run", "--out", out, "--bench", bench, "--iut", f"pty:{path}",
                             "basic/at/*", preexec_fn=become, program=program,
                             env={"TMPDIR": self.home, "ATCONFORM_DATA": data})
        result = running.wait(30)
        self.check_said(result, 3, path, "right")

    def test_busy_port(self):
        """Whoever holds the port is named."""
        address, process = self.fake_port("normal")
        holder = os.open(address[4:], os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(holder, fcntl.LOCK_EX)
        self.refused(address, address[4:], "in use", rf"{os.getpid()}|{process.pid}")
        os.close(holder)
        result = self.run_iut(address, "basic/at/*")
        self.assertEqual(result.code, 0, f"free again: {result.err}")

    def test_port_that_another_run_has(self):
        address, _ = self.fake_port("stall", "--at", "AT+GMR")
        out = os.path.join(self.home, "first")
        first = self.start("run", "--out", out, "--bench", self.quick_bench(), "--iut", address,
                           "basic/gmr/*")
        first.wait_for(lambda e: e["e"] == "tx" and e["bytes"].startswith("AT+GMR"))
        self.refused(address, "in use")
        first.process.terminate()
        self.assertEqual(self.finish(first).code, 143)

    def test_pty_and_tcp_carry_the_same_bytes(self):
        for how in ("--pty", "--tcp"):
            with self.subTest(how):
                address, _ = self.fake_port("normal", how=how)
                result = self.run_iut(address, "basic/at/*")
                self.assertEqual(result.code, 0, result.err)
                self.check_journal(result)


class MidRun(CliTest):
    """Trouble in the middle of a case."""

    def judged(self, result, command="gmr"):
        return {v["verdict"] for name, v in result.verdicts().items() if f"/{command}/" in name}

    def test_port_that_vanishes(self):
        """The module on a port of its own is gone for good: the rest is missing, exit 3."""
        address, _ = self.fake_port("die", "--at", "AT+GMR")
        result = self.run_iut(address, "basic/at/*", "basic/gmr/*", "basic/sysram/*")
        self.check_said(result, 3, address[4:] + "|port|line|gone|lost|vanished")
        events = self.check_journal(result, "iut-unusable")
        self.assertEqual(received(events)[-7:], b"SDK ver", "the half line is journaled")
        self.assertIn("lost", {e["what"] for e in events_of(events, "line")})
        self.assertNotIn("pass", self.judged(result))
        self.assertEqual(self.judged(result, "sysram"), {"missing"})
        self.check_reports(result)

    def test_number_of_a_port_that_another_program_gets(self):
        """Nothing is sent to a terminal that has taken the place of the one that vanished."""
        address, _ = self.fake_port("die", "--at", "AT+GMR")
        device = os.path.realpath(address[4:])
        running = self.start("run", "--out", os.path.join(self.home, "run"), "--bench",
                             self.quick_bench(), "--iut", address, "basic/at/*", "basic/gmr/*")
        running.wait_for(lambda e: e["e"] == "line" and e["what"] == "lost")
        masters = []
        while True:
            master, slave = os.openpty()
            masters.append(master)
            self.addCleanup(os.close, master)
            self.addCleanup(os.close, slave)
            if os.ttyname(slave) == device or len(masters) == 64:
                break
        result = self.finish(running)
        self.assertEqual(result.code, 3, result.err)
        os.set_blocking(masters[-1], False)
        with self.assertRaises(BlockingIOError, msg="something was sent to it"):
            os.read(masters[-1], 1)

    def test_module_that_dies_in_mid_line(self):
        """A program can be started again: its death costs the case, not the run."""
        result = self.run_iut(fake("die", "--at", "AT+GMR"), "basic/at/*", "basic/gmr/*")
        self.assertIn(result.code, (1, 3), result.err)
        events = self.check_journal(result, "complete" if result.code == 1 else "iut-unusable")
        self.assertIn(b"SDK ver", received(events), "the half line is journaled")
        self.assertEqual(self.judged(result, "at"), {"pass"})
        self.assertFalse(self.judged(result) & {"pass", "deviation"})
        self.check_reports(result)

    def test_flood_without_a_line_end(self):
        """100 MB come and go; the journal stays small, the next case is not harmed."""
        result = self.run_iut(fake("flood", "--at", "AT+GMR", "--bytes", str(FLOOD)),
                              "basic/at/*", "GMR-1", timeout=180)
        self.assertIn(result.code, (1, 3), result.err)
        events = self.check_journal(result, "complete" if result.code == 1 else "iut-unusable")
        self.assertFalse(self.judged(result) & {"pass", "deviation"})
        self.assertLess(os.path.getsize(result.path("journal.jsonl")), 20_000_000)
        lengths = [e.get("len", len(e.get("bytes", ""))) for e in events_of(events, "rx")]
        self.assertGreater(sum(lengths), 1_000_000)
        self.check_reports(result)

    def test_no_answer(self):
        result = self.run_iut(fake("stall", "--at", "AT+GMR"), "basic/at/*", "basic/gmr/*")
        self.assertEqual(result.code, 1, result.err)
        self.check_journal(result)
        self.assertEqual(self.judged(result, "at"), {"pass"})
        self.assertIn("fail", self.judged(result))

    def test_restart_out_of_the_blue(self):
        result = self.run_iut(fake("reboot", "--at", "AT+GMR"), "basic/at/*", "basic/gmr/*")
        self.assertEqual(result.code, 1, result.err)
        self.check_journal(result)
        self.assertEqual(self.judged(result, "at"), {"pass"})
        self.assertFalse(self.judged(result) & {"pass", "deviation"})

    def test_hostile_text(self):
        """What the firmware prints reaches no terminal and no browser as code."""
        result = self.run_iut(fake("hostile", "--at", "AT+GMR"), "basic/gmr/*", "--report",
                              "console")
        self.assertIn(result.code, (0, 1), result.err)
        events = self.check_journal(result)
        for piece in (b"<script>alert(1)</script>]]>-->", b"\x1b[2J\x1b]0;owned\x07",
                      b"\x00\x01\x7f\x80\xff"):
            self.assertIn(piece, received(events))
        _, _, html = self.check_reports(result)
        self.assertNotIn("<script>alert(1)", html)
        for text in (result.out, result.err):
            self.assertNotRegex(text, r"[\x00-\x08\x0b-\x1f\x7f]")
        console = self.call("report", result.dir)
        self.assertNotRegex(console.out, r"[\x00-\x08\x0b-\x1f\x7f]")


if __name__ == "__main__":
    unittest.main()
