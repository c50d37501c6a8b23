# SPDX-License-Identifier: MIT
"""All families against the virtual module in both dialects: the document passes, the
field deviates exactly where the list says."""
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


if __name__ == "__main__":
    unittest.main()
