#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""JUnit: what its readers need, each reader's rules as checks of their own."""
import re
import subprocess
import xml.etree.ElementTree as ElementTree

from report_check import check, done, journals, only, path, read, report

STATES = {"fail": "failure", "error": "error", "inconclusive": "error", "missing": "error",
          "deviation": "skipped", "unequipped": "skipped", "n/a": "skipped", "skipped": "skipped"}


def jenkins(name, root):
    """junit-plugin: suites with cases, names, parsable times; every case once."""
    seen = set()
    for suite in root.iter("testsuite"):
        check(suite.get("name"), "%s: Jenkins: a suite without a name" % name)
        check(suite.findall("testcase"), "%s: Jenkins drops a suite without cases" % name)
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp", "")),
              "%s: Jenkins: timestamp %s" % (name, suite.get("timestamp")))
        float(suite.get("time"))
        names = [p.get("name") for p in suite.iter("property")]
        check(len(names) == len(set(names)), "%s: Jenkins keeps the last of two properties" % name)
        for case in suite.findall("testcase"):
            key = (case.get("classname"), case.get("name"))
            check(all(key) and key not in seen, "%s: Jenkins: %s twice or unnamed" % (name, key))
            seen.add(key)
            float(case.get("time"))
            for again in case.findall("flakyFailure") + case.findall("rerunFailure"):
                check(again.find("stackTrace") is not None and again.get("message"),
                      "%s: Jenkins: an attempt without message and stackTrace" % name)


def gitlab(name, root, size):
    """lib/gitlab/ci/parsers/test/junit.rb: the first of failure, error, skipped counts."""
    check(size < 30 << 20, "%s: GitLab takes 30 MB" % name)
    identities = set()
    for suite in root.iter("testsuite"):
        for case in suite.findall("testcase"):
            identity = "%s_%s_%s" % (suite.get("name"), case.get("classname"), case.get("name"))
            check(identity not in identities, "%s: GitLab uses the first of two only" % name)
            identities.add(identity)
            states = [e for e in case if e.tag in ("failure", "error", "skipped")]
            check(len(states) <= 1, "%s: %s has several states" % (name, identity))
            out = case.find("system-out")
            bad = any(e.tag in ("failure", "error", "flakyFailure", "flakyError") for e in case)
            check(out is None or bad, "%s: output of a case that did not fail" % name)
            if out is not None:
                check("[[ATTACHMENT|journal.jsonl]]" in out.text, "%s: no attachment" % name)
                check(len(out.text.encode()) <= 65536, "%s: output too long" % name)


def github_actions(name, root):
    """dorny/test-reporter, mikepenz/action-junit-report, EnricoMi/publish-unit-test-result."""
    check(root.tag == "testsuites", "%s: root is %s" % (name, root.tag))
    for suite in root:
        check(suite.tag == "testsuite" and suite.find("testsuite") is None,
              "%s: dorny reads no nested suites" % name)
        check(suite.get("name").strip(), "%s: dorny trims the suite's name" % name)
        cases = suite.findall("testcase")
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            found = sum(case.find(tag) is not None for case in cases)
            check(int(suite.get(attribute)) == found, "%s: EnricoMi: %s of %s" %
                  (name, attribute, suite.get("name")))
        check(int(suite.get("tests")) == len(cases), "%s: EnricoMi: tests" % name)
        for case in cases:
            check(case.get("name").strip() and case.get("classname").strip(), "%s: dorny" % name)
            check(case.get("line", "1").isdigit(), "%s: mikepenz: line" % name)
            for e in case:
                if e.tag in ("failure", "error", "skipped"):
                    check(e.get("message") and "\n" not in e.get("message"),
                          "%s: message of %s" % (name, case.get("name")))
                    check(e.tag == "skipped" or (e.get("type") and e.text),
                          "%s: %s without text" % (name, e.tag))
    for attribute in ("tests", "failures", "errors", "skipped"):
        check(int(root.get(attribute)) == sum(int(s.get(attribute)) for s in root),
              "%s: totals of %s" % (name, attribute))


def one(name, journal):
    told = report(journal, "junit", name=name)
    text = read(name + ".junit")
    lint = subprocess.run(["xmllint", "--noout", path(name + ".junit")], capture_output=True,
                          check=False)
    check(lint.returncode == 0, "%s: xmllint: %s" % (name, lint.stderr.decode()[:300]))
    check(not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", text), "%s: a control byte" % name)
    check("\u202e" not in text.decode(), "%s: a bidirectional control" % name)
    root = ElementTree.fromstring(text)
    jenkins(name, root)
    gitlab(name, root, len(text))
    github_actions(name, root)
    passed = sum(len(case.findall("failure") + case.findall("error") + case.findall("skipped")) == 0
                 for case in root.iter("testcase"))
    check(passed == told["pass"], "%s: %d cases look passed, %d did" % (name, passed, told["pass"]))
    if told["exit"]:
        check(int(root.get("failures")) + int(root.get("errors")) > 0,
              "%s: exit %d, but nothing is red" % (name, told["exit"]))
    return root


def main():
    for name, journal in journals():
        root = one(name, journal)
        if name == "flaky":
            tags = {case.get("name"): [e.tag for e in case] for case in root.iter("testcase")}
            check(tags["heals"] == ["skipped", "flakyFailure", "flakyError", "system-out"],
                  "flaky: %s" % tags["heals"])
            check(tags["stays_broken"] == ["failure", "rerunFailure", "rerunError", "system-out"],
                  "rerun: %s" % tags["stays_broken"])
            check(tags["fails_once"] == ["failure", "system-out"], "repeat: %s" % tags["fails_once"])
            check(tags["passes_twice"] == tags["was_cut_off"] == [], "passes: %s" % tags)
        if name == "flaky-beyond":
            case = root.find(".//testcase[@name='heals']")
            check(case.find("failure").get("type") == "flaky" and case.find("flakyFailure") is not None,
                  "a flaky case beyond the budget is not red")
        if name == "network":
            out = root.find(".//testcase[@name='sends_every_byte_value']/system-out").text
            for told in ("p0: tcp-echo at 127.41.100.2:40123, 1 connection, 2052 bytes received, 2052 sent\n",
                         " p0.0  -> ping\n", " p0.0  <- ping\n", "[2048 bytes]\n",
                         "1.402 s of waiting, until the tester sent\n", "closed by the module (fin)\n"):
                check(told in out, "network: system-out does not tell: " + told)
            check(len(out) < 12000, "network: payload is not folded: %d" % len(out))
        if name == "sample":
            reason = root.find(".//testcase[@name='claim_7_holds']/skipped").get("message")
            check("deviation" in reason and "espressif/esp-at issue 141" in reason,
                  "a deviation is named with its source: " + reason)
    for verdict, tag in STATES.items():
        root = one("only", only("pass", verdict))
        case = root.find(".//testcase[@name='case_1']")
        check([e.tag for e in case][:1] == [tag], "%s is shown as %s" % (verdict, [e.tag for e in case]))
    done()


main()
