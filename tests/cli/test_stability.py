# SPDX-License-Identifier: MIT
"""Runs that lose a part of themselves to SIGKILL at any moment, and cases in any order: what is
written is true, what is missing is said, and nothing is left behind. Moments, orders and cases are
decided by seeds, which a failure names. With ATCONFORM_TEST_LONG many more of them."""
import concurrent.futures
import json
import os
import random
import shutil
import signal
import time
import unittest
import xml.etree.ElementTree as ET

from harness import BUILD, CliTest, events_of, marked_processes, read_journal

LONG = bool(os.environ.get("ATCONFORM_TEST_LONG"))
FIRST = int(os.environ.get("ATCONFORM_TEST_SEED", "1"))
KILLS = 200 if LONG else 10
SIDE_BY_SIDE = 3
SBIN = os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"
MOSQUITTO = shutil.which("mosquitto", path=SBIN)
TO_REMOVE = ("junit.xml", "report.json", "report.html")
# How many cases of what: without the network, on the air, with peers, with the broker.
MIXTURE = {"basic/ate": 2, "basic/gmr": 2, "basic/sysmsg": 3, "basic/uart_cur": 3, "wifi/cwjap": 4,
           "wifi/cwlap": 3, "wifi/cipsta": 3, "tcpip/cipsend": 5, "tcpip/cipstart": 5,
           "tcpip/cipserver": 4, "mqtt/mqttconn": 5, "mqtt/mqttpub": 5, "mqtt/mqttsub": 4}
GIVING_UP = ("basic/gmr/*", "basic/ate/*", "wifi/cwmode/*")
SANITIZED = "sanitize" in os.path.basename(BUILD) or "asan" in os.path.basename(BUILD)
# The case of the moment says this, and nothing else than pass is seen in other cases.
TOLD = {"module": ("inconclusive", "the line to the IUT was lost"),
        "broker": ("inconclusive", "the broker died in mid-case (signal 9 (Killed))|"
                                   "the broker could not be started: it ended at its start"),
        "worker": ("error", "signal 9|CRASH|crash|ended badly|without a verdict"),
        "suite": ("error", "the suite program died")}


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            return int(f.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def victims(running, kind):
    """Process ids of the run that are this part of it."""
    if kind == "runner":
        return [running.process.pid]
    word = {"module": "atmodule", "broker": "mosquitto", "suite": "atconform-suite",
            "worker": "boxfort-worker"}[kind]
    named = [pid for pid, argv in marked_processes(running.mark)
             if os.path.basename(argv.split(" ")[0]) == word]
    # A worker that is about to be one still looks like its parent.
    return [pid for pid in named if kind == "worker" or parent_of(pid) == running.process.pid]


def size_of(path):
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def count_verdicts(path):
    try:
        with open(path, "rb") as f:
            return f.read().count(b'"e":"verdict"')
    except OSError:
        return 0


class StabilityTest(CliTest):
    def all_cases(self):
        result = self.call("list")
        self.assertEqual(result.code, 0, result.err)
        return [line.split()[0] for line in result.out.splitlines() if line.count("/") >= 2]

    def verdict_words(self, result):
        return {name: v["verdict"] for name, v in result.verdicts().items()}

    def check_all_pass(self, result, names):
        bad = {n: (v["verdict"], v.get("message")) for n, v in result.verdicts().items()
               if v["verdict"] != "pass"}
        self.assertEqual(bad, {}, f"{result.journal()[0]['argv'][:12]}\n{result.err[-600:]}")
        self.assertEqual(sorted(self.verdict_words(result)), sorted(names))
        self.assertEqual(result.code, 0, result.err)


@unittest.skipUnless(MOSQUITTO, "there is no mosquitto here")
class Killed(StabilityTest):
    """One part of a run is killed, at a moment that the seed picks."""

    def pick(self, rng, names):
        chosen = []
        for command, count in MIXTURE.items():
            chosen += rng.sample([n for n in names if n.startswith(command + "/")], count)
        return sorted(chosen)

    def kill(self, running, kind, rng, count):
        """When so many verdicts are there, and a moment later. What was killed, or None when the
        run was over before."""
        path = os.path.join(running.dir, "journal.jsonl")
        after, moment = rng.randrange(0, count - 12), rng.random() * 0.15
        if kind == "runner" and rng.random() < 0.1:
            after = -1  # as soon as there is a line
        else:
            after += kind != "runner"
        while running.process.poll() is None:
            if size_of(path) > 4000 and count_verdicts(path) >= after:
                break
            time.sleep(0.005)
        time.sleep(0 if after < 0 else moment)
        while running.process.poll() is None:
            found = victims(running, kind)
            for pid in [rng.choice(found)] if found else []:
                try:
                    os.kill(pid, signal.SIGKILL)
                    return pid
                except ProcessLookupError:
                    pass
        return None

    def begin(self, seed, kind, rng, chosen):
        """A run in which one was killed; one that was over before is no such run."""
        for _ in range(4):
            out = os.path.join(self.home, f"run{seed}")
            running = self.start("run", "--out", out, "--jobs", "2", "--shuffle", str(seed), *chosen,
                                 env={"PATH": SBIN})
            killed = self.kill(running, kind, rng, len(chosen))
            result = running.wait(120)
            if killed:
                return running, result
            self.assertEqual(result.code, 0, result.err)
            shutil.rmtree(out)
        raise AssertionError("over before the kill, four times")

    def one(self, seed, kind, names):
        rng = random.Random(seed)
        chosen = self.pick(rng, names)
        running, result = self.begin(seed, kind, rng, chosen)
        if kind == "runner":
            self.assertEqual(result.code, -signal.SIGKILL)
            self.check_killed_runner(running, result, chosen)
        else:
            self.check_nothing_left(running)
            if kind == "suite":
                self.check_killed_suite(result, chosen)
            else:
                self.check_went_on(result, kind, chosen)
        shutil.rmtree(result.dir)

    # ---- what has to hold ----

    def check_remains(self, running):
        """After SIGKILL nobody could tidy up: the private folder stays, and no process does."""
        left = os.listdir(running.tmp)
        self.assertLessEqual(len(left), 1, left)
        for name in left:
            self.assertRegex(name, "^atconform-[A-Za-z0-9]{6}$")
            shutil.rmtree(os.path.join(running.tmp, name))
        end = time.monotonic() + 30
        while marked_processes(running.mark) and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(marked_processes(running.mark), [], "processes are left")

    def check_lines(self, result, whole):
        with open(result.path("journal.jsonl"), "rb") as f:
            text = f.read()
        self.assertTrue(text.endswith(b"\n") or not whole, "a half line at the end")
        events = read_journal(result.path("journal.jsonl"))
        self.assertEqual([e["n"] for e in events], list(range(len(events))), "sequence numbers")
        self.assertEqual(events[0]["e"], "run")
        judged = [e["c"] for e in events_of(events, "verdict")]
        self.assertEqual(len(judged), len(set(judged)), "a case was judged twice")
        return events, text[:text.rfind(b"\n") + 1]

    def check_reported(self, result, chosen, code):
        """By atconform report, from the journal: every case, each with the journal's verdict."""
        for name in TO_REMOVE:
            if os.path.exists(result.path(name)):
                os.unlink(result.path(name))
        again = self.call("report", result.dir, "--report", "console", "--report", "junit",
                          "--report", "json", "--report", "html")
        words = self.verdict_words(result)
        missing = sum(v == "missing" for v in words.values())
        self.assertEqual(again.code, code, again.out + again.err)
        self.assertTrue(code or not missing, "missing, and yet it conforms")
        self.assertIn(f"{missing} missing", " ".join(again.out.split()))
        with open(result.path("report.json"), encoding="utf-8") as f:
            tests = {t["testId"]: t["rawStatus"] for t in json.load(f)["results"]["tests"]
                     if t["type"] != "run"}
        self.assertEqual(tests, words)
        self.assertEqual(sorted(words), chosen)
        cases = list(ET.parse(result.path("junit.xml")).getroot().iter("testcase"))
        self.assertIn(len(cases) - len(chosen), (0, 1))
        bad = [c for c in cases if c.find("failure") is not None or c.find("error") is not None]
        self.assertEqual(bool(bad), code != 0, "JUnit is red when the run is")
        with open(result.path("report.html"), encoding="utf-8") as f:
            html = f.read()
        self.assertTrue(html.rstrip().endswith("</html>"))
        for name in chosen:
            self.assertIn(name, html)
        return words

    def check_told(self, result, kind, words):
        """Cases that did not pass say that it was not they, nor the module. How many."""
        verdict, text = TOLD[kind]
        bad = {n: v for n, v in result.verdicts().items() if words[n] not in ("pass", "missing")}
        for name, v in bad.items():
            self.assertEqual(v["verdict"], verdict, f"{name}: {v['message']}")
            self.assertTrue(any(t in v["message"] for t in text.split("|")), f"{name}: {v}")
        return len(bad)

    def check_went_on(self, result, kind, chosen):
        """One case at most knows of it; all are run."""
        events, before = self.check_lines(result, True)
        words = self.check_reported(result, chosen, result.code)
        bad = self.check_told(result, kind, words)
        missing = list(words.values()).count("missing")
        self.assertLessEqual(bad + missing, 1, {n: v for n, v in words.items() if v != "pass"})
        if kind == "worker" and events[-1]["reason"] == "runner-died":
            # Criterion does not speak of one that was killed as it began, with a line or without.
            self.assertEqual((bad + missing, result.code), (1, 4), events[-1])
            self.assertIn("with 1 of 48 cases without a result", events[-1]["text"])
            self.check_resumed(result, chosen, before, 1 if bad else 0,
                               {n: v for n, v in words.items() if v != "missing"})
            return
        self.assertEqual(missing, 0, result.err)
        self.assertEqual(events[-1]["reason"], "complete", events[-1])
        self.assertEqual(result.code, 1 if bad else 0, result.err)

    def check_killed_suite(self, result, chosen):
        """What ran at that moment is an error, what had not is missing; and it can go on."""
        events, before = self.check_lines(result, True)
        self.assertEqual(events[-1]["reason"], "runner-died", events[-1])
        self.assertEqual(result.code, 4, result.err)
        words = self.check_reported(result, chosen, 4)
        bad = self.check_told(result, "suite", words)
        self.assertTrue(bad or "missing" in words.values(), "killed, and everything was done")
        self.assertLessEqual(bad, 4, "two were leased, and two may have ended a moment before")
        self.check_resumed(result, chosen, before, 1 if bad else 0,
                           {n: v for n, v in words.items() if v != "missing"})

    def check_killed_runner(self, running, result, chosen):
        self.check_remains(running)
        events, before = self.check_lines(result, False)
        planned = len(events_of(events, "plan"))
        self.assertEqual({v["verdict"] for v in events_of(events, "verdict")} - {"pass"}, set())
        known = {}
        if planned == len(chosen):
            known = self.check_reported(result, chosen, 1)
        else:
            self.assertEqual(self.call("report", result.dir).code, 1)
        self.check_resumed(result, chosen, before if known else b"", 0,
                           {n: v for n, v in known.items() if v != "missing"})

    def check_resumed(self, result, chosen, before, code, known):
        """It is completed: one verdict a case, those of before unchanged."""
        again = self.call("run", "--resume", result.dir, env={"PATH": SBIN})
        again.dir = result.dir
        with open(again.path("journal.jsonl"), "rb") as f:
            self.assertTrue(f.read().startswith(before), "the journal's beginning is kept")
        events, _ = self.check_lines(again, True)
        self.assertEqual(events[-1]["reason"], "complete", again.err)
        words = self.check_reported(again, chosen, code)
        self.assertEqual({n: v for n, v in words.items() if v != "pass"},
                         {n: v for n, v in known.items() if v != "pass"},
                         {n: v for n, v in again.verdicts().items() if v["verdict"] != "pass"})
        self.assertEqual(again.code, code, again.err)

    def run_stillborn(self, count, name):
        """So many workers die before they are one: Criterion gives up then."""
        births = self.file("births" + name, "x" * count)
        result = self.run_iut("virtual:", "--jobs", "2", *GIVING_UP, env={
            "PATH": SBIN, "LD_PRELOAD": os.path.join(BUILD, "tests/cli/libtest-stillborn.so"),
            "ATCONFORM_TEST_STILLBORN": births})
        notes = [e["text"] for e in events_of(result.journal(), "note")]
        return result, [n for n in notes if "the suite program gave up" in n]

    @unittest.skipIf(SANITIZED, "a preloaded library comes before the sanitizer's")
    def test_a_worker_that_dies_before_it_is_one(self):
        """Costs no case; one more than three do not start a run for ever."""
        chosen = sorted(n for n in self.all_cases() for p in GIVING_UP if n.startswith(p[:-1]))
        for count in (1, 3):
            result, notes = self.run_stillborn(count, str(count))
            self.assertEqual(result.code, 0, result.err)
            self.assertEqual(len(notes), count)
            self.check_lines(result, True)
            self.assertEqual(set(self.check_reported(result, chosen, 0).values()), {"pass"})
        result, notes = self.run_stillborn(4, "4")
        self.assertEqual((result.code, len(notes)), (4, 3), result.err)
        events, before = self.check_lines(result, True)
        self.assertEqual(events[-1]["reason"], "runner-died", events[-1])
        words = self.check_reported(result, chosen, 4)
        self.check_resumed(result, chosen, before, 0, {n: v for n, v in words.items() if v != "missing"})

    def test_what_a_killed_case_did_to_the_air(self):
        """An access point that it had silenced is there for the next."""
        silences, after = "wifi/cwjap/stays_away_without_reconnection", "wifi/cwlap/*"
        out = os.path.join(self.home, "run")
        running = self.start("run", "--bench", "virtual", "--iut", "virtual:", "--out", out, silences, after,
                             env={"PATH": SBIN})
        running.wait_for(lambda e: e["e"] == "control" and "false" in e["json"])
        leases = events_of(read_journal(os.path.join(out, "journal.jsonl")), "lease")
        os.kill(leases[-1]["pid"], signal.SIGKILL)
        result = self.finish(running)
        bad = {n: v["message"] for n, v in result.verdicts().items() if v["verdict"] != "pass"}
        self.assertEqual(list(bad), [silences], bad)

    def test_at_any_moment(self):
        names = self.all_cases()
        kinds = ("runner", "suite", "module", "broker", "worker")
        with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            jobs = {pool.submit(self.one, seed, kinds[seed % len(kinds)], names): seed
                    for seed in range(FIRST, FIRST + KILLS)}
            wrong = []
            for job in concurrent.futures.as_completed(jobs):
                if job.exception():
                    seed = jobs[job]
                    wrong.append(f"seed {seed}, {kinds[seed % len(kinds)]} killed: {job.exception()!s:.2000}")
        self.assertEqual(len(wrong), 0, "\n\n".join(wrong))


@unittest.skipUnless(MOSQUITTO, "there is no mosquitto here")
class AnyOrder(StabilityTest):
    """No case knows what was run before it."""

    def run_cases(self, *args, timeout=1200):
        return self.run_iut("virtual:", "--jobs", "2", *args, timeout=timeout, env={"PATH": SBIN})

    def check_shuffled(self, seed, names, *args):
        result = self.run_cases("--shuffle", str(seed), *args)
        self.check_journal(result)
        self.check_all_pass(result, names)
        shutil.rmtree(result.dir)

    @unittest.skipIf(LONG, "the whole suite is shuffled instead")
    def test_a_cross_section(self):
        """Some of every command, of every family."""
        names, commands = self.all_cases(), {}
        for name in names:
            commands.setdefault(name.rpartition("/")[0], []).append(name)
        rng = random.Random(FIRST)
        chosen = [n for of in commands.values() for n in rng.sample(of, max(1, len(of) // 10))]
        self.assertGreater(len(chosen), 200)
        self.check_shuffled(FIRST, chosen, *chosen)

    @unittest.skipUnless(LONG, "20 times the whole suite")
    def test_the_whole_suite(self):
        names = self.all_cases()
        for seed in range(FIRST, FIRST + 20):
            with self.subTest(seed=seed):
                self.check_shuffled(seed, names)

    def test_again_and_again(self):
        """No verdict changes from one attempt to the next."""
        patterns = ("basic/at/*", "basic/gmr/*", "wifi/cwmode/*", "tcpip/cifsr/*", "mqtt/mqttclean/set*")
        result = self.run_cases("--repeat", "3", *patterns)
        self.assertEqual(result.code, 0, result.err)
        events = result.journal()
        attempts = {}
        for e in events_of(events, "verdict"):
            attempts.setdefault(e["c"], []).append(e["verdict"])
        self.assertEqual(set(attempts), {e["c"] for e in events_of(events, "plan")})
        self.assertEqual({tuple(v) for v in attempts.values()}, {("pass",) * 3})
        summary = self.check_reports_of(result)
        self.assertEqual((summary["flaky"], summary["passed"]), (0, len(attempts)))

    def check_reports_of(self, result):
        return self.check_reports(result)[0]["results"]["summary"]


if __name__ == "__main__":
    unittest.main()
