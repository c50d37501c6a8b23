# SPDX-License-Identifier: MIT
"""What README and the pages in docs/ name is there: files, options, keys of bench files, messages and figures."""
import glob
import json
import os
import re
import subprocess
import tempfile
import unittest

BUILD = os.environ["ATCONFORM_BUILD"]
SOURCE = os.environ["ATCONFORM_SOURCE"]
ATCONFORM = os.path.join(BUILD, "src/cli/atconform")
ATMODULE = os.path.join(BUILD, "fixtures/module/atmodule")
PAGES = ("README.md", "CONTRIBUTING.md", "docker/README.md", "docs/ci/README.md", "docs/labgrid.md", "suites/README.md")
EXAMPLES = sorted(glob.glob(os.path.join(SOURCE, "fixtures/benches/*-example.json")))


def read(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as f:
        return f.read()


def call(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)


def dry_run(bench):
    return call(ATCONFORM, "run", "--dry-run", "--bench", bench, "basic/at/*")


def keys_of(value):
    """Every key of an object and of those in it."""
    if isinstance(value, dict):
        return set(value) | {k for v in value.values() for k in keys_of(v)}
    return {k for v in value for k in keys_of(v)} if isinstance(value, list) else set()


def literals():
    """Every string of the sources, each with its gaps (%s and the like) as cuts; pieces that the compiler
    joins are joined."""
    texts = []
    for name in glob.glob(os.path.join(SOURCE, "src/*/*.c")):
        with open(name, encoding="utf-8") as f:
            code = f.read()
        for joined in re.findall(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', code):
            text = "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', joined))
            texts.append(re.sub(r"%[-.*0-9]*(?:l|ll|z)?[sdiuxc]|%lld", "\0", text).replace('\\"', '"'))
    return texts


class Benches(unittest.TestCase):
    def test_there_are_three(self):
        self.assertEqual([os.path.basename(e) for e in EXAMPLES],
                         ["bare-module-example.json", "nodemcu-example.json", "rack-ser2net-example.json"])

    def test_they_load(self):
        for path in EXAMPLES:
            with self.subTest(path):
                done = dry_run(path)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(os.path.basename(path), read("README.md"))

    def test_every_key_is_in_the_man_page(self):
        page = read("docs/man/atconform-bench.5")
        macros = [line for line in page.splitlines() if re.match(r"\.(It|Cm|Brq|Pq|Op)?.*\bCm\b", line)]
        known = {word for line in macros for word in re.findall(r"[a-z_]+", line)}
        self.assertNotIn("no_such_key", known)
        for path in [*EXAMPLES, *(os.path.join(SOURCE, f"fixtures/benches/{n}.json") for n in ("virtual", "board"))]:
            with open(path, encoding="utf-8") as f:
                self.assertEqual(keys_of(json.load(f)) - known, set(), path)

    def test_those_in_the_pages_load(self):
        found = 0
        for name in PAGES:
            for text in re.findall(r"```json\n(.*?)```", read(name), re.S):
                if '"bench":' not in text:
                    continue
                with self.subTest(f"{name}: {text[:60]}"), tempfile.NamedTemporaryFile("w", suffix=".json") as f:
                    f.write(text)
                    f.flush()
                    done = dry_run(f.name)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    found += 1
        self.assertGreater(found, 0)


class Pages(unittest.TestCase):
    def test_links(self):
        for name in PAGES:
            folder = os.path.dirname(os.path.join(SOURCE, name))
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", read(name)):
                if not re.match(r"[a-z]+:", target):
                    self.assertTrue(os.path.exists(os.path.join(folder, target)), f"{name}: {target}")

    def test_headings_that_are_linked(self):
        for name in PAGES:
            text = read(name)
            there = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", text, re.M)}
            for target in re.findall(r"\]\(#([^)]+)\)", text):
                self.assertIn(target, there, name)

    def test_options(self):
        commands = re.findall(r"^  (\w+) ", call(ATCONFORM, "--help").stdout, re.M)
        self.assertIn("run", commands)
        known = {c: set(re.findall(r"--[a-z][a-z-]*", call(ATCONFORM, c, "--help").stdout)) for c in commands}
        seen = set()
        for name in PAGES:
            text = re.sub(r"\\\n", " ", read(name))
            for command, rest in re.findall(r"(?:atconform|tools/run|rm board|rm tester)(?: +(\w+))?((?: [^`\n|;&]*)?)", text):
                if command in known or "tools/run" in text and command == "":
                    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest))
                    self.assertEqual(used - known.get(command or "run"), set(), f"{name}: {command}{rest}")
                    seen |= used
        self.assertIn("--bench", seen)
        everywhere = set().union(*known.values()) | set(
            re.findall(r"--[a-z][a-z-]*", call(ATMODULE, "--help").stdout)) | {"--long", "--check", "--update", "--only"}
        spans = re.findall(r"`(--[a-z][a-z-]*)[^`]*`", read("README.md"))
        self.assertGreater(len(spans), 5)
        self.assertEqual(set(spans) - everywhere, set())

    def test_messages(self):
        """The first column of a table under `| message`: each part between … is in one string of the sources."""
        texts = literals()
        self.assertFalse(any("a message that nobody has written" in t for t in texts))
        found = 0
        for table in re.findall(r"\| message \|.*\n\|[-|]+\n((?:\|.*\n)+)", read("README.md")):
            for row in table.splitlines():
                for message in re.findall(r"\*([^*]+)\*", row.split(" | ")[0]):
                    parts = [p.strip() for p in message.split("…") if p.strip()]
                    self.assertTrue(any(all(p in t for p in parts) for t in texts), f"nothing says: {message}")
                    found += 1
        self.assertGreater(found, 10)

    def test_steps_of_the_ladder(self):
        """What README calls a step of recovery is one."""
        texts = set(literals())
        (table,) = re.findall(r"\| step \|.*\n\|[-|]+\n((?:\|.*\n)+)", read("README.md"))
        steps = [s for row in table.splitlines() for s in re.findall(r"`([a-z]+)`", row.split(" | ")[0])]
        self.assertGreater(len(steps), 8)
        self.assertEqual([s for s in steps if s not in texts], [])

    def test_figures(self):
        text = read("README.md")
        listed = json.loads(call(ATCONFORM, "list", "--json").stdout)
        cases, writers = len(listed), sum("nvs" in c["tags"] for c in listed)
        requirements = len(json.loads(call(ATCONFORM, "list", "--requirements", "--json").stdout))
        faults = len(json.loads(call(ATMODULE, "--list-faults", "--json").stdout))
        killed = sum(f["state"] == "killed" for f in json.loads(read("docs/kill-matrix.json"))["faults"])
        for figure in (f"{killed} are killed", f"all {writers:,} cases", f"{requirements} requirements, {cases} cases", f"{faults} switchable faults",
                       f"one of the {cases} cases"):
            self.assertTrue(figure in text, f"README.md is out of date; it should say: {figure}")


if __name__ == "__main__":
    unittest.main()
