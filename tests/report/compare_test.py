#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs side by side: what became of each case, what counts as another response, latency, refusals,
the index beside the journal, hostile text."""
import json
import os
import re
import shutil
import stat
import sys

import journal_gen
from compare_check import Run, changes, check, compare, compared, made, path
from report_check import done

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
PASS, KNOWN, BAD, NOT, NONE = range(5)
LEVEL = {"pass": PASS, "deviation": KNOWN, "fail": BAD, "error": BAD, "inconclusive": BAD, "n/a": NOT,
         "skipped": NOT, "unequipped": NOT, None: NONE}


def expected(was, now):
    """Told a second time, as the manual page says it."""
    if was == now:
        return "unchanged"
    a, b = LEVEL[was], LEVEL[now]
    if b == NONE:
        return "missing"
    if a == NONE:
        return "verdict" if b == NOT else "gained"
    if a == NOT or b == NOT:
        return "verdict" if a == b else "gained" if a == NOT else "lost"
    if b == PASS:
        return "fixed"
    return "regressed" if b > a else "verdict"


def kinds():
    """Every verdict to every other, what is planned once only, and the gate for each by itself."""
    verdicts = list(LEVEL)
    pairs = [(a, b) for a in verdicts for b in verdicts]
    names = ["from_%d_to_%d" % (verdicts.index(a), verdicts.index(b)) for a, b in pairs]
    one = made("one", [(n, a) for n, (a, _) in zip(names, pairs)] + [("gone", "pass")])
    two = made("two", [("new", "fail")] + [(n, b) for n, (_, b) in zip(names, pairs)])
    found, text, _ = compared(one, two)
    told = changes(found)
    for name, (a, b) in zip(names, pairs):
        check(told[name] == expected(a, b), "%s to %s: %s, not %s" % (a, b, told[name], expected(a, b)))
    check(told["gone"] == "deleted" and told["new"] == "added", "planned once only")
    counts = found["runs"][1]["cases"]
    for kind, count in counts.items():
        check(list(told.values()).count(kind) == count, "count of " + kind)
        check(kind == "unchanged" or re.search(r"\b%d\b" % count, text), "%s in the table" % kind)
    check(all(len(line) <= 100 for line in text.split("\n")), "a line of more than 100 columns")
    for case in ("from_0_to_1", "gone", "new"):
        check("basic/x/%s " % case in text, case + " in the table")
    gate(one, two)
    for a, b in pairs:
        worse = expected(a, b) in ("regressed", "missing") or (
            expected(a, b) == "lost" and LEVEL[a] <= KNOWN)
        runs = made("a", [("c", a)]), made("b", [("c", b)])
        check(compare(*runs, "--gate")[0] == worse, "gate: %s to %s" % (a, b))
        check(compare(*runs)[0] == 0, "no gate: %s to %s" % (a, b))


def gate(one, two):
    for words, code in (((one, two, "--gate"), 1), ((one, two), 0), ((two, one, "--gate"), 1)):
        check(compare(*words)[0] == code, "gate of %s" % (words,))
    a = made("a", [("stays", "pass"), ("goes", "fail")])
    check(compare(a, made("b", [("stays", "pass")]), "--gate")[0] == 1, "a deleted case gates")
    check(compare(a, made("b", [("stays", "pass"), ("goes", "pass"), ("more", "fail")]),
                  "--gate")[0] == 0, "a new case does not")
    flaky = Run()
    flaky.plan("basic/x/c", "AT+X", ["X-1"])
    for attempt, verdict in ((1, "fail"), (2, "pass")):
        flaky.lease(0, attempt)
        flaky.exchange(0, "AT+X=0", "OK")
        flaky.release(0)
        flaky.verdict(0, verdict, attempt)
    flaky.end()
    check(compare(made("a", [("c", "pass")]), flaky.save("f"), "--gate")[0] == 1, "flaky is no pass")
    broken = Run()
    broken.plan("basic/x/c", "AT+X", ["X-1"])
    broken.lease(0)
    broken.exchange(0, "AT+X=0", "OK")
    broken.release(0)
    broken.verdict(0, "pass")
    broken.add("breach", l=0, c=-1, id="SESSION-1", text="a URC out of turn", bytes="X")
    broken.end()
    found, _, _ = compared(made("a", [("c", "pass")]), broken.save("b"))
    requirement = {r["id"]: r["changes"][0] for r in found["requirements"]}
    check(requirement["SESSION-1"] == "regressed" and not found["passes"], "a breach of no case gates")


def three():
    runs = [made(n, [("stays", "pass"), ("once", v)]) for n, v in
            (("v2.0", "pass"), ("v2.2", "fail"), ("v4.1", "pass"))]
    found, text, _ = compared(*runs)
    check([changes(found, r)["once"] for r in (1, 2)] == ["regressed", "unchanged"], "three runs")
    check([r["passes"] for r in found["runs"][1:]] == [False, True], "each has its outcome")
    check("pass -> fail in 2" in text and "v4.1" in text, "three runs in the table")


def network(number, port, name, answer="CONNECT", again=None, more=0):
    """A case with values that its tester made for the run."""
    run = Run()
    run.plan("tcpip/x/talks", "AT+X", ["X-1"], kind="scenario")
    host, module = "127.%d.100.2" % number, "127.%d.100.1" % number
    run.lease(0)
    run.peer(0, 0, "open", kind="tcp", address=host, port=port)
    run.wait(number)
    run.tx(0, 'AT+X="%s",%d,"%s"\r\n' % (host, port, name))
    for piece in ('AT+X="%s",%d,"%s"\r\n' % (host, port, name))[:20], \
                 ('AT+X="%s",%d,"%s"\r\n' % (host, port, name))[20:]:
        run.rx(0, piece)
    run.peer(0, 0, "accept", k=0, **{"from": "%s:%d" % (module, port + 7), "to": "%s:%d" % (host, port)})
    run.rx(0, "%s\r\n" % answer)
    run.rx(0, '+X:"%s",%d,%d,"%s"\r\n\r\nOK\r\n' % (again or host, port + more, port + 7, name))
    run.release(0)
    run.verdict(0, "pass")
    run.end()
    return run.save("net%d" % Run.count)


def responses():
    """Only what is the module's own counts as its response."""
    one = network(41, 40123, "ac-7c6cab96")
    for what, two, kind in (
            ("other address, port, name, time and pieces", network(7, 51515, "ac-00aa11bb"), "unchanged"),
            ("another word", network(7, 51515, "ac-00aa11bb", answer="CONNECTED"), "bytes"),
            ("the address of nobody", network(7, 51515, "ac-00aa11bb", again="127.7.100.3"), "bytes"),
            ("the other run's address", network(7, 51515, "ac-1", again="127.41.100.2"), "bytes"),
            ("another port than was sent", network(7, 51515, "ac-1", more=1), "bytes")):
        found, _, _ = compared(one, two)
        check(found["cases"][0]["changes"] == [kind], what)
        html(one, two, what, kind != "unchanged")
    a = made("a", [("c", "pass", ("+X:1", "+Y:2", "OK"))])
    found, text, _ = compared(a, made("b", [("c", "pass", ("+Y:2", "+X:1", "OK"))]))
    check(found["cases"][0].get("order_only") and found["runs"][1]["order_only"] == 1, "order only")
    check("other order in 2" in text, "order only, in the table")
    found, _, _ = compared(a, made("b", [("c", "pass", ("+X:1", "+Y:3", "OK"))]))
    check(changes(found) == {"c": "bytes"} and "order_only" not in found["cases"][0], "other bytes")
    steady = [("steady", "pass", ("+X:1", "OK"))]
    runs = [made("r%d" % i, steady + [("heap", "pass", ("+X:%d" % (147000 + i), "OK"))]) for i in range(3)]
    found, _, _ = compared(*runs)
    check(not any(c.get("unsteady") for c in found["cases"]), "builds of one version are compared")
    for i, version in enumerate(("2.0", "2.0", "2.1")):
        run = Run()
        run.plan("basic/x/gmr", "AT+GMR", ["X-1"])
        for c, name in enumerate(("heap", "steady"), 1):
            run.plan("basic/x/" + name, "AT+X", ["X-1"])
        for c, answer in enumerate(("AT version:" + version, "+X:%d" % (147000 + i), "+X:1")):
            run.lease(c)
            run.exchange(c, "AT+X?" if c else "AT+GMR", answer, "OK")
            run.release(c)
            run.verdict(c, "pass")
        run.end()
        runs[i] = run.save("s%d" % i)
    found, text, _ = compared(*runs)
    check([c["case"] for c in found["cases"] if c.get("unsteady")] == ["basic/x/heap"], "unsteady")
    check(changes(found, 2) == {"gmr": "bytes", "heap": "bytes", "steady": "unchanged"}, "versions")
    check(found["runs"][2]["firmware"] == "AT version:2.1" and "3 has another version" in text, "version")


def html(one, two, what, marked):
    out = path("net.html")
    check(compare(one, two, "--html", out)[0] == 0, what)
    with open(out, encoding="utf-8") as file:
        log = file.read().split("<main>")[1].split('<form id="filters"')[1]
    check(bool(re.search("<(del|ins)", log)) == marked, what + ": marks")


def latency():
    def timed(name, us, count, word="OK"):
        run = Run(seed=Run.count)
        run.plan("basic/x/c", "AT+X", ["X-1"])
        run.plan("basic/y/c", "AT+Y", ["X-1"])
        for c, command in enumerate(("AT+X", "AT+Y")):
            run.lease(c)
            for _ in range(count):
                run.tx(c, command + "\r\n")
                run.t += int(run.random.gauss(us if c == 0 else 5000, 700)) * 1000
                run.rx(c, word + "\r\n")
            run.release(c)
            run.verdict(c, "pass")
        run.end()
        return run.save(name)

    base = timed("base", 5000, 60)
    for us, count, drift in ((5000, 60, "unchanged"), (9000, 60, "slower"), (2000, 60, "faster"),
                             (6000, 60, "unchanged"), (9000, 19, "too few samples")):
        found, text, _ = compared(base, timed("other", us, count))
        x, y = ({c["command"]: c["runs"][1] for c in found["commands"]}[n] for n in ("AT+X", "AT+Y"))
        check(x["latency"] == drift, "%d us: %s" % (us, x))
        check(y["latency"] in ("unchanged", "too few samples"), "the other command: %s" % y)
        check("Mann-Whitney" in text and x["samples"] == count, "test and samples are said")
        check(("p_ppm" in x) == (count >= 20), "p where there was a test")
    found, _, _ = compared(base, timed("refused", 5000, 30, "ERROR"))
    check([r["presence"] for r in found["commands"][0]["runs"]] == ["present", "refused"], "presence")


def banner():
    for name, text in (("power", "\r\nready\r\n"), ("boot", " ets Jan  8 2013\x9c\x1b[31m\r\n\r\nready\r\n")):
        run = Run()
        run.plan("basic/x/c", "AT+X", ["X-1"])
        run.add("line", l=0, what="power", text="virtual:")
        run.rx(-1, text[:5])
        run.rx(-1, text[5:])
        run.verdict(0, "n/a")
        run.end()
        run.save(name)
    found, text, _ = compared(path("power"), path("boot"))
    check(found["runs"][0]["banner"] == "\\r\\nready\\r\\n", "banner: %s" % found["runs"][0]["banner"])
    check(found["runs"][1]["banner"].startswith(" ets Jan  8 2013\\x9c\\x1b"), "banner of the boot")
    check("2 has another start-up banner" in text and not CONTROL.search(text), "banner in the table")


def refusals():
    """Named with file and line, exit 2, nothing written or overwritten."""
    good = made("good", [("c", "pass")])
    twin = shutil.copytree(good, path("twin"), dirs_exist_ok=True)
    text = open(os.path.join(good, "journal.jsonl"), encoding="utf-8").read()
    lines = text.splitlines(True)

    def spoilt(name, content):
        os.makedirs(path(name), exist_ok=True)
        with open(path(name + "/journal.jsonl"), "w", encoding="utf-8") as out:
            out.write(content.replace(lines[0].split('"run":"')[1][:36], "0" * 36))
        return path(name)

    last = len(lines)
    wrong = [
        ("the same run", (good, twin), "twin/journal.jsonl:1:1: the same run as"),
        ("the same folder", (good, good), "the same run as"),
        ("no such run", (good, path("nowhere")), "nowhere: can't read the journal"),
        ("no journal", (good, made_text("text", "hello\n")), "text.jsonl:1:1: not a journal"),
        ("nothing", (good, made_text("empty", "")), "empty: not a journal"),
        ("killed", (good, spoilt("cut", "".join(lines[:-1]))), "cut/journal.jsonl:%d:1: the journal breaks off" % last),
        ("half a line", (good, spoilt("half", text[:-9])), "half/journal.jsonl:%d:1: the journal breaks off" % last),
        ("a line lost", (good, spoilt("lost", "".join(lines[:3] + lines[4:]))), "lost/journal.jsonl:4:1: line number"),
        ("edited", (good, spoilt("edit", text.replace('"pass"', '"passed"'))), "no such verdict"),
        ("not JSON", (good, spoilt("json", text.replace('"e":"plan"', '"e":plan'))), "not a JSON object"),
        ("another model", (good, made("spec", [("c", "pass")], spec="fedcba98")),
         "spec/journal.jsonl:1:1: another specification model (fedcba98) than that of"),
        ("another version", (good, made("version", [("c", "pass")], program="atconform 9.0")), "another version"),
        ("one run", (good,), "at least two runs"),
        ("an option", (good, twin, "--hmtl", "x"), "--hmtl"),
    ]
    for name in ("out.html", "out.json"):
        with open(path(name), "w", encoding="utf-8") as out:
            out.write("precious")
    for what, words, said in wrong:
        code, out, err = compare(*words, "--html", path("out.html"), "--json", path("out.json"))
        check(code == 2, "%s: exit %d" % (what, code))
        check(said in err and err.count("\n") == 1, "%s: %s" % (what, err))
        check(not out, "%s: a table" % what)
        for name in ("out.html", "out.json"):
            check(open(path(name), encoding="utf-8").read() == "precious", what + ": overwritten")
    found, text, _ = compared(good, path("spec"), path("version"), "--common")
    check(len(found["notes"]) == 2 and "note: spec is of another specification model" in text, "--common")
    more = made("more", [("c", "pass"), ("more", "pass")], spec="fedcba98")
    check(compare(more, good, "--gate", "--common")[0] == 0, "of other suites, a case less does not gate")
    check(compare(good, path("cut"), "--common")[0] == 2, "--common takes no run that was killed")
    code, _, err = compare(good, more, "--common", "--html", path("no/such/folder.html"))
    check(code == 4 and "no/such/folder.html" in err, "a place that can't be written")


def made_text(name, text):
    with open(path(name + ".jsonl"), "w", encoding="utf-8") as out:
        out.write(text)
    return path(name + ".jsonl")


def index():
    """The journal is the only source: whatever happens to the index changes nothing."""
    a, b = made("a", [("c", "pass"), ("d", "pass")]), made("b", [("c", "fail"), ("d", "pass", ("+X", "OK"))])
    for folder in (a, b):
        check(not os.path.exists(folder + "/journal.index"), "made without")
    _, text, first = compared(a, b)
    file = b + "/journal.index"
    good = open(file, "rb").read()

    def again(what, rebuilt=True):
        found, now, raw = compared(a, b)
        check(raw == first and now == text, what + ": another result")
        check((open(file, "rb").read() == good) == rebuilt, what + ": the index")
        return found

    again("from the index")
    os.remove(file)
    again("deleted")
    for at in list(range(0, 200, 7)) + list(range(200, len(good), len(good) // 40)):
        with open(file, "wb") as out:
            out.write(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1:])
        again("byte %d is another" % at)
    for size in (0, 1, 7, 60, len(good) // 2, len(good) - 1):
        with open(file, "wb") as out:
            out.write(good[:size])
        again("cut to %d bytes" % size)
    with open(file, "wb") as out:
        out.write(good + b"\0")
    again("a byte more")
    shutil.copy(a + "/journal.index", file)
    again("of another run")
    os.utime(b + "/journal.jsonl", (1, 1))
    again("the journal has another time")
    os.remove(file)
    os.mkdir(file)
    found, _, raw = compared(a, b)
    check(raw == first, "a folder is in its place")
    os.rmdir(file)
    compared(a, b)
    with open(b + "/journal.jsonl", encoding="utf-8") as journal:
        edited = journal.read().replace('"fail"', '"pass"')
    with open(b + "/journal.jsonl", "w", encoding="utf-8") as journal:
        journal.write(edited)
    found, _, _ = compared(a, b)
    check(changes(found)["c"] == "unchanged", "an edit of the same length is seen")
    if os.geteuid():
        os.remove(file)
        os.chmod(b, stat.S_IRUSR | stat.S_IXUSR)
        check(compare(a, b)[0] == 0, "a folder that can't be written")
        os.chmod(b, stat.S_IRWXU)
    lonely = path("lonely.jsonl")
    shutil.copy(b + "/journal.jsonl", lonely)
    check(compare(a, lonely)[0] == 0 and not os.path.exists(path("journal.index")), "no index of a lone file")


def either_reader():
    """Lines as the rig writes them have a reader of their own; blanks between lead to the other one."""
    for number, journal in enumerate((journal_gen.sample(hostile=True), journal_gen.network(hostile=True),
                                      journal_gen.sample(100, wire=3000))):
        journal.lines[0]["run"] = "00000000-0000-4000-8000-%012d" % number
        base = made("base", [("c", "pass")])
        told = []
        for name, separators in (("plain/x", (",", ":")), ("blank/x", (", ", ": "))):
            os.makedirs(path(name), exist_ok=True)
            with open(path(name + "/journal.jsonl"), "w", encoding="utf-8") as out:
                for line in journal.lines:
                    out.write(json.dumps(line, ensure_ascii=number == 1, separators=separators) + "\n")
            shutil.rmtree(path("x"), ignore_errors=True)
            shutil.copytree(path(name), path("x"))
            told.append([compared(base, path("x"))[2], open(path("x/journal.index"), "rb").read()[64:]])
        check(told[0][0] == told[1][0], "the readers differ: %s" % number)
    good = made("good", [("c", "pass")])
    with open(good + "/journal.jsonl", encoding="utf-8") as file:
        text = file.read()
    at = text.index('"e":"rx"')
    for old, new in (('"e":"rx","l":0', '"e":"rx","l":99'), ('"e":"rx","l":0,"c":0', '"e":"rx","l":0,"c":7'),
                     ('"e":"rx","l":0,"c":0', '"e":"rx","l":0,"c":00'), ('\\r\\n"}', '\\r\\n"'),
                     ('\\r\\n"}', '\\u0100"}'), ('\\r\\n"}', '\\q"}'), ('\\r\\n"}', '\t"}'),
                     ('\\r\\n"}', '\\r\\n","l":0}')):
        with open(good + "/journal.jsonl", "w", encoding="utf-8") as file:
            file.write(text[:at] + text[at:].replace(old, new, 1))
        code, _, err = compare(good, base)
        check(code == 2 and "good/journal.jsonl:%d:1: " % (text[:at].count("\n") + 1) in err, "%s: %s" % (new, err))


def hostile():
    for name, other in (("h1", journal_gen.sample(hostile=True)), ("h2", journal_gen.network(hostile=True)),
                        ("h3", journal_gen.sample(120, hostile=True))):
        other.lines[0]["run"] = "\x1b[31m" + name + journal_gen.HOSTILE
        os.makedirs(path(name), exist_ok=True)
        other.write(path(name + "/journal.jsonl"))
    found, text, raw = compared(path("h1"), path("h2"), path("h3"))
    check(not CONTROL.search(text) and not CONTROL.search(raw), "a control character")
    check(all(len(line) <= 100 for line in text.split("\n")), "a line of more than 100 columns")
    check(len(found["cases"]) > 200, "cases of all")
    check(compare(path("h1"), path("h3"), "--html", path("h.html"))[0] == 0, "html")
    page = open(path("h.html"), encoding="utf-8").read()
    check(page.count("<script") == 1 and "onerror=\"" not in page and not CONTROL.search(page), "markup")


def main():
    for part in (kinds, three, responses, latency, banner, refusals, index, either_reader, hostile):
        if len(sys.argv) < 4 or part.__name__ in sys.argv[3:]:
            part()
    done()


main()
