# SPDX-License-Identifier: MIT
"""No case goes unnoticed: the suite's plan against the list of cases in docs/kill-matrix.json, which is
committed. What is gone is named; so is what has come and has not shown yet that it can fail."""
import json
import subprocess
import sys

PROGRAM, SUITES, MANIFEST = sys.argv[1:4]


def names(cases):
    return {suite + "/" + name for suite, names in cases.items() for name in names}


def differences(planned, listed):
    return [f"{c}: in docs/kill-matrix.json, and in the suite no more" for c in sorted(listed - planned)] + \
        [f"{c}: in the suite, and not in docs/kill-matrix.json: run tools/kill-matrix" for c in
         sorted(planned - listed)]


def check_that_it_would_show(planned):
    some = sorted(planned)
    assert differences(planned, planned) == []
    for gone in (some[0], some[len(some) // 2], some[-1]):
        told = differences(planned - {gone}, planned)
        assert len(told) == 1 and told[0].startswith(gone + ": in docs"), told
        told = differences(planned, planned - {gone})
        assert len(told) == 1 and told[0].startswith(gone + ": in the suite"), told
    assert len(differences(set(), planned)) == len(planned)


plan = json.loads(subprocess.run([PROGRAM, "--plan", "--spec", SUITES], check=True, timeout=60,
                                 stdout=subprocess.PIPE).stdout)
planned = {case["case"] for case in plan}
check_that_it_would_show(planned)
with open(MANIFEST, encoding="utf-8") as f:
    listed = json.load(f)["cases"]
wrong = differences(planned, names(listed))
wrong += [f"{suite}: a case twice in docs/kill-matrix.json" for suite, cases in listed.items()
          if len(cases) != len(set(cases))]
print("\n".join(wrong) or f"{len(planned)} cases, each of them listed")
sys.exit(1 if wrong else 0)
