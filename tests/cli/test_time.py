# SPDX-License-Identifier: MIT
"""Where the time of a run went: a line at its rate, what the document demands, and the rest. Nothing here
looks at a clock: what is asserted are sums, and ratios within a run with wide margins."""
import json
import os
import re
import unittest

from harness import CliTest, events_of, read_journal

KINDS = ("line_ms", "demanded_waits_ms", "module_ms", "bench_ms", "tester_ms")
PACED = "virtual:?pace"


class Time(CliTest):
    def account(self, folder):
        with open(os.path.join(folder, "report.json"), encoding="utf-8") as f:
            return json.load(f)["results"]["extra"]["atconform"]["time_account"]

    def printed(self, result, pattern):
        self.assertEqual(result.code, 0, result.err)
        self.assertRegex(" ".join(result.out.split()), pattern)

    def adds_up(self, told):
        for sums in (told, *told["lines"]):
            self.assertLessEqual(abs(sums["wall_ms"] - sum(sums[k] for k in KINDS)), len(KINDS))

    def test_a_paced_line_is_busy_most_of_the_time(self):
        for _ in range(4):  # once more where the machine had no time for it
            result = self.run_iut(PACED, "basic/ate/*", "basic/gmr/*", "basic/rst/*", "basic/syslog/*", "basic/gslp/*")
            self.printed(result, r"wall [0-9.]+ s = line [0-9.]+ s \+ demanded waits .* \(ratio \d+\.\d\d\)")
            told = self.account(result.dir)
            if told["ratio_percent"] < 600:
                break
        self.adds_up(told)
        self.assertTrue(told["paced"])
        # The bytes of one direction alone are less than the line's time, of both more.
        sums, rate = {"tx": 0, "rx": 0}, 115200
        for e in result.journal():
            if e["e"] == "line" and e["what"] in ("open", "uart"):
                rate = int((e.get("uart") or e["text"]).split(",")[0])
            elif e["e"] in sums and e["c"] >= 0:
                sums[e["e"]] += len(e["bytes"]) * 10000 / rate
        sent, received = sums.values()
        self.assertGreater(told["line_ms"], 0.8 * max(sent, received))
        self.assertLess(told["line_ms"], 1.2 * (sent + received))
        # Nothing on a fast machine that does nothing else; this one may be slow and busy.
        self.assertGreaterEqual(told["ratio_percent"], 100)
        self.assertLess(told["ratio_percent"], 600)

    def test_each_wait_says_what_it_is_for(self):
        result = self.run_iut("virtual:", "basic/gslp/answers_nothing_while_asleep", "basic/rst/*")
        self.assertEqual(result.code, 0, result.err)
        events = result.journal()
        waits = events_of(events, "wait")
        whys = {e["why"] for e in waits}
        self.assertLessEqual({"nothing is to come", "the module restarts"}, whys)
        starts = {e["c"]: e["t"] for e in events_of(events, "lease")}
        for e in waits:
            self.assertGreaterEqual(e["t"] + e["from"], starts[e["c"]])
            self.assertGreaterEqual(e["to"], e["from"])
        told = self.account(result.dir)
        self.adds_up(told)
        # 200 and 500 ms of silence at least: the case waits as long as it says.
        self.assertGreaterEqual(told["demanded_waits_ms"], 700)
        self.assertEqual({w["why"] for w in told["waits"]}, whys)

    def test_without_pace_there_is_no_ratio(self):
        result = self.run_iut("virtual:", "basic/ate/*", "basic/gmr/*")
        self.printed(result, r"bytes take no time on this line: no ratio")
        told = self.account(result.dir)
        self.adds_up(told)
        self.assertFalse(told["paced"])
        self.assertNotIn("ratio_percent", told)

    def test_on_a_short_run_there_is_no_ratio(self):
        result = self.run_iut(PACED, "basic/at/*")
        told = self.account(result.dir)
        self.assertTrue(told["paced"])
        if told["line_ms"] + told["demanded_waits_ms"] < 1000:
            self.assertNotIn("ratio_percent", told)
            self.assertNotIn("ratio", result.out)

    def test_lines_add_up_and_so_do_merged_runs(self):
        folders = []
        for i, jobs in ((1, 1), (2, 2)):
            out = os.path.join(self.home, f"part{i}")
            iuts = {"iuts": ["virtual:?pace", "virtual:?pace"]}
            done = self.call("run", "--bench", self.quick_bench(**iuts), "--jobs", str(jobs), "--shard", f"{i}/2",
                             "--out", out, "basic/ate/*", "basic/sysram/*")
            self.assertEqual(done.code, 0, done.err)
            folders.append(out)
        parts = [self.account(f) for f in folders]
        self.assertEqual([len(p["lines"]) for p in parts], [1, 2])
        whole = os.path.join(self.home, "whole")
        self.assertEqual(self.call("merge", *folders, "--out", whole).code, 0)
        told = self.account(whole)
        self.adds_up(told)
        self.assertEqual(len(told["lines"]), 3)
        # A part's journal ends a moment after its last line, for each of its lanes; the merged one's with it.
        moments = 0
        for folder, part in zip(folders, parts):
            last, end = (e["t"] for e in read_journal(os.path.join(folder, "journal.jsonl"))[-2:])
            moments += len(part["lines"]) * (end - last) / 1e6
        for key in ("wall_ms", *KINDS):
            self.assertAlmostEqual(told[key], sum(p[key] for p in parts), delta=len(KINDS) + moments, msg=key)

    def test_an_older_journal_is_read_and_has_no_account(self):
        result = self.run_iut("virtual:", "basic/ate/*")
        path = result.path("journal.jsonl")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(re.sub(r'("what":"open".*?),"uart":"[^"]*"', r"\1", text))
        done = self.call("report", result.dir, "--report", "console", "--report",
                         "json:" + result.path("again.json"))
        self.assertEqual(done.code, 0, done.err)
        self.assertNotIn("wall ", done.out)
        with open(result.path("again.json"), encoding="utf-8") as f:
            self.assertNotIn("time_account", json.load(f)["results"]["extra"]["atconform"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
