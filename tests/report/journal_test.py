#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The journal's schema: generated journals fit, broken lines do not."""
import copy
import json
import os

import jsonschema
from report_check import SCHEMAS, check, done, flaky, held, interrupted, loud, waiver
from journal_gen import network, sample


OPTIONAL = {("baseline", "time"), ("baseline", "iut"), ("baseline", "profile"), ("was", "requirement"),
            ("waiver", "case"), ("waiver", "message")}


def main():
    with open(os.path.join(SCHEMAS, "journal.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    seen = {}
    for journal in (sample(60), sample(60, hostile=True), flaky(), interrupted(), loud(),
                    network(), network(hostile=True),
                    held({"a": ("fail", "fail")}, waivers=[waiver(case="basic/x/a")])):
        for line in journal.lines[:600]:
            seen.setdefault((line["e"], line.get("what") if line["e"] == "peer" else None), line)
            error = next(validator.iter_errors(line), None)
            check(error is None, "%s: %s" % (line["e"], error and error.message[:200]))
    for (event, what), line in seen.items():
        for key in line:
            if key in ("bytes", "len") and event in ("tx", "rx"):
                continue
            if what == "weather" or (what == "connect" and key == "kind"):
                continue  # not one of ours; not always there
            if (event, key) in OPTIONAL:
                continue
            broken = copy.deepcopy(line)
            del broken[key]
            check(next(validator.iter_errors(broken), None), "%s without %s fits" % (event, key))
    check(next(validator.iter_errors({"n": 1, "t": 1, "e": "rx", "l": 0, "c": 0, "bytes": "\u0100"}),
               None), "a character that is no byte fits")
    done()


main()
