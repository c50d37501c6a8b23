#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The console summary: width, counts, reasons, and no control bytes."""
import re

from report_check import check, done, journals, read, report


def main():
    for name, journal in journals():
        told = report(journal, "console", name=name)
        text = read(name + ".console").decode("utf-8")
        check(all(len(line) <= 100 for line in text.split("\n")), "%s: a line too long" % name)
        check(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text),
              "%s: a control character" % name)
        end = " ".join(text.split())
        for verdict in ("pass", "deviation", "inconclusive", "unequipped", "error", "n/a", "skipped",
                        "missing", "flaky"):
            check("%d %s" % (told[verdict], verdict) in end, "%s: count of %s" % (name, verdict))
        check("(exit %d): " % told["exit"] in end, "%s: exit code" % name)
        if name == "flaky":
            for needed in ("Flaky: failed, and did not when tried again (1)", "flaky  basic/x/heals",
                           "attempt 1: fail  expected OK", "attempt 2 (tried again, from a settled module): error"):
                check(needed in text, "%s: no \"%s\"" % (name, needed))
        if name == "sample":
            for needed in ("Fails of stated requirements (5)", "Fails of inferred requirements (3)",
                           "source: espressif/esp-at issue 141", "expected  ERROR",
                           "at suites/basic/uart.c:41", "section 1.1, line",
                           "destructive, not allowed"):
                check(needed in text, "%s: no \"%s\"" % (name, needed))
    done()


main()
