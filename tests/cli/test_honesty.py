# SPDX-License-Identifier: MIT
"""Only a pass is a pass: every verdict in every output under every gate, by made journals; runs that
are cut off, empty, or say things of themselves that are not so; and real runs with each verdict."""
import itertools
import json
import os
import subprocess
import sys
import unittest

from harness import ATCONFORM, SOURCE, CliTest, Result, fake
from outputs import LOOKS, READERS, VERDICTS

sys.path.insert(0, os.path.join(SOURCE, "tests/report"))
import journal_gen

CASES = ("basic/x/passes", "basic/x/does_not")
KINDS = [(v, "stated") for v in VERDICTS if v not in ("pass", "flaky")] + [("fail", "inferred")]
SECTIONS = {"fail": "fails", "deviation": "known", "error": "errors", "n/a": "not"}
GATES = [dict(zip(("inferred", "strict", "require_all"), flags))
         for flags in itertools.product((False, True), repeat=3)]
NO_GATES, ALL_GATES = GATES[0], GATES[-1]
JUDGED_WITHOUT_A_LEASE = ("n/a", "skipped", "unequipped")


def gates(verdict, grade, by):
    """Whether it keeps a run from conforming, as atconform(1) says it."""
    if verdict == "fail":
        return grade == "stated" or by["inferred"]
    return verdict in ("error", "inconclusive", "missing") or \
        by[{"deviation": "strict", "unequipped": "require_all"}.get(verdict, "")] \
        if verdict not in ("n/a", "skipped") else False


def begin(by=None):
    journal = journal_gen.Journal()
    journal.header(gates=by or NO_GATES)
    for number in (1, 2, 3):
        journal.requirement("X-%d" % number, "AT+X", "2.1")
    for number in (4, 5):
        journal.requirement("X-%d" % number, "AT+X", "2.1", grade="inferred")
    journal.requirement("SESSION-1", "", "0", judge="monitor")
    return journal


def judge(journal, c, verdict, grade="stated", attempt=1, **keys):
    """A case as the rig journals it: leased or decided before, and its verdict."""
    if verdict not in JUDGED_WITHOUT_A_LEASE:
        journal.lease(c, attempt)
        journal.exchange(c, "AT+X", "OK" if verdict == "pass" else "ERROR")
        if verdict == "deviation":
            journal.add("deviation", c=c, id="X-D1", requirement="X-2", source="a reference",
                        command="AT+X", expected="OK", actual="ERROR")
        journal.release(c)
    if verdict != "missing":
        journal.verdict(c, verdict, attempt, grade=grade, message=keys.pop("message", verdict + " it was"),
                        **keys)


def with_verdict(verdict, grade="stated", by=None, beside=True):
    """One case of this verdict, and beside it one that passes."""
    journal = begin(by)
    first = 0
    if beside:
        journal.plan(CASES[0], "AT+X", ["X-1", "X-3", "X-5"])
        first = 1
    own = ["X-2", "X-3"] if grade == "stated" else ["X-4", "X-5"]
    journal.plan(CASES[1], "AT+X", own)
    if beside:
        judge(journal, 0, "pass")
    judge(journal, first, verdict, grade)
    journal.end()
    return journal


def passing(count=2):
    """Every case passed; what follows in the journal makes it no pass."""
    journal = begin()
    for c in range(count):
        journal.plan("basic/x/case_%d" % c, "AT+X", ["X-1"])
    for c in range(count):
        judge(journal, c, "pass")
    return journal


class Honesty(CliTest):
    def outputs(self, journal, name="run"):
        """Exit code of `atconform report`, and each format as its reader takes it."""
        text = journal if isinstance(journal, str) else journal.text()
        file = self.file(name + "/journal.jsonl", text)
        folder = os.path.dirname(file)
        formats = [w for f in READERS for w in ("--report", "%s:%s/%s" % (f, folder, f))]
        done = self.report(folder, *formats)
        self.assertEqual(done.err, "")
        return done.code, self.read_outputs({f: os.path.join(folder, f) for f in READERS})

    def report(self, *words):
        """As call(), for a program that starts no other: without a look at all processes."""
        done = subprocess.run([ATCONFORM, "report", *words], capture_output=True, text=True, timeout=60,
                              check=False)
        return Result(done.returncode, done.stdout, done.stderr, None)

    def read_outputs(self, files):
        found = {}
        for name, path in files.items():
            with open(path, encoding="utf-8") as f:
                try:
                    found[name] = READERS[name](f.read())
                except AssertionError as why:
                    self.fail("%s does not add up: %s" % (name, why))
        return found

    def check_passed(self, found, cases, what=""):
        """Every count of every output: these cases passed and no other."""
        for name, output in found.items():
            for where, count in output.passed.items():
                self.assertEqual(count, len(cases), "%s: passed by the %s of %s" % (what, where, name))
            shown = {c for c, told in output.cases.items() if told is None}
            if name != "console":  # which lists only what did not pass
                self.assertEqual(shown, set(cases), "%s: shown as passed in %s" % (what, name))
            else:
                self.assertFalse(set(output.cases) & set(cases), "%s: a pass listed as none" % what)

    def check_green(self, code, found, what=""):
        for name, output in found.items():
            if code:
                self.assertFalse(output.green, "%s: exit %d, and %s is green" % (what, code, name))

    def not_green(self, journal, code, passed=(), what=""):
        got, found = self.outputs(journal)
        self.assertEqual(got, code, what)
        self.check_green(got, found, what)
        self.check_passed(found, passed, what)
        return found


class EveryVerdict(Honesty):
    """Each verdict (fails of both grades) x each output x each gate."""

    def shown_as(self, name, told, verdict, grade, gated):
        if name == "console":
            return told == SECTIONS.get(verdict, verdict)
        if name == "json":
            return told == verdict
        if name == "html":
            return told == ("failinf" if grade == "inferred" else LOOKS.get(verdict, verdict))
        return told.startswith("inferred requirement") if grade == "inferred" else \
            verdict == "fail" or told.startswith(verdict + ": ")

    def check_one(self, verdict, grade, by):
        what = "%s %s under %s" % (grade, verdict, [k for k in by if by[k]])
        code, found = self.outputs(with_verdict(verdict, grade, by))
        gated = gates(verdict, grade, by)
        self.assertEqual(code, 1 if gated else 0, what)
        self.check_green(code, found, what)
        self.check_passed(found, [CASES[0]], what)
        for name, output in found.items():
            self.assertTrue(self.shown_as(name, output.cases[CASES[1]], verdict, grade, gated),
                            "%s: %s shows it as %s" % (what, name, output.cases[CASES[1]]))
        self.assertEqual(found["console"].green, not gated, what)
        for name in ("json", "html"):
            claims = found[name].requirements
            self.assertEqual(claims["X-1"], "pass", what)
            # Named by that case, alone or beside the one that passed.
            for claim in ("X-2", "X-3") if grade == "stated" else ("X-4", "X-5"):
                self.assertNotEqual(claims[claim], "pass", "%s: %s in %s" % (what, claim, name))

    def test_beside_a_pass(self):
        for (verdict, grade), by in itertools.product(KINDS, (NO_GATES, ALL_GATES)):
            with self.subTest(verdict=verdict, grade=grade, gates=by):
                self.check_one(verdict, grade, by)

    def test_each_gate_alone_decides_over_its_own_verdict_only(self):
        for by in GATES:
            for verdict, grade in (("deviation", "stated"), ("unequipped", "stated"), ("fail", "inferred")):
                if by not in (NO_GATES, ALL_GATES):
                    with self.subTest(verdict=verdict, grade=grade, gates=by):
                        self.check_one(verdict, grade, by)

    def test_alone_it_is_never_green(self):
        for (verdict, grade), by in itertools.product(KINDS, (NO_GATES, ALL_GATES)):
            code = 1 if gates(verdict, grade, by) else 5
            with self.subTest(verdict=verdict, grade=grade, gates=by):
                found = self.not_green(with_verdict(verdict, grade, by, beside=False), code, (), verdict)
                for name in ("json", "html"):
                    claims = [v for k, v in found[name].requirements.items() if k[0] == "X"]
                    self.assertNotIn("pass", claims)

    def test_all_of_them_at_once(self):
        for by in GATES:
            journal = begin(by)
            everything = [("pass", "stated"), *KINDS]
            for c, (verdict, grade) in enumerate(everything):
                journal.plan("basic/x/case_%d" % c, "AT+X", ["X-1" if grade == "stated" else "X-4"])
            for c, (verdict, grade) in enumerate(everything):
                judge(journal, c, verdict, grade)
            journal.end()
            self.not_green(journal, 1, ["basic/x/case_0"])

    def test_a_pass_is_green_everywhere(self):
        """So that none of the above holds because nothing is ever green."""
        for by in GATES:
            journal = begin(by)
            journal.plan(CASES[0], "AT+X", ["X-1"])
            judge(journal, 0, "pass")
            journal.end()
            code, found = self.outputs(journal)
            self.assertEqual(code, 0)
            self.assertEqual([n for n, o in found.items() if not o.green], [])
            self.check_passed(found, [CASES[0]])

    def test_a_name_that_is_no_verdict_is_refused(self):
        for word in ("passed", "PASS", "pass ", "ok", "", "pass\0", "success"):
            journal = with_verdict("fail")
            journal.lines[-2]["verdict"] = word
            self.refused(journal, "no such verdict")

    def refused(self, journal, *says):
        """Nothing is reported of such a journal."""
        folder = os.path.dirname(self.file("refused/journal.jsonl", journal.text()))
        done = self.report(folder, "--report", "junit", "--report", "json", "--report", "html",
                         "--report", "console")
        self.check_said(done, 2, r"journal.jsonl:\d+:1: ", *says)
        self.assertEqual(done.out, "")
        self.assertEqual(os.listdir(folder), ["journal.jsonl"])

    def test_two_verdicts_of_one_attempt_are_refused(self):
        for first, second in (("fail", "pass"), ("pass", "fail"), ("skipped", "pass"), ("pass", "pass")):
            journal = with_verdict(first, beside=False)
            journal.lines.pop()
            journal.verdict(0, second)
            journal.end()
            self.refused(journal, "second verdict")

    def test_two_cases_of_one_name_are_refused(self):
        journal = passing()
        journal.plan("basic/x/case_0", "AT+X", ["X-1"])
        journal.end()
        self.refused(journal, "two cases")


class Attempts(Honesty):
    def attempts(self, *verdicts):
        journal = begin()
        journal.plan(CASES[0], "AT+X", ["X-1"])
        for number, verdict in enumerate(verdicts, 1):
            judge(journal, 0, verdict, attempt=number)
        journal.end()
        return journal

    def test_the_last_one_decides(self):
        for verdict, grade in KINDS:
            if grade == "stated":
                code = 1 if gates(verdict, grade, NO_GATES) else 5
                self.not_green(self.attempts("pass", verdict), code, (), "pass, then " + verdict)

    def test_a_pass_after_another_verdict_is_no_pass(self):
        """It is flaky everywhere, whatever came before; a budget only takes its weight."""
        for verdict in ("fail", "error", "inconclusive", "deviation", "unequipped", "skipped", "n/a"):
            for budget, code in ((0, 1), (1, 5)):
                journal = self.attempts(verdict, "pass")
                journal.lines[0]["flaky_budget"] = budget
                found = self.not_green(journal, code, (), verdict)
                self.assertEqual({found[f].cases[CASES[0]] for f in ("console", "json", "html")}, {"flaky"})
                self.assertIn("flaky", found["junit"].cases[CASES[0]])
                for name in ("json", "html"):
                    self.assertEqual(found[name].requirements["X-1"], "flaky", name)
                with open(os.path.join(self.home, "run/json"), encoding="utf-8") as f:
                    results = json.load(f)["results"]
                self.assertEqual((results["summary"]["flaky"], results["tests"][0].get("flaky")), (1, True))

    def test_a_bad_repetition_is_not_outweighed(self):
        for verdict in ("fail", "error", "inconclusive"):
            for verdicts in ((verdict, "pass", "pass"), ("pass", verdict, "pass"), ("pass", "pass", verdict)):
                journal = self.attempts(*verdicts)
                journal.lines[0]["repeat"] = 3
                for line in journal.lines:
                    if line["e"] == "lease" and line["attempt"] > 1:
                        line["why"] = "repeat"
                self.not_green(journal, 1, (), verdict)

    def test_too_few_repetitions_are_no_pass(self):
        journal = self.attempts("pass")
        journal.lines[0]["repeat"] = 2
        found = self.not_green(journal, 1)
        self.assertEqual(found["json"].cases[CASES[0]], "missing")


class Runs(Honesty):
    """Runs that as a whole are no pass, whatever their cases are."""

    def test_without_any_case(self):
        journal = begin()
        journal.end()
        self.not_green(journal, 5)

    def test_nothing_but_what_was_decided_before(self):
        for verdicts in (["n/a"] * 3, ["skipped"] * 3, ["n/a", "skipped", "unequipped"]):
            journal = begin()
            for c in range(3):
                journal.plan("basic/x/case_%d" % c, "AT+X", ["X-1"])
            for c, verdict in enumerate(verdicts):
                judge(journal, c, verdict)
            journal.end()
            self.not_green(journal, 5)

    def test_no_case_ran(self):
        journal = begin()
        for c in range(3):
            journal.plan("basic/x/case_%d" % c, "AT+X", ["X-1"])
        journal.end()
        self.not_green(journal, 1)

    def test_one_case_never_ran(self):
        journal = passing(3)
        journal.plan("basic/x/never", "AT+X", ["X-1"])
        journal.end()
        found = self.not_green(journal, 1, ["basic/x/case_%d" % c for c in range(3)])
        self.assertEqual(found["json"].cases["basic/x/never"], "missing")

    def test_cut_off_anywhere(self):
        """Behind the last verdict, too: that the run went on to its end is part of the claim."""
        journal = passing()
        journal.end()
        lines = journal.text().splitlines(keepends=True)
        planned = max(i for i, l in enumerate(journal.lines) if l["e"] == "plan") + 1
        for count in range(planned, len(lines)):
            judged = [e["c"] for e in journal.lines[:count] if e["e"] == "verdict"]
            for half in ("", lines[count][:len(lines[count]) // 2]):
                self.not_green("".join(lines[:count]) + half, 1, ["basic/x/case_%d" % c for c in judged],
                               "after line %d" % count)

    def test_ends_that_are_none(self):
        every = ["basic/x/case_0", "basic/x/case_1"]
        for reason, signal, code in (("interrupted", 2, 130), ("interrupted", 15, 143),
                                     ("interrupted", 0, 130), ("iut-unusable", 0, 3),
                                     ("runner-died", 0, 4), ("internal", 0, 4)):
            journal = passing()
            journal.end(reason, "it is over", signal)
            self.not_green(journal, code, every, reason)

    def test_a_breach_between_the_cases(self):
        journal = passing()
        journal.add("breach", l=0, c=-1, id="SESSION-1", text="OK without a command", bytes="OK\r\n")
        journal.end()
        found = self.not_green(journal, 1, ["basic/x/case_0", "basic/x/case_1"])
        self.assertEqual(found["json"].requirements["SESSION-1"], "fail")


class Lies(Honesty):
    """The journal says of a case or of the run what its own events contradict."""

    def test_totals_of_the_end_are_not_believed(self):
        honest, lying = with_verdict("fail"), with_verdict("fail")
        lying.lines[-1].update(passed=2, failed=0, cases=2, exit=0, verdict="pass",
                               counts={"pass": 2, "fail": 0}, reason="complete")
        texts = []
        for name, journal in (("honest", honest), ("lying", lying)):
            self.assertEqual(self.outputs(journal, name)[0], 1)
            parts = []
            for f in READERS:
                with open(os.path.join(self.home, name, f), encoding="utf-8") as text:
                    parts.append(text.read())
            texts.append(parts)
        self.assertEqual(*texts)

    def test_complete_with_a_case_that_has_no_verdict(self):
        journal = begin()
        journal.plan(CASES[0], "AT+X", ["X-1"])
        journal.plan(CASES[1], "AT+X", ["X-2"])
        judge(journal, 0, "pass")
        journal.lease(1)
        journal.exchange(1, "AT+X", "OK")
        journal.release(1)
        journal.end("complete", "2 of 2 cases passed")
        self.not_green(journal, 1, [CASES[0]])

    def breached(self, verdict, late):
        journal = begin()
        journal.plan(CASES[0], "AT+X", ["X-1"])
        journal.plan(CASES[1], "AT+X", ["X-2"])
        judge(journal, 0, "pass")
        if late:
            judge(journal, 1, verdict)
        else:
            journal.lease(1)
        journal.add("breach", l=0, c=1, id="SESSION-1", text="a second OK", bytes="OK\r\n")
        if not late:
            journal.release(1)
            journal.verdict(1, verdict)
        journal.end()
        return journal

    def test_no_verdict_outweighs_a_breach_of_the_session(self):
        for late in (False, True):
            for verdict in ("pass", "deviation", "unequipped", "n/a", "skipped"):
                if late and verdict in JUDGED_WITHOUT_A_LEASE:
                    continue
                with self.subTest(verdict=verdict, late=late):
                    found = self.not_green(self.breached(verdict, late), 1, [CASES[0]])
                    self.assertEqual(found["json"].cases[CASES[1]], "fail")
                    self.assertEqual(found["json"].requirements["SESSION-1"], "fail")
                    self.assertNotEqual(found["json"].requirements["X-2"], "pass")

    def test_a_pass_with_a_deviation_is_a_deviation(self):
        journal = with_verdict("deviation")
        journal.lines[-2]["verdict"] = "pass"
        code, found = self.outputs(journal)
        self.assertEqual(code, 0)
        self.check_passed(found, [CASES[0]])
        self.assertEqual(found["json"].cases[CASES[1]], "deviation")
        journal.lines[0]["gates"] = ALL_GATES
        self.not_green(journal, 1, [CASES[0]])

    def test_a_pass_of_a_case_that_never_had_the_line(self):
        journal = with_verdict("skipped")
        journal.lines[-2]["verdict"] = "pass"
        found = self.not_green(journal, 1, [CASES[0]])
        self.assertEqual(found["json"].cases[CASES[1]], "error")


class RealRuns(Honesty):
    """The same of runs: the progress lines and the exit code of `run`, too."""

    def check_run(self, result, code, *among):
        self.assertEqual(result.code, code, result.err + result.out)
        verdicts = {name: v["verdict"] for name, v in result.verdicts().items()}
        for verdict in among:
            self.assertIn(verdict, verdicts.values())
        passed = [name for name, verdict in verdicts.items() if verdict == "pass"]
        console = self.file("console", result.out)
        found = self.read_outputs({"console": console, "json": result.path("report.json"),
                                   "junit": result.path("junit.xml"), "html": result.path("report.html")})
        self.check_passed(found, passed)
        self.check_green(code, found)
        self.check_progress(result, verdicts)
        again = self.call("report", result.dir)
        self.assertEqual(again.code, code, "exit code of `report`")
        return verdicts

    def check_progress(self, result, verdicts):
        """Each line of counts adds up, the last has what the journal has; each case that did not
        pass has a line."""
        lines = [l.split("  ") for l in result.err.splitlines() if "/%d" % len(verdicts) in l.split("  ")[0]]
        for done, *counts in lines:
            counted = dict(reversed(c.split(" ", 1)) for c in counts if not c.endswith(" left"))
            self.assertEqual(sum(map(int, counted.values())), int(done.split("/")[0]), counts)
            self.assertLessEqual(int(counted.get("pass", 0)), list(verdicts.values()).count("pass"))
        told = {words[1]: words[0] for words in (l.split("  ") for l in result.err.splitlines())
                if len(words) > 1 and words[0] in VERDICTS}
        self.assertEqual(told, {n: v for n, v in verdicts.items() if v not in ("pass", "missing")})

    def test_deviation_and_unequipped_beside_passes(self):
        words = ("virtual:?dialect=field", "--profile", "esp8266-at-field", "basic/gmr/*", "basic/gslp/*")
        bench = self.quick_bench()
        self.check_run(self.run_iut(*words, bench=bench), 0, "pass", "deviation", "unequipped")
        strict = self.run_iut(*words, "--strict", "--require-all", bench=bench)
        self.check_run(strict, 1, "pass", "deviation", "unequipped")

    def test_fail_and_missing_after_fail_fast(self):
        words = ("virtual:?dialect=field", "--fail-fast", "basic/gmr/*", "basic/sysram/*")
        self.check_run(self.run_iut(*words), 1, "fail", "missing")

    def test_skipped_alone(self):
        bench = self.quick_bench(facilities=["power", "reset"])
        self.check_run(self.run_iut("virtual:", "basic/restore/*", bench=bench), 5, "skipped")

    def test_not_applicable_alone_and_beside_passes(self):
        profile = self.file("x.json", json.dumps({
            "profile": "x", "title": "A module without it.",
            "absent": [{"command": "AT+GSLP", "source": "its manual"}]}))
        words = ("virtual:", "--profile", profile, "basic/gslp/*")
        self.assertEqual(set(self.check_run(self.run_iut(*words), 5).values()), {"n/a"})
        self.check_run(self.run_iut(*words, "basic/at/execute*"), 0, "n/a", "pass")

    def test_inconclusive_or_error(self):
        """A module that falls silent in the middle."""
        bench = self.quick_bench(timeouts_ms={"answer": 200, "restart": 400, "silence": 30,
                                              "case": 2000, "recover": 400, "guard": 25})
        result = self.run_iut(fake("stall", "--at", "AT+GMR"), "basic/at/*", "basic/gmr/*", bench=bench)
        verdicts = set(self.check_run(result, result.code).values())
        self.assertIn(result.code, (1, 3))
        self.assertTrue(verdicts - {"pass"}, verdicts)


if __name__ == "__main__":
    unittest.main()
