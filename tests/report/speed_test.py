#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""5,000 cases with 20 MB of wire log: the CPU time of all reports, and that it grows linearly."""
import os
import resource
import subprocess

import journal_gen
from report_check import FOLDER, TOOL, check, done, path


def cpu():
    """Of the children, in s: unlike the wall clock it does not tell of what else is running."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(cases, wire):
    file = path("speed.jsonl")
    journal_gen.sample(cases, wire=wire).write(file)
    size = os.path.getsize(file)
    start = cpu()
    subprocess.run([TOOL, file] + ["%s:%s" % (f, path("speed." + f))
                                   for f in ("json", "junit", "html", "console")],
                   check=True, stdout=subprocess.DEVNULL, timeout=100)
    took = cpu() - start
    print("%5d cases, %5.1f MB journal: %.2f s, html %.1f MB" %
          (cases, size / 1e6, took, os.path.getsize(path("speed.html")) / 1e6))
    return took, size


def main():
    small, small_size = measure(1000, 4000)
    large, large_size = measure(5000, 4000)
    check(large_size > 20e6, "the journal is too small for this test")
    # Five times as much, with room for a machine's moods; quadratic would be 25.
    check(large < 10 * small + 0.5, "%.2f s for %.1f MB after %.2f s for %.1f MB" %
          (large, large_size / 1e6, small, small_size / 1e6))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print("peak %.0f MB" % peak)
    check(FOLDER and peak < 256, "too much memory: %.0f MB" % peak)
    done()


main()
