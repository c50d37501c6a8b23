# SPDX-License-Identifier: MIT
"""Every documented exit code, by a run that ends with it; and runs that are interrupted."""
import fcntl
import json
import os
import pty
import resource
import shutil
import signal
import termios
import time
import unittest

from harness import ATCONFORM, ATMODULE, SUITE, CliTest, fake


class ExitCodes(CliTest):
    def test_0_conforms(self):
        result = self.run_iut("virtual:", "basic/at/*")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(result.said, [])
        self.check_journal(result)
        self.check_reports(result)

    def test_0_is_also_what_the_report_says_later(self):
        result = self.run_iut("virtual:", "basic/at/*")
        again = self.call("report", result.dir)
        self.assertEqual((again.code, again.err), (0, ""))

    def test_1_does_not_conform(self):
        result = self.run_iut("virtual:?dialect=field", "basic/gslp/*")
        self.assertEqual(result.code, 1, result.err)
        self.check_journal(result)
        self.check_reports(result)
        self.assertIn("fail", {v["verdict"] for v in result.verdicts().values()})

    def test_1_inferred_fails_count_only_when_gated(self):
        module = self.lenient_module()
        gated = self.run_iut(module, "--gate", "inferred", "sleep/*")
        free = self.run_iut(module, "--gate", "stated", "sleep/*")
        grades = {v["grade"] for v in gated.verdicts().values() if v["verdict"] == "fail"}
        self.assertEqual(grades, {"inferred"})
        self.assertEqual(gated.code, 1, gated.err)
        self.assertEqual(free.code, 0, free.err)

    def test_1_a_deviation_under_strict(self):
        words = ("virtual:?dialect=field", "--profile", "esp8266-at-field", "basic/gslp/*")
        self.assertEqual(self.run_iut(*words).code, 0)
        strict = self.run_iut(*words, "--strict")
        self.assertEqual(strict.code, 1, strict.err)

    def test_1_unequipped_under_require_all(self):
        words = ("virtual:", "basic/at/*", "basic/gslp/*")
        plain = self.run_iut(*words, bench=self.quick_bench())
        self.assertEqual(plain.code, 0, plain.err)
        self.assertIn("unequipped", {v["verdict"] for v in plain.verdicts().values()})
        required = self.run_iut(*words, "--require-all", bench=self.quick_bench())
        self.assertEqual(required.code, 1, required.err)

    def test_2_usage(self):
        self.assertEqual(self.call("run", "--nonsense").code, 2)

    def test_3_unusable(self):
        result = self.run_iut(fake("silent"), "basic/at/*")
        self.check_said(result, 3)
        self.check_journal(result, "iut-unusable")
        self.check_reports(result)

    def test_3_says_so_and_not_what_it_could_not_do(self):
        """One clear line, not one for each case of the plan; the other reports name them."""
        result = self.run_iut("serial:/dev/nope", "basic/*")
        self.check_said(result, 3, "/dev/nope")
        verdicts = {v["verdict"] for v in result.verdicts().values()}
        self.assertLessEqual({"missing", "unequipped"}, verdicts)
        self.assertNotIn("basic/", result.out + result.err)
        self.assertRegex(result.out, r"(?m)^Missing: planned, without a verdict \(\d+\)$")
        self.assertRegex(result.err, r"(?m)^\d+/\d+ .* unequipped")
        self.assertLess(len(result.err.splitlines()), 4, result.err)
        self.assertIn("basic/at/", self.check_reports(result)[2])

    def test_0_names_what_was_left_out(self):
        result = self.run_iut("virtual:", "basic/at/*", "basic/restore/*", "--without", "destructive")
        self.assertEqual(result.code, 0, result.err)
        for text in (result.out, result.err):
            self.assertRegex(text, r"basic/restore/\w+")

    def test_4_a_report_that_cannot_be_written(self):
        result = self.run_iut("virtual:", "--report", "junit:/proc/none/junit.xml", "basic/at/*")
        self.check_said(result, 4, "/proc/none/junit.xml")
        self.check_journal(result)

    def test_4_the_disk_is_full(self):
        """The journal ends at a whole line, and the run says so."""
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))
        result = self.run_iut("virtual:", "basic/*", preexec_fn=limit, restore_signals=False)
        self.assertEqual(result.code, 4, result.err)
        self.assertTrue([l for l in result.said if "journal" in l], result.err)

    def test_4_the_suite_program_dies(self):
        """A runner that ends in mid-run: what was planned is missing, nothing hangs."""
        folder = os.path.join(self.home, "bin")
        os.makedirs(folder)
        shutil.copy(ATCONFORM, folder)
        script = f'#!/bin/sh\n[ "$1" = --plan ] && exec {SUITE} "$@"\nkill -SEGV $$\n'
        with open(os.path.join(folder, "atconform-suite"), "w", encoding="utf-8") as f:
            f.write(script)
        os.chmod(f.name, 0o755)
        result = self.run_iut("virtual:", "basic/at/*", program=os.path.join(folder, "atconform"),
                              env={"ATCONFORM_MODULE": ATMODULE})
        self.assertEqual(result.code, 4, result.err)
        self.assertEqual(len(result.said), 1, result.err)
        self.check_journal(result, "runner-died")
        self.assertEqual({v["verdict"] for v in result.verdicts().values()}, {"missing"})

    def test_5_nothing_verified(self):
        result = self.run_iut("virtual:", "basic/restore/*", bench=self.quick_bench())
        self.assertEqual(result.code, 5, result.err)
        self.check_journal(result)
        self.check_reports(result)
        verdicts = {v["verdict"] for v in result.verdicts().values()}
        self.assertLessEqual(verdicts, {"skipped", "unequipped"})

    def lenient_module(self):
        """A module that takes whatever is set with AT+SLEEP: it fails where it should refuse, and
        what a refusal looks like is inferred."""
        script = self.file("lenient.py", LENIENT)
        return f"exec:/usr/bin/env python3 {script}"


LENIENT = """import os, sys, tty
tty.setraw(0, 0)  # what has come is kept
left = b""
while True:
    got = os.read(0, 4096)
    if not got:
        break
    left += got
    *lines, left = left.split(b"\\n")
    for line in lines:
        line = line.strip()
        known = line in (b"AT", b"ATE0", b"ATE1") or line.startswith(b"AT+SLEEP=")
        if line == b"AT+RST":
            os.write(1, b"\\r\\nOK\\r\\n\\r\\nready\\r\\n")
        else:
            os.write(1, b"\\r\\nOK\\r\\n" if known else b"\\r\\nERROR\\r\\n")
"""


class Interrupted(CliTest):
    """SIGINT, SIGTERM and SIGHUP: the reports are written, the rest is missing, nothing is left."""

    def interrupt(self, number, code, jobs="1"):
        out = os.path.join(self.home, "run")
        running = self.start("run", "--out", out, "--jobs", jobs, "basic/*")
        running.wait_for(lambda e: e["e"] == "verdict" and e["verdict"] == "pass")
        running.signal(number)
        result = self.finish(running, 40)
        self.assertEqual(result.code, code, result.err)
        events = self.check_journal(result, "interrupted")
        self.assertEqual(events[-1]["signal"], number)
        self.check_reports(result)
        verdicts = [v["verdict"] for v in result.verdicts().values()]
        self.assertIn("missing", verdicts)
        self.assertIn("pass", verdicts)
        self.assertNotIn("error", verdicts)
        return result

    def test_130_sigint(self):
        self.interrupt(signal.SIGINT, 130)

    def test_143_sigterm(self):
        self.interrupt(signal.SIGTERM, 143)

    def test_129_sighup(self):
        self.interrupt(signal.SIGHUP, 129)

    def test_129_when_the_terminal_closes(self):
        """A shell and the kernel both say it; and nobody reads what is written then."""
        out = os.path.join(self.home, "run")
        terminal, line = pty.openpty()
        running = self.start("run", "--out", out, "--iut", fake("stall", "--at", "AT+GMR"), "--bench",
                             self.slow_bench(), "basic/at/*", "basic/gmr/*", env={"CI": ""}, stdout=line, stderr=line,
                             preexec_fn=lambda: fcntl.ioctl(line, termios.TIOCSCTTY, 0))
        os.close(line)
        running.wait_for(lambda e: e["e"] == "tx" and e["bytes"].startswith("AT+GMR"))
        os.close(terminal)
        try:
            end = time.monotonic() + 40
            while running.process.poll() is None and time.monotonic() < end:
                running.signal(signal.SIGHUP)
                time.sleep(0.005)
        except ProcessLookupError:
            pass
        result = self.finish(running, 40)
        self.assertEqual(result.code, 129)
        events = self.check_journal(result, "interrupted")
        self.assertEqual(events[-1]["signal"], signal.SIGHUP)
        self.check_reports(result)

    def test_nohup_stays_deaf_to_sighup(self):
        out = os.path.join(self.home, "run")
        running = self.start("run", "--out", out, "basic/gmr/*", "basic/at/*", restore_signals=False,
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        running.wait_for(lambda e: e["e"] == "verdict" and e["verdict"] == "pass")
        running.signal(signal.SIGHUP)
        result = self.finish(running, 90)
        self.assertEqual(result.code, 0, result.err)
        self.check_journal(result)
        self.check_reports(result)

    def test_130_with_two_jobs(self):
        self.interrupt(signal.SIGINT, 130, jobs="2")

    def test_130_from_the_keyboard(self):
        """Ctrl-C goes to the whole group of processes, workers and module included."""
        out = os.path.join(self.home, "run")
        running = self.start("run", "--out", out, "basic/*")
        running.wait_for(lambda e: e["e"] == "verdict")
        running.signal(signal.SIGINT, group=True)
        result = self.finish(running, 40)
        self.assertEqual(result.code, 130, result.err)
        self.check_journal(result, "interrupted")
        self.check_reports(result)

    def test_143_while_a_case_waits(self):
        out = os.path.join(self.home, "run")
        running = self.start("run", "--out", out, "--iut", fake("stall", "--at", "AT+GMR"),
                             "--bench", self.slow_bench(), "basic/gmr/*")
        running.wait_for(lambda e: e["e"] == "tx" and e["bytes"].startswith("AT+GMR"))
        begun = time.monotonic()
        running.signal(signal.SIGTERM)
        result = self.finish(running, 40)
        self.assertLess(time.monotonic() - begun, 40, "it does not wait for the answer")
        self.assertEqual(result.code, 143, result.err)
        self.check_journal(result, "interrupted")
        self.assertNotIn("pass", {v["verdict"] for v in result.verdicts().values()})

    def test_130_during_the_probes(self):
        """Nobody has answered yet, and nobody is waited for."""
        out = os.path.join(self.home, "run")
        running = self.start("run", "--out", out, "--iut", fake("silent"), "--bench",
                             self.slow_bench(), "basic/at/*")
        running.wait_for(lambda e: e["e"] in ("tx", "recover", "probe"))
        running.signal(signal.SIGINT)
        result = self.finish(running, 40)
        self.assertEqual(result.code, 130, result.err)
        self.check_journal(result, "interrupted")
        self.check_reports(result)

    def slow_bench(self):
        """For minutes nothing is given up."""
        return self.quick_bench(timeouts_ms={"answer": 120000, "restart": 120000, "silence": 60,
                                             "case": 240000, "recover": 240000, "guard": 25})

    def test_killed_supervisor(self):
        """SIGKILL leaves no chance to tidy up; the journal still reports, and nothing runs on."""
        out = os.path.join(self.home, "run")
        running = self.start("run", "--out", out, "basic/*")
        running.wait_for(lambda e: e["e"] == "verdict" and e["verdict"] == "pass")
        running.process.kill()
        result = running.wait(40)
        shutil.rmtree(running.tmp)
        os.makedirs(running.tmp)
        self.check_nothing_left(running)
        for name in ("junit", "json", "html"):
            again = self.call("report", result.dir, "--report", name)
            self.assertEqual(again.code, 1, again.err)
        with open(result.path("report.json"), encoding="utf-8") as f:
            states = {t.get("rawStatus") for t in json.load(f)["results"]["tests"]}
        self.assertLessEqual({"pass", "missing"}, states)


class NobodyReads(CliTest):
    """A reader that goes away is no fault of the run's."""

    def ended(self, code, *args, **files):
        out = os.path.join(self.home, "run")
        running = self.start("run", "--out", out, *args, **files)
        for end in files.values():
            if isinstance(end, int) and end > 2:
                os.close(end)
        result = self.finish(running)
        self.assertEqual(result.code, code, result.err)
        self.check_journal(result)
        self.check_reports(result)
        return result

    def closed_pipe(self):
        reader, writer = os.pipe()
        os.close(reader)
        return writer

    def test_of_standard_output(self):
        result = self.ended(0, "basic/at/*", stdout=self.closed_pipe())
        self.assertEqual(result.said, [])

    def test_of_standard_output_of_a_fail(self):
        self.ended(1, "--iut", "virtual:?dialect=field", "basic/gslp/*", stdout=self.closed_pipe())

    def test_of_standard_error(self):
        self.ended(0, "basic/at/*", "basic/restore/*", "--without", "destructive", stderr=self.closed_pipe())

    def test_there_are_no_such_files_at_all(self):
        def close():
            os.close(1)
            os.close(2)
        self.ended(0, "basic/at/*", "basic/restore/*", "--without", "destructive", preexec_fn=close)

    def test_a_full_disk_is_told_all_the_same(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            out = os.path.join(self.home, "run")
            result = self.call("run", "--out", out, "basic/at/*", stdout=full)
        self.check_said(result, 4, "standard output")


class Journal(CliTest):
    """Reports are a function of the journal."""

    FORMATS = {"junit": "junit.xml", "json": "report.json", "html": "report.html"}

    def test_any_format_again(self):
        result = self.run_iut("virtual:", "basic/at/*", "basic/sysram/*")
        for name, usual in self.FORMATS.items():
            path = os.path.join(self.home, usual)
            again = self.call("report", result.dir, "--report", f"{name}:{path}")
            self.assertEqual((again.code, again.err), (0, ""))
            with open(path, "rb") as a, open(result.path(usual), "rb") as b:
                self.assertEqual(a.read(), b.read(), name)

    def test_a_journal_cut_anywhere_still_reports(self):
        result = self.run_iut("virtual:", "basic/at/*", "basic/sysram/*")
        with open(result.path("journal.jsonl"), "rb") as f:
            whole = f.read()
        plan_end = whole.rfind(b"\n", 0, whole.rfind(b'"e":"plan"') + 1)
        for part in range(1, 8):
            cut = plan_end + (len(whole) - plan_end) * part // 8
            folder = os.path.join(self.home, f"cut{part}")
            os.makedirs(folder)
            with open(os.path.join(folder, "journal.jsonl"), "wb") as f:
                f.write(whole[:cut])
            again = self.call("report", folder, "--report", "junit", "--report", "json")
            self.assertEqual(again.code, 1, f"cut at {cut}: {again.err}")
            self.assertTrue(os.path.exists(os.path.join(folder, "junit.xml")))

    def test_reports_of_a_run_can_be_read_by_their_name(self):
        result = self.run_iut("virtual:", "basic/at/*")
        by_file = self.call("report", result.path("journal.jsonl"))
        by_folder = self.call("report", result.dir)
        self.assertEqual(by_file.out, by_folder.out)


if __name__ == "__main__":
    unittest.main()
