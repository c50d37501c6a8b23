# SPDX-License-Identifier: MIT
"""All families against the virtual module in its dialects: the document passes, the field and the
releases deviate exactly where the lists say."""
import json
import os
import unittest

from harness import CliTest, events_of

HERE = os.path.dirname(os.path.abspath(__file__))


def deviations(events):
    """(case, deviation id) of everything that deviated."""
    names = {e["c"]: e["case"] for e in events_of(events, "plan")}
    return {(names[e["c"]], e["id"]) for e in events_of(events, "deviation")}


def not_passed(result):
    return {name: (v["verdict"], v.get("message")) for name, v in result.verdicts().items()
            if v["verdict"] != "pass"}


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        return json.load(f)


def pairs(listed):
    return {(case, d) for case, ids in listed.items() for d in ids}


class Dialects(CliTest):
    def whole(self, iut, *args, **options):
        out = os.path.join(self.home, "run")
        return self.call("run", "--out", out, "--bench", "virtual", "--iut", iut, *args,
                         timeout=240, **options)

    @unittest.skipUnless(os.environ.get("ATCONFORM_TEST_LONG"),
                         "tools/check-sanitizers runs the same")
    def test_document_passes_with_two_jobs(self):
        result = self.whole("virtual:", "--jobs", "2")
        self.assertEqual(not_passed(result), {})
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(result.said, [])
        events = self.check_journal(result)
        self.assertEqual({e["l"] for e in events_of(events, "lease")}, {0, 1})
        self.assertEqual(deviations(events), set())
        self.assertEqual(events_of(events, "breach"), [])
        self.check_reports(result)

    def test_field_deviates_exactly_as_listed(self):
        result = self.whole("virtual:?dialect=field", "--profile", "esp8266-at-field",
                            "--jobs", "2")
        with open(os.path.join(HERE, "field-deviations.json"), encoding="utf-8") as f:
            listed = {(case, d) for case, ids in json.load(f).items() for d in ids}
        events = self.check_journal(result)
        seen = deviations(events)
        self.assertEqual(sorted(seen - listed), [], "not in the list")
        self.assertEqual(sorted(listed - seen), [], "in the list, not seen")
        verdicts = result.verdicts()
        deviated = {name for name, v in verdicts.items() if v["verdict"] == "deviation"}
        self.assertEqual(deviated, {case for case, _ in listed})
        others = {name: v for name, v in not_passed(result).items()
                  if v[0] not in ("deviation", "n/a")}
        self.assertEqual(others, {})
        self.assertEqual(result.code, 0, result.err)
        self.check_reports(result)

    def test_field_fails_where_nothing_is_allowed_for(self):
        with open(os.path.join(HERE, "field-deviations.json"), encoding="utf-8") as f:
            listed = set(json.load(f))
        result = self.whole("virtual:?dialect=field", "--jobs", "2", *sorted(listed))
        self.assertEqual(result.code, 1, result.err)
        events = self.check_journal(result)
        self.assertEqual(deviations(events), set())
        failed = {name for name, v in result.verdicts().items() if v["verdict"] == "fail"}
        self.assertEqual(failed, listed)

    def release(self, name, *cases, **options):
        """Against its own profile: deviations as listed, and no other verdict than these."""
        result = self.whole(f"virtual:?dialect={name}", "--profile", "auto", "--jobs", "2",
                            *cases, **options)
        events = self.check_journal(result)
        self.assertEqual(events_of(events, "run")[0]["profile"], f"esp8266-at-{name}")
        self.assertEqual([e["text"] for e in events_of(events, "probe") if not e["ok"]], [])
        others = {case: v for case, v in not_passed(result).items()
                  if v[0] not in ("deviation", "n/a")}
        self.assertEqual(others, {}, name)
        self.assertEqual(result.code, 0, result.err)
        return result, events

    def test_releases_deviate_as_listed(self):
        for name, listed in read("release-deviations.json").items():
            result, events = self.release(name, "basic/at/*", *sorted(listed))
            self.assertEqual(deviations(events), pairs(listed), name)
            os.rename(result.dir, f"{result.dir}-{name}")
            result = self.whole(f"virtual:?dialect={name}", "--jobs", "2", *sorted(listed))
            passed = {case for case, v in result.verdicts().items() if v["verdict"] == "pass"}
            self.assertEqual(passed, set(), name)
            self.assertEqual(result.code, 1, result.err)
            os.rename(result.dir, f"{result.dir}-{name}-document")

    @unittest.skipUnless(os.environ.get("ATCONFORM_TEST_LONG"), "three whole runs")
    def test_releases_deviate_nowhere_else(self):
        field = read("field-deviations.json")
        for name, listed in read("release-deviations.json").items():
            result, events = self.release(name)
            claimed = {case for case, v in result.verdicts().items() if v["verdict"] != "n/a"}
            os.rename(result.dir, f"{result.dir}-{name}")
            expected = {case: ids for case, ids in {**field, **listed}.items() if case in claimed}
            self.assertEqual(deviations(events), pairs(expected), name)


if __name__ == "__main__":
    unittest.main()
