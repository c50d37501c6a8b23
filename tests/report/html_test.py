#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The HTML report in headless Chromium: filters, deep links, wire logs; hostile text stays text; no
network; readable without scripts; screenshots in light and dark. `html_test.py TOOL SCHEMAS [KEEP]`:
with KEEP the screenshots stay in that folder, to be looked at."""
import json
import os
import re
import subprocess
import sys
import tempfile

import journal_gen
from page import CHROMIUM, FLAGS, Page, browse, root_of, sound
from report_check import check, done, journals, path, read, report

def static(name, journal):
    told = report(journal, "html", name=name)
    text = read(name + ".html").decode("utf-8")
    page = Page(text)
    sound(name, page)
    for e in page.all("script", type="application/json"):
        json.loads(e["text"])
    ids = [e["attrs"]["id"] for e in page.elements if "id" in e["attrs"]]
    check(len(ids) == len(set(ids)), "%s: an id twice" % name)
    for e in page.all("a"):
        check(e["attrs"]["href"][1:] in ids or e["attrs"]["href"] == "#summary",
              "%s: leads nowhere: %s" % (name, e["attrs"]["href"]))
    check(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text),
          "%s: a control character" % name)
    passed = len(page.all("details", **{"data-v": "pass"}))
    check(passed == told["pass"], "%s: %d of %d passed" % (name, passed, told["pass"]))
    check("Exit code %d" % told["exit"] in text, "%s: exit code" % name)
    if name == "flaky":
        check(len(page.all("details", **{"data-v": "flaky"})) == 1, "flaky: no such case")
        check(len(page.all("section", **{"class": "attempt"})) == 12, "flaky: attempts")
        check(len(page.all("script", type="application/json")) == 12, "flaky: wire logs of attempts")


def requests_are_seen():
    """The check for network requests would find one."""
    with open(path("control.html"), "w", encoding="utf-8") as out:
        out.write("<!DOCTYPE html><img src='http://127.0.0.1:9/x.png'>")
    check(browse(path("control.html"), control=True), "a page's request goes unseen")


def filters(file):
    root = root_of(browse(file, "#v=fail,failinf&command=AT%2BGSLP"))
    check(root.get("data-ready") == "1", "the script did not run")
    check(root.get("data-shown") == "1", "fails of AT+GSLP shown: %s" % root.get("data-shown"))
    dom = browse(file, "#q=claim_58&grade=stated")
    shown = [e["attrs"]["id"] for e in Page(dom).all("details") if
             e["attrs"].get("class", "").startswith("case") and "hidden" not in e["attrs"]]
    check(shown == ["case=basic/gslp/claim_58_holds"], "text filter shows %s" % shown)


def case_opens(file, hostile):
    dom = browse(file, "#case=basic/at/claim_4_holds")
    page = Page(dom)
    case = page.all("details", id="case=basic/at/claim_4_holds")[0]
    check("open" in case["attrs"], "the case of a deep link is not open")
    part = dom[dom.index('id="case=basic/at/claim_4_holds"'):]
    part = part.split('<details class="case')[0]
    check(part.count("<tr class=\"rx\">") >= 2 and "aria-label=\"sent to the module\"" in part, "no wire log")
    check("<span class=\"x\">\\r</span>" in part, "escapes are not marked")
    check("atconform run --profile esp8266-at 'basic/at/claim_4_holds'" in part, "no repetition")
    title = page.all("title")[0]["text"]
    check("OWNED" not in title and title.startswith("Does not conform"), "title: " + title)
    check("data-owned" not in root_of(dom), "a script of the IUT ran")
    check(not page.all("img"), "an element of the IUT is in the page")
    if hostile:
        check("&lt;script&gt;document.title" in part, "hostile text is not shown")


def both_sides(file):
    """A case with peers: a lane each, both directions, long payload folded, waits named."""
    name = "case=tcpip/cipsend/sends_every_byte_value"
    dom = browse(file, "#" + name)
    page = Page(dom)
    part = dom[dom.index('id="%s"' % name):]
    part = part[:part.index("Repeat this case")]
    lanes = re.findall("<th class=\"l[^>]*>(.*?)</th>", part)
    check(len(lanes) == 2 and lanes[1].startswith("peer 0<small>tcp-echo"), "lanes: %s" % lanes)
    for kind in ("prx", "ptx", "peer", "wait", "tx", "rx"):
        check("<tr class=\"%s\">" % kind in part, "no %s in the timeline" % kind)
    check("1.402 s of waiting, until the tester sent" in part, "the wait is not named")
    check('aria-label="the peer received"' in part and 'aria-label="the peer sent"' in part, "sides")
    check(re.search("2048 bytes</span></summary>", part), "a long payload is not folded")
    cells = re.findall("<tr class=\"prx\">(.*?)</tr>", part)[0]
    check(re.search("class=\"n\"></td><td class=\"b\">", cells), "not in the peer's lane: " + cells)
    check(not page.all("img") and "data-owned" not in root_of(dom), "text of a peer came alive")
    check("ping<script" not in part and "ping&lt;script" in part, "hostile payload is not shown")


def many_peers(file):
    """More peers than lanes: the last lane is shared, and says who."""
    name = "case=tcpip/cipsend/keeps_every_byte_under_load"
    dom = browse(file, "#" + name)
    part = dom[dom.index('id="%s"' % name):]
    check(len(re.findall("<th class=\"l", part)) == 7 and "the other 3 peers" in part, "lanes of many")
    check("<span class=\"p\">peer 7</span>" in part, "the shared lane does not say who")
    check("40960 bytes in 20 pieces" in part, "what was only counted is not told once")


def with_broker(file):
    """A case with a broker: its log has a lane of its own, its messages stand in the observer's."""
    name = "case=tcpip/cipsend/publishes_by_a_broker"
    dom = browse(file, "#" + name)
    part = dom[dom.index('id="%s"' % name):]
    part = part[:part.index("Repeat this case")]
    lanes = re.findall("<th class=\"l[^>]*>(.*?)</th>", part)
    check(len(lanes) == 3 and lanes[2].startswith("MQTT broker<small>"), "lanes: %s" % lanes)
    rows = re.findall("<tr class=\"broker\">(.*?)</tr>", part)
    check(rows and "class=\"n\"></td><td class=\"n\"></td><td class=\"b\">" in rows[0], "not in the broker's lane")
    check("\"ac/b\", QoS 2: there" in part.replace("&quot;", "\""), "no message")
    check("1.100 s of waiting, until the broker had news" in part, "the wait is not named")
    check("data-owned" not in root_of(dom), "text of a broker came alive")


def without_script(file):
    """What stands in the file itself: summary, matrix, failing cases with their wire log."""
    with open(file, encoding="utf-8") as text:
        markup = text.read()
    page = Page(markup)
    check("Exit code 1" in markup and page.all("table", **{"class": "matrix"}), "no matrix")
    check(re.search(r'data-wire="[^"]*"><pre>[^<]*-&gt; AT', markup), "no wire log without a script")
    check("hidden" in page.all("form", id="filters")[0]["attrs"], "filters that can't work show")


def screenshots(file, keep):
    pictures = []
    for name, more in (("light", []), ("dark", ["--blink-settings=preferredColorScheme=0"])):
        picture = os.path.join(keep or os.path.dirname(file), "report-%s.png" % name)
        with tempfile.TemporaryDirectory(prefix="atconform-chromium-") as profile:
            subprocess.run([CHROMIUM, *FLAGS, *more, "--user-data-dir=" + profile,
                            "--window-size=1400,2600", "--screenshot=" + picture, "file://" + file],
                           capture_output=True, timeout=90, check=False)
        with open(picture, "rb") as file_of:
            pictures.append(file_of.read())
    check(all(len(p) > 50000 for p in pictures), "a picture is nearly empty")
    check(pictures[0] != pictures[1], "dark looks like light")


def main():
    for name, journal in journals():
        static(name, journal)
    if not CHROMIUM:
        print("no Chromium here: only the file was checked")
        done()
    for hostile in (False, True):
        report(journal_gen.sample(hostile=hostile), "html", name="page")
        case_opens(path("page.html"), hostile)
        if not hostile:
            screenshots(path("page.html"), sys.argv[3] if len(sys.argv) > 3 else None)
    report(journal_gen.network(hostile=True), "html", name="network")
    both_sides(path("network.html"))
    many_peers(path("network.html"))
    with_broker(path("network.html"))
    requests_are_seen()
    filters(path("page.html"))
    without_script(path("page.html"))
    done()


main()
