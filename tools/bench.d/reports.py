#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Reports of much: 100 runs of 2,000 cases compared from their journals and from their indexes, and a
journal of that many megabytes reported. `reports.py ATCONFORM FOLDER RUNS MEGABYTES` prints JSON."""
import json
import os
import subprocess
import sys
import time

GENERATOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/report/journal_gen.py")


def generate(file, *options):
    """In a process of its own: what a parent ever used counts as used by its children."""
    subprocess.run([sys.executable, GENERATOR, file, *options], check=True)


def measure(*words):
    start = time.monotonic()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{words[:3]} ended with {process.returncode}")
    return {"s": time.monotonic() - start, "cpu": used.ru_utime + used.ru_stime,
            "mb": used.ru_maxrss / 1024}


def copies(first, folder, count):
    with open(first, encoding="utf-8") as file:
        text = file.read()
    run = text.split('"run":"')[1][:36]
    for i in range(count):
        os.mkdir(f"{folder}/run{i:03}")
        with open(f"{folder}/run{i:03}/journal.jsonl", "w", encoding="utf-8") as out:
            out.write(text.replace(run, f"{i:08x}{run[8:]}"))
    return [f"{folder}/run{i:03}" for i in range(count)]


def long_journal(short, file, megabytes):
    """The cases of a journal again and again, under other names."""
    with open(short, encoding="utf-8") as source, open(file, "w", encoding="utf-8") as out:
        lines = [json.loads(line) for line in source]
        head = [e for e in lines if e["e"] in ("run", "requirement")]
        plan = [e for e in lines if e["e"] == "plan"]
        body = [e for e in lines if e.get("c", -1) >= 0 and e["e"] != "plan"]
        rounds = max(1, int(megabytes * 1e6 / sum(len(json.dumps(e, separators=(",", ":"))) for e in body)))
        n = 0

        def put(event, **changes):
            nonlocal n
            out.write(json.dumps({**event, "n": n, "t": n * 1000, **changes}, separators=(",", ":"),
                                 ensure_ascii=False) + "\n")
            n += 1

        for event in head:
            put(event)
        for k in range(rounds):
            for event in plan:
                put(event, c=event["c"] + k * len(plan), case=f"{event['case']}_{k}")
        for k in range(rounds):
            for event in body:
                put(event, c=event["c"] + k * len(plan))
        put(lines[-1])


def main():
    atconform, folder, count, megabytes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    generate(f"{folder}/first.jsonl", "--cases", "2000", "--wire", "1200")
    runs = copies(f"{folder}/first.jsonl", folder, count)
    told = {"megabytes": os.path.getsize(f"{folder}/first.jsonl") / 1e6}
    told["bare"] = measure(atconform, "compare", *runs)
    told["indexed"] = measure(atconform, "compare", *runs)
    told["page"] = measure(atconform, "compare", *runs, "--html", f"{folder}/compare.html")
    for run in runs:
        os.remove(f"{run}/journal.jsonl")
    generate(f"{folder}/short.jsonl", "--cases", "200", "--wire", "40000")
    long_journal(f"{folder}/short.jsonl", f"{folder}/long.jsonl", megabytes)
    told["gigabytes"] = os.path.getsize(f"{folder}/long.jsonl") / 1e9
    told["stream"] = measure(atconform, "report", f"{folder}/long.jsonl", "--report", "console", "--report",
                             f"html:{folder}/long.html", "--report", f"json:{folder}/long.json",
                             "--report", f"junit:{folder}/long.xml")
    print(json.dumps(told))


main()
