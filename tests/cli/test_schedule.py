# SPDX-License-Identifier: MIT
"""What runs when, and how often: shards, order, repetitions, retries, and runs that go on."""
import json
import os
import shutil
import signal
import unittest

from harness import CliTest, count_lines, events_of, fake

CASES = ("basic/at/*", "basic/gmr/*", "basic/sysram/*")


def names_of(events):
    return {e["c"]: e["case"] for e in events_of(events, "plan")}


def order_of(events):
    """Case names in the order of their leases."""
    names = names_of(events)
    return [names[e["c"]] for e in events_of(events, "lease")]


def attempts_of(events):
    """case -> [(number, why, verdict)], from leases and verdicts."""
    names, all_of = names_of(events), {}
    for e in events:
        if e["e"] == "lease":
            all_of.setdefault(names[e["c"]], []).append([e["attempt"], e.get("why", "first"), None])
        elif e["e"] == "verdict":
            last = all_of.setdefault(names[e["c"]], [[1, "first", None]])[-1]
            assert last[:2] == [e["attempt"], e.get("why", "first")] and not last[2], (last, e)
            last[2] = e["verdict"]
    return {name: [tuple(a) for a in attempts] for name, attempts in all_of.items()}


class ScheduleTest(CliTest):
    def check_lines(self, events):
        """Whole, in order, with one end."""
        self.assertEqual([e["n"] for e in events], list(range(len(events))), "sequence numbers")
        times = [e["t"] for e in events if e["e"] not in ("rx", "tx")]
        self.assertEqual(times, sorted(times), "times go forward")
        self.assertEqual(events[-1]["e"], "end")
        self.assertEqual(events[-1]["reason"], "complete", events[-1])
        leases, releases = events_of(events, "lease"), events_of(events, "release")
        self.assertGreaterEqual(len(leases), len(releases))

    def report(self, result):
        """CTRF: case -> its test."""
        report = self.check_reports(result)[0]
        tests = [t for t in report["results"]["tests"] if t["suite"][0] != "atconform"]
        return {t["testId"]: t for t in tests}, report["results"]


class Usage(CliTest):
    def test_words_that_are_no_numbers(self):
        for option, words in {"--shard": ("0/3", "4/3", "1", "1/0", "a/b", "-1/2", "1/2/3", "", "1/", "/2"),
                              "--repeat": ("0", "-1", "two", "1001", ""),
                              "--retries": ("-1", "x", "1.5", "99999999999999999999"),
                              "--shuffle": ("-1", "today", "4294967296"),
                              "--flaky-budget": ("-1", "some")}.items():
            for word in words:
                with self.subTest(option=option, word=word):
                    result = self.call("run", option, word, "basic/at/*")
                    self.check_said(result, 2, option + " " + word.replace("/", "/"), "is needed")

    def test_a_shard_without_a_case(self):
        result = self.run_iut("virtual:", "--shard", "900/900", "basic/at/*")
        self.check_said(result, 2, "--shard 900/900", "has none")


class Shards(ScheduleTest):
    def planned(self, *args):
        result = self.call("run", "--dry-run", *args)
        self.assertEqual(result.code, 0, result.err)
        return [l.split()[0] for l in result.out.splitlines() if count_lines(l, r"^\w+/\w+/\w+ ")]

    def test_together_they_are_the_plan(self):
        whole = self.planned("basic/*")
        for of in (1, 2, 3, 7):
            parts = [self.planned("--shard", f"{i}/{of}", "basic/*") for i in range(1, of + 1)]
            self.assertEqual(sorted(sum(parts, [])), sorted(whole), of)
            sizes = [len(p) for p in parts]
            self.assertLessEqual(max(sizes) - min(sizes), 1, "parts of one size")

    def test_a_run_of_each(self):
        whole = self.run_iut("virtual:", *CASES)
        headers, verdicts = [], {}
        for i in (1, 2):
            part = self.run_iut("virtual:", "--shard", f"{i}/2", *CASES)
            self.assertEqual(part.code, 0, part.err)
            headers.append(self.check_journal(part)[0]["shard"])
            self.assertFalse(set(verdicts) & set(part.verdicts()))
            verdicts.update({n: v["verdict"] for n, v in part.verdicts().items()})
        self.assertEqual(verdicts, {n: v["verdict"] for n, v in whole.verdicts().items()})
        self.assertEqual([h["index"] for h in headers], [1, 2])
        self.assertEqual({(h["of"], h["cases"]) for h in headers}, {(2, len(verdicts))})
        self.assertEqual(len({h["plan"] for h in headers}), 1, "the same whole plan")
        self.assertNotIn("shard", whole.journal()[0])


class Shuffle(ScheduleTest):
    def run_with(self, seed, *args):
        result = self.run_iut("virtual:", "--shuffle", seed, *args, *CASES)
        self.assertEqual(result.code, 0, result.err)
        events = self.check_journal(result)
        return result, events[0]["shuffle"], order_of(events)

    def test_the_seed_gives_the_order_and_nothing_else(self):
        plain = self.run_iut("virtual:", *CASES)
        sorted_order = order_of(plain.journal())
        self.assertEqual(sorted_order, sorted(sorted_order))
        first, seed, order = self.run_with("11")
        self.assertEqual(seed, 11)
        self.assertNotEqual(order, sorted_order)
        self.assertEqual(order, self.run_with("11")[2], "the same seed")
        self.assertNotEqual(order, self.run_with("12")[2], "another seed")
        plan = [e["case"] for e in events_of(first.journal(), "plan")]
        self.assertEqual(plan, sorted_order, "the plan stays sorted")
        self.assertEqual({n: v["verdict"] for n, v in first.verdicts().items()},
                         {n: v["verdict"] for n, v in plain.verdicts().items()})

    def test_a_seed_is_picked_and_told(self):
        result, seed, order = self.run_with("0")
        self.assertGreater(seed, 0)
        self.assertIn(f"--shuffle {seed} ", result.err)
        self.assertIn(f"shuffled with seed {seed}", result.out)
        self.assertEqual(order, self.run_with(str(seed))[2])

    def test_each_round_has_its_own_order(self):
        result = self.run_iut("virtual:", "--shuffle", "5", "--repeat", "2", *CASES)
        order = order_of(result.journal())
        half = len(order) // 2
        self.assertEqual(sorted(order[:half]), sorted(order[half:]))
        self.assertNotEqual(order[:half], order[half:])


class Repeat(ScheduleTest):
    def test_every_case_so_often(self):
        result = self.run_iut("virtual:", "--repeat", "3", "--jobs", "2", *CASES)
        self.assertEqual(result.code, 0, result.err)
        events = result.journal()
        self.check_lines(events)
        self.assertEqual(events[0]["repeat"], 3)
        for name, attempts in attempts_of(events).items():
            self.assertEqual(attempts, [(1, "first", "pass"), (2, "repeat", "pass"),
                                        (3, "repeat", "pass")], name)
        tests, _ = self.report(result)
        self.assertEqual({t["status"] for t in tests.values()}, {"passed"})
        self.assertFalse([t for t in tests.values() if "retries" in t], "they look flaky")

    def test_one_bad_attempt_fails(self):
        result = self.run_iut(fake("flaky", "--at", "AT+GMR", "--times", "1"), "--repeat", "3",
                              "basic/gmr/*")
        self.assertEqual(result.code, 1, result.err)
        tests, results = self.report(result)
        bad = [t for t in tests.values() if t["rawStatus"] == "fail"]
        self.assertEqual(len(bad), 1)
        verdicts = [a["verdict"] for a in bad[0]["extra"]["atconform"]["attempts"]]
        self.assertEqual(verdicts, ["fail", "pass", "pass"])
        self.assertEqual(results["summary"]["flaky"], 0)

    def test_what_was_decided_beforehand_is_decided_once(self):
        result = self.run_iut("virtual:", "--repeat", "2", *CASES, "basic/restore/*",
                              bench=self.quick_bench())
        self.check_lines(result.journal())
        decided = {n: a for n, a in attempts_of(result.journal()).items() if a[0][2] == "unequipped"}
        self.assertTrue(decided)
        self.assertEqual({len(a) for a in decided.values()}, {1})


class Retries(ScheduleTest):
    def flaky_run(self, times, *args):
        return self.run_iut(fake("flaky", "--at", "AT+GMR", "--times", str(times)), *args,
                            "basic/gmr/*", "basic/sysram/*")

    def test_beyond_the_budget(self):
        result = self.flaky_run(1, "--retries", "2")
        self.assertEqual(result.code, 1, result.err)
        self.assertIn("1 flaky (0 allowed)", result.out)
        tests, results = self.report(result)
        flaky = [t for t in tests.values() if t["rawStatus"] == "flaky"]
        self.assertEqual([(t["status"], t["flaky"], t["retries"]) for t in flaky], [("other", True, 1)])
        self.assertEqual(results["summary"]["flaky"], 1)
        self.assertEqual(results["summary"]["passed"], len(tests) - 1, "flaky is no pass")
        self.assertEqual(results["extra"]["atconform"]["exit_code"], 1)

    def test_within_the_budget(self):
        result = self.flaky_run(1, "--retries", "2", "--flaky-budget", "1")
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("1 flaky (1 allowed)", result.out)
        self.assertEqual(result.journal()[0]["flaky_budget"], 1)
        _, suites, html = self.check_reports(result)
        cases = [c for c in suites.iter("testcase") if c.find("flakyFailure") is not None]
        self.assertEqual(len(cases), 1)
        self.assertIsNone(cases[0].find("failure"))
        self.assertIn("flaky", cases[0].find("skipped").get("message"))
        self.assertEqual(html.count('class="attempt"'), 2, "both attempts with their wire logs")
        self.assertEqual(self.call("report", result.dir).code, 0, "the journal knows the budget")

    def test_a_retry_begins_from_a_settled_module(self):
        result = self.flaky_run(1, "--retries", "1")
        events = result.journal()
        self.check_lines(events)
        retried = [n for n, a in attempts_of(events).items() if len(a) > 1]
        self.assertEqual(len(retried), 1)
        self.assertEqual(attempts_of(events)[retried[0]], [(1, "first", "fail"), (2, "retry", "pass")])
        leases = [i for i, e in enumerate(events) if e["e"] == "lease"]
        before = events[leases[-2]:leases[-1]]
        self.assertTrue([e for e in before if e["e"] == "recover" and e["step"] == "restart" and e["ok"]])

    def test_retries_that_do_not_help(self):
        result = self.flaky_run(99, "--retries", "2", "--flaky-budget", "9")
        self.assertEqual(result.code, 1, result.err)
        attempts = [a for a in attempts_of(result.journal()).values() if a[0][2] == "fail"]
        self.assertTrue(attempts)
        for a in attempts:
            self.assertEqual([x[2] for x in a], ["fail"] * 3)
        _, suites, _ = self.check_reports(result)
        bad = [c for c in suites.iter("testcase") if c.find("failure") is not None]
        self.assertEqual({len(c.findall("rerunFailure")) for c in bad}, {2})

    def test_without_a_bad_case_nothing_is_tried_again(self):
        result = self.run_iut("virtual:", "--retries", "3", *CASES)
        self.assertEqual(result.code, 0, result.err)
        self.check_journal(result)

    def test_repetitions_first_then_retries(self):
        result = self.flaky_run(1, "--repeat", "2", "--retries", "1")
        self.assertEqual(result.code, 1, result.err)
        attempts = [a for a in attempts_of(result.journal()).values() if a[0][2] == "fail"]
        self.assertEqual(attempts, [[(1, "first", "fail"), (2, "repeat", "pass"), (3, "retry", "pass")]])
        tests, _ = self.report(result)
        self.assertEqual(len([t for t in tests.values() if t["rawStatus"] == "flaky"]), 1)

    def test_fail_fast_tries_the_fail_again_at_once(self):
        healed = self.flaky_run(1, "--retries", "1", "--fail-fast", "--flaky-budget", "1")
        self.assertEqual(healed.code, 0, healed.err)
        self.check_lines(healed.journal())
        order = order_of(healed.journal())
        self.assertEqual(order[0], order[1], "the first case fails, and is tried again before others")
        broken = self.flaky_run(99, "--retries", "1", "--fail-fast")
        self.assertEqual(broken.code, 1, broken.err)
        self.assertEqual(len(order_of(broken.journal())), 2)
        tests, _ = self.report(broken)
        self.assertIn("missing", {t["rawStatus"] for t in tests.values()})

    def test_interrupted_in_a_retry(self):
        """What the retry would have shown is not known: the fail stands."""
        out = os.path.join(self.home, "run")
        bench = self.quick_bench(timeouts_ms={"answer": 2500, "restart": 2000, "silence": 60,
                                              "case": 10000, "recover": 3000, "guard": 25})
        running = self.start("run", "--out", out, "--bench", bench, "--retries", "2", "--iut",
                             fake("stall", "--at", "AT+GMR"), "basic/gmr/execute_answers_as_documented")
        running.wait_for(lambda e: e["e"] == "lease" and e.get("why") == "retry")
        running.signal(signal.SIGINT)
        result = self.finish(running, 40)
        self.assertEqual(result.code, 130, result.err)
        tests, _ = self.report(result)
        self.assertEqual([t["rawStatus"] for t in tests.values()], ["fail"])

    def test_with_two_jobs(self):
        result = self.run_iut(fake("flaky", "--at", "AT+GMR", "--times", "1"), "--jobs", "2",
                              "--retries", "1", "--flaky-budget", "2", "basic/gmr/*", "basic/sysram/*")
        self.assertEqual(result.code, 0, result.err)
        self.check_lines(result.journal())


class Resume(ScheduleTest):
    def check_resumed(self, result, before, code=0, repeat=1):
        """Complete, nothing of before is changed, and what had a verdict was not run again."""
        self.assertEqual(result.code, code, result.err)
        with open(result.path("journal.jsonl"), "rb") as f:
            self.assertTrue(f.read().startswith(before), "the journal's beginning is kept")
        events = result.journal()
        self.check_lines(events)
        self.assertEqual(len(events_of(events, "resume")), 1)
        attempts = attempts_of(events)
        self.assertEqual(set(attempts), set(names_of(events).values()), "every case has a verdict")
        for name, all_of in attempts.items():
            judged = [a for a in all_of if a[2]]
            self.assertEqual(len(judged), repeat, f"{name}: {all_of}")
            for cut, following in zip(all_of, all_of[1:]):
                self.assertEqual(following[1] == "resume", cut[2] is None, all_of)
        tests, results = self.report(result)
        self.assertNotIn("missing", {t["rawStatus"] for t in tests.values()})
        self.assertEqual(results["extra"]["atconform"]["schedule"]["resumed"], 1)
        return attempts

    def kill_at(self, wanted, *args):
        """SIGKILL when a journal line fits; the folder, and the journal up to its last whole line."""
        out = os.path.join(self.home, "run")
        running = self.start("run", "--out", out, *args)
        running.wait_for(wanted)
        running.process.kill()
        running.wait(20)
        shutil.rmtree(running.tmp)
        os.makedirs(running.tmp)
        self.check_nothing_left(running)
        with open(os.path.join(out, "journal.jsonl"), "rb") as f:
            text = f.read()
        return out, text[:text.rfind(b"\n") + 1]

    def resume(self, folder, *args):
        result = self.call("run", "--resume", folder, *args)
        result.dir = folder
        return result

    def test_killed_at_several_places(self):
        places = {"at the first probe": lambda e: e["e"] == "probe",
                  "in a lease": lambda e: e["e"] == "tx" and e["c"] == 3,
                  "after a verdict": lambda e: e["e"] == "verdict",
                  "late": lambda e: e["e"] == "lease" and e["c"] == 6}
        for name, wanted in places.items():
            with self.subTest(name):
                # Behind the late place are cases that take their time: the run is not over by then.
                folder, before = self.kill_at(wanted, "--retries", "1", *CASES, "basic/rst/*")
                self.check_resumed(self.resume(folder), before)
                shutil.rmtree(folder)

    def test_killed_in_the_second_round(self):
        folder, before = self.kill_at(lambda e: e["e"] == "lease" and e.get("why") == "repeat",
                                      "--repeat", "3", "--shuffle", "9", *CASES)
        self.check_resumed(self.resume(folder), before, repeat=3)

    def test_killed_with_two_jobs(self):
        folder, before = self.kill_at(lambda e: e["e"] == "verdict", "--jobs", "2", "basic/uart_cur/*")
        self.check_resumed(self.resume(folder), before)

    def test_interrupted_and_resumed(self):
        out = os.path.join(self.home, "run")
        running = self.start("run", "--out", out, "basic/uart_cur/*")
        running.wait_for(lambda e: e["e"] == "verdict")
        running.signal(signal.SIGINT)
        self.assertEqual(self.finish(running, 40).code, 130)
        with open(os.path.join(out, "journal.jsonl"), "rb") as f:
            before = f.read()
        self.check_resumed(self.resume(out), before)

    def cut(self, whole, size, name):
        folder = os.path.join(self.home, name)
        os.makedirs(folder)
        with open(os.path.join(folder, "journal.jsonl"), "wb") as f:
            f.write(whole[:size])
        return folder

    def test_a_journal_cut_anywhere(self):
        """Also in the middle of a line, before the plan is whole, and just before its end."""
        result = self.run_iut("virtual:", "basic/gmr/*", "basic/sysram/*")
        with open(result.path("journal.jsonl"), "rb") as f:
            whole = f.read()
        first = whole.find(b'"e":"lease"')
        end = whole.rfind(b"\n", 0, len(whole) - 1) + 1
        for i, size in enumerate((first + 5, (first + end) // 2, end - 1, end, end + 7)):
            with self.subTest(size=size):
                folder = self.cut(whole, size, f"cut{i}")
                before = whole[:size] if whole[size - 1:size + 1].endswith(b"}") else \
                    whole[:whole.rfind(b"\n", 0, size) + 1]
                if size == end - 1:
                    before = whole[:end]
                self.check_resumed(self.resume(folder), before)

    def test_killed_before_anything_was_run(self):
        """The plan is not whole: the run begins again, with its options."""
        result = self.run_iut("virtual:", "--repeat", "2", "basic/gmr/*", "basic/sysram/*")
        with open(result.path("journal.jsonl"), "rb") as f:
            whole = f.read()
        plan = whole.find(b'"e":"plan"')
        folder = self.cut(whole, plan, "early")
        again = self.resume(folder)
        self.assertEqual(again.code, 0, again.err)
        events = again.journal()
        self.check_lines(events)
        self.assertEqual(events[0]["repeat"], 2)
        self.assertEqual(events[0]["argv"], result.journal()[0]["argv"])
        self.assertEqual({len(a) for a in attempts_of(events).values()}, {2})
        nothing = self.cut(whole, 40, "nothing")
        self.check_said(self.resume(nothing), 2, "cut off in its header")

    def test_killed_between_fail_and_retry(self):
        """The retries of the run are made by the one that goes on."""
        folder, before = self.kill_at(
            lambda e: e["e"] == "lease" and e.get("why") == "retry", "--bench", self.quick_bench(),
            "--retries", "2", "--iut", fake("stall", "--at", "AT+GMR"), "basic/gmr/*")
        result = self.resume(folder)
        self.assertEqual(result.code, 1, result.err)
        self.check_lines(result.journal())
        with open(result.path("journal.jsonl"), "rb") as f:
            self.assertTrue(f.read().startswith(before))
        for name, attempts in attempts_of(result.journal()).items():
            judged = [a[1:] for a in attempts if a[2]]
            if judged[0][1] == "fail":
                self.assertEqual(judged, [("first", "fail")] + [("retry", "fail")] * 2, name)

    def test_options_that_differ(self):
        folder, before = self.kill_at(lambda e: e["e"] == "verdict", "--repeat", "2", *CASES)
        for words in (("--repeat", "3"), ("--jobs", "2"), ("--retries", "1"), ("--shuffle", "4"),
                      ("--shard", "1/2"), ("--strict",), ("--iut", "virtual:?dialect=field"),
                      ("--bench", "board"), ("--profile", "esp8266-at-field"), ("--gate", "stated"),
                      ("--fail-fast",), ("--flaky-budget", "1"), ("basic/at/*",), ("--out", "elsewhere"),
                      ("--dry-run",)):
            with self.subTest(words=words):
                result = self.resume(folder, *words)
                self.check_said(result, 2, words[0].replace("*", r"\*"))
                with open(os.path.join(folder, "journal.jsonl"), "rb") as f:
                    self.assertTrue(f.read().startswith(before), "nothing is overwritten")
        self.check_resumed(self.resume(folder, "--repeat", "2", *CASES), before, repeat=2)

    def test_a_complete_run_says_so(self):
        for iut, code in (("virtual:", 0), ("virtual:?dialect=field", 1)):
            result = self.run_iut(iut, "basic/gslp/*")
            with open(result.path("journal.jsonl"), "rb") as f:
                before = f.read()
            os.unlink(result.path("junit.xml"))
            again = self.resume(result.dir)
            self.assertEqual((again.code, again.said), (code, []), again.err)
            self.assertIn("is complete", again.out)
            with open(result.path("journal.jsonl"), "rb") as f:
                self.assertEqual(f.read(), before)
            self.check_reports(again)

    def test_a_run_that_goes_on(self):
        out = os.path.join(self.home, "run")
        running = self.start("run", "--out", out, "--iut", fake("silent"), "--bench",
                             self.quick_bench(timeouts_ms={"answer": 60000, "restart": 60000, "silence": 60,
                                                           "case": 120000, "recover": 120000, "guard": 25}),
                             "basic/at/*")
        running.wait_for(lambda e: e["e"] == "plan")
        self.check_said(self.resume(out), 2, "still going on")
        running.signal(signal.SIGINT)
        self.assertEqual(self.finish(running, 40).code, 130)

    def test_what_is_no_run(self):
        self.check_said(self.call("run", "--resume", "/nowhere"), 2, "/nowhere")
        os.makedirs(os.path.join(self.home, "empty"))
        self.check_said(self.call("run", "--resume", "empty"), 2, "empty/journal.jsonl")

    def test_a_run_of_another_suite(self):
        folder, _ = self.kill_at(lambda e: e["e"] == "verdict", *CASES)
        path = os.path.join(folder, "journal.jsonl")
        with open(path, "rb") as f:
            lines = f.read().split(b"\n")
        for change, word in (({"spec": "0" * 16}, "model"), ({"program": "atconform 0.0.1"}, "program"),
                             ({"bench": "other"}, "bench")):
            with open(path, "wb") as f:
                header = {**json.loads(lines[0]), **change}
                f.write(b"\n".join([json.dumps(header).encode(), *lines[1:]]))
            self.check_said(self.resume(folder), 2, word, "journal.jsonl:1", "start a new run")


if __name__ == "__main__":
    unittest.main()
