# SPDX-License-Identifier: MIT
"""A damaged suite is never green: on a copy of the models, things are emptied, cut off, taken out and
mistyped. Each such mutation is refused with the place, or the plan lacks cases (which the suite's own
test names, by docs/kill-matrix.json), or a case of a run fails. With ATCONFORM_TEST_LONG far
more of them."""
import contextlib
import copy
import glob
import json
import os
import random
import re
import shutil
import subprocess
import unittest

from harness import ATCONFORM, ATMODULE, SOURCE, SUITE, CliTest, Result

LONG = bool(os.environ.get("ATCONFORM_TEST_LONG"))
MODELS = sorted(os.path.relpath(f, os.path.join(SOURCE, "suites"))
                for f in glob.glob(os.path.join(SOURCE, "suites/*/*.json")))
PLACE = r"\.(json:\d+:\d+|c:\d+:\d+): "
# What is in the models and changes neither the list of cases nor whether they load. Lines and sections,
# and requirements that no case judges, stand in docs/requirements.md; tags and peers decide where a
# case can run; deviations are compared by test_dialect.py; the rest is what a case expects or does: a
# run on the healthy module fails, or the kill matrix has survivors.
QUIET = {"line", "section", "title", "text", "tags", "other", "typical", "tolerance_percent", "min",
         "max", "moving", "effect", "response", "responses", "untestable", "timeout", "setup",
         "teardown", "may_refuse", "peers", "source", "optional", "repeat", "needs", "value_needs",
         "deviations", "finals", "urcs", "values", "restarts", "data", "online", "unscored", "stored", "destructive"}


class Mutations(CliTest):
    def setUp(self):
        super().setUp()
        self.data = os.path.join(self.home, "data")
        self.suites = os.path.join(self.data, "suites")
        for model in MODELS:
            os.makedirs(os.path.dirname(self.model(model)), exist_ok=True)
            shutil.copyfile(os.path.join(SOURCE, "suites", model), self.model(model))
        os.symlink(os.path.join(SOURCE, "fixtures"), os.path.join(self.data, "fixtures"))

    def model(self, name):
        return os.path.join(self.suites, name)

    def read(self, name):
        with open(self.model(name), encoding="utf-8") as f:
            return f.read()

    def write(self, name, text):
        self.file(os.path.relpath(self.model(name), self.home), text)

    def list(self, *words, program=ATCONFORM):
        """`atconform list` of the copy; it starts nothing that could stay."""
        done = subprocess.run([program, "list", "--json", *words], capture_output=True, text=True,
                              env={**os.environ, "ATCONFORM_DATA": self.data}, timeout=60, check=False)
        return Result(done.returncode, done.stdout, done.stderr, None)

    def plan(self, *words):
        result = self.list(*words)
        self.assertEqual((result.code, result.err), (0, ""))
        return {c["case"]: tuple(c["requirements"]) for c in json.loads(result.out)}

    def refused(self, *says, place=PLACE):
        result = self.list()
        self.check_said(result, 2, place, *says)
        self.assertEqual(result.out, "")

    @contextlib.contextmanager
    def mutated(self, name, change, **what):
        """The model after change(text), None: without it; afterwards as it was."""
        text = self.read(name)
        after = change(text)
        self.assertNotEqual(after, text, "that changes nothing")
        try:
            with self.subTest(name, **what):
                if after is None:
                    os.unlink(self.model(name))
                else:
                    self.write(name, after)
                yield
        finally:
            self.write(name, text)

    def run_copy(self, *patterns):
        return self.run_iut("virtual:", *patterns, env={"ATCONFORM_DATA": self.data})


class Loading(Mutations):
    def test_the_copy_itself_is_whole_and_green(self):
        self.assertEqual(list(self.plan()), [c["case"] for c in self.plan_of_source()])
        result = self.run_copy("basic/sysram/*", "basic/sleep/*")
        self.assertEqual(result.code, 0, result.err)

    def test_every_model_emptied_or_cut_off(self):
        kinds = [lambda t: "", lambda t: "{}", lambda t: "[]", lambda t: "null\n", lambda t: t[:len(t) // 2],
                 lambda t: t.rstrip()[:-1], lambda t: t + "x", lambda t: " \n\n"]
        for i, name in enumerate(MODELS):
            for kind in kinds if LONG else [kinds[i % len(kinds)]]:
                with self.mutated(name, kind, kind=kinds.index(kind)):
                    self.refused(re.escape(self.model(name)) + r":\d+:\d+: ")

    def test_a_model_that_is_gone_takes_its_cases_along(self):
        """Scenarios name requirements that are no more: refused. Without scenarios the plan lacks
        the model's cases, and only those."""
        whole = self.plan()
        names = [m for m in MODELS if not m.startswith("general/")]
        if not LONG:
            names = ["basic/sleep.json", *random.Random(6).sample(names, 5)]
        for name in names:
            suite = name[:-len(".json")] + "/"
            with self.mutated(name, lambda text: None):
                result = self.list()
                if result.code:
                    self.assertEqual(result.code, 2)
                    self.assertRegex(result.err, PLACE)
                else:
                    left = {c["case"] for c in json.loads(result.out)}
                    self.assertEqual({c for c in whole if c.startswith(suite)}, set(whole) - left)
                    self.assertTrue(set(whole) - left)

    def test_folders_that_are_gone_or_empty(self):
        for family in ("general", "basic", "mqtt"):
            shutil.move(self.model(family), self.home)
            self.refused(place=".")
            os.makedirs(self.model(family))
            self.refused(place=".")
            os.rmdir(self.model(family))
            shutil.move(os.path.join(self.home, family), self.suites)
        os.symlink("nowhere", self.model("tcp"))
        self.refused("suites/tcp", "can't be read", place=".")

    def test_a_folder_of_models_that_holds_none(self):
        """--spec one level too deep or too high would leave the vendor's commands out."""
        vendor = self.file("vendor/net/vendor.json", "{}")
        for folder in (os.path.dirname(vendor), self.home, self.file("none/net/readme", "")[:-10]):
            self.check_said(self.list("--spec", folder), 2, "holds no model", "FAMILY/COMMAND.json")
        self.check_said(self.call("run", "--spec", self.home), 2, "holds no model")

    def test_a_folder_of_models_is_read_where_it_holds_some(self):
        """So that the refusal above is none of everything."""
        for model in MODELS:
            if model.startswith("basic/"):
                self.file("more/" + model, self.read(model))
        shutil.rmtree(self.model("basic"))
        self.assertEqual(len(self.plan("--spec", os.path.join(self.home, "more"))), len(self.plan_of_source()))

    def plan_of_source(self):
        return json.loads(subprocess.run([ATCONFORM, "list", "--json"], capture_output=True, text=True,
                                         timeout=60, check=True).stdout)


class Words(Mutations):
    """What is mistyped in a model, and where the message points to."""

    # Where, what, and the new text; a word that the message has, else it points to that very line.
    MISTYPED = [
        ("basic/sleep.json", '"requirement": "SLEEP-1"', '"requirement": "SLEEP-11"', "SLEEP-11"),
        ("basic/sleep.json", '"accepts": "SLEEP-2"', '"accepts": "SLEPE-2"', "SLEPE-2"),
        ("basic/sleep.json", '"missing": "SLEEP-5"', '"missing": "CWMODE-6"', "CWMODE-6|SLEEP-5"),
        ("basic/sleep.json", '"id": "SLEEP-2"', '"id": "SLEEP-22"', "SLEEP-2"),
        ("basic/sleep.json", '"id": "SLEEP-2"', '"id": "SLEEP-3"', "SLEEP-3"),
        ("basic/sleep.json", '"id": "SLEEP-2"', '"id": "CWMODE-2"', "CWMODE-2|SLEEP-2"),
        ("basic/sleep.json", '"id": "SLEEP-2"', '"id": "SLEEP"', None),
        ("basic/sleep.json", "=<sleep_mode>", "=<sleep_mood>", "sleep_mood"),
        ("basic/sleep.json", "=<sleep_mode>", "=<sleep_mode", None),
        ("basic/sleep.json", '"sleep_mode": {', '"sleep_mood": {', "sleep_mode|sleep_mood"),
        ("basic/sleep.json", '"type": "integer"', '"type": "int"', None),
        ("basic/sleep.json", '"values": {', '"value": {', '"value"'),
        ("basic/sleep.json", '"line": 300', '"line": "300"', None),
        ("basic/sleep.json", '{ "0": "no sleep", "1": "Modem-sleep" }', '["0", "1"]', None),
        ("basic/sleep.json", '"typical": "0"', '"typical": "7"', None),
        ("basic/sleep.json", '"grade": "stated"', '"grade": "sated"', None),
        ("basic/sleep.json", '"final": "OK"', '"final": 0', None),
        ("basic/sleep.json", '"set": {', '"sett": {', '"sett"'),
        ("basic/sleep.json", '"command": "AT+SLEEP"', '"command": "AT+SLEPE"', "AT\\+SLEPE|SLEEP-1"),
        ("basic/sleep.json", '"command": "AT+SLEEP"', '"command": "AT+SYSRAM"', "SYSRAM|SLEEP"),
        ("basic/sleep.json", '"command"', '"command": "AT+SLEEP", "command"', "command"),
        ("basic/sysram.json", "+SYSRAM:<remaining_ram_size>", "+SYSRAM:<ram>", "ram"),
        ("basic/sysram.json", "+SYSRAM:<remaining_ram_size>", "re:[+]SYSRAM:(", None),
        ("basic/sysram.json", '"min": 0', '"min": "0"', None),
        ("basic/sysram.json", '"requirements": [', '"requirements": [ { "id": "SYSRAM-4", "line": 331, '
         '"grade": "stated", "text": "Nobody judges this." },', "SYSRAM-4"),
        ("basic/sysram.json", '"requirements": [', '"requirements": {}, "x": [', None),
        ("general/general.json", '"GENERAL-1"', '"GENERAL-999"', "GENERAL-"),
    ]

    def test_each_is_refused_with_its_place(self):
        for name, old, new, says in self.MISTYPED:
            line = self.read(name).split(old)[0].count("\n") + 1
            with self.mutated(name, lambda text: text.replace(old, new, 1), new=new):
                self.refused(says or r"%s:%d:\d+: " % (re.escape(name), line))

    def test_so_is_a_run(self):
        out = os.path.join(self.home, "out")
        wrong = lambda text: text.replace('"accepts": "SLEEP-2"', '"accepts": "SLEEP-3"')
        with self.mutated("basic/sleep.json", wrong):
            result = self.call("run", "--out", out, "basic/at/*", env={"ATCONFORM_DATA": self.data})
        self.check_said(result, 2, r"sleep.json:\d+:\d+: .*SLEEP-2")
        self.assertFalse(os.path.exists(out), "nothing was run")

    # One expectation of each model at a time: the plan stays as it is, and the healthy module fails.
    EXPECTED = [
        {"basic/sysram.json": ("+SYSRAM:<", "+SYSRAN:<"),
         "basic/sleep.json": ('"send": "AT+SLEEP=0"', '"send": "AT+SLEEP=9"'),
         "basic/at.json": ('"final": "OK"', '"final": "ERROR"')},
        {"basic/sysram.json": ("+SYSRAM:<remaining_ram_size>", "re:nothing like that"),
         "basic/sleep.json": ('"1": "Modem-sleep"', '"1": "Modem-sleep", "9": "a slip"')},
        {"basic/sysram.json": ('"min": 0', '"min": 2000000000'),
         "basic/sleep.json": ('"response": []', '"response": ["+SLEEP:<sleep_mode>"]')},
        {"basic/sysram.json": ('["+SYSRAM:<remaining_ram_size>"]', "[]")},
    ]

    def test_a_wrong_expectation_fails_on_the_healthy_module(self):
        for wrong in self.EXPECTED if LONG else self.EXPECTED[:2]:
            with contextlib.ExitStack() as stack:
                for name, (old, new) in wrong.items():
                    change = lambda text, old=old, new=new: text.replace(old, new, 1)
                    stack.enter_context(self.mutated(name, change, new=new))
                suites = [name[:-len(".json")] for name in wrong]
                result = self.run_copy(*(suite + "/*" for suite in suites))
                self.assertEqual(result.code, 1, result.err)
                failed = {n.rsplit("/", 1)[0] for n, v in result.verdicts().items() if v["verdict"] == "fail"}
                self.assertEqual(failed, set(suites))

    def test_a_pattern_that_matches_nothing_is_never_a_smaller_run(self):
        for pattern in ("basic/slepe/*", "SLEEP-11", "slepe", "*/*/refuses_nothing", ""):
            self.check_said(self.list("basic/at/*", pattern), 2, re.escape('"%s"' % pattern))
        out = os.path.join(self.home, "out")
        result = self.call("run", "--out", out, "basic/at/*", "basic/slepe/*")
        self.check_said(result, 2, '"basic/slepe/\\*"')
        self.assertFalse(os.path.exists(out))


class Systematic(Mutations):
    """Each key and each list item of a model, taken out."""

    def nodes(self, value, path=()):
        items = value.items() if isinstance(value, dict) else \
            enumerate(value) if isinstance(value, list) else ()
        for key, inner in items:
            yield path + (key,)
            yield from self.nodes(inner, path + (key,))

    def without(self, model, path):
        rest = copy.deepcopy(model)
        inner = rest
        for key in path[:-1]:
            inner = inner[key]
        gone = inner.pop(path[-1])
        return rest, gone

    def quiet(self, path, gone):
        keys = [k for k in path if isinstance(k, str)]
        if keys == ["requirements"]:
            return "untestable" in gone or gone.get("judge") == "monitor"
        if keys[0] == "forms" and len(keys) == 2 and isinstance(gone, dict):  # judged by scenarios only
            return "requirement" not in gone or "answers" in gone.get("unscored", {})
        return bool(QUIET.intersection(keys[-2:]))

    def test_whatever_is_taken_out_shows(self):
        whole = self.plan()
        every = [(name, path) for name in MODELS for path in self.nodes(json.loads(self.read(name)))]
        seen = {"refused": 0, "fewer": 0, "quiet": 0}
        for name, path in random.Random(0).sample(every, 600 if LONG else 25):
            rest, gone = self.without(json.loads(self.read(name)), path)
            with self.mutated(name, lambda _: json.dumps(rest, indent=1), path=".".join(map(str, path))):
                result = self.list()
                if result.code:
                    self.check_said(result, 2, PLACE)
                    seen["refused"] += 1
                elif {c["case"]: tuple(c["requirements"]) for c in json.loads(result.out)} != whole:
                    seen["fewer"] += 1
                else:
                    self.assertTrue(self.quiet(path, gone), "it is gone, and nothing shows it")
                    seen["quiet"] += 1
        self.assertGreater(seen["refused"], seen["quiet"], seen)


class Programs(Mutations):
    """A suite program that lacks a case, or has one too many: a script before the real one."""

    def program(self, change):
        """atconform with a suite program whose plan goes through this line of Python."""
        folder = os.path.join(self.home, "bin")
        os.makedirs(folder, exist_ok=True)
        shutil.copy(ATCONFORM, folder)
        script = os.path.join(folder, "atconform-suite")
        with open(script, "w", encoding="utf-8") as f:
            f.write("#!/usr/bin/env python3\nimport json, os, subprocess, sys\n"
                    "if sys.argv[1:2] != ['--plan']:\n    os.execv(%r, sys.argv)\n"
                    "plan = json.loads(subprocess.check_output([%r, *sys.argv[1:]]))\n%s\n"
                    "print(json.dumps(plan))\n" % (SUITE, SUITE, change))
        os.chmod(script, 0o755)
        return os.path.join(folder, "atconform")

    def run_with(self, change, *words):
        return self.run_iut("virtual:", *words, program=self.program(change),
                            env={"ATCONFORM_MODULE": ATMODULE})

    def test_the_same_plan_through_the_script_is_green(self):
        result = self.run_with("", "basic/sleep/*")
        self.assertEqual(result.code, 0, result.err)

    def test_what_a_plan_lacks_is_refused(self):
        of_it = "if 'SYSRAM-2' in c['requirements']"
        for change, *says in (
                ("plan = [c for c in plan %s]" % of_it.replace(" in", " not in"), r"sysram.json:\d+:\d+: .*SYSRAM-2"),
                ("[c['requirements'].remove('SYSRAM-2') for c in plan %s]" % of_it, r"sysram.json:\d+:\d+: .*SYSRAM-2"),
                ("[c['requirements'].append('SYSRAM-22') for c in plan %s]" % of_it, r"sysram.c:\d+:\d+: .*SYSRAM-22"),
                ("plan = []", r"json:\d+:\d+: no case judges"), ("plan = {}", "no list"),
                ("sys.exit(0)", "no list"), ("sys.exit(1)", "--plan failed")):
            with self.subTest(change):
                self.check_said(self.list(program=self.program(change)), 2, *says)

    def test_a_planned_case_that_the_program_does_not_have(self):
        more = "plan.append({**next(c for c in plan if 'SLEEP-1' in c['requirements']), " \
               "'case': 'basic/sleep/sleeps_deeply'})"
        result = self.run_with(more, "basic/sleep/*")
        self.assertEqual(result.code, 4, result.err)
        self.assertNotIn("pass", {v["verdict"] for v in result.verdicts().values()})


if __name__ == "__main__":
    unittest.main()
