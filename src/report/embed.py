#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a C header of the HTML template with its style and script in place.

The page's policy allows exactly this style and this script, by their SHA-256: nothing that comes
out of a journal can run, even if it were not escaped.
"""
import base64
import hashlib
import sys


def digest(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def c_array(name, text):
    data = text.encode()
    rows = []
    for at in range(0, len(data), 20):
        rows.append("\t" + ", ".join(str(b if b < 128 else b - 256) for b in data[at:at + 20]) + ",")
    return "static const char %s[] = {\n%s\n\t0 };\n" % (name, "\n".join(rows))


def main():
    template, *sources, out = sys.argv[1:]
    page = read(template)
    css, js = ("".join(read(path) for path in sources if path.endswith(kind))
               for kind in (".css", ".js"))
    assert "</" not in js and "</" not in css, "would end the element that holds it"
    policy = ("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'"
              % (digest(css), digest(js)))
    page = page.replace("@POLICY@", policy).replace("@STYLE@", css).replace("@SCRIPT@", js)
    before_title, rest = page.split("@TITLE@")
    before_body, rest = rest.split("@BODY@")
    after_body, after_data = rest.split("@DATA@")
    with open(out, "w", encoding="ascii") as header:
        header.write("/* Made by embed.py; do not edit. */\n")
        for name, text in (("page_before_title", before_title), ("page_before_body", before_body),
                           ("page_after_body", after_body), ("page_after_data", after_data)):
            header.write(c_array(name, text))


main()
