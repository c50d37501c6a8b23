#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many runs compared: the index spares most of the time, time grows with the runs, memory stays small;
and a journal is reported in a stream, however long it is."""
import glob
import os
import resource
import subprocess
import sys
import time

import journal_gen
from compare_check import ATCONFORM, check, path, uuid
from report_check import done

RUNS, CASES = 40, 2000


def generate(name, *options):
    """In a process of its own: what a parent ever used counts as used by its children."""
    subprocess.run([sys.executable, journal_gen.__file__, path(name), *options], check=True)


def make():
    generate("first.jsonl", "--cases", str(CASES))
    with open(path("first.jsonl"), encoding="utf-8") as file:
        text = file.read()
    first = text.split('"run":"')[1][:36]
    for i in range(RUNS):
        os.mkdir(path("r%02d" % i))
        with open(path("r%02d/journal.jsonl" % i), "w", encoding="utf-8") as out:
            out.write(text.replace(first, uuid(1000 + i)).replace("SDK version:2.0.0", "SDK version:2.0.%d" % (i % 9)))


def measure(*words):
    """Seconds of CPU, which other programs do not add to, and the peak of memory in MB."""
    start = time.monotonic()
    with subprocess.Popen([ATCONFORM, *words], stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    check(process.returncode in (0, 1), "%s: exit %d" % (words[:2], process.returncode))
    took = used.ru_utime + used.ru_stime
    print("%-30s %6.2f s of CPU, %6.2f s, %5.1f MB" %
          (" ".join(os.path.basename(w) for w in words[:2]) + " ...", took, time.monotonic() - start,
           used.ru_maxrss / 1024))
    return took, used.ru_maxrss / 1024


def forget():
    for name in glob.glob(path("r*/journal.index")):
        os.remove(name)


def many():
    runs = [path("r%02d" % i) for i in range(RUNS)]
    bare, bare_mb = measure("compare", *runs)
    indexed, indexed_mb = measure("compare", *runs)
    page, page_mb = measure("compare", *runs, "--html", path("many.html"), "--json", path("many.json"))
    forget()
    few, _ = measure("compare", *runs[:RUNS // 4])
    check(indexed < bare / 4 + 0.05, "the index saves too little: %.2f s, without %.2f s" % (indexed, bare))
    check(bare < 8 * few + 0.5, "%.2f s for %d runs, %.2f s for %d" % (bare, RUNS, few, RUNS // 4))
    check(page < 20 * bare, "the page takes %.2f s" % page)
    check(os.path.getsize(path("many.html")) < 40e6, "the page has %d bytes" % os.path.getsize(path("many.html")))
    for what, used in (("bare", bare_mb), ("indexed", indexed_mb), ("page", page_mb)):
        check(used < 150, "%s: %.0f MB" % (what, used))


def stream():
    peaks = []
    for wire in (20000, 80000):
        generate("long.jsonl", "--cases", "400", "--wire", str(wire))
        print("%.1f MB" % (os.path.getsize(path("long.jsonl")) / 1e6))
        peaks.append(measure("report", path("long.jsonl"))[1])
    check(peaks[1] < peaks[0] + 8, "memory grows with the journal: %s MB" % peaks)


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    make()
    many()
    stream()
    done()


main()
