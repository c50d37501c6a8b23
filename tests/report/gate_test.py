#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs held against a baseline and waivers: what gates, what is known, what is waived, in every
format; nothing of it ever looks passed."""
import json
import subprocess
import xml.etree.ElementTree as ElementTree

import journal_gen
from page import CHROMIUM, Page, browse, root_of
from report_check import (NOW, TOOL, check, done, everything_against_everything, held, path, read, report,
                          waiver)

GOOD = ("pass", "deviation")
BAD = ("fail", "error", "inconclusive")
RANK = {"inconclusive": 1, "error": 2, "fail": 3}


def expected(was, now):
    """(standing, gates), by the sentences of atconform(1)."""
    if now in (None, "missing"):
        return ("regressed" if was else "new", True)
    if was is None:
        return ("new", True) if now in BAD or now == "flaky" else ("", False)
    if now == "flaky":
        return ("", True) if was in GOOD else ("known", False)
    if was in GOOD and now not in GOOD or (was, now) == ("pass", "deviation"):
        return ("regressed", True)
    if now not in BAD:
        return ("", False)
    return ("regressed", True) if RANK[now] > RANK.get(was, 0) else ("known", False)


def tests_of(name, journal):
    told = report(journal, "json", "junit", "console", "html", name=name)
    document = json.loads(read(name + ".json"))
    tests = {t["name"]: t for t in document["results"]["tests"] if t.get("type") != "run"}
    return told, tests, document["results"]["extra"]["atconform"], document["results"]


def own(test):
    return test["extra"]["atconform"]


def every_pair():
    cases = everything_against_everything()
    _, tests, _, results = tests_of("pairs", held(cases))
    check(len(tests) == len(cases), "gone cases are shown: %d of %d" % (len(tests), len(cases)))
    for name, (was, now, *_) in cases.items():
        standing, gates = expected(was, now)
        test = tests[name]
        got = (own(test).get("standing", ""), own(test)["gates"])
        check(got == (standing, gates), "%s: %s, not %s" % (name, got, (standing, gates)))
        check((test["status"] == "passed") == (now == "pass"), "%s: %s" % (name, test["status"]))
        check(test["rawStatus"] == (now or "missing"), "%s: the verdict stays" % name)
        check(not was or own(test)["baseline"]["verdict"] == was, "%s: the baseline's verdict" % name)
        check(standing != "known" or test["status"] == "other", "%s: known is %s" % (name, test["status"]))
        check(standing != "regressed" or now in (None, "missing") or test["status"] == "failed",
              "%s: regressed is %s" % (name, test["status"]))
    cases_of = {c.get("name"): c for c in ElementTree.fromstring(read("pairs.junit")).iter("testcase")}
    for name, (was, now, *_) in cases.items():
        states = [e.tag for e in cases_of[name] if e.tag in ("failure", "error", "skipped")]
        check(bool(states) == (now != "pass"), "%s: JUnit has %s" % (name, states))
        gates = expected(was, now)[1]
        check(gates == (states in (["failure"], ["error"])), "%s: JUnit %s, gates %s" % (name, states, gates))
        if expected(was, now)[0] == "known":
            message = cases_of[name].find("skipped").get("message")
            check("known" in message and now in message and "%s in the baseline" % was in message,
                  "%s: %s" % (name, message))
    check(results["summary"]["passed"] == sum(now == "pass" for _, now, *_ in cases.values()), "passes")


def one_at_a_time():
    """Each pair in a run of its own: the exit code. A pass beside it, so that something is verified."""
    for was in [None] + NOW:
        for now in NOW + [None]:
            if not was and not now:
                continue
            code = report(held({"a": (was, now), "p": ("pass", "pass")}), name="one")["exit"]
            check(code == int(expected(was, now)[1]), "%s then %s: exit %d" % (was, now, code))
    check(report(held({"a": ("fail", "fail")}), name="one")["exit"] == 5, "known fails verify nothing")


def strict_and_grades():
    gates = {"inferred": False, "strict": True, "require_all": True}

    def code(was, now, *both, **changes):
        return report(held({"a": (was, now, *both), "p": ("pass", "pass")}, gates={**gates, **changes}),
                      name="one")["exit"]
    check(code("deviation", "deviation") == 0, "--strict: a deviation that was there is known")
    check(code("n/a", "deviation") == 0, "--strict: a deviation that was not judged is known")
    check(code(None, "deviation") == 1, "--strict: a new deviation")
    check(code("unequipped", "unequipped") == 0, "--require-all: unequipped before")
    check(code(None, "unequipped") == 1, "--require-all: unequipped, and new")
    check(code("pass", "fail", "", "X-2") == 1, "an inferred fail that passed there is a regression")
    check(code(None, "fail", "", "X-2") == 0, "a new inferred fail that does not gate")
    check(code("fail", "fail", "X-2", "X-2") == 0, "the same inferred fail")
    check(code("fail", "fail", "X-1", "X-2") == 1, "another requirement is broken now")
    check(code("fail", "fail", "", "X-1") == 0, "what it failed by there is not known")


def filter_of_the_page():
    """By standing; there is no such filter where nothing is held against anything."""
    report(held({"a": ("fail", "fail"), "b": ("pass", "fail"), "p": ("pass", "pass")}), "html", name="page")
    page = Page(read("page.html").decode("utf-8"))
    check([e["text"] for e in page.all("option") if e["text"] in ("known", "regressed", "new", "waived")] ==
          ["known", "regressed"], "standings to choose from")
    report(journal_gen.sample(), "html", name="plain")
    check('name="standing"' not in read("plain.html").decode("utf-8"), "a filter without a baseline")
    if not CHROMIUM:
        return
    for fragment, count in (("#standing=known", "1"), ("#standing=regressed", "1"), ("", "3")):
        root = root_of(browse(path("page.html"), fragment))
        check(root.get("data-shown") == count, "%s shows %s" % (fragment, root.get("data-shown")))


def flaky_budget():
    def run(was, budget):
        return report(held({"a": (was, "flaky"), "b": (was, "flaky"), "p": ("pass", "pass")},
                           flaky_budget=budget), name="one")
    check(run("pass", 1)["exit"] == 1 and run("pass", 2)["exit"] == 0, "flaky, and passed there: the budget")
    check(run("fail", 0)["exit"] == 0, "flaky now, failed there: known")
    check("2 flaky (1 allowed)" in run("pass", 1)["detail"], run("pass", 1)["detail"])


def between_cases():
    """Breaches outside every case."""
    def run(**keys):
        journal = held({"p": ("pass", "pass")}, **keys)
        journal.lines.insert(-1, {"e": "breach", "l": 0, "c": -1, "id": "SESSION-1", "text": "a stray line",
                                  "bytes": "x", "t": journal.t})
        for n, line in enumerate(journal.lines):
            line["n"] = n
        return report(journal, "console", "junit", name="breach")["exit"]
    check(run() == 1, "a breach that was not there")
    check(run(breaches=["SESSION-1"]) == 0, "a breach that was there is known")
    check("(known)" in read("breach.console").decode(), "a known breach is shown")
    stray = waiver(requirement="SESSION-1", message="a stray line*")
    check(run(baseline=False, waivers=[stray]) == 0, "a breach that is waived")
    check(run(baseline=False, waivers=[{**stray, "message": "other"}]) == 1, "another breach than is waived")


# entry, verdict here, what else of the run -> the exit code, the waiver's state
WAIVERS = [
    ("holds", {"case": "basic/x/a"}, "fail", {}, 0, "holds"),
    ("glob", {"case": "basic/*/a"}, "error", {}, 0, "holds"),
    ("inconclusive", {"case": "basic/x/a"}, "inconclusive", {}, 0, "holds"),
    ("flaky", {"case": "basic/x/a"}, "flaky", {}, 0, "holds"),
    ("requirement", {"requirement": "X-1"}, "fail", {}, 0, "holds"),
    ("other requirement", {"requirement": "X-2"}, "fail", {}, 1, "idle"),
    ("pattern", {"case": "basic/x/a", "message": None, "message_pattern": "got (ERROR|FAIL)$"}, "fail", {}, 0,
     "holds"),
    ("pattern that does not fit", {"case": "basic/x/a", "message": None, "message_pattern": "^got"}, "fail",
     {}, 1, "idle"),
    ("pattern without an end", {"case": "basic/x/a", "message": None, "message_pattern": "(([a-z ,]+)+)+!"},
     "fail", {}, 1, "idle"),
    ("another message", {"case": "basic/x/a", "message": "expected FAIL*"}, "fail", {}, 1, "idle"),
    ("a glob is of the whole", {"case": "basic/x/a", "message": "expected"}, "fail", {}, 1, "idle"),
    ("no message", {"case": "basic/x/a", "message": None}, "fail", {}, 1, "idle"),
    ("missing can't be waived", {"case": "basic/x/a", "message": "*"}, "missing", {}, 1, "idle"),
    ("stale", {"case": "basic/x/a"}, "pass", {}, 1, "stale"),
    ("stale requirement", {"requirement": "X-1"}, "pass", {}, 1, "stale"),
    ("stale rule of the session", {"requirement": "SESSION-1"}, "fail", {}, 1, "stale"),
    ("stale deviation", {"case": "basic/x/a"}, "deviation", {}, 1, "stale"),
    ("not judged", {"case": "basic/x/a"}, "unequipped", {}, 0, "idle"),
    ("skipped", {"case": "basic/x/a"}, "skipped", {}, 0, "idle"),
    ("unmatched", {"case": "basic/x/b", "known": False}, "pass", {}, 1, "unmatched"),
    ("in the suite, not planned", {"case": "wifi/x/b"}, "pass", {}, 0, "idle"),
    ("last day", {"case": "basic/x/a", "expires": "2026-11-22"}, "fail", {}, 0, "holds"),
    ("expired", {"case": "basic/x/a", "expires": "2026-11-21"}, "fail", {}, 1, "expired"),
    ("expired, and not needed", {"case": "basic/x/a", "expires": "2025-12-31"}, "pass", {}, 1, "expired"),
    ("expired, of another profile", {"case": "basic/x/a", "expires": "2025-12-31", "profile": "z"}, "pass", {},
     1, "expired"),
    ("profile", {"case": "basic/x/a", "profile": "esp8266-at-2.1"}, "fail", {}, 0, "holds"),
    ("profiles", {"case": "basic/x/a", "profile": "esp8266-at-2.*"}, "fail", {}, 0, "holds"),
    ("another profile", {"case": "basic/x/a", "profile": "esp8266-at-2.2"}, "fail", {}, 1, "elsewhere"),
    ("another profile, passes", {"case": "basic/x/a", "profile": "esp32*"}, "pass", {}, 0, "elsewhere"),
    ("range", {"case": "basic/x/a", "profile": "esp8266-at-2.0..esp8266-at-2.10"}, "fail", {}, 0, "holds"),
    ("from", {"case": "basic/x/a", "profile": "esp8266-at-2.1.."}, "fail", {}, 0, "holds"),
    ("up to", {"case": "basic/x/a", "profile": "..esp8266-at-2.1"}, "fail", {}, 0, "holds"),
    ("before", {"case": "basic/x/a", "profile": "..esp8266-at-2.0"}, "fail", {}, 1, "elsewhere"),
    ("after", {"case": "basic/x/a", "profile": "esp8266-at-2.2.."}, "fail", {}, 1, "elsewhere"),
    ("range of another", {"case": "basic/x/a", "profile": "esp32-at-2.0.."}, "fail", {}, 1, "elsewhere"),
    ("strict", {"case": "basic/x/a", "message": "X-D1*"}, "deviation",
     {"gates": {"inferred": True, "strict": True, "require_all": False}}, 0, "holds"),
    ("require all", {"case": "basic/x/a", "message": "no reason given"}, "unequipped",
     {"gates": {"inferred": True, "strict": False, "require_all": True}}, 0, "holds"),
]


def waivers():
    for what, keys, now, header, code, state in WAIVERS:
        entry = waiver(**keys)
        journal = held({"a": (None, now), "p": (None, "pass")} if "requirement" not in keys else
                       {"a": (None, now)}, baseline=False, waivers=[entry],
                       **{"profile": "esp8266-at-2.1", **header})
        if "requirement" in keys:  # a pass beside it that does not name the requirement
            plan = next(i for i, l in enumerate(journal.lines) if l["e"] == "plan") + 1
            journal.lines.insert(plan, {**journal.lines[plan - 1], "c": 1, "case": "basic/y/p",
                                        "requirements": ["X-3"]})
            journal.planned.append(("basic/y/p", "AT+Y", ["X-3"]))
            end = journal.lines.pop()
            journal.lease(1)
            journal.release(1)
            journal.verdict(1, "pass", requirement="")
            journal.lines.append({**end, "t": journal.t})
            for n, line in enumerate(journal.lines):
                line["n"] = n
        told, tests, extra, _ = tests_of("waiver", journal)
        got = extra["waivers"][0]
        check(told["exit"] == code, "%s: exit %d, %s" % (what, told["exit"], told["detail"]))
        check(got["state"] == state, "%s: %s" % (what, got["state"]))
        test = tests["a"]
        holds = state == "holds"
        check((own(test).get("standing") == "waived") == holds, "%s: standing" % what)
        check((test["status"] == "passed") == (now == "pass"), "%s: %s" % (what, test["status"]))
        console = " ".join(read("waiver.console").decode().split())
        case = [c for c in ElementTree.fromstring(read("waiver.junit")).iter("testcase") if c.get("name") == "a"]
        if holds:
            check(own(test)["waiver"]["issue"].startswith("issue 41"), "%s: who waived it" % what)
            for text in (console, case[0].find("skipped").get("message"), read("waiver.html").decode()):
                check("waived: the vendor knows" in text and "until 2026" in text, "%s: not told" % what)
            check(now in case[0].find("skipped").get("message"), "%s: the verdict in JUnit" % what)
        if state in ("stale", "unmatched", "expired"):
            check("waivers.json:3 " + state in told["detail"], "%s: %s" % (what, told["detail"]))
            check("waivers.json:3" in console and state in console, "%s: console" % what)
            check("waivers.json:3" in read("waiver.junit").decode(), "%s: JUnit" % what)


def waiver_before_baseline():
    cases = {"a": ("fail", "fail"), "b": ("pass", "fail"), "p": ("pass", "pass")}
    told, tests, _, _ = tests_of("both", held(cases, waivers=[waiver(case="basic/x/?")]))
    check(told["exit"] == 0, "a regression that is waived: " + told["detail"])
    check([own(tests[n]).get("standing") for n in "abp"] == ["waived", "waived", None], "both waived")
    told, _, _, _ = tests_of("both", held(cases, waivers=[waiver(case="basic/x/a")]))
    check(told["exit"] == 1 and "1 regression" in told["detail"], told["detail"])


def the_clock_is_the_runs():
    """An old run says the same whenever it is asked."""
    for time, code in (("2020-01-01T00:00:00Z", 0), ("2030-01-01T00:00:00Z", 1)):
        journal = held({"a": (None, "fail"), "p": (None, "pass")}, baseline=False, time=time,
                       waivers=[waiver(case="basic/x/a", expires="2025-06-30")])
        check(report(journal, name="clock")["exit"] == code, "a run of %s" % time)


def broken_journals():
    def refused(what, change, *words):
        journal = held({"a": ("fail", "fail")}, waivers=[waiver(case="basic/x/a")])
        change(journal.lines)
        for n, line in enumerate(journal.lines):
            line["n"] = n
        journal.write(path("broken"))
        run = subprocess.run([TOOL, path("broken")], capture_output=True, check=False)
        said = run.stderr.decode()
        check(run.returncode == 9 and all(w in said for w in words), "%s: %s" % (what, said))

    def at(event):
        return lambda lines: next(l for l in lines if l["e"] == event)
    was, entry, base = at("was"), at("waiver"), at("baseline")
    refused("no baseline", lambda l: l.remove(base(l)), "broken:5:1:", "not named")
    refused("two baselines", lambda l: l.insert(5, dict(base(l))), "broken:6:1:", "second baseline")
    refused("two verdicts", lambda l: l.insert(6, dict(was(l))), "two verdicts", "basic/x/a")
    refused("no verdict", lambda l: was(l).pop("verdict"), "broken:6:1:", "verdict")
    refused("unknown verdict", lambda l: was(l).update(verdict="fine"), "broken:6:1:", "fine")
    refused("pattern", lambda l: entry(l).update(message_pattern="("), "broken:7:1:", "message_pattern")
    refused("day", lambda l: entry(l).update(expires="2026-02-30"), "broken:7:1:", "2026-02-30")
    refused("neither", lambda l: entry(l).pop("case"), "broken:7:1:", "requirement")


def old_journals():
    """Without any of it everything is as ever."""
    told, tests, extra, _ = tests_of("old", journal_gen.sample())
    check("waivers" not in extra and "baseline" not in extra, "something is held against nothing")
    check(not any("standing" in own(t) for t in tests.values()), "a standing without a baseline")
    check("known from the baseline" not in told["detail"], told["detail"])


def main():
    every_pair()
    one_at_a_time()
    strict_and_grades()
    filter_of_the_page()
    flaky_budget()
    between_cases()
    waivers()
    waiver_before_baseline()
    the_clock_is_the_runs()
    broken_journals()
    old_journals()
    done()


main()
