#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The page of a comparison in headless Chromium: filters, deep links, wire logs side by side; hostile
text stays text; readable without scripts. `compare_page_test.py TOOL SCHEMAS [KEEP]`: with KEEP the
screenshots stay in that folder, to be looked at."""
import os
import re
import subprocess
import sys
import tempfile

import journal_gen
from browser import Browser
from compare_check import Run, check, compare, made, path
from page import CHROMIUM, FLAGS, Page, browse, root_of, sound
from report_check import done


def visible(dom):
    return [e["attrs"]["id"].rsplit("/", 1)[1] for e in Page(dom).elements
            if e["attrs"].get("class") == "case" and "hidden" not in e["attrs"]]


def small():
    before = [("stays", "pass", ("+X:1", "OK")), ("falls", "pass", ("+X:1", "OK")),
              ("heals", "fail", ("ERROR",), "refused"), ("speaks", "pass", ("+X:1", "+Y:2", "OK")),
              ("goes", "pass")]
    after = [("stays", "pass", ("+X:1", "OK")), ("falls", "fail", ("ERROR",), "the value was refused"),
             ("heals", "pass", ("OK",)), ("speaks", "pass", ("+X:7", "+Y:2", "OK")), ("comes", "pass")]
    out = path("small.html")
    check(compare(made("v2.0", before), made("v2.2", after), "--html", out)[0] == 0, "html")
    page = Page(open(out, encoding="utf-8").read())
    sound("small", page)
    for fragment, wanted in (
            ("", ["falls", "goes", "heals", "speaks", "comes", "stays"]),
            ("#kind=regressed", ["falls"]), ("#kind=fixed,bytes", ["heals", "speaks"]),
            ("#kind=unchanged", ["stays"]), ("#q=refused", ["falls"]), ("#q=nothing%20like%20it", []),
            ("#family=basic&kind=added", ["comes"])):
        dom = browse(out, fragment)
        root = root_of(dom)
        check(root.get("data-ready") == "1", "the script did not run")
        check(visible(dom) == wanted and root["data-shown"] == str(len(wanted)),
              "%s shows %s" % (fragment, visible(dom)))
    check("open" in Page(browse(out, "#kind=unchanged")).all("details", id="same")[0]["attrs"], "unchanged is shut")
    dom = browse(out, "#case=basic/x/speaks")
    case = Page(dom).all("details", id="case=basic/x/speaks")[0]
    check("open" in case["attrs"], "the case of a deep link is not open")
    check(sum("open" in e["attrs"] for e in Page(dom).all("details")) == 1, "others are open, too")
    part = dom[dom.index('id="case=basic/x/speaks"'):].split('<details class="case"')[0]
    check(re.findall("<del>(.*?)</del>", part) == ["1"] and re.findall("<ins>(.*?)</ins>", part) == ["7"],
          "the differing bytes: %s" % re.findall("<(?:del|ins)>.*?<", part))
    check("+Y:2\\r\\n</td>" in part and 'aria-label="sent to the module"' in part, "the equal lines")
    check(part.count('<tr class="diff">') == 1, "lines that differ: %d" % part.count('class="diff"'))
    return out


def keys(file):
    """The keys of a run's page, and what gets printed."""
    here = "(document.activeElement.closest('details.case') || {id: ''}).id.split('/').pop()"
    with Browser() as browser:
        browser.open(file)
        met = []
        for key in ("j", "j", "n", "p", "n", "k"):
            browser.key(key)
            met.append(browser.eval(here))
        check(met == ["falls", "goes", "goes", "falls", "goes", "falls"], "keys lead to %s" % met)
        browser.key("Enter")
        check(browser.eval("document.activeElement.parentNode.open"), "Enter does not open")
        browser.key("Escape")
        check(not browser.eval("document.activeElement.parentNode.open"), "Escape does not close")
        browser.key("/", "n")
        check(browser.eval("document.activeElement.value") == "n", "a letter in a filter is taken for a key")
        browser.open(file)
        browser.click("#single-keys")
        browser.key("j")
        check(browser.eval(here) == "", "keys of one letter can't be switched off")
        printed = """(dispatchEvent(new Event('%s')),
          Array.prototype.map.call(document.querySelectorAll('details.case[open]'), e => e.id.split('/').pop()).join())"""
        paper = browser.eval(printed % "beforeprint")
        check(paper == "falls,goes", "on paper: " + paper)
        check(browser.eval(printed % "afterprint") == "", "they stay open")


def hostile():
    for name, seed in (("h1", 1), ("h2", 2)):
        run = Run(seed=seed, iut="virtual:" + journal_gen.HOSTILE, profile=journal_gen.HOSTILE)
        run.plan("basic/x/bad", "AT+X", ["X-1"])
        run.lease(0)
        run.exchange(0, "AT+GMR", journal_gen.HOSTILE + name, "OK")
        run.exchange(0, "AT+X", journal_gen.HOSTILE * (seed + 1), "".join(chr(b) for b in range(256)), "OK")
        run.peer(0, 0, "open", kind=journal_gen.HOSTILE, address=journal_gen.HOSTILE, port=1)
        run.peer(0, 0, "rx", k=0, bytes=journal_gen.HOSTILE + name)
        run.release(0)
        run.verdict(0, ("pass", "fail")[seed - 1], message=journal_gen.HOSTILE, actual=journal_gen.HOSTILE)
        run.end()
        run.save(name)
    out = path("hostile.html")
    check(compare(path("h1"), path("h2"), "--html", out)[0] == 0, "hostile")
    text = open(out, encoding="utf-8").read()
    sound("hostile", Page(text))
    check(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), "a control character")
    dom = browse(out, "#case=basic/x/bad")
    check("data-owned" not in root_of(dom) and not Page(dom).all("img"), "text of the IUT came alive")
    check("OWNED" not in Page(dom).all("title")[0]["text"], "the title")
    check("&lt;script&gt;" in dom.split("<main>")[1], "hostile text is not shown")


def looks(file, keep):
    for theme in ("light", "dark"):
        picture = os.path.join(keep, "compare-%s.png" % theme)
        flags = ["--blink-settings=preferredColorScheme=%d" % (theme == "light")]
        subprocess.run([CHROMIUM, *FLAGS, *flags, "--window-size=1400,2200", "--screenshot=" + picture,
                        "file://" + file], capture_output=True, timeout=90, check=False)
        check(os.path.exists(picture) and os.path.getsize(picture) > 20000, theme + ": no picture")


def main():
    if not CHROMIUM:
        print("no chromium")
        sys.exit(77)
    file = small()
    keys(file)
    hostile()
    with tempfile.TemporaryDirectory(prefix="atconform-looks-") as folder:
        looks(file, sys.argv[3] if len(sys.argv) > 3 else folder)
    done()


main()
