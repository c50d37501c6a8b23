# SPDX-License-Identifier: MIT
"""What the tests of `atconform compare` share: made runs, and what the program says of them."""
import json
import os
import shutil
import subprocess

import jsonschema
import journal_gen
from report_check import FOLDER, SCHEMAS, check, path

ATCONFORM = os.path.join(os.environ["ATCONFORM_BUILD"], "src/cli/atconform")
PAIRS = {}


def uuid(number):
    return "%08x-5b7a-4c5e-9d0b-2a7f3e8c1b45" % number


class Run(journal_gen.Journal):
    """A journal with a run id of its own."""
    count = 0

    def __init__(self, seed=1, **header):
        super().__init__(seed)
        Run.count += 1
        self.header(**{"run": uuid(Run.count), **header})
        self.requirement("X-1", "AT+X")
        self.requirement("X-2", "AT+X", grade="inferred")
        self.requirement("SESSION-1", "", "0", "stated", "monitor")

    def save(self, name):
        folder = path(name)
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        self.write(os.path.join(folder, "journal.jsonl"))
        return folder


def made(name, cases, end=True, **header):
    """A run of cases: (name, verdict[, response[, message]]); None as a verdict: never run."""
    run = Run(**header)
    for case in cases:
        run.plan("basic/x/" + case[0], "AT+X", ["X-1"])
    for c, case in enumerate(cases):
        verdict = case[1]
        response = case[2] if len(case) > 2 else ("OK",)
        if verdict is None:
            continue
        if verdict not in ("n/a", "skipped", "unequipped"):
            run.lease(c)
            run.exchange(c, "AT+X=%d" % c, *response)
            run.release(c)
        run.verdict(c, verdict, message=case[3] if len(case) > 3 else "")
    if end:
        run.end()
    return run.save(name)


def compare(*words):
    done = subprocess.run([ATCONFORM, "compare", *words], capture_output=True, timeout=120, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def schema():
    with open(os.path.join(SCHEMAS, "compare.schema.json"), encoding="utf-8") as file:
        found = json.load(file)
    jsonschema.Draft7Validator.check_schema(found)
    return jsonschema.Draft7Validator(found)


def compared(*runs, code=0):
    """The JSON of a comparison, fit by its schema; and the table."""
    out = path("compare.json")
    got, text, said = compare(*runs, "--json", out)
    check(got == code, "exit %d: %s" % (got, said))
    with open(out, "rb") as file:
        raw = file.read().decode("utf-8")
    found = json.loads(raw)
    for error in list(schema().iter_errors(found))[:3]:
        check(False, "schema: %s: %s" % (list(error.absolute_path), error.message[:200]))
    return found, text, raw


def changes(found, run=1):
    return {c["case"].split("/")[2]: c["changes"][run - 1] for c in found["cases"]}


__all__ = ["ATCONFORM", "FOLDER", "Run", "changes", "check", "compare", "compared", "made", "path"]
