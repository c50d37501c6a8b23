# SPDX-License-Identifier: MIT
"""Each requirement that can be tested is broken by some fault of the virtual module, and leads the list
of some case, which fails by it: else nothing could show that the suite judges it. That the case does
fail is for tools/kill-matrix to find."""
import glob
import json
import os
import subprocess
import sys

MODULE, SUITE, SUITES = sys.argv[1:4]


def run_json(*argv):
    return json.loads(subprocess.run(argv, check=True, timeout=60, stdout=subprocess.PIPE).stdout)


def load_testable():
    """By id: who judges it, the cases or the monitor."""
    out = {}
    for path in glob.glob(os.path.join(SUITES, "*", "*.json")):
        with open(path, encoding="utf-8") as f:
            for r in json.load(f)["requirements"]:
                if not r.get("untestable"):
                    out[r["id"]] = r.get("judge", "case")
    return out


def differences(testable, faults, plan):
    broken = {requirement for f in faults for requirement in f["breaks"]}
    leading = {case["requirements"][0] for case in plan}
    return [f"{r}: in no fault's breaks" for r in sorted(set(testable) - broken)] + \
        [f"{r}: no case names it first" for r, judge in sorted(testable.items())
         if judge == "case" and r not in leading] + \
        [f"{r}: a fault breaks it, and no model has it" for r in sorted(broken - set(testable))]


def check_that_it_would_show(testable, faults, plan):
    for gone in sorted(testable)[::100]:
        without = [{**f, "breaks": [b for b in f["breaks"] if b != gone]} for f in faults]
        assert f"{gone}: in no fault's breaks" in differences(testable, without, plan), gone
        behind = [c for c in plan if c["requirements"][0] != gone]
        told = f"{gone}: no case names it first" in differences(testable, faults, behind)
        assert told == (testable[gone] == "case"), gone
        left = {r: judge for r, judge in testable.items() if r != gone}
        assert f"{gone}: a fault breaks it, and no model has it" in differences(left, faults, plan), gone


testable = load_testable()
faults = run_json(MODULE, "--list-faults", "--json")
plan = run_json(SUITE, "--plan", "--spec", SUITES)
assert len(testable) > 1000, len(testable)
check_that_it_would_show(testable, faults, plan)
wrong = differences(testable, faults, plan)
print("\n".join(wrong) or f"{len(testable)} requirements, each broken by a fault")
sys.exit(1 if wrong else 0)
