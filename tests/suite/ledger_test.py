# SPDX-License-Identifier: MIT
"""The ledger can fail: each thing that it watches is spoilt in a copy, and it says where."""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest

LEDGER = sys.argv.pop(1)

DOCUMENT = "Heading\n\nAT+A answers OK.\nIt is fast inside.\nAs said, AT+A answers OK.\nSee the web.\n"
RANGES = [
    {"from": 1, "to": 2, "class": "heading"},
    {"from": 3, "to": 3, "class": "required"},
    {"from": 4, "to": 4, "class": "untestable", "why": "inside"},
    {"from": 5, "to": 5, "class": "repeated", "see": 3},
    {"from": 6, "to": 6, "class": "furniture", "why": "a link"},
]
MATRIX = {"cases": {"basic/a": ["works", "works_again"]}, "unproven": [], "faults": [
    {"name": "deaf", "breaks": ["A-1", "A-4", "SESSION-1"], "state": "killed", "text": "says nothing",
     "killers": {"basic/a": ["works"]}, "others": {}},
    {"name": "late", "breaks": ["A-1"], "state": "survived", "text": "is late", "killers": {},
     "others": {}},
    {"name": "loud", "breaks": ["A-1"], "state": "killed", "text": "is loud",
     "killers": {"basic/b": ["works"]}, "others": {}},
    {"name": "half", "breaks": ["A-2"], "state": "killed", "text": "does half of it",
     "killers": {"basic/a": ["case_3"]}, "others": {}},
]}


def requirement(identity, line, **more):
    family = "general" if identity.startswith("SESSION") else "basic"
    return {"id": identity, "family": family, "command": "AT+A", "title": "Does A",
            "command_section": "2.1", "section": "2.1", "line": line, "grade": "stated",
            "judge": "case", "text": f"{identity} holds.", "untestable": "", "cases": ["basic/a/works"],
            "file": "suites/basic/a.json", "file_line": 7, **more}


REQUIREMENTS = [
    requirement("A-1", 3),
    requirement("A-2", 3, grade="inferred",
                cases=[f"basic/a/case_{n}" for n in range(5)]),
    requirement("A-3", 4, judge="untestable", untestable="no clock | there", cases=[]),
    requirement("SESSION-1", 3, judge="monitor", cases=[]),
]


class Ledger(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = folder.name
        self.document = self.write("document.txt", DOCUMENT)
        self.requirements(REQUIREMENTS)
        self.ranges(RANGES)
        self.write("kill-matrix.json", json.dumps(MATRIX))
        self.assertEqual(self.ledger().returncode, 0)

    def write(self, name, text):
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def read(self, name):
        with open(os.path.join(self.home, name), encoding="utf-8") as f:
            return f.read()

    def requirements(self, requirements):
        self.write("listing.json", json.dumps(requirements))

    def ranges(self, ranges, sha256=hashlib.sha256(DOCUMENT.encode()).hexdigest(), lines=6):
        rows = ",\n".join(json.dumps(r) for r in ranges)
        head = json.dumps({"lines": lines, "sha256": sha256})
        self.write("lines.json", f'{{"document": {head},\n"ranges": [\n{rows}\n]}}\n')

    def ledger(self, *args):
        return subprocess.run([LEDGER, "--docs", self.home, "--requirements",
                               os.path.join(self.home, "listing.json"), *args],
                              capture_output=True, text=True, check=False, timeout=60)

    def check(self, *says, args=()):
        """One complaint for each text."""
        done = self.ledger("--check", *args)
        said = done.stdout.splitlines()
        self.assertEqual((done.returncode, len(said) - 1), (1 if says else 0, len(says)), done)
        for line, text in zip(said, says):
            self.assertIn(text, line)

    def changed(self, number, **changes):
        """The ranges with one of them changed; a change to None takes the member away."""
        ranges = [dict(r) for r in RANGES]
        ranges[number].update(changes)
        ranges[number] = {k: v for k, v in ranges[number].items() if v is not None}
        self.ranges(ranges)

    def check_ranges(self, *says):
        """The page follows the ranges, so that only they are complained of."""
        written = self.ledger()
        self.assertEqual(written.returncode, 1, written)
        self.check(*says)

    def test_what_it_wrote_is_right(self):
        self.check()
        self.check(args=("--document", self.document))

    def test_page_tells_cases_faults_and_reasons(self):
        rows = {line.split(" | ")[0]: line for line in self.read("requirements.md").splitlines()}
        self.assertIn("| `a/works` | `deaf` |", rows["| A-1"])
        self.assertNotIn("loud", rows["| A-1"], "its killer is no case of A-1")
        self.assertIn("`a/case_2` and 2 more (5)", rows["| A-2"])
        self.assertIn("*untestable*: no clock \\| there", rows["| A-3"])
        self.assertIn("session monitor) | `deaf` |", rows["| SESSION-1"])
        self.assertIn("| basic | 3 | 2 | 1 | 2 | 0 | 1 | 2 |", self.read("requirements.md"))
        self.assertIn("| 6 | a link |", self.read("requirements.md"))
        self.assertIn("| 5 | 3 |", self.read("requirements.md"))

    def test_without_a_matrix_no_fault_is_named(self):
        os.remove(os.path.join(self.home, "kill-matrix.json"))
        self.assertEqual(self.ledger().returncode, 0)
        self.assertNotIn("deaf", self.read("requirements.md"))

    def test_requirement_that_no_fault_proves(self):
        """The fault that breaks it survives, or is killed by a case that judges something else."""
        for killers, state in (({}, "survived"), ({"basic/b": ["works"]}, "killed")):
            faults = [dict(f) for f in MATRIX["faults"]]
            faults[-1].update(state=state, killers=killers)
            self.write("kill-matrix.json", json.dumps({**MATRIX, "faults": faults}))
            self.check_ranges("a.json:7: A-2 is proven by no fault")

    def test_page_is_edited(self):
        page = self.read("requirements.md")
        number = page[:page.index("A-1 holds")].count("\n") + 1
        self.write("requirements.md", page.replace("A-1 holds", "A-1 may hold"))
        self.check(f"requirements.md:{number}: has ")
        self.write("requirements.md", page.replace("# Requirements\n", "", 1))
        self.check("requirements.md:1: lacks '# Requirements'")
        self.write("requirements.md", page + "more\n")
        self.check("'more', which is not in the model")

    def test_page_is_not_there(self):
        os.remove(os.path.join(self.home, "requirements.md"))
        self.check("requirements.md:1: is not there")

    def test_requirement_is_added(self):
        self.requirements([*REQUIREMENTS, requirement("A-4", 3)])
        done = self.ledger("--check")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"requirements\.md:\d+: lacks '\| A-4 ")

    def test_gap_overlap_and_end(self):
        self.changed(1, **{"from": 4, "to": 4})
        self.assertIn("lines.json:4: lines 3 to 3 are in no range", self.ledger().stdout)
        self.changed(3, **{"from": 4})
        self.check_ranges("lines.json:6: lines 4 to 4 are in two ranges")
        self.ranges(RANGES[:-1])
        self.check_ranges("lines.json:6: the ranges end at line 5, the document at 6")
        self.changed(4, to=7)
        self.check_ranges("lines.json:7: the ranges end at line 7, the document at 6")

    def test_range_runs_backwards(self):
        self.changed(4, to=5)
        self.assertIn("lines.json:7: the range ends at 5, before it begins", self.ledger().stdout)

    def test_required_without_a_requirement(self):
        self.changed(4, **{"class": "required", "why": None})
        self.check_ranges("lines.json:7: line 6 is required and no requirement refers to it")

    def test_required_by_untestable_ones_only(self):
        self.changed(2, **{"class": "required", "why": None})
        self.check_ranges("lines.json:5: line 4 is required, but all that refers to it is untestable: A-3")

    def test_requirement_in_no_fitting_range(self):
        self.requirements([*REQUIREMENTS, requirement("A-4", 6)])
        self.check_ranges("suites/basic/a.json:7: A-4 refers to line 6, which is furniture")
        self.requirements([*REQUIREMENTS, requirement("A-4", 60)])
        self.check_ranges("suites/basic/a.json:7: A-4 refers to line 60, which is in no range")
        self.requirements([*REQUIREMENTS, requirement("A-4", 4)])
        self.check_ranges("suites/basic/a.json:7: A-4 has cases, but line 4 is untestable")

    def test_see_points_nowhere(self):
        self.changed(3, see=6)
        self.check_ranges("lines.json:6: line 5: line 6, which it should repeat, states nothing itself")
        self.changed(3, see=99)
        self.check_ranges("lines.json:6: line 5: line 99")
        self.changed(3, see=None)
        self.check_ranges('lines.json:6: line 5: "see" belongs to')

    def test_why_is_missing(self):
        for number, kind in ((2, "untestable"), (4, "furniture")):
            self.changed(number, why=None)
            self.check_ranges(f"is {kind} without a reason")
            self.changed(number, why=" ")
            self.check_ranges(f"is {kind} without a reason")

    def test_range_is_too_long(self):
        self.ranges([{"from": 1, "to": 13, "class": "required"}, {"from": 14, "to": 17, "class": "heading"}],
                    lines=17)
        self.check_ranges("lines 1 to 13 is one statement of 13 lines", "lines 14 to 17 is a heading of 4")

    def test_unknown_class_or_member(self):
        for change in ({"class": "odd"}, {"because": "x"}, {"to": "6"}, {"from": None}):
            self.changed(4, **change)
            done = self.ledger("--check")
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"lines\.json(:7: is no range|: has not one range a line)")

    def test_two_ranges_on_a_line(self):
        self.write("lines.json", json.dumps({"document": {"lines": 6, "sha256": ""}, "ranges": RANGES}))
        self.assertIn("has not one range a line", self.ledger("--check").stdout)

    def test_document_is_another(self):
        self.write("document.txt", DOCUMENT + "More.\n")
        self.check("lines.json:1: the document has lines 7, not 6", "has sha256",
                   args=("--document", self.document))

    def test_input_is_no_json(self):
        for name in ("lines.json", "kill-matrix.json", "listing.json"):
            good = self.read(name)
            self.write(name, good[:-9])
            done = self.ledger("--check")
            self.assertEqual(done.returncode, 1)
            self.assertIn(name, done.stdout)
            self.write(name, good)

    def test_program_is_not_built(self):
        done = subprocess.run([LEDGER, "--check", "--build", self.home], capture_output=True, text=True,
                              check=False, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("tools/run builds", done.stdout)


if __name__ == "__main__":
    unittest.main()
