#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""CTRF: fits the schema, counts right, says the native verdict."""
import json
import os
import re

import jsonschema
from report_check import SCHEMAS, check, done, journals, only, read, report

STATUS = {"pass": "passed", "fail": "failed", "error": "failed", "n/a": "skipped",
          "skipped": "skipped", "deviation": "other", "inconclusive": "other",
          "unequipped": "other", "missing": "other", "flaky": "other"}


def load_schema():
    with open(os.path.join(SCHEMAS, "ctrf.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def one(validator, name, journal):
    told = report(journal, "json", name=name)
    text = read(name + ".json").decode("utf-8")
    document = json.loads(text)
    for error in list(validator.iter_errors(document))[:3]:
        check(False, "%s: %s: %s" % (name, list(error.absolute_path), error.message[:200]))
    check(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text),
          "%s: a control character" % name)
    results = document["results"]
    summary = results["summary"]
    check(summary["tests"] == len(results["tests"]), "%s: tests" % name)
    for status in ("passed", "failed", "skipped", "pending", "other"):
        check(summary[status] == sum(t["status"] == status for t in results["tests"]),
              "%s: %s" % (name, status))
    cases = [t for t in results["tests"] if t.get("type") != "run"]
    check((told["exit"] == 0) <= (cases == results["tests"]), "%s: the run itself failed" % name)
    check(told["exit"] == 0 or summary["failed"] > 0, "%s: exit %d, nothing failed" % (name, told["exit"]))
    for test in cases:
        standing = test["extra"]["atconform"].get("standing")
        wanted = {"waived": "other", "known": "other", "regressed": "failed"}.get(standing, STATUS[test["rawStatus"]])
        check(test["status"] == wanted, "%s: %s, %s" % (name, test["rawStatus"], standing))
        check((test["status"] == "passed") == (test["rawStatus"] == "pass"), name)
    check(summary["passed"] == told["pass"], "%s: passed" % name)
    check(results["extra"]["atconform"]["exit_code"] == told["exit"], "%s: exit code" % name)
    return document


def main():
    validator = load_schema()
    check(list(validator.iter_errors({"reportFormat": "CTRF"})), "the schema accepts anything")
    for name, journal in journals():
        document = one(validator, name, journal)
        if name == "network":
            extra = [t["extra"]["atconform"] for t in document["results"]["tests"]]
            check(extra[0]["peers"] == [{"peer": 0, "kind": "tcp-echo", "client": False,
                                         "address": "127.41.100.2", "port": 40123, "connections": 1,
                                         "received": 2052, "sent": 2052}], "peers: %s" % extra[0]["peers"])
            check(extra[2]["peers"][3]["client"], "the tester's client is none")
            check(any("p0.0" in line for line in document["results"]["tests"][0]["stdout"]), "no peer's bytes")
        run = document["results"]["extra"]["atconform"]
        if name == "timed":
            check([line["line"] for line in run["time_account"]["lines"]] == [0], "no line in the account")
            check(run["time_account"]["waits"], "no wait in the account")
        if name == "boards":
            check([b["line"] for b in run["boards"]] == [0, 1], "boards: %s" % run["boards"])
            check("out" in run["boards"][1] and "out" not in run["boards"][0], "which board is out")
        if name == "sample":
            broken = json.loads(json.dumps(document))
            broken["results"]["tests"][0]["ours"] = 1
            check(list(validator.iter_errors(broken)), "a key of our own outside extra is accepted")
            ledger = document["results"]["extra"]["atconform"]["requirements"]
            check(any(r["verdict"] == "fail" for r in ledger), "no failed requirement in the ledger")
        if name == "flaky":
            tests = {t["name"]: t for t in document["results"]["tests"]}
            check(document["results"]["summary"]["flaky"] == 1, "flaky in the summary")
            check(tests["heals"]["flaky"] and tests["heals"]["retries"] == 2, "flaky: no retries")
            check([a["extra"]["atconform"]["verdict"] for a in tests["heals"]["retryAttempts"]]
                  == ["fail", "error", "pass"], "attempts of a flaky case")
            check("flaky" not in tests["stays_broken"] and tests["stays_broken"]["retries"] == 2, "rerun")
            for passed in ("passes_twice", "was_cut_off"):
                check("retries" not in tests[passed], "viewers take %s for flaky" % passed)
                check(len(tests[passed]["extra"]["atconform"]["attempts"]) == 2, "attempts of " + passed)
    for verdict in set(STATUS) - {"flaky"}:
        one(validator, "only", only("pass", verdict))
    done()


main()
