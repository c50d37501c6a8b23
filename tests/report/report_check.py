# SPDX-License-Identifier: MIT
"""What the tests of the report formats share: making reports, and saying what is wrong."""
import json
import os
import subprocess
import sys
import tempfile

import journal_gen

TOOL, SCHEMAS = sys.argv[1], sys.argv[2]
FOLDER = tempfile.TemporaryDirectory(prefix="atconform-report-")
FAILED = []


def check(ok, what):
    if not ok:
        FAILED.append(what)
        print("FAIL", what)


def path(name):
    return os.path.join(FOLDER.name, name)


def report(journal, *formats, name="run"):
    """Writes a journal (a Journal or bytes) and its reports; gives what the tool says of it."""
    file = path(name + ".jsonl")
    if isinstance(journal, bytes):
        with open(file, "wb") as out:
            out.write(journal)
    else:
        journal.write(file)
    run = subprocess.run([TOOL, file] + ["%s:%s" % (f, path(name + "." + f)) for f in formats],
                         capture_output=True, timeout=60, check=False)
    if run.returncode != 0:
        raise SystemExit("report_tool: %d %s" % (run.returncode, run.stderr.decode()))
    return json.loads(run.stdout.decode().splitlines()[-1])


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def journals():
    """Name and journal: what every format must get through."""
    yield "sample", journal_gen.sample()
    yield "hostile", journal_gen.sample(hostile=True)
    yield "gated", journal_gen.sample(gates={"inferred": False, "strict": True, "require_all": True})
    yield "flaky", flaky(flaky_budget=1)
    yield "flaky-beyond", flaky()
    yield "cut", journal_gen.sample().text().encode()[:-3000]
    yield "nothing", only("skipped")
    yield "empty", only()
    yield "interrupted", interrupted()
    yield "loud", loud()
    yield "network", journal_gen.network()
    yield "network-hostile", journal_gen.network(hostile=True)
    yield "timed", journal_gen.timed()
    yield "boards", journal_gen.boards()
    yield "held", held(everything_against_everything())
    yield "held-known", held({"a": ("fail", "fail"), "b": ("pass", "pass")})
    yield "held-hostile", held({"a": ("fail", "fail"), "b": (None, "fail"), "c": ("pass", "pass")},
                               waivers=[waiver(case="basic/x/b", text=journal_gen.HOSTILE),
                                        waiver(case="basic/x/c", text=journal_gen.HOSTILE)],
                               hostile=journal_gen.HOSTILE)
    yield "waived", held({"a": (None, "fail"), "b": (None, "error"), "c": (None, "pass")}, baseline=False,
                         waivers=[waiver(case="basic/x/[ab]"), waiver(case="basic/x/a"),
                                  waiver(case="basic/x/b")])
    yield "waivers-off", held({"a": (None, "fail"), "c": (None, "pass")}, baseline=False,
                              waivers=[waiver(case="basic/x/a", expires="2026-11-21"),
                                       waiver(case="basic/x/c"), waiver(case="basic/x/z", known=False)])


def flaky(**told):
    """One case that a retry heals, one that none heals, one that was repeated, one cut off and
    resumed."""
    journal = journal_gen.Journal()
    journal.header(**told)
    journal.requirement("X-1")
    whys = {"heals": (("first", "fail"), ("retry", "error"), ("retry", "pass")),
            "stays_broken": (("first", "fail"), ("retry", "error"), ("retry", "fail")),
            "fails_once": (("first", "pass"), ("repeat", "fail")),
            "passes_twice": (("first", "pass"), ("repeat", "pass")),
            "was_cut_off": (("first", None), ("resume", "pass"))}
    for name in whys:
        journal.plan("basic/x/" + name, "AT+X", ["X-1"])
    for c, attempts in enumerate(whys.values()):
        for attempt, (why, verdict) in enumerate(attempts, 1):
            journal.lease(c, attempt, why=why)
            journal.exchange(c, "AT+X", "ERROR")
            if verdict:
                journal.release(c)
                journal.verdict(c, verdict, attempt, message="expected OK" if verdict != "pass" else "")
    journal.end()
    return journal


NOW = ["pass", "fail", "deviation", "inconclusive", "unequipped", "error", "n/a", "skipped", "missing",
       "flaky"]


def everything_against_everything():
    """A case for each verdict there and each here, and one more that is new or gone."""
    cases = {"%s_then_%s" % (was, now): (was, now) for was in NOW for now in NOW}
    cases.update({"new_%s" % now: (None, now) for now in NOW})
    cases.update({"gone_%s" % was: (was, None) for was in NOW})
    return {name.replace("/", ""): both for name, both in cases.items()}


def waiver(expires="2026-11-22", known=True, message="expected OK*", text="the vendor knows", **keys):
    entry = {"file": "waivers.json", "line": 3, "known": known, "message": message, "reason": text,
             "issue": "issue 41 " + text, "owner": "firmware " + text, "expires": expires, **keys}
    return {k: v for k, v in entry.items() if v is not None}


def held(cases, waivers=(), baseline=True, hostile="", requirement="X-1", breaches=None, **header):
    """name -> (verdict in the baseline or None, verdict here or None: gone, the requirements of both):
    a run that is held against a baseline and waivers."""
    journal = journal_gen.Journal()
    journal.header(**header)
    journal.requirement("X-1", grade="stated")
    journal.requirement("X-2", grade="inferred")
    journal.requirement("SESSION-1", "", "0", "stated", "monitor")
    if baseline:
        journal.add("baseline", path="base" + hostile, run="an-earlier-run", time="2026-11-01T07:30:00Z",
                    iut="virtual:" + hostile, profile="p", breaches=breaches or [])
    for name, (was, now, *both) in cases.items():
        if was and baseline:
            gone = {} if now else {"gone": True}
            journal.add("was", case="basic/x/" + name, verdict=was,
                        requirement=(both[0] if both else requirement) + hostile if was == "fail" else "",
                        **gone)
    for entry in waivers:
        journal.add("waiver", **entry)
    planned = {name: both for name, both in cases.items() if both[1]}
    for name in planned:
        journal.plan("basic/x/" + name, "AT+X", [requirement])
    for c, (_, now, *both) in enumerate(planned.values()):
        at_fault = both[1] if len(both) > 1 else requirement
        if now in ("missing",):
            continue
        for attempt, verdict in enumerate(("fail", "pass") if now == "flaky" else (now,), 1):
            if now not in ("n/a", "skipped", "unequipped"):
                journal.lease(c, attempt)
                journal.exchange(c, "AT+X", "ERROR")
                if verdict == "deviation":
                    journal.add("deviation", c=c, id="X-D1", requirement="X-1", source="s", command="AT+X",
                                expected="a", actual="b")
                journal.release(c)
            bad = verdict in ("fail", "error", "inconclusive")
            journal.verdict(c, verdict, attempt, requirement=at_fault if verdict == "fail" else "",
                            message="expected OK, got ERROR" if bad else "")
    journal.end()
    return journal


def only(*verdicts):
    journal = journal_gen.Journal()
    journal.header()
    journal.requirement("X-1")
    for i, verdict in enumerate(verdicts):
        journal.plan("basic/x/case_%d" % i, "AT+X", ["X-1"])
        if verdict == "pass":
            journal.lease(i)
            journal.release(i)
        journal.verdict(i, verdict)
    journal.end()
    return journal


def interrupted():
    journal = only("pass")
    journal.lines.pop()
    journal.plan("basic/x/never", "AT+X", ["X-1"])
    journal.end("interrupted", "SIGTERM", 15)
    return journal


def loud():
    """A failing case with far more bytes than a report may carry, all of them to be escaped."""
    journal = journal_gen.Journal()
    journal.header()
    journal.requirement("X-1")
    journal.plan("basic/x/floods", "AT+X", ["X-1"])
    journal.lease(0)
    for _ in range(2000):
        journal.rx(0, "<&\x00\xff\"'>" * 40)
    journal.add("rx", l=0, c=0, len=4096)
    journal.add("bulk", l=0, c=0, dir="rx", total=9999999, sha256="0" * 64, last="<end>\x00")
    journal.release(0)
    journal.verdict(0, "fail", message="too loud")
    journal.end()
    return journal


def done():
    FOLDER.cleanup()
    print("%d failed" % len(FAILED) if FAILED else "ok")
    sys.exit(1 if FAILED else 0)
