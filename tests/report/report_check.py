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
        raise SystemExit("report_tool: " + run.stderr.decode())
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
