# SPDX-License-Identifier: MIT
"""The kill matrix can fail: a fault that does nothing survives, and a module that is not healthy
makes it void."""
import json
import os
import shutil
import subprocess
import unittest

from harness import ATCONFORM, ATMODULE, BUILD, SOURCE, SUITE, CliTest

KILL_MATRIX = os.path.join(SOURCE, "tools/kill-matrix")
IDLE = {"name": "idle", "operator": "none", "point": "response", "family": "basic", "issue": "",
        "command": "AT+SYSRAM", "form": "query", "parameter": "", "breaks": ["SYSRAM-1"],
        "text": "does nothing at all"}


class KillMatrix(CliTest):
    def faults(self):
        done = subprocess.run([ATMODULE, "--list-faults", "--json"], capture_output=True, check=True)
        return json.loads(done.stdout)

    def some_fault(self):
        return next(f["name"] for f in self.faults() if f["command"] == "AT+SYSRAM")

    def matrix(self, *args, build=BUILD):
        return subprocess.run([KILL_MATRIX, "--quiet", "--build", build, *args], text=True,
                              capture_output=True, check=False, timeout=200)

    def build_with(self, script):
        """A build folder whose module is this script."""
        build = os.path.join(self.home, "build")
        for path in (ATCONFORM, SUITE):
            copy = os.path.join(build, os.path.relpath(path, BUILD))
            os.makedirs(os.path.dirname(copy))
            # The suite program finds its library from where it really is.
            os.symlink(path, copy) if path == SUITE else shutil.copy(path, copy)
        module = self.file("build/fixtures/module/atmodule", f"#!/bin/sh\n{script}\n")
        os.chmod(module, 0o755)
        return build

    def listing(self):
        return f"if [ \"$1\" = --list-faults ]; then echo '{json.dumps([IDLE])}'; exit; fi\n"

    def test_every_fault_says_what_it_breaks(self):
        faults = self.faults()
        self.assertGreater(len(faults), 50)
        cases = json.loads(self.call("list", "--json").out)
        known = {r for c in cases for r in c["requirements"]}
        for fault in faults:
            with self.subTest(fault["name"]):
                self.assertEqual(set(fault), set(IDLE))
                self.assertRegex(fault["name"], r"^[a-z0-9_.:-]+$")
                self.assertTrue(fault["breaks"])
                for requirement in fault["breaks"]:
                    if not requirement.startswith("SESSION-"):
                        self.assertIn(requirement, known)

    def test_fault_is_killed(self):
        done = self.matrix("--only", self.some_fault(), "--json", self.home + "/rows.json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(self.home + "/rows.json", encoding="utf-8") as f:
            row = json.load(f)["faults"][0]
        self.assertEqual(row["state"], "killed")
        self.assertTrue(row["killers"])

    def test_interrupted_run_goes_on(self):
        """What the file says of a fault is believed when it was killed and still breaks the same; a
        line that was cut off, and a fault that survived, are run again."""
        names = [f["name"] for f in self.faults() if f["command"] == "AT+SYSRAM"][:3]
        only = [word for name in names for word in ("--only", name)]
        path = os.path.join(self.home, "rows.jsonl")
        first = self.matrix(*only, "--resume", path)
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        with open(path, encoding="utf-8") as f:
            rows = [json.loads(line) for line in f]
        self.assertEqual({r["name"] for r in rows}, set(names))
        rows[0]["killers"] = ["believed"]
        rows[1]["state"] = "survived"
        with open(path, "w", encoding="utf-8") as f:
            f.write(json.dumps(rows[0]) + "\n" + json.dumps(rows[1]) + "\n" + json.dumps(rows[2])[:40])
        again = self.matrix(*only, "--resume", path, "--json", self.home + "/rows.json")
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        with open(self.home + "/rows.json", encoding="utf-8") as f:
            seen = {r["name"]: r for r in json.load(f)["faults"]}
        self.assertEqual(seen[rows[0]["name"]]["killers"], ["believed"])
        self.assertTrue(seen[rows[0]["name"]]["earlier"])
        for row in rows[1:]:
            self.assertEqual(seen[row["name"]]["state"], "killed")
            self.assertNotIn("earlier", seen[row["name"]])

    def test_fault_that_does_nothing_survives(self):
        build = self.build_with(self.listing() + 'n=$#\nwhile [ "$n" -gt 0 ]; do\n  word=$1; shift\n'
                                '  case $word in --fault|idle) ;; *) set -- "$@" "$word";; esac\n'
                                f"  n=$((n - 1))\ndone\nexec {ATMODULE} \"$@\"")
        done = self.matrix(build=build)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("survived: idle", done.stdout)

    def test_sick_module_makes_it_void(self):
        build = self.build_with(self.listing() + f'exec {ATMODULE} "$@" --fault {self.some_fault()}')
        done = self.matrix(build=build)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("VOID", done.stdout)

    def test_case_that_kills_nothing_needs_a_reason(self):
        """And a reason that nothing needs is an error, too."""
        record = self.record()
        case = record["cases"]["basic/at"][0]
        for row in record["faults"]:
            row["killers"].pop("basic/at", None)
        record["unproven"] = [f"basic/at/{leaf}" for leaf in record["cases"]["basic/at"]]
        self.assertIn(f"no reason for case basic/at/{case}", self.checked(record).stdout)
        reasons = {"faults": {"hang:gmr": "none"}, "cases": {"basic/none/such": "none"}}
        done = self.checked(self.record(), reasons)
        self.assertEqual(done.returncode, 1)
        self.assertIn("stale reason for fault hang:gmr", done.stdout)
        self.assertIn("stale reason for case basic/none/such", done.stdout)

    def record(self):
        with open(os.path.join(SOURCE, "docs/kill-matrix.json"), encoding="utf-8") as f:
            return json.load(f)

    def checked(self, record, reasons=None, pages=True):
        """tools/kill-matrix --check of a project whose record is this one."""
        home = os.path.join(self.home, "project")
        shutil.rmtree(home, ignore_errors=True)
        os.makedirs(home + "/docs")
        shutil.copytree(os.path.join(SOURCE, "tools"), home + "/tools")
        os.symlink(os.path.join(SOURCE, "fixtures"), home + "/fixtures")
        if reasons is None:
            shutil.copy(os.path.join(SOURCE, "docs/kill-matrix-survivors.json"), home + "/docs")
        else:
            self.file("project/docs/kill-matrix-survivors.json", json.dumps(reasons))
        self.file("project/docs/kill-matrix.json",
                  record if isinstance(record, str) else json.dumps(record))
        tool = [home + "/tools/kill-matrix", "--build", BUILD]
        if pages:
            subprocess.run([*tool, "--pages"], capture_output=True, check=True, timeout=60)
        return subprocess.run([*tool, "--check"], text=True, capture_output=True, check=False, timeout=60)

    def test_record_is_of_this_module_and_this_suite(self):
        done = self.checked(self.record())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        record = self.record()
        gone = record["faults"].pop(7)["name"]
        record["faults"][0]["name"] = "no-such:fault"
        record["faults"][1]["text"] = "does something else"
        record["cases"]["basic/at"].append("no_such_case")
        record["cases"]["basic/gmr"].pop()
        done = self.checked(record)
        self.assertEqual(done.returncode, 1)
        for text in (f"fault {gone} is not in the record", "fault no-such:fault of the record is none",
                     "the record has another text", "case basic/at/no_such_case of the record is gone",
                     "is not in the record"):
            self.assertIn(text, done.stdout)

    def test_record_has_a_least_score(self):
        record = self.record()
        for row in record["faults"][:len(record["faults"]) // 25]:
            row["state"], row["others"] = "killed elsewhere", row["killers"]
        done = self.checked(record)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the score is too low", done.stdout)

    def test_pages_are_of_the_record(self):
        done = self.checked(self.record(), pages=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("docs/kill-matrix.md was not made from the record", done.stdout)
        self.assertIn("docs/kill-matrix.html was not made from the record", done.stdout)

    def test_record_that_is_none(self):
        for text in ("", "[]", "{}", '{"cases": 1, "faults": [], "unproven": []}'):
            done = self.checked(text, pages=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("docs/kill-matrix.json", done.stdout)
            self.assertNotIn("Traceback", done.stderr)

    def test_fault_is_held_against_the_record(self):
        """Survived then, killed now: the record is not what it says."""
        record = self.record()
        name = self.some_fault()
        row = next(r for r in record["faults"] if r["name"] == name)
        same = self.matrix("--only", name, "--compare", self.file("same.json", json.dumps(record)))
        self.assertEqual(same.returncode, 0, same.stdout + same.stderr)
        row["state"] = "survived"
        done = self.matrix("--only", name, "--compare", self.file("record.json", json.dumps(record)))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"changed: {name}: survived -> killed", done.stdout)
        row["name"] = "another"
        done = self.matrix("--only", name, "--compare", self.file("record.json", json.dumps(record)))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"not in the record: {name}", done.stdout)

    def test_no_such_fault_is_void(self):
        done = self.matrix("--only", "none-of-these")
        self.assertEqual(done.returncode, 1)
        self.assertIn("VOID", done.stdout)


if __name__ == "__main__":
    unittest.main()
