#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the HTML report of a large run in a headless Chromium: `page.py ATCONFORM FOLDER ROUNDS`.

Prints one line of JSON: cases, bytes of the page and of its wire logs; ms until a reader can use the
page, until all of it is there, until a filter shows its result and a case its log; seconds of CPU of
the page's process for all of the page and for one filter; bytes of its memory and of an empty page's.
Medians over the rounds."""
import json
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/report"))
import journal_gen  # noqa: E402
from browser import CHROMIUM, Browser  # noqa: E402

CASES, WIRE = 5000, 4800
# From what a reader does until the page has shown the answer.
UNTIL = """new Promise(function (done) {
  var from = performance.now();
  new MutationObserver(function (_, self) {
    self.disconnect();
    requestAnimationFrame(function () { setTimeout(function () { done(performance.now() - from); }, 0); });
  }).observe(%s, {childList: true, subtree: true, characterData: true});
  %s
})"""
SET = "(function (e) { e.%s = %s; e.dispatchEvent(new Event('input', {bubbles: true})); }(document.querySelector('#filters %s')));"
FILTERS = [SET % ("checked", "true", "[value=fail]"), SET % ("checked", "false", "[value=fail]"),
           SET % ("value", "'claim_58'", "[name=q]"), SET % ("value", "''", "[name=q]"),
           SET % ("value", "'AT+GSLP'", "[name=command]"), SET % ("value", "'gslp-7'", "[name=requirement]")]
CASE = "basic/at/claim_4_holds"


def measure(file):
    with Browser() as browser:
        empty, before = browser.memory()["process"], browser.renderers()
        browser.open(file)
        browser.settle()
        load_cpu = browser.cpu(before)
        ready = browser.eval("window.readyAt")
        loaded = browser.eval("performance.timing.loadEventEnd - performance.timing.navigationStart")
        used = browser.memory()
        before = browser.renderers()
        times = [browser.eval(UNTIL % ("document.getElementById('shown')", act)) for act in FILTERS]
        filter_cpu = browser.cpu(before) / len(times)
        element = "document.getElementById('case=%s')" % CASE
        opened = browser.eval(UNTIL % (element, "location.hash = '#case=%s';" % CASE))
        if browser.eval(element + ".querySelectorAll('.wire tbody tr').length") < 10:
            raise SystemExit("page.py: the case shows no log")
        return {"ready": ready, "loaded": loaded, "filter": statistics.median(times), "open": opened,
                "load_cpu": load_cpu, "filter_cpu": filter_cpu, "memory": used["process"], "empty": empty}


def main():
    program, folder, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if not CHROMIUM:
        raise SystemExit("page.py: no Chromium here")
    os.makedirs(folder, exist_ok=True)
    journal_gen.sample(CASES, wire=WIRE).write(os.path.join(folder, "journal.jsonl"))
    file = os.path.join(folder, "report.html")
    subprocess.run([program, "report", folder, "--report", "html:" + file], check=False,
                   stdout=subprocess.DEVNULL)
    with open(file, encoding="utf-8") as page:
        wire = sum(len(line) for line in page if line.startswith("[") or 'id="w' in line)
    all_rounds = [measure(file) for _ in range(rounds)]
    told = {name: statistics.median(r[name] for r in all_rounds) for name in all_rounds[0]}
    print(json.dumps({"cases": CASES, "bytes": os.path.getsize(file), "wire": wire, **told}))


main()
