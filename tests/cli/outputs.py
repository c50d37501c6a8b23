# SPDX-License-Identifier: MIT
"""What a reader of each output of a run takes it for: how many cases passed by every count in it,
what each case is shown as, and whether it is green as a whole. Written from the readers' side; it
shares nothing with src/report."""
import html.parser
import json
import re
import xml.etree.ElementTree as ET

VERDICTS = ("pass", "fail", "deviation", "inconclusive", "unequipped", "error", "n/a", "skipped",
            "missing", "flaky")
VOID = {"meta", "br", "input", "img", "link"}
LOOKS = {"n/a": "na"}  # classes of the page that are not the verdict's name


class Page(html.parser.HTMLParser):
    """Elements with their attributes, their whole text, and the elements around them."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.elements = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", "in": list(self.stack), "inside": [], **dict(attrs)}
        element["classes"] = (element.get("class") or "").split()
        self.elements.append(element)
        for around in self.stack:
            around["inside"].append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()["tag"] != tag:
            pass

    def handle_data(self, data):
        for element in self.stack:
            element["text"] += data

    def all(self, tag, css=None, within=None):
        return [e for e in (within["inside"] if within else self.elements)
                if e["tag"] == tag and (css is None or css in e["classes"])]

    def one(self, tag, css=None, within=None):
        found = self.all(tag, css, within)
        assert len(found) == 1, "%d elements %s.%s" % (len(found), tag, css)
        return found[0]


class Output:
    """green: a reader would let this pass. passed: all its counts of passed cases, by where they
    stand. cases: what each is shown as (None: as one that passed). requirements: the same for
    those that are shown, where the format shows them."""

    def __init__(self, green, passed, cases, requirements=None):
        self.green, self.passed, self.cases, self.requirements = green, passed, cases, requirements


def console(text):
    flat = " ".join(text.split())
    total, rest = re.findall(r"(?:^| )(\d+) cases: (.*?flaky) ", flat)[-1]
    counts = dict((word, int(n)) for n, word in re.findall(r"(\d+) ([a-z/]+)(?: \([^)]*\))?(?:,|$)", rest))
    assert set(counts) == set(VERDICTS), rest
    assert sum(counts.values()) == int(total), flat[-300:]
    outcome, code = re.findall(r"([A-Z][A-Za-z ]+) \(exit (\d+)\): ", flat)[-1]
    assert (outcome == "Conforms") == (code == "0"), (outcome, code)
    said = [int(n) for n in re.findall(r"\(exit \d+\): (\d+) of \d+ cases passed", flat)]
    cases = {}
    section = None
    for line in text.splitlines():
        title = re.fullmatch(r"([A-Z].*) \(\d+\)", line)
        section = title[1] if title else None if not line else section
        entry = re.match(r"  (?:[a-z/]+  )?([a-z0-9_]+/[a-z0-9_]+/\S+)(?:  |$)", line)
        if entry and section:
            cases[entry[1]] = section.split(":")[0].split(" ")[0].lower()
    return Output(outcome == "Conforms", {"totals": counts["pass"], **({"end": said[0]} if said else {})},
                  cases)


def ctrf(text):
    results = json.loads(text)["results"]
    summary, tests = results["summary"], results["tests"]
    assert summary["tests"] == len(tests) == sum(
        summary[s] for s in ("passed", "failed", "skipped", "pending", "other")), summary
    for status in ("passed", "failed", "skipped", "pending", "other"):
        assert summary[status] == sum(t["status"] == status for t in tests), status
    extra = results["extra"]["atconform"]
    cases = {t["testId"]: None if t["status"] == "passed" else t["rawStatus"]
             for t in tests if t["suite"][0] != "atconform"}
    for t in tests:
        assert (t["rawStatus"] == "pass") == (t["status"] == "passed"), t["testId"]
    return Output(summary["failed"] == 0 and summary["passed"] > 0,
                  {"summary": summary["passed"], "extra": summary["extra"]["atconform"]["pass"],
                   "tests": sum(t["status"] == "passed" for t in tests)},
                  cases, {r["id"]: r["verdict"] for r in extra["requirements"]})


def junit(text):
    root = ET.fromstring(text)
    cases, counts = {}, dict.fromkeys(("tests", "failure", "error", "skipped"), 0)
    passed = 0
    for suite in root:
        seen = dict.fromkeys(counts, 0)
        for case in suite.findall("testcase"):
            states = [e.tag for e in case if e.tag in counts]
            assert len(states) <= 1, case.get("name")
            seen["tests"] += 1
            for state in states:
                seen[state] += 1
            if case.get("classname") != "atconform.run":
                name = case.get("classname").replace(".", "/", 1) + "/" + case.get("name")
                told = case.find(states[0]).get("message") if states else None
                cases[name] = told
        check_totals(suite, seen)
        passed += seen["tests"] - seen["failure"] - seen["error"] - seen["skipped"]
        counts = {key: counts[key] + seen[key] for key in counts}
    check_totals(root, counts)
    return Output(counts["failure"] + counts["error"] == 0 and passed > 0,
                  {"elements": passed,
                   "attributes": int(root.get("tests")) - int(root.get("failures")) -
                   int(root.get("errors")) - int(root.get("skipped"))}, cases)


def check_totals(element, counts):
    attributes = {"tests": "tests", "failure": "failures", "error": "errors", "skipped": "skipped"}
    for key, name in attributes.items():
        assert int(element.get(name)) == counts[key], (element.get("name"), name)


def look(element):
    """The verdict that a mark, a bar or a case has by its class."""
    found = [c[2:] for c in element["classes"] if c[:2] in ("m-", "f-", "v-")]
    assert len(found) == 1, element["classes"]
    return found[0]


def page(text):
    document = Page(text)
    listed = document.one("ul", "counts")
    counts = {}
    for item in document.all("li", within=listed):
        counts[look(document.one("span", "m", item))] = int(document.one("b", within=item)["text"])
    cases = {}
    for case in document.all("details", "case"):
        badge = document.all("span", "m", document.all("summary", within=case)[0])[0]
        shown = {look(case), case["data-v"], look(badge)}
        assert len(shown) == 1, shown
        name = case["id"].split("=", 1)[1]
        assert name not in cases, name
        cases[name] = None if shown == {"pass"} else shown.pop()
    assert sum(counts.values()) == len(cases), (counts, len(cases))
    bars = [re.match(r"(\d+) (.*)", e["text"]).groups() for e in document.all("title")
            if e["in"] and e["in"][-1]["tag"] == "g" and re.fullmatch(r"\d+ [a-z/ ()]+", e["text"])]
    for g in document.all("g"):
        rects = [e for e in document.all("rect", "bar", g)]
        for rect in rects:
            told = [e["text"] for e in document.all("title", within=g)][0]
            assert (look(rect) == "pass") == told.endswith(" pass"), told
    marks = [e for e in document.all("rect") if not {"bar", "box"} & set(e["classes"])
             and not any(c.startswith("t-") for c in e["classes"])]  # what the time went to is no case
    for rect in marks:
        told = document.all("title", within=rect)[0]["text"]
        assert (look(rect) == "pass") == bool(re.search(": pass, ", told)), told
    requirements, rows = {}, 0
    for cell in document.all("a", "cell"):
        identity = cell["href"].split("=", 1)[1]
        requirements[identity] = look(document.one("span", "m", cell))
    for row in document.all("td", "sum"):
        rows += int(row["text"].split(" of ")[0])
    assert rows == sum(v == "pass" for v in requirements.values()), "passed by row: %d" % rows
    for row in document.all("tr"):
        if (row.get("id") or "").startswith("req="):
            badges = [b for b in document.all("span", "m", row)
                      if not any(e["tag"] == "details" for e in b["in"])]
            assert look(badges[0]) == requirements[row["id"][4:]], row["id"]
    outcome = document.one("div", "outcome")
    conforms = document.one("h1", within=outcome)["text"] == "Conforms"
    title = [e for e in document.all("title") if e["in"][-1]["tag"] == "head"][0]["text"]
    assert ("good" in outcome["classes"]) == conforms == title.startswith("Conforms"), title
    return Output(conforms, {"list": counts["pass"], "cases": sum(v is None for v in cases.values()),
                             "bars": sum(int(n) for n, word in bars if word == "pass")},
                  cases, requirements)


READERS = {"console": console, "json": ctrf, "junit": junit, "html": page}
