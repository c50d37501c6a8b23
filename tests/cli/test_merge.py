# SPDX-License-Identifier: MIT
"""Shards made into one run: nothing is lost, nothing is counted twice, nothing is made up."""
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import ATCONFORM, CliTest, Result, events_of

CASES = ("basic/gmr/*", "basic/sysram/*")
FIELD = "virtual:?dialect=field"


class MergeTest(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.mkdtemp(prefix="acm-", dir="/tmp")
        cls.addClassCleanup(shutil.rmtree, cls.kept, True)
        cls.whole = cls.make("whole")
        waivers = os.path.join(cls.kept, "waivers.json")
        with open(waivers, "w", encoding="utf-8") as f:
            json.dump({"waivers": [{"requirement": "GMR-1", "message": "*", "reason": "r", "issue": "i", "owner": "o",
                                    "expires": "2999-12-31"}]}, f)
        cls.parts = [cls.make(f"part{i}", "--shard", f"{i}/3") for i in (1, 2, 3)]
        held = ("--baseline", cls.whole, "--waivers", waivers)
        cls.held = [cls.make(f"held{i}", "--shard", f"{i}/2", "--jobs", "2", *held) for i in (1, 2)]

    @classmethod
    def make(cls, name, *args):
        out = os.path.join(cls.kept, name)
        subprocess.run([ATCONFORM, "run", "--iut", FIELD, "--out", out, *args, *CASES], env={**os.environ, "CI": "1"},
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=90)
        return out

    def merge(self, *parts, out="merged", code=1):
        out = os.path.join(self.home, out)
        result = self.call("merge", *parts, "--out", out)
        result.dir = out
        if code is not None:
            self.assertEqual(result.code, code, result.err + result.out[-500:])
        return result

    def events(self, folder):
        return Result(0, "", "", folder).journal()

    def by_name(self, folder):
        with open(os.path.join(folder, "report.json"), encoding="utf-8") as f:
            results = json.load(f)["results"]
        return {t["testId"]: t for t in results["tests"] if t.get("type") != "run"}, results

    def changed(self, part, change, name="changed"):
        """A copy of a run with another journal."""
        folder = os.path.join(self.home, name)
        shutil.rmtree(folder, True)
        os.makedirs(folder)
        events = self.events(part)
        change(events)
        with open(os.path.join(folder, "journal.jsonl"), "w", encoding="utf-8") as f:
            f.writelines(json.dumps(e, ensure_ascii=False) + "\n" for e in events)
        return folder


class Together(MergeTest):
    def test_they_are_the_whole(self):
        result = self.merge(*self.parts)
        tests, results = self.by_name(result.dir)
        whole, _ = self.by_name(self.whole)

        def seen(all_of):
            return {n: (t["rawStatus"], t["status"], t.get("message"), t.get("line"), "stdout" in t)
                    for n, t in all_of.items()}
        self.assertEqual(seen(tests), seen(whole))
        self.check_reports(result)
        self.assertEqual([p["shard"] for p in results["extra"]["atconform"]["parts"]], [1, 2, 3])
        self.assertEqual({p["end"] for p in results["extra"]["atconform"]["parts"]}, {"complete"})
        self.assertIn("merged from 3 runs of 3 shards", result.out)
        self.assertNotIn("--shard", " ".join(results["extra"]["atconform"]["argv"]))
        self.assertEqual(self.call("report", result.dir).code, 1)

    def test_nothing_is_lost(self):
        result = self.merge(*self.parts)
        events = result.journal()
        self.assertEqual([e["n"] for e in events], list(range(len(events))))
        self.assertEqual(events[-1]["e"], "end")
        names = {e["c"]: e["case"] for e in events_of(events, "plan")}
        self.assertEqual(list(names.values()), sorted(names.values()))
        at = [i for i, e in enumerate(events) if e["e"] == "part"] + [len(events) - 1]
        for part, (start, end) in zip(self.parts, itertools.pairwise(at)):
            mine = self.events(part)
            own = {e["c"]: e["case"] for e in events_of(mine, "plan")}
            told = ("run", "requirement", "deviation-known", "baseline", "was", "waiver", "elsewhere", "plan", "end")
            mine = [e for e in mine if e["e"] not in told]
            theirs = events[start + 1:end]
            self.assertEqual(events[start]["run"], self.events(part)[0]["run"])
            self.assertEqual(len(mine), len(theirs))
            for a, b in zip(mine, theirs):
                self.assertEqual([own.get(a.get("c")), a.get("bytes"), a["e"]],
                                 [names.get(b.get("c")), b.get("bytes"), b["e"]])
                self.assertGreaterEqual(b["t"], a["t"])

    def test_in_whatever_order_they_are_named(self):
        first = self.merge(*self.parts, out="a")
        second = self.merge(*[os.path.join(p, "journal.jsonl") for p in reversed(self.parts)], out="b")
        with open(first.path("journal.jsonl"), "rb") as a, open(second.path("journal.jsonl"), "rb") as b:
            self.assertEqual(a.read(), b.read())

    def test_a_shard_that_is_not_there(self):
        for left in itertools.combinations(self.parts, 2):
            result = self.merge(*left, out=f"out{left[0][-1]}{left[1][-1]}")
            tests, _ = self.by_name(result.dir)
            self.assertEqual(set(tests), set(self.by_name(self.whole)[0]), "all are planned")
            gone = (set(self.parts) - set(left)).pop()
            missing = {n for n, t in tests.items() if t["rawStatus"] == "missing"}
            self.assertEqual(missing, {e["case"] for e in events_of(self.events(gone), "plan")})
            self.assertIn(f"{len(missing)} missing", result.out)
            _, suites, _ = self.check_reports(result)
            self.assertEqual(len([c for c in suites.iter("testcase") if c.find("error") is not None]), len(missing))

    def test_one_of_them_alone(self):
        result = self.merge(self.parts[0])
        self.assertIn("missing", {t["rawStatus"] for t in self.by_name(result.dir)[0].values()})

    def test_runs_that_are_no_shards(self):
        one = self.run_iut("virtual:", "basic/at/*")
        other = self.run_iut("virtual:", "basic/sysram/*")
        result = self.merge(one.dir, other.dir, code=0)
        self.assertEqual(len(self.by_name(result.dir)[0]),
                         len(events_of(one.journal(), "plan")) + len(events_of(other.journal(), "plan")))

    def test_a_part_that_was_cut_off(self):
        with open(os.path.join(self.parts[1], "journal.jsonl"), "rb") as f:
            text = f.read()
        folder = os.path.join(self.home, "cut")
        os.makedirs(folder)
        with open(os.path.join(folder, "journal.jsonl"), "wb") as f:
            f.write(text[:text.rfind(b'"e":"lease"') + 40])
        result = self.merge(self.parts[0], folder, self.parts[2])
        self.assertIn("Cut off", result.out)
        tests, results = self.by_name(result.dir)
        self.assertIn("missing", {t["rawStatus"] for t in tests.values()})
        self.assertEqual([p["end"] for p in results["extra"]["atconform"]["parts"]], ["complete", "cut", "complete"])

    def test_a_part_that_was_interrupted(self):
        def interrupt(events):
            events[-1].update(reason="interrupted", signal=15)
        result = self.merge(self.parts[0], self.changed(self.parts[1], interrupt), self.parts[2], code=143)
        self.assertIn("Interrupted", result.out)

    def test_baseline_and_waivers_are_those_of_the_parts(self):
        result = self.merge(*self.held, code=0)
        tests, results = self.by_name(result.dir)
        standings = {n: t["extra"]["atconform"].get("standing") for n, t in tests.items()}
        bad = {n for n, t in tests.items() if t["rawStatus"] == "fail"}
        self.assertEqual({n for n, s in standings.items() if s}, bad)
        self.assertEqual(set(standings.values()), {None, "known", "waived"})
        self.assertEqual([w["state"] for w in results["extra"]["atconform"]["waivers"]], ["holds"])
        lanes = {e["l"] for e in events_of(result.journal(), "lease")}
        self.assertEqual(lanes, {0, 1, 2, 3}, "each line to a module is its own")

    def test_one_flaky_budget_for_all(self):
        def flaky(part, name):
            def change(events):
                events[0]["flaky_budget"] = 1
                verdict = next(e for e in events if e["e"] == "verdict")
                again = {**verdict, "attempt": 2, "verdict": "pass", "why": "retry"}
                verdict["verdict"] = "fail"
                lease = next(e for e in events if e["e"] == "lease" and e["c"] == verdict["c"])
                release = next(e for e in events if e["e"] == "release" and e["c"] == verdict["c"])
                at = events.index(verdict) + 1
                events[at:at] = [{**lease, "attempt": 2, "why": "retry"}, dict(release), again]
                for n, e in enumerate(events):
                    e["n"] = n
            return self.changed(part, change, name)

        def budget(events):
            events[0]["flaky_budget"] = 1
        result = self.merge(flaky(self.parts[0], "f1"), flaky(self.parts[1], "f2"),
                            self.changed(self.parts[2], budget, "f3"))
        self.assertIn("2 flaky (1 allowed)", " ".join(result.out.split()))


class Refused(MergeTest):
    def refused(self, parts, *words):
        out = os.path.join(self.home, "refused")
        self.check_said(self.call("merge", *parts, "--out", out), 2, *words)
        self.assertFalse(os.path.exists(out), "something is left")

    def test_two_of_one_run(self):
        self.refused([self.parts[0], self.parts[0]], "journal.jsonl:1:1", "it is run")

    def test_one_shard_twice(self):
        def another(events):
            events[0]["run"] = "11111111-1111-4111-8111-111111111111"
        self.refused([self.parts[0], self.changed(self.parts[0], another)], "changed/journal.jsonl:1:1", "shard 1")

    def test_overlapping_runs(self):
        other = self.run_iut("virtual:", "basic/sysram/*")
        both = self.run_iut("virtual:", "basic/sysram/*", "basic/at/*")
        self.refused([other.dir, both.dir], "it has the case basic/sysram/")

    def test_a_merged_run(self):
        self.refused([self.merge(*self.parts[:2]).dir, self.parts[2]], "merged already")

    def test_other_runs(self):
        for key, value, *words in (("program", "atconform 9", "program"), ("spec", "0" * 16, "model"),
                                   ("profile", "esp32-at", "profile"), ("retries", 3, "--retries 3"),
                                   ("repeat", 2, "--repeat"), ("flaky_budget", 4, "--flaky-budget"),
                                   ("gates", {"inferred": False, "strict": False, "require_all": False}, "--gate"),
                                   ("gates", {"inferred": True, "strict": True, "require_all": False}, "--strict")):
            with self.subTest(key=key):
                other = self.changed(self.parts[1], lambda e, k=key, v=value: e[0].update({k: v}))
                self.refused([self.parts[0], other], "changed/journal.jsonl:1:1", words[0].split()[0])
        shard = self.events(self.parts[1])[0]["shard"]
        for change, word in (({"of": 4}, "number of shards"), ({"cases": 99}, "number of cases"),
                             ({"plan": "0" * 16}, "whole plan")):
            other = self.changed(self.parts[1], lambda e, c=change: e[0].update(shard={**shard, **c}))
            self.refused([self.parts[0], other], "changed/journal.jsonl:1:1", word)

    def test_another_firmware(self):
        def build(events):
            for e in events:
                if e["e"] == "rx" and "bytes" in e:
                    e["bytes"] = e["bytes"].replace("2.1.0.0", "2.2.0.0")
        self.refused([self.parts[0], self.changed(self.parts[1], build)], "firmware", r"2\.2\.0\.0")

    def test_other_waivers_or_baseline(self):
        def expires(events):
            next(e for e in events if e["e"] == "waiver")["expires"] = "2998-01-01"

        def base(events):
            next(e for e in events if e["e"] == "baseline")["run"] = "another"
        for change, word in ((expires, "waivers"), (base, "baseline")):
            self.refused([self.held[0], self.changed(self.held[1], change)], "changed/journal.jsonl:1:1", word)

    def test_a_plan_that_is_not_told_whole(self):
        def forget(events):
            events[:] = [e for e in events if e["e"] != "elsewhere"]
            for n, e in enumerate(events):
                e["n"] = n
        self.refused([self.changed(self.parts[0], forget)], "8 cases, but 3 are named")

    def test_broken_journals(self):
        self.refused([self.parts[0], "/nowhere"], "/nowhere")
        self.refused([self.parts[0], self.file("text", "hello\n")], "text:1:1")

        def lost(events):
            del events[9]
        self.refused([self.parts[0], self.changed(self.parts[1], lost)], r"changed/journal.jsonl:10:1", "lost")

    def test_nothing_is_overwritten(self):
        result = self.merge(*self.parts)
        with open(result.path("journal.jsonl"), "rb") as f:
            before = f.read()
        self.check_said(self.call("merge", *self.parts[:2], "--out", result.dir), 2, "holds a run already")
        self.check_said(self.call("merge", *self.parts, "--out", self.parts[0]), 2, "holds a run already")
        with open(result.path("journal.jsonl"), "rb") as f:
            self.assertEqual(f.read(), before)
        kept = self.file("mine/notes.txt", "mine")
        self.check_said(self.call("merge", self.parts[0], self.parts[0], "--out", os.path.dirname(kept)), 2, "it is run")
        self.assertEqual(os.listdir(os.path.dirname(kept)), ["notes.txt"])

    def test_usage(self):
        self.check_said(self.call("merge"), 2, "expects the runs")
        self.check_said(self.call("merge", "--out", "x"), 2, "expects the runs")
        self.check_said(self.call("merge", self.parts[0]), 2, "--out DIR")
        self.check_said(self.call("merge", self.parts[0], "--outt", "x"), 2, "--outt")
        self.check_said(self.call("merge", self.parts[0], "--out", "x", "--report", "pdf"), 2, "pdf")
        self.assertFalse(os.path.exists(os.path.join(self.home, "x")))
        self.assertEqual(self.call("merge", "--help").code, 0)


if __name__ == "__main__":
    unittest.main()
