# SPDX-License-Identifier: MIT
"""Prints what failed of a run of meson's tests, from its testlog.json: every name first, then
what each printed, from its first complaint on. A log that is cut off still names the tests."""
import json
import re
import sys

GOOD = {"OK", "SKIP", "EXPECTEDFAIL"}
COMPLAINT = re.compile(r"^(FAIL|ERROR|Traceback|not ok)|\[(FAIL|----)\]|AssertionError|ERROR: ", re.M)
LINES = 40


def told(test):
    text = (test.get("stdout") or "") + (test.get("stderr") or "")
    first = COMPLAINT.search(text)
    lines = text[first.start() :].splitlines() if first else text.splitlines()[-LINES:]
    return lines[:LINES]


def main():
    with open(sys.argv[1], encoding="utf-8") as log:
        tests = [json.loads(line) for line in log]
    bad = [test for test in tests if test["result"] not in GOOD]
    for test in bad:
        print(f"      {test['result']}: {test['name']} ({test['duration']:.0f} s)")
    for test in bad:
        print(f"      ---- {test['name']}")
        for line in told(test):
            print("      " + "".join(c if c.isprintable() else "?" for c in line))


main()
