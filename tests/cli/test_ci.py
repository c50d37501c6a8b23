# SPDX-License-Identifier: MIT
"""The examples of docs/ci and docker: read by their readers as far as there are any here, each option
is one, and their shell parts are run, with the virtual module in the place of a board."""
import json
import os
import re
import shutil
import subprocess
import unittest

from harness import ATCONFORM, SOURCE, CliTest

try:
    import yaml
except ImportError:
    yaml = None

CI = os.path.join(SOURCE, "docs/ci")
PATTERNS = ("basic/gmr/*", "basic/sysram/*")
WRAPPER = """#!/bin/bash
# Stands for the installed program: the board is the virtual module, the plan a small one.
args=()
patterns=()
for word in "$@"; do
  case $word in
  serial:*) word=${TEST_IUT:-virtual:?dialect=field} ;;
  esac
  args+=("$word")
done
case $1 in
run) patterns=(%s) ;;
doctor) [ "${TEST_DOCTOR:-real}" = real ] || exit "$TEST_DOCTOR" ;;
esac
exec %s "${args[@]}" "${patterns[@]}"
"""


def read(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as f:
        return f.read()


def without_comments(text):
    """Of a file with # or // comments on lines of their own."""
    return "\n".join(l for l in text.splitlines() if not re.match(r"\s*(#|//)", l))


def block(text, key):
    """YAML's `key: |` or `key: word`, in order: for where there is no YAML reader."""
    found, lines = [], text.splitlines()
    for i, line in enumerate(lines):
        start = re.match(rf"( *)(- )?{key}: *(.*)$", line)
        if not start:
            continue
        if start[3] != "|":
            found.append(start[3])
            continue
        indent = len(start[1]) + len(start[2] or "")
        body = []
        for following in lines[i + 1:]:
            if following.strip() and len(following) - len(following.lstrip()) <= indent:
                break
            body.append(following)
        found.append("\n".join(body))
    return found


def github():
    """(the shell parts of a shard, of the gate)."""
    shard, gate = without_comments(read("docs/ci/github.yml")).split("\n  gate:\n")
    return block(shard, "run"), block(gate, "run")


def gitlab():
    shard, gate = without_comments(read("docs/ci/gitlab-ci.yml")).split("\ngate:\n")
    before = re.findall(r"- (ci/flash .*|atconform doctor .*)", shard)
    run = re.search(r"- \|\n((?: {6}.*\n)+)", shard)[1]
    return [*before, run], [re.search(r"- (atconform merge .*)", gate)[1]]


def jenkins():
    shard, gate = without_comments(read("docs/ci/Jenkinsfile")).split("\n  post {\n")
    return re.findall(r"'''(.*?)'''", shard, re.S), re.findall(r"'''(.*?)'''", gate, re.S)


EXAMPLES = {"github": github, "gitlab": gitlab, "jenkins": jenkins}
FILES = ("docs/ci/github.yml", "docs/ci/gitlab-ci.yml", "docs/ci/Jenkinsfile", "docker/shards.yaml",
         "docs/ci/README.md")


class Texts(CliTest):
    def options(self, command):
        return set(re.findall(r"--[a-z][a-z-]*", self.call(command, "--help").out))

    def test_every_option_exists(self):
        known = {c: self.options(c) for c in ("run", "merge", "report", "doctor")}
        seen = set()
        for name in FILES:
            text = without_comments(read(name)).replace("\\\n", " ")
            calls = re.findall(r"atconform (\w+)([^\n`]*)", text)
            calls += [(c, rest) for c, rest in re.findall(r'command: \["(\w+)",(.*?)\]', text, re.S)]
            for command, rest in calls:
                with self.subTest(file=name, command=command):
                    self.assertIn(command, known)
                    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest))
                    self.assertLessEqual(used, known[command])
                    seen |= used
        self.assertLessEqual({"--shard", "--retries", "--flaky-budget", "--baseline", "--waivers", "--out"}, seen)

    def test_all_say_the_same(self):
        """The call of a shard is one and the same but for the names of variables."""
        calls = set()
        for example in EXAMPLES.values():
            call = re.search(r"atconform run .*?\|\|", "\n".join(example()[0]).replace("\\\n", " "), re.S)[0]
            call = call.replace("CI_NODE_INDEX", "SHARD").replace("CI_NODE_TOTAL", "SHARDS")
            calls.add(" ".join(call.split()))
        self.assertEqual(len(calls), 1, calls)

    @unittest.skipUnless(yaml, "python3-yaml is not installed")
    def test_yaml(self):
        workflow = yaml.safe_load(read("docs/ci/github.yml"))
        self.assertEqual(workflow["jobs"]["gate"]["needs"], "shard")
        self.assertEqual(len(workflow["jobs"]["shard"]["strategy"]["matrix"]["shard"]), workflow["env"]["SHARDS"])
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                self.assertEqual(len({"uses", "run"} & set(step)), 1, step)
        parts = [[without_comments(s["run"]).split() for s in workflow["jobs"][j]["steps"] if "run" in s] for j in ("shard", "gate")]
        self.assertEqual(parts, [[t.split() for t in p] for p in github()], "what is run below is what is there")
        pipeline = yaml.safe_load(read("docs/ci/gitlab-ci.yml"))
        self.assertEqual({pipeline[j]["stage"] for j in ("shard", "gate")}, set(pipeline["stages"]))
        self.assertEqual(pipeline["gate"]["artifacts"]["reports"]["junit"], "whole/junit.xml")
        self.assertEqual([[l for l in t.split() if l] for t in gitlab()[0]],
                         [without_comments(t).split() for t in pipeline["shard"]["script"]])
        services = yaml.safe_load(read("docker/shards.yaml"))["services"]
        self.assertEqual(set(services), {"shard-1", "shard-2", "merge"})

    def test_without_tabs_and_with_an_even_indent(self):
        for name in FILES[:2] + FILES[3:4]:
            for n, line in enumerate(read(name).splitlines(), 1):
                self.assertNotIn("\t", line, f"{name}:{n}")

    def test_jenkinsfile_is_balanced(self):
        text = re.sub(r"'''.*?'''", "''", without_comments(read("docs/ci/Jenkinsfile")), flags=re.S)
        text = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "''", text)
        for a, b in ("{}", "()", "[]"):
            self.assertEqual(text.count(a), text.count(b), a + b)

    @unittest.skipUnless(shutil.which("docker-compose"), "docker-compose is not installed")
    def test_compose(self):
        def config(**env):
            return subprocess.run(["docker-compose", "-f", os.path.join(SOURCE, "docker/shards.yaml"), "config"],
                                  capture_output=True, text=True, check=False, timeout=60,
                                  env={**os.environ, **env})
        done = config(RUN="r", GATE="/tmp", MODULE_1="/dev/a", MODULE_2="/dev/b")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("/dev/b:/dev/module", done.stdout)
        self.assertNotEqual(config(RUN="r", GATE="/tmp", MODULE_1="/dev/a").returncode, 0, "a board is not named")


class Shell(CliTest):
    """A project with the files that the examples ask for."""

    def setUp(self):
        super().setUp()
        self.script("bin/atconform", WRAPPER % (" ".join(f"'{p}'" for p in PATTERNS), ATCONFORM))
        self.script("ci/flash", '#!/bin/sh\n[ "$1" = /dev/board ] && echo "$1" >>flashed\n')
        self.quick_bench()
        os.rename(os.path.join(self.home, "bench.json"), os.path.join(self.home, "ci/bench.json"))
        self.file("ci/waivers.json", '{"waivers": []}\n')
        self.baseline("virtual:?dialect=field")

    def script(self, name, text):
        os.chmod(self.file(name, text), 0o755)

    def baseline(self, iut):
        done = self.run_iut(iut, *PATTERNS)
        shutil.copy(done.path("report.json"), os.path.join(self.home, "ci/baseline.json"))

    def shell(self, text, **variables):
        summary = os.path.join(self.home, "summary")
        env = {**os.environ, "CI": "1", "PATH": os.path.join(self.home, "bin") + ":" + os.environ["PATH"],
               "MODULE_PORT": "/dev/board", "GITHUB_STEP_SUMMARY": summary, **variables}
        return subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=self.home, env=env, text=True,
                              capture_output=True, check=False, timeout=90)

    def pipeline(self, name, lost=(), TEST_DOCTOR="0", **variables):
        """Exit codes of the shards, and of the gate. The doctor is fine, because it takes its time."""
        shard_parts, gate_parts = EXAMPLES[name]()
        for folder in ("shard-1", "shard-2", "shards", "whole"):
            shutil.rmtree(os.path.join(self.home, folder), True)
        codes = []
        for shard in ("1", "2"):
            if shard in lost:
                continue
            done = self.shell("\n".join(shard_parts), SHARD=shard, SHARDS="2", CI_NODE_INDEX=shard,
                              CI_NODE_TOTAL="2", TEST_DOCTOR=TEST_DOCTOR, **variables)
            codes.append(done.returncode)
            self.said = done.stderr
        gate = "\n".join(p for p in gate_parts if not p.strip().startswith("rm "))
        if name == "github":  # what download-artifact does
            os.makedirs(os.path.join(self.home, "shards"))
            for shard in {"1", "2"} - set(lost):
                if os.path.exists(os.path.join(self.home, "shard-" + shard)):
                    os.rename(os.path.join(self.home, "shard-" + shard),
                              os.path.join(self.home, "shards/shard-" + shard))
        self.gate = self.shell(gate)
        return codes, self.gate.returncode

    def test_what_the_baseline_knows_ships(self):
        for name in EXAMPLES:
            with self.subTest(name):
                done = self.pipeline(name, TEST_DOCTOR="real" if name == "github" else "0")
                self.assertEqual(done, ([0, 0], 0), self.said + self.gate.stderr)
                whole = os.path.join(self.home, "whole")
                self.assertLessEqual({"junit.xml", "report.html", "report.json", "journal.jsonl"}, set(os.listdir(whole)))
                with open(os.path.join(whole, "report.json"), encoding="utf-8") as f:
                    summary = json.load(f)["results"]["summary"]
                self.assertGreater(summary["other"], 0, "known, and not passed")
                with open(os.path.join(self.home, "flashed"), encoding="utf-8") as f:
                    self.assertEqual(f.read().count("/dev/board"), 2)
                os.unlink(os.path.join(self.home, "flashed"))

    def test_a_regression_does_not(self):
        self.baseline("virtual:")
        for name in EXAMPLES:
            with self.subTest(name):
                self.assertEqual(self.pipeline(name), ([0, 0], 1), self.gate.stderr)
                self.assertIn("regression", self.gate.stdout)

    def test_a_lost_shard(self):
        for name in EXAMPLES:
            with self.subTest(name):
                self.assertEqual(self.pipeline(name, lost=("2",)), ([0], 1))
                self.assertIn("missing", self.gate.stdout)

    def test_a_module_that_is_not_there(self):
        for name in EXAMPLES:
            with self.subTest(name):
                codes, gate = self.pipeline(name, TEST_IUT="pty:/nowhere", TEST_DOCTOR="real" if name == "jenkins" else "0")
                self.assertEqual(set(codes), {3}, self.said)
                self.assertNotEqual(gate, 0)

    def test_a_bench_that_is_not_fit(self):
        """Nothing is run then."""
        for name in EXAMPLES:
            for unfit in (1, 3):
                with self.subTest(name, unfit=unfit):
                    codes, gate = self.pipeline(name, TEST_DOCTOR=str(unfit))
                    self.assertEqual(codes, [unfit, unfit])
                    self.assertNotEqual(gate, 0)
                    self.assertFalse(os.path.exists(os.path.join(self.home, "shard-1")))

    def test_a_file_with_a_mistake(self):
        self.file("ci/waivers.json", '{"waivers": [{}]}\n')
        codes, gate = self.pipeline("github")
        self.assertEqual(codes, [2, 2])
        self.assertNotEqual(gate, 0)

    def test_the_waivers(self):
        """Those of the example hold; a day later than their last they do not."""
        waivers = json.loads(read("docs/ci/waivers.json"))
        self.baseline("virtual:")
        self.file("ci/waivers.json", json.dumps(waivers, indent=1))
        self.assertEqual(self.pipeline("gitlab"), ([0, 0], 0), self.gate.stdout[-900:])
        waivers["waivers"][0]["expires"] = "2020-01-01"
        self.file("ci/waivers.json", json.dumps(waivers, indent=1))
        self.assertEqual(self.pipeline("gitlab"), ([0, 0], 1))
        self.assertIn("expired", self.gate.stdout)


if __name__ == "__main__":
    unittest.main()
