# SPDX-License-Identifier: MIT
"""May this build ship: --baseline and --waivers on real runs, and every way to get them wrong."""
import json
import os
import shutil
import unittest

from harness import CliTest, events_of, fake

CASES = ("basic/gmr/*", "basic/sysram/*")
FIELD = "virtual:?dialect=field"  # a module that breaks claims of basic/gmr


def entry(**changes):
    whole = {"case": "basic/gmr/*", "message": "*", "reason": "the vendor sleeps without an answer",
             "issue": "https://example.com/41", "owner": "firmware", "expires": "2999-12-31", **changes}
    return {k: v for k, v in whole.items() if v is not None}


class GateTest(CliTest):
    def by_name(self, result):
        with open(result.path("report.json"), encoding="utf-8") as f:
            results = json.load(f)["results"]
        return {t["testId"]: t for t in results["tests"] if t.get("type") != "run"}, results

    def bytes_of(self, path):
        with open(path, "rb") as f:
            return f.read()

    def own(self, result):
        return {name: t["extra"]["atconform"] for name, t in self.by_name(result)[0].items()}

    def same_later(self, result):
        """The journal alone gives the same."""
        def texts():
            return [self.bytes_of(result.path(name)) for name in ("report.json", "junit.xml")]
        before = texts()
        again = self.call("report", result.dir, "--report", "json", "--report", "junit")
        self.assertEqual(again.code, result.code)
        self.assertEqual(texts(), before)

    def untouched(self, *args):
        """A run that is refused: nothing is written, and no module was asked anything."""
        out = os.path.join(self.home, "refused")
        result = self.call("run", "--out", out, "--iut", fake("silent"), *args, *CASES)
        self.assertFalse(os.path.exists(out), "the folder was made")
        return result


class Baseline(GateTest):
    def base(self, iut=FIELD, *args):
        return self.run_iut(iut, *(args or CASES))

    def test_a_red_suite_is_adopted(self):
        base = self.base()
        self.assertEqual(base.code, 1, base.err)
        bad = {name for name, v in base.verdicts().items() if v["verdict"] == "fail"}
        self.assertTrue(bad)
        for path in (base.dir, base.path("journal.jsonl"), base.path("report.json")):
            with self.subTest(path=os.path.basename(path)):
                result = self.run_iut(FIELD, "--baseline", path, *CASES)
                self.assertEqual(result.code, 0, result.out[-900:])
                self.check_journal(result)
                self.check_reports(result)
                own = self.own(result)
                self.assertEqual({n for n, o in own.items() if o.get("standing") == "known"}, bad)
                tests, results = self.by_name(result)
                self.assertEqual({t["status"] for n, t in tests.items() if n in bad}, {"other"})
                self.assertEqual(results["summary"]["passed"], len(tests) - len(bad))
                self.assertEqual({own[n]["baseline"]["verdict"] for n in bad}, {"fail"})
                self.assertIn("No worse than the baseline", result.out)
                self.assertIn("known: fail in the baseline", result.out)
                self.same_later(result)

    def test_the_baseline_may_go_away(self):
        base = self.base()
        result = self.run_iut(FIELD, "--baseline", base.dir, *CASES)
        shutil.rmtree(base.dir)
        self.same_later(result)

    def test_a_regression(self):
        base = self.base("virtual:")
        self.assertEqual(base.code, 0, base.err)
        result = self.run_iut(FIELD, "--baseline", base.dir, *CASES)
        self.assertEqual(result.code, 1)
        own = self.own(result)
        bad = {n for n, v in result.verdicts().items() if v["verdict"] == "fail"}
        self.assertEqual({n for n, o in own.items() if o.get("standing") == "regressed"}, bad)
        self.assertIn(f"{len(bad)} regressions", result.out)
        self.assertIn("regressed: pass in the baseline", result.out)
        self.same_later(result)

    def test_what_is_mended_is_no_matter(self):
        result = self.run_iut("virtual:", "--baseline", self.base().dir, *CASES)
        self.assertEqual(result.code, 0, result.out[-600:])
        self.assertEqual({o.get("standing") for o in self.own(result).values()}, {None})

    def test_a_new_case_that_fails(self):
        base = self.base(FIELD, "basic/sysram/*")
        result = self.run_iut(FIELD, "--baseline", base.dir, *CASES)
        self.assertEqual(result.code, 1)
        self.assertIn("new", {o.get("standing") for o in self.own(result).values()})

    def test_cases_of_the_baseline_that_were_not_asked_for(self):
        base = self.base()
        for args in (["basic/sysram/*"], ["--shard", "1/2", *CASES]):
            with self.subTest(args=args):
                result = self.run_iut(FIELD, "--baseline", base.dir, *args)
                self.assertEqual(result.code, 0, result.out[-600:])
                self.assertEqual(len(self.own(result)), len(events_of(result.journal(), "plan")))

    def rewritten(self, base, change):
        """A baseline with another journal."""
        folder = os.path.join(self.home, "changed")
        shutil.rmtree(folder, True)
        os.makedirs(folder)
        with open(os.path.join(folder, "journal.jsonl"), "w", encoding="utf-8") as f:
            for e in change(base.journal()):
                f.write(json.dumps(e, ensure_ascii=False) + "\n")
        return folder

    def test_a_case_that_is_gone_from_the_suite(self):
        base = self.base()

        def rename(events):
            for e in events:
                if e["e"] == "plan" and e["case"].endswith("tells_the_same_again"):
                    e["case"] = "basic/gmr/has_another_name_now"
            return events
        result = self.run_iut(FIELD, "--baseline", self.rewritten(base, rename), *CASES)
        self.assertEqual(result.code, 1)
        own = self.own(result)
        self.assertEqual(own["basic/gmr/has_another_name_now"]["verdict"], "missing")
        self.assertIn("not in the suite any more", result.out)
        self.assertIn("1 missing", result.out)
        self.same_later(result)
        other = self.run_iut(FIELD, "--baseline", self.rewritten(base, rename), "basic/sysram/*")
        self.assertEqual(other.code, 0, "the pattern does not mean it")

    def test_a_run_that_was_killed_goes_on_with_its_baseline(self):
        base = self.base()
        whole = self.run_iut(FIELD, "--baseline", base.dir, *CASES)
        text = self.bytes_of(whole.path("journal.jsonl"))
        for name, size in {"in the baseline": text.find(b'"e":"was"') + 300,
                           "in the plan": text.find(b'"e":"plan"') + 300,
                           "in a case": text.find(b'"e":"lease"') + 300}.items():
            with self.subTest(name):
                folder = os.path.join(self.home, "cut")
                shutil.rmtree(folder, True)
                os.makedirs(folder)
                with open(os.path.join(folder, "journal.jsonl"), "wb") as f:
                    f.write(text[:size])
                result = self.call("run", "--resume", folder)
                self.assertEqual(result.code, 0, result.err + result.out[-500:])
                result.dir = folder
                self.assertIn("known", {o.get("standing") for o in self.own(result).values()})
        self.check_said(self.call("run", "--resume", folder, "--baseline", "/elsewhere"), 2, "--baseline")

    def test_what_is_no_baseline(self):
        base = self.base()
        text = self.bytes_of(base.path("journal.jsonl"))
        cut = os.path.join(self.home, "cut.jsonl")
        with open(cut, "wb") as f:
            f.write(text[:-400])
        broken = self.file("broken.jsonl", text[:5000].decode() + "}\n" + text[5000:].decode())
        report = json.loads(self.bytes_of(base.path("report.json")))

        def changed(name, change):
            copy = json.loads(json.dumps(report))
            change(copy)
            return self.file(name, json.dumps(copy, indent=1))
        interrupted = changed("end.json", lambda r: r["results"]["extra"]["atconform"].update(end="cut"))
        unnamed = changed("unnamed.json", lambda r: r["results"]["tests"][3].pop("testId"))
        strange = changed("strange.json", lambda r: r["results"]["tests"][3].update(rawStatus="fine"))
        twice = changed("twice.json", lambda r: r["results"]["tests"].append(r["results"]["tests"][0]))
        foreign = self.file("foreign.json", '{"results": {"tests": []}}\n')
        spaced = self.file("spaced.json", '{\n "results": {"tests": []}}\n')
        syntax = self.file("syntax.json", '{\n "results": [}\n')
        empty = os.path.join(self.home, "empty")
        os.makedirs(empty)
        for path, *words in ((("/nowhere"), "/nowhere"), (empty, "empty/journal.jsonl"),
                             (cut, r"cut.jsonl:\d+:", "complete"), (broken, r"broken.jsonl:\d+:"),
                             (interrupted, r"end.json:\d+:\d+", "complete"),
                             (unnamed, r"unnamed.json:\d+:\d+", "testId"),
                             (strange, r"strange.json:\d+:\d+", "rawStatus"), (twice, "twice.json", "two cases"),
                             (foreign, "foreign.json:1:1"), (spaced, "spaced.json:1:1", "neither"),
                             (syntax, r"syntax.json:2:\d+"), ("/dev/null", "/dev/null"),
                             (self.file("text", "hello\n"), "text:1:1")):
            with self.subTest(path=path):
                self.check_said(self.untouched("--baseline", path), 2, *words)
        other = self.base("virtual:", "basic/at/*")
        self.check_said(self.untouched("--baseline", other.dir), 2, "none of the cases")


class Waivers(GateTest):
    def waive(self, *entries, iut=FIELD, args=CASES, **options):
        path = self.file("waivers.json", json.dumps({"waivers": list(entries)}, indent=1))
        result = self.run_iut(iut, "--waivers", path, *args, **options)
        self.assertIn(result.code, (0, 1), result.err)
        self.same_later(result)
        return result

    def states(self, result):
        return [w["state"] for w in self.by_name(result)[1]["extra"]["atconform"]["waivers"]]

    def test_waived_and_never_passed(self):
        result = self.waive(entry())
        self.assertEqual(result.code, 0, result.out[-600:])
        self.check_journal(result)
        report, suites, html = self.check_reports(result)
        bad = {n for n, v in result.verdicts().items() if v["verdict"] == "fail"}
        self.assertTrue(bad, "they are run")
        own = self.own(result)
        self.assertEqual({n for n, o in own.items() if o.get("standing") == "waived"}, bad)
        self.assertEqual(report["results"]["summary"]["passed"], len(own) - len(bad))
        waived = [c.find("skipped").get("message") for c in suites.iter("testcase") if c.find("skipped") is not None]
        self.assertEqual(len(waived), len(bad))
        for text in waived:
            self.assertRegex(text, "waived fail: .*the vendor sleeps.*https://example.com/41.*firmware.*2999-12-31")
        self.assertIn("Conforms but for what is waived", result.out)
        self.assertIn("the vendor sleeps", html)
        self.assertEqual(html.count('class="standing">waived'), len(bad))

    def test_by_the_requirement(self):
        result = self.waive(entry(case=None, requirement="GMR-1"))
        self.assertEqual(result.code, 1)
        own = self.own(result)
        waived = [o for o in own.values() if o.get("standing") == "waived"]
        self.assertTrue(waived)
        self.assertEqual({o["requirement"] for o in waived}, {"GMR-1"})
        self.assertTrue([o for o in own.values() if o["verdict"] == "fail" and "standing" not in o])

    def test_another_message(self):
        result = self.waive(entry(message="it crashed"))
        self.assertEqual(result.code, 1)
        self.assertEqual(self.states(result), ["idle"])
        self.assertIn("nothing here is bad with the message", result.out.replace("\n    ", " "))
        result = self.waive(entry(message=None))
        self.assertEqual(result.code, 1, "an entry that says none matches none")
        result = self.waive(entry(message=None, message_pattern=r"GMR-\d .* expected \"<at_version>"))
        self.assertEqual(result.code, 0, result.out[-600:])

    def test_those_that_do_not_hold(self):
        for state, given in {"stale": entry(case="basic/sysram/*"), "unmatched": entry(case="basic/gmr/no_such*"),
                             "expired": entry(expires="2020-02-29")}.items():
            with self.subTest(state):
                result = self.waive(given, entry(message="*expected*"))
                self.assertEqual(result.code, 1)
                self.assertEqual(self.states(result)[0], state)
                self.assertRegex(result.out.replace("\n", " "), rf"waivers\.json:3 {state}")
                suites = self.check_reports_with_run(result)
                self.assertIn(f"waivers.json:3: the waiver of {given['case']} is {state}", suites)

    def check_reports_with_run(self, result):
        with open(result.path("junit.xml"), encoding="utf-8") as f:
            text = f.read()
        self.assertIn('classname="atconform.run"', text, "the run itself is red")
        return text

    def test_of_no_such_requirement(self):
        result = self.waive(entry(case=None, requirement="GMR-99"), entry())
        self.assertEqual((result.code, self.states(result)), (1, ["unmatched", "holds"]))

    def test_cases_that_this_run_does_not_have(self):
        result = self.waive(entry(case="wifi/cwmode/*"), entry())
        self.assertEqual((result.code, self.states(result)), (0, ["idle", "holds"]))
        for part in ("1/2", "2/2"):
            result = self.waive(entry(), args=("--shard", part, *CASES))
            self.assertEqual(result.code, 0, result.out[-500:])

    def test_profiles(self):
        result = self.waive(entry(profile="esp32*"))
        self.assertEqual((result.code, self.states(result)), (1, ["elsewhere"]))
        result = self.waive(entry(profile="esp8266-at*"))
        self.assertEqual((result.code, self.states(result)), (0, ["holds"]))

    def test_with_a_baseline(self):
        base = self.run_iut("virtual:", *CASES)
        result = self.waive(entry(), args=("--baseline", base.dir, *CASES))
        self.assertEqual(result.code, 0, result.out[-600:])
        self.assertEqual({o.get("standing") for o in self.own(result).values()}, {None, "waived"})

    def test_a_flaky_case(self):
        for given, code in ((entry(case="basic/gmr/*"), 0), (entry(case="basic/gmr/*", message="other"), 1)):
            result = self.waive(given, iut=fake("flaky", "--at", "AT+GMR", "--times", "1"),
                                args=("--retries", "1", "basic/gmr/*", "basic/sysram/*"))
            self.assertEqual(result.code, code, result.out[-600:])
            flaky = [t for t in self.by_name(result)[0].values() if t["rawStatus"] == "flaky"]
            self.assertEqual([t["status"] for t in flaky], ["other"])

    def test_an_empty_list(self):
        self.assertEqual(self.waive(iut="virtual:").code, 0)

    def test_malformed(self):
        def text(*entries):
            return json.dumps({"waivers": list(entries)}, indent=1)
        files = {
            "syntax": ('{"waivers": [\n}', r":2:\d+:"),
            "nothing": ("", ":1:1:"),
            "list": ("[]", ":1:1:", "object"),
            "no list": ('{"waivers": {}}', ":1:2:", "list"),
            "other key": ('{"waivers": [], "version": 1}', ":1:17:", "version"),
            "typo": (text(entry(), entry(case="a/b/c", reson="x")), r":\d+:4:", "reson"),
            "twice": ('{"waivers": [{"case": "a/b/c",\n "case": "a/b/c"}]}', r":2:\d+:", "duplicate"),
            "no subject": (text(entry(case=None)), ":3:3:", "case"),
            "two subjects": (text(entry(requirement="GMR-1")), r":\d+:4:", "either"),
            "half a case": (text(entry(case="gmr")), ":4:4:", "family/command/case"),
            "no reason": (text(entry(reason=None)), ":3:3:", "reason"),
            "empty reason": (text(entry(reason="")), r":\d+:4:", "reason"),
            "no issue": (text(entry(issue=None)), ":3:3:", "issue"),
            "no owner": (text(entry(owner=None)), ":3:3:", "owner"),
            "no day": (text(entry(expires=None)), ":3:3:", "expires"),
            "not a day": (text(entry(expires="2026-02-29")), r":\d+:4:", "YYYY-MM-DD"),
            "a date of another land": (text(entry(expires="31.12.2026")), r":\d+:4:", "YYYY-MM-DD"),
            "a number": (text(entry(owner=7)), r":\d+:4:", "owner"),
            "a NUL": (text(entry(owner="a\0b")), r":\d+:4:", "owner"),
            "two messages": (text(entry(message_pattern="x")), r":\d+:4:", "not both"),
            "pattern": (text(entry(message=None, message_pattern="a(b")), r":\d+:4:", "character"),
            "range": (text(entry(profile="..")), r":\d+:4:", "FROM..TO"),
            "range of two": (text(entry(profile="esp8266-at-2.0..esp32-at-2.1")), r":\d+:4:", "one profile"),
            "range and glob": (text(entry(profile="esp8266-at-2.*..")), r":\d+:4:", "FROM..TO"),
            "the same again": (text(entry(), entry(reason="other")), r":\d+:3:", "line 3"),
        }
        for name, (content, *words) in files.items():
            with self.subTest(name):
                path = self.file("waivers.json", content)
                self.check_said(self.untouched("--waivers", path), 2, "waivers.json" + words[0], *words[1:])
        self.check_said(self.untouched("--waivers", "/nowhere.json"), 2, "/nowhere.json")
        self.check_said(self.untouched("--waivers", self.home), 2, self.home)


if __name__ == "__main__":
    unittest.main()
