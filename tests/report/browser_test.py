#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The HTML report as a reader uses it, in headless Chromium: filters, mouse, keys, links, what a
screen reader is told, contrast, paper, no script; and that no text of an IUT comes alive.
`browser_test.py TOOL SCHEMAS`."""
import json

import journal_gen
from browser import CHROMIUM, Browser
from report_check import check, done, path, read, report

FAIL = "basic/gslp/claim_58_holds"
PASS = "basic/at/claim_0_holds"
# What is shown, by data of the journal rather than by the page's own idea of it.
SHOWN = """Array.prototype.filter.call(document.querySelectorAll('details.case'), function (e) {
  return e.getClientRects().length > 0; }).map(function (e) { return e.id.slice(5); })"""
# Whatever a hostile text tries ends in one of these.
CANARY = """document.documentElement.hasAttribute('data-owned') || /OWNED/.test(document.title) ||
  window.owned === 1 || document.querySelectorAll('img,iframe,svg script,object,base,link').length > 0"""
HOSTILE = (journal_gen.HOSTILE, "</noscript><script>owned=1</script>", "<img src=x onerror=owned=1>",
           "\" onmouseover=\"owned=1\" autofocus onfocus=\"owned=1\" x=\"", "<!--<script>", "--><svg onload=owned=1>",
           "</template><svg><script>owned=1</script>", "</pre></div></details><details open ontoggle=owned=1>",
           "<a href=\"javascript:owned=1\" id=shown>x</a>", "<base href=//127.0.0.1:9/><link rel=stylesheet href=x>",
           "\u202e\u2066\u2069\u200f\x1b]0;OWNED\x07\x1b[2J\x9b31m", "\x00\xff\xfe\xc3\x28\xf0\x9f\x92",
           "&lt;script&gt;owned=1&lt;/script&gt;", "\\u003cscript\\u003eowned=1", "javascript:owned=1")
# The lowest contrast of visible text with what is behind it, over all elements, as WCAG computes it.
CONTRAST = """(function () {
  var canvas = document.createElement('canvas'); canvas.width = canvas.height = 1;
  var pen = canvas.getContext('2d', {willReadFrequently: true}), seen = {};
  function rgba(text) {
    if (seen[text]) return seen[text];
    pen.clearRect(0, 0, 1, 1); pen.fillStyle = text; pen.fillRect(0, 0, 1, 1);
    var d = pen.getImageData(0, 0, 1, 1).data;
    return seen[text] = [d[0], d[1], d[2], d[3] / 255];
  }
  function over(a, b) { return [0, 1, 2].map(function (i) { return a[i] * a[3] + b[i] * (1 - a[3]); }).concat(1); }
  function light(c) {
    var l = c.slice(0, 3).map(function (v) { v /= 255; return v <= .04045 ? v / 12.92 : Math.pow((v + .055) / 1.055, 2.4); });
    return .2126 * l[0] + .7152 * l[1] + .0722 * l[2];
  }
  function ground(e) {
    if (!e) return rgba('white');
    var own = rgba(getComputedStyle(e).backgroundColor);
    return own[3] === 1 ? own : over(own, ground(e.parentElement));
  }
  var worst = [99, ''];
  document.querySelectorAll('body *').forEach(function (e) {
    if (e.namespaceURI !== document.documentElement.namespaceURI || !e.getClientRects().length) return;
    var own = Array.prototype.some.call(e.childNodes, function (n) { return n.nodeType === 3 && n.nodeValue.trim(); });
    var style = getComputedStyle(e);
    if (!own || style.visibility === 'hidden' || e.closest('.vh,.skip')) return;
    for (var p = e, dim = 1; p; p = p.parentElement) dim *= Number(getComputedStyle(p).opacity);
    var back = ground(e), ink = rgba(style.color);
    var a = light(over([ink[0], ink[1], ink[2], ink[3] * dim], back)), b = light(back);
    var ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < worst[0]) worst = [ratio, e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40)];
  });
  return worst;
}())"""


def root(browser, name):
    return browser.eval("document.documentElement.getAttribute('data-%s')" % name)


def is_open(browser, case):
    return browser.eval("document.getElementById(%s).open" % json.dumps("case=" + case))


def focused(browser):
    """The case that has the focus."""
    return browser.eval("(function (e) { return e ? e.id.slice(5) : ''; }"
                        "(document.activeElement.closest('details.case')))")


def rows(browser, case):
    return browser.eval("document.getElementById(%s).querySelectorAll('.wire tbody tr').length" % json.dumps("case=" + case))


def pause(browser):
    """Until the page has done what it puts off while a reader types."""
    browser.eval("new Promise(function (done) { setTimeout(done, 250); })")
    browser.settle()


def filtered(browser, name, value):
    """Sets a control as a reader would, and gives what is shown then."""
    browser.eval("""(function (e, value) {
      if (e.type === 'checkbox') e.checked = value; else e.value = value;
      e.dispatchEvent(new Event('input', {bubbles: true}));
      }(document.querySelector('#filters ' + %s), %s))""" % (json.dumps(name), json.dumps(value)))
    pause(browser)
    return browser.eval(SHOWN)


def planned(journal):
    """What the journal says of each case: (name, command, requirements, verdict)."""
    last = {line["c"]: line["verdict"] for line in journal.lines if line["e"] == "verdict"}
    return [(case, command, named, last.get(c, "missing")) for c, (case, command, named) in enumerate(journal.planned)]


def filters(browser, file, journal):
    cases = planned(journal)

    def expect(wanted, shown, what):
        check(sorted(shown) == sorted(wanted), "%s: shows %d cases, not %d" % (what, len(shown), len(wanted)))
        told = browser.eval("document.getElementById('shown').textContent")
        check(told == "%d of %d cases" % (len(wanted), len(cases)), "%s: the page says %s" % (what, told))

    browser.open(file)
    expect([c[0] for c in cases], browser.eval(SHOWN), "no filter")
    expect([c[0] for c in cases if c[3] == "error"], filtered(browser, "[value=error]", True), "verdict")
    expect([c[0] for c in cases if c[3] in ("error", "deviation")], filtered(browser, "[value=deviation]", True), "two verdicts")
    browser.click("#filters [type=reset]")
    expect([c[0] for c in cases], browser.eval(SHOWN), "cleared")
    expect([c[0] for c in cases if c[0].startswith("tcpip/")], filtered(browser, "[name=family]", "tcpip"), "family")
    choice = browser.eval("Array.prototype.map.call(document.querySelector('[name=command]').options, function (o) { return o.textContent; })")
    check(choice == ["all", "AT+CIPSEND"], "commands of the family: %s" % choice)
    filtered(browser, "[name=family]", "")
    expect([c[0] for c in cases if c[1] == "ATE"], filtered(browser, "[name=command]", "ATE"), "command")
    filtered(browser, "[name=command]", "")
    exact = filtered(browser, "[name=requirement]", "gslp-1")
    expect([c[0] for c in cases if "GSLP-1" in c[2]], exact, "one requirement")
    check(exact and any("GSLP-12" in c[2] for c in cases), "GSLP-12 could have been taken for GSLP-1")
    expect([c[0] for c in cases if c[2][0].startswith("GSLP")], filtered(browser, "[name=requirement]", "gslp"), "requirements of a command")
    filtered(browser, "[name=requirement]", "")
    expect([c[0] for c in cases if "claim_5" in c[0] and c[3] == "fail"], filtered(browser, "[name=q]", "claim_5 REFUSED"), "text")
    address = browser.eval("location.hash")
    check(address == "#q=claim_5%20REFUSED", "the address does not tell the filter: " + address)
    browser.open(file, "#family=basic&command=AT%2BGSLP&v=fail,failinf")
    expect([c[0] for c in cases if c[1] == "AT+GSLP" and c[3] == "fail"], browser.eval(SHOWN), "filters in the address")
    browser.open(file)
    browser.click("[id='req=GSLP-7'] td[data-n] a")
    expect([c[0] for c in cases if "GSLP-7" in c[2]], browser.eval(SHOWN), "from the ledger")
    browser.open(file)
    browser.click(".counts li[data-v=inconclusive] a")
    expect([c[0] for c in cases if c[3] == "inconclusive"], browser.eval(SHOWN), "from a count")


def links(browser, file):
    browser.open(file, "#case=" + PASS)
    browser.settle()
    check(is_open(browser, PASS) and focused(browser) == PASS and rows(browser, PASS) >= 3, "a link does not open its case")
    top = browser.eval("document.activeElement.getBoundingClientRect().top")
    check(0 < top < 600, "a linked case is not in view: %s" % top)
    browser.open(file, "#v=error&case=" + PASS)
    check(is_open(browser, PASS) and PASS in browser.eval(SHOWN) and len(browser.eval(SHOWN)) > 1, "a link with a filter")
    browser.open(file, "#v=error")
    check(PASS not in browser.eval(SHOWN), "the filter shows what passed")
    browser.eval("location.hash = %s" % json.dumps("#case=" + PASS))
    browser.settle()
    check(is_open(browser, PASS) and PASS in browser.eval(SHOWN), "a link to a case that a filter hides")
    browser.open(file, "#case=basic/at/no_such_case")
    check("no case basic/at/no_such_case" in browser.eval("document.getElementById('shown').textContent"), "a link to nowhere is not told")
    browser.open(file, "#req=GSLP-7")
    check(browser.eval("document.activeElement.id") == "req=GSLP-7", "a link to a requirement")


def mouse(browser, file):
    browser.open(file)
    check(browser.eval("document.querySelectorAll('.body').length") == 0, "closed cases are laid out already")
    summary = "[id='case=%s'] > summary" % FAIL
    why = browser.eval("document.querySelector(%s).textContent" % json.dumps(summary + " .why"))
    check(why == "after \"AT\" the refused value was accepted", "a line says its place twice: " + why)
    browser.click(summary)
    check(is_open(browser, FAIL) and rows(browser, FAIL) >= 3, "a click does not open")
    pause(browser)
    check(browser.eval("location.hash") == "#case=" + FAIL, "an open case is not in the address")
    browser.click(summary)
    check(not is_open(browser, FAIL), "a second click does not close")
    browser.click(summary)
    browser.click("[data-close=all]")
    check(browser.eval("document.querySelectorAll('details.case[open]').length") == 0, "cases stay open")


def keys(browser, file, journal):
    fails = [c for c in planned(journal) if c[3] in ("fail", "error", "inconclusive", "missing")]
    browser.open(file)
    order = browser.eval(SHOWN)
    browser.key("j", "j", "k", "j")
    check(focused(browser) == order[1], "j and k: " + focused(browser))
    browser.key("Enter")
    check(is_open(browser, order[1]) and rows(browser, order[1]) >= 3, "Enter does not open")
    browser.key("Tab")
    check(focused(browser) == order[1], "the case's links are not next")
    browser.key("Escape")
    check(not is_open(browser, order[1]) and focused(browser) == order[1], "Escape does not close")
    browser.open(file)
    met = []
    for _ in fails:
        browser.key("n")
        met.append(focused(browser))
    check(sorted(met) == sorted(c[0] for c in fails), "n goes to %d of %d fails" % (len(set(met)), len(fails)))
    browser.key("n")
    check("no further fail" in browser.eval("document.getElementById('shown').textContent"), "the last fail is not told")
    browser.key("p")
    check(focused(browser) == met[-2], "p does not go back")
    browser.key("/")
    check(browser.eval("document.activeElement.name") == "q", "/ does not go to the text filter")
    browser.key("j", "n", "0")
    check(browser.eval("document.activeElement.value") == "jn0", "letters in a filter are taken for keys")
    browser.key("Escape")
    check(browser.eval("document.activeElement === document.body"), "Escape does not leave the filter")
    browser.open(file)
    browser.click("#single-keys")
    browser.key("j")
    check(focused(browser) == "", "keys of one letter can't be switched off")
    everything_is_reached(browser, file)


def everything_is_reached(browser, file):
    """Tab alone comes to all controls, each with a visible sign of the focus."""
    browser.open(file, "#q=" + FAIL.split("/")[2])
    browser.eval("document.getElementById('filters').scrollIntoView(), document.activeElement.blur()")
    wanted = browser.eval("document.querySelectorAll('#filters input, #filters select, #filters button').length")
    browser.eval("document.getElementById('h-cases').focus()")
    met, unseen = set(), []
    for _ in range(wanted):
        browser.key("Tab")
        one = browser.eval("""(function (e) { var s = getComputedStyle(e);
          return [e.form ? Array.prototype.indexOf.call(e.form.querySelectorAll('input, select, button'), e) : -1,
            s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }(document.activeElement))""")
        met.add(one[0])
        if not one[1]:
            unseen.append(one[0])
    check(met == set(range(wanted)), "Tab does not come to %s" % sorted(set(range(wanted)) - met))
    check(not unseen, "the focus does not show on %s" % unseen)
    browser.key("Tab", "Enter")
    check(focused(browser) == FAIL and is_open(browser, FAIL), "Tab does not come to the case")


def screen_reader(browser, file):
    """Landmarks, headings, tables, names."""
    browser.open(file, "#case=tcpip/cipsend/sends_every_byte_value")
    browser.settle()
    tree = browser.tree()
    roles = [role for role, _ in tree]
    for landmark in ("main", "navigation", "contentinfo", "search"):
        check(roles.count(landmark) == 1, "%d landmarks %s" % (roles.count(landmark), landmark))
    regions = {name for role, name in tree if role == "region"}
    check({"Cases", "Requirements", "Plots"} <= regions, "regions: %s" % regions)
    nameless = [role for role, name in tree if not name.strip() and role in
                ("button", "link", "checkbox", "combobox", "searchbox", "textbox", "DisclosureTriangle", "image", "table", "heading")]
    check(not nameless, "without a name: %s" % nameless)
    check("status" in roles, "the count is not told")
    check(browser.eval("document.getElementById('shown').textContent").startswith("205 of 205"), "the count")
    levels = browser.eval("""Array.prototype.filter.call(document.querySelectorAll('h1,h2,h3,h4,h5'), function (h) {
      return h.getClientRects().length; }).map(function (h) { return Number(h.tagName[1]); })""")
    check(levels[0] == 1 and levels.count(1) == 1, "headings begin with %s" % levels[:3])
    check(all(b - a <= 1 for a, b in zip(levels, levels[1:])), "a level of headings is left out: %s" % levels)
    bad = browser.eval("""Array.prototype.filter.call(document.querySelectorAll('table'), function (t) {
      return !t.caption || !t.tHead || !t.querySelector('thead th[scope=col]'); }).length""")
    check(bad == 0, "%d tables without a caption or heads" % bad)
    told = browser.eval("Array.prototype.map.call(document.querySelectorAll('.as-table tbody tr'), function (r) { return r.textContent; })")
    check("tcpip1 pass, 4 fail (stated)" in told, "the families' bars are not told in words: %s" % told[:3])
    check(sum(row.startswith("AT+CIPSEND") for row in told) == 1, "the latencies are not told in words")
    for table in ("matrix", "ledger"):
        check(browser.eval("document.querySelectorAll('.%s tbody tr:not(.group)').length ==="
                           " document.querySelectorAll('.%s tbody th[scope=row]').length" % (table, table)), table + ": rows without heads")
    fails = [name for role, name in tree if role == "DisclosureTriangle" and "sends_every_byte_value" in name]
    check(fails and fails[0].startswith("fail (stated)"), "a case does not say its verdict: %s" % fails)
    check(("image", "sent to the module") in tree and ("image", "the peer received") in tree, "arrows without words")
    ids = browser.eval("(function (all) { return all.length - new Set(all).size; }(Array.prototype.map.call("
                       "document.querySelectorAll('[id]'), function (e) { return e.id; })))")
    check(ids == 0, "ids twice: %d" % ids)


def contrast(browser, file):
    for dark in (False, True):
        browser.look(dark)
        browser.open(file, "#case=basic/at/claim_4_holds")
        browser.eval("['tcpip/cipsend/publishes_by_a_broker', 'tcpip/cipsend/keeps_every_byte_under_load']"
                     ".forEach(function (c) { document.getElementById('case=' + c).querySelector('summary').click(); })")
        browser.settle()
        worst, where = browser.eval(CONTRAST)
        check(worst >= 4.5, "%s: contrast %.2f of %s" % ("dark" if dark else "light", worst, where))
    browser.look(False)


def narrow(browser, file):
    """Nothing sticks out of a telephone's screen."""
    browser.size(390, 800)
    browser.open(file, "#case=" + FAIL)
    wide = browser.eval("document.documentElement.scrollWidth")
    browser.size(1400, 900)
    check(wide <= 390, "%d pixels wide on a screen of 390" % wide)


def paper(browser, file):
    """Shown fails are printed in full, on white; what one clicks on is not; then all is as before."""
    browser.open(file, "#v=fail")
    count = len(browser.eval(SHOWN))
    pages = browser.pdf()
    check(pages.startswith(b"%PDF"), "nothing printed")
    check(browser.eval("document.querySelectorAll('details.case[open]').length") == 0, "cases stay open after printing")
    check(browser.eval("document.querySelectorAll('details.case .wire table').length") == count, "fails are printed without their logs")
    browser.look(True, "print")
    check(browser.eval("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)", "paper is not white")
    check(browser.eval("getComputedStyle(document.body).color").startswith("rgb(2"), "ink is not dark")
    check(browser.eval("document.getElementById('filters').getClientRects().length") == 0, "the filters are printed")
    browser.look(False)


def no_script(browser, file):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(file)
    tree = browser.tree()
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    check(not any(role == "search" for role, _ in tree), "filters that can't work show")
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.eval("document.querySelector(%s).click()" % json.dumps("[id='case=%s'] > summary" % FAIL))
    tree = browser.tree()
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    text = " ".join(name for _, name in tree)
    check("Expected" in text and "-> AT+GSLP?" in text, "without a script a case tells nothing")


def hostile_journal():
    """All texts of a run by one who wants to own the reader's browser."""
    journal = journal_gen.sample(hostile=True, peers=True)
    evil = "\n".join(HOSTILE)
    for line in journal.lines:
        if line["e"] == "verdict" and line["c"] in (4, 13, 58):
            line.update(message=evil, expected=evil, actual=evil)
        if line["e"] == "requirement" and line["id"].endswith("-2"):
            line["text"] = evil
    end = journal.lines.pop()
    for part in HOSTILE:
        journal.add("rx", l=0, c=4, bytes=journal.octets(part))
    journal.add("rx", l=0, c=4, bytes="<script>owned=1</script>" * 44000)
    journal.add("rx", l=0, c=4, bytes=("</script>" + "\x00\xff<!--") * 80000)
    journal.lines.append(end)
    return journal


def raw_journal():
    """The same bytes, but not as the rig writes them: cases' lines are put in the attempt."""
    journal = hostile_journal()
    late = [line for line in journal.lines if line.get("c") == 4 and line["e"] == "rx"]
    at = next(i for i, line in enumerate(journal.lines) if line["e"] == "release" and line["c"] == 4)
    rest = [line for line in journal.lines if line not in late[3:]]
    journal.lines = rest[:at] + late[3:] + rest[at:]
    t = 0
    for n, line in enumerate(journal.lines):
        t = max(t, line["t"]) if line not in late else t
        line.update(n=n, t=t)
    return journal


def nothing_comes_alive(browser):
    journal = raw_journal()
    report(journal, "html", name="hostile")
    file = path("hostile.html")
    markup = read("hostile.html").decode("utf-8")
    check(len(markup) < 4000000, "a megabyte line is in the page: %d bytes" % len(markup))
    browser.open(file, "#case=basic/at/claim_4_holds")
    browser.eval("document.querySelectorAll('details').forEach(function (d) { d.open = true; })")
    pause(browser)
    browser.eval("document.querySelectorAll('details').forEach(function (d) { d.open = true; })")
    browser.eval("""document.querySelectorAll('main *').forEach(function (e) {
      ['mouseover', 'focus', 'click'].forEach(function (what) {
        if (!e.closest('a,button,summary,label,input')) e.dispatchEvent(new Event(what)); }); })""")
    browser.settle()
    check(rows(browser, "basic/at/claim_4_holds") > 10, "the hostile log is not shown")
    check(browser.eval(CANARY) is False, "text of the IUT came alive")
    check(browser.requests == ["file://" + file + "#case=basic/at/claim_4_holds"] or
          browser.requests == ["file://" + file], "requests: %s" % browser.requests)
    check(not browser.log, "the console says: %s" % browser.log[:3])
    on = browser.eval("""Array.prototype.filter.call(document.querySelectorAll('*'), function (e) {
      return Array.prototype.some.call(e.attributes, function (a) { return /^on|^style$|^src$/.test(a.name) ||
        (a.name === 'href' && a.value[0] !== '#'); }); }).length""")
    check(on == 0, "%d elements with handlers, styles or addresses" % on)
    raw = browser.eval("/[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]/.test(document.body.textContent)")
    check(raw is False, "a control character is in the document")


def the_canary_sings(browser):
    """Were one text not escaped and the policy not there, this test would see it."""
    markup = read("hostile.html").decode("utf-8")
    free = markup.replace("Content-Security-Policy", "X-Nothing")
    for name, text in (("script", HOSTILE[1]), ("image", HOSTILE[2]), ("toggle", HOSTILE[7]), ("first", HOSTILE[0])):
        with open(path("control.html"), "w", encoding="utf-8", errors="replace") as out:
            out.write(free.replace("<main>", "<main>" + text.replace("\x00", "")))
        browser.open(path("control.html"))
        browser.settle()
        check(browser.eval(CANARY) is True, "the canary does not see " + name)
    with open(path("control.html"), "w", encoding="utf-8") as out:
        out.write(markup.replace("<main>", "<main>" + HOSTILE[1]))
    browser.open(path("control.html"))
    check(browser.eval("window.owned") is None and browser.log, "the policy does not hold where escaping fails")


def main():
    if not CHROMIUM:
        print("no Chromium here: nothing was checked")
        done()
    journal = journal_gen.sample(peers=True)
    failed = next(line for line in journal.lines if line["e"] == "verdict" and line["c"] == 58)
    failed["message"] = "suites/basic/uart.c:41: GSLP-7 (section 2.3, line 9): after \"AT\" the refused value was accepted"
    report(journal, "html", name="page")
    file = path("page.html")
    with Browser() as browser:
        check("://" not in read("page.html").decode("utf-8"), "an address outside is in the file")
        filters(browser, file, journal)
        check(browser.requests == ["file://" + file] and not browser.log, "%s, %s" % (browser.requests, browser.log))
        links(browser, file)
        mouse(browser, file)
        keys(browser, file, journal)
        screen_reader(browser, file)
        contrast(browser, file)
        narrow(browser, file)
        paper(browser, file)
        no_script(browser, file)
        nothing_comes_alive(browser)
        the_canary_sings(browser)
    done()


main()
