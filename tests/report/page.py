# SPDX-License-Identifier: MIT
"""A page, as a file and in headless Chromium: what the tests of the HTML formats share."""
import base64
import hashlib
import html.parser
import os
import re
import subprocess
import tempfile

from browser import CHROMIUM, FLAGS
from report_check import check

VOID = {"meta", "br", "input", "img", "link"}


class Page(html.parser.HTMLParser):
    """Elements by tag, text by element, and whether the tags nest."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.elements, self.wrong = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "attrs": dict(attrs), "text": ""}
        self.elements.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append({"tag": tag, "attrs": dict(attrs), "text": ""})

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1]["tag"] != tag:
            self.wrong.append("%s closed in %s" % (tag, [e["tag"] for e in self.stack[-3:]]))
            return
        self.stack.pop()

    def handle_data(self, data):
        for element in self.stack[-2:]:
            element["text"] += data

    def all(self, tag, **attrs):
        return [e for e in self.elements if e["tag"] == tag and
                all(e["attrs"].get(k) == v for k, v in attrs.items())]


def digest(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def sound(name, page):
    """It nests; only its own script and style may run; nothing in it leads away or can come alive."""
    check(not page.wrong and not page.stack, "%s: does not nest: %s" % (name, page.wrong[:3]))
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["attrs"]["content"]
    scripts = [e for e in page.all("script") if e["attrs"].get("type") != "application/json"]
    check(len(scripts) == 1 and digest(scripts[0]["text"]) in policy, "%s: script hash" % name)
    check(digest(page.all("style")[0]["text"]) in policy, "%s: style hash" % name)
    check("default-src 'none'" in policy and "unsafe" not in policy, "%s: policy" % name)
    for e in page.elements:
        for key, value in e["attrs"].items():
            check(not key.startswith("on") and key not in ("src", "style", "srcset"),
                  "%s: attribute %s of %s" % (name, key, e["tag"]))
            check(key != "href" or value.startswith("#"), "%s: leads away: %s" % (name, value))


def browse(file, fragment="", control=False):
    """Gives the DOM and what the browser logged."""
    with tempfile.TemporaryDirectory(prefix="atconform-chromium-") as profile:
        net = os.path.join(profile, "net.json")
        run = subprocess.run([CHROMIUM, *FLAGS, "--enable-logging=stderr",
                              "--user-data-dir=" + profile, "--log-net-log=" + net,
                              "--dump-dom", "file://%s%s" % (file, fragment)],
                             capture_output=True, timeout=90, check=False)
        log = run.stderr.decode(errors="replace")
        with open(net, encoding="utf-8", errors="replace") as text:
            # The browser's own requests have no origin; those of a page do.
            asked = set(re.findall(r'"initiator":"([^"]*)"', text.read())) - {"not an origin"}
    if control:
        return asked
    check(not asked, "a network request from %s" % asked)
    check("CONSOLE" not in log, "the console says: %s" % re.findall(".*CONSOLE.*", log)[:2])
    return run.stdout.decode("utf-8", errors="replace")


def root_of(dom):
    return Page(dom).all("html")[0]["attrs"]
