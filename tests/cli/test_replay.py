# SPDX-License-Identifier: MIT
"""`atconform run --iut replay:RUN`: an earlier run's journal stands in for the module."""
import json
import os
import re
import shutil
import unittest

import jsonschema
from harness import SOURCE, CliTest, events_of


def outcome(verdict):
    keys = ("verdict", "requirement", "grade", "message", "expected", "actual", "file", "at")
    return {key: verdict.get(key) for key in keys}


# What is recorded and replayed whole; with ATCONFORM_TEST_LONG both families.
LONG = bool(os.environ.get("ATCONFORM_TEST_LONG"))
WHOLE = ("basic", "wifi") if LONG else ("rst/*", "gmr/*", "ate/*", "uart_cur/*", "cwmode/*", "cwjap/*", "mdns/*")


class ReplayTest(CliTest):
    def record(self, iut, *words, **options):
        return self.run_iut(iut, *words, **{"timeout": 300, **options})

    def replay(self, run, *words, speed=None, timeout=300):
        """Of a run, or of a journal."""
        out = os.path.join(self.home, f"replay{len(os.listdir(self.home))}")
        path = run if isinstance(run, str) else run.dir
        address = f"replay:{path}" + (f"?speed={speed}" if speed is not None else "")
        return self.call("run", "--out", out, "--iut", address, *words, timeout=timeout)

    def check_same(self, then, now, but=()):
        """Every case ended as it did; those of `but` are inconclusive."""
        old, new = then.verdicts(), now.verdicts()
        self.assertEqual(set(new), set(old))
        for case, verdict in old.items():
            if case in but:
                self.assertEqual(new[case]["verdict"], "inconclusive", case)
            else:
                self.assertEqual(outcome(new[case]), outcome(verdict), case)

    def edited(self, run, change):
        """A copy of the journal in which `change` made each event another, or None."""
        path = os.path.join(self.home, f"edited{len(os.listdir(self.home))}.jsonl")
        with open(path, "w", encoding="utf-8") as f:
            for n, event in enumerate(e for e in map(change, run.journal()) if e):
                f.write(json.dumps({**event, "n": n}, ensure_ascii=False, separators=(",", ":")) +
                        "\n")
        return path


class Healthy(ReplayTest):
    def test_what_passed_passes_again(self):
        then = self.record("virtual:", "--jobs", "4", *WHOLE)
        self.assertEqual(then.code, 0, then.out)
        now = self.replay(then, "--jobs", "4")
        # These two ask over the network themselves.
        network = {case for case in then.verdicts() if re.match(
            "wifi/mdns/(announces_the_service|does_not_forget_a_second_command)$", case)}
        self.check_same(then, now, network)
        self.assertGreater(len(then.verdicts()), 1000 if LONG else 150)
        events = self.check_journal(now)
        self.assertEqual((events[0]["profile"], events[0]["profile_why"], events[0]["bench"]),
                         ("esp8266-at", "of the recording", "virtual"))
        self.assertFalse([e for e in events_of(events, "line") if e["what"] == "lost"])
        with open(os.path.join(SOURCE, "reports/journal.schema.json"), encoding="utf-8") as f:
            validator = jsonschema.Draft7Validator(json.load(f))
        for event in then.journal():
            if event["e"] in ("control", "line"):
                validator.validate(event)
        # A replay can be replayed.
        again = self.replay(now, "basic/gmr/*", "cwmode")
        self.assertEqual(again.code, 0, again.out)

    def test_without_pauses(self):
        then = self.record("virtual:", "cwmode/*", "uart_cur/*")
        self.check_same(then, self.replay(then, speed=0))

    def test_the_field_dialect_brings_its_profile(self):
        then = self.record("virtual:?dialect=field", "--profile", "esp8266-at-field", "gmr/*",
                           "gslp/*", "--strict", "--gate", "stated")
        now = self.replay(then)
        self.check_same(then, now)
        self.assertEqual(then.code, 1)
        self.assertEqual(now.code, 1)
        self.assertEqual(now.journal()[0]["gates"], then.journal()[0]["gates"])
        self.assertEqual(self.replay(then, "--profile", "esp8266-at").journal()[0]["profile"],
                         "esp8266-at")

    def test_partners_on_the_network(self):
        then = self.record("virtual:", "--jobs", "4", "cipmux/*", "cipclose/*", "mqttconn/*")
        now = self.replay(then)
        with_peers = {e["c"] for e in events_of(then.journal(), "peer")}
        names = {e["c"]: e for e in events_of(then.journal(), "plan")}
        self.assertTrue(with_peers)
        but = {names[c]["case"] for c in with_peers}
        but |= {e["case"] for e in names.values() if "broker" in e["needs"]}
        self.check_same(then, now, but)
        for case in but:
            self.assertRegex(now.verdicts()[case]["message"], "can't stand in for")


class Failures(ReplayTest):
    def check_fault(self, fault, *patterns):
        then = self.record(f"virtual:?fault={fault}", *patterns)
        fails = [v for v in then.verdicts().values() if v["verdict"] == "fail"]
        self.assertTrue(fails, fault)
        now = self.replay(then)
        self.check_same(then, now)
        self.assertEqual(now.code, then.code)

    def test_a_value_that_is_taken(self):
        self.check_fault("accept-above:cwmode.mode", "cwmode/*")

    @unittest.skipUnless(LONG, "with ATCONFORM_TEST_LONG")
    def test_no_final_result(self):
        self.check_fault("no-final:gmr.execute", "gmr/*", "at/*")

    @unittest.skipUnless(LONG, "with ATCONFORM_TEST_LONG")
    def test_two_final_results(self):
        self.check_fault("double-final:cwmode.query", "cwmode/query*")

    def test_a_breach_of_the_session(self):
        self.check_fault("lf-only", "cwmode/*", "at/*")

    @unittest.skipUnless(LONG, "with ATCONFORM_TEST_LONG")
    def test_a_restart(self):
        self.check_fault("reboot:gmr", "gmr/*")

    def test_a_module_that_hangs(self):
        self.check_fault("hang:gmr", "gmr/*", "at/*")

    def test_of_several_attempts_the_one_that_failed(self):
        then = self.record("virtual:", "--repeat", "3", "cwmode/set_mode_refuses_4")
        self.assertEqual(then.code, 0, then.err)
        attempt, over = 0, False

        def fails(event):
            nonlocal attempt, over
            attempt += event["e"] == "lease"
            if attempt != 2:
                return event
            if event["e"] in ("tx", "rx") and over:
                return None
            over = over or "ERROR" in event.get("bytes", "")
            if event["e"] == "rx":
                return {**event, "bytes": event["bytes"].replace("ERROR", "OK")}
            return {**event, "verdict": "fail"} if event["e"] == "verdict" else event

        now = self.replay(self.edited(then, fails))
        self.assertEqual([v["verdict"] for v in now.verdicts().values()], ["fail"])
        self.assertEqual(now.code, 1)

    def test_probes_that_fail(self):
        for mode in ("yes", "loop"):
            then = self.record("exec:" + self.fake_module(mode), "at/*")
            self.assertEqual(then.code, 3, then.err)
            now = self.replay(then)
            self.assertEqual(now.code, 3, now.err)
            said = [re.sub(r"(exec|replay):\S+( \S+\.py)?|AT\+[A-Z]{8}", "", result.said[-1])
                    for result in (then, now)]
            self.assertEqual(said[0], said[1])

    def fake_module(self, mode):
        """Says OK to everything, or gives everything back."""
        code = ("import os, sys, tty\ntty.setraw(0, 0)\n"
                "while (b := os.read(0, 4096)):\n"
                f" os.write(1, {'b' if mode == 'loop' else repr(b'OK') + ' + bytes([13, 10])'})\n")
        path = self.file(f"{mode}.py", code)
        return f"python3 {path}"


class Departures(ReplayTest):
    def setUp(self):
        super().setUp()
        self.then = self.record("virtual:", "cwmode/*")
        self.assertEqual(self.then.code, 0)
        self.case = "wifi/cwmode/set_mode_refuses_4"
        self.number = next(e["c"] for e in events_of(self.then.journal(), "plan")
                           if e["case"] == self.case)

    def check_departed(self, now, *patterns):
        verdict = now.verdicts()[self.case]
        self.assertEqual(verdict["verdict"], "inconclusive", verdict)
        for pattern in patterns:
            self.assertRegex(verdict["message"], pattern)
        self.check_same(self.then, now, {self.case})
        self.assertEqual(now.code, 1)

    def test_something_else_is_sent(self):
        path = self.edited(self.then, lambda e: {**e, "bytes": "AT+CWMODE=5\r\n"}
                           if e["e"] == "tx" and e["bytes"] == "AT+CWMODE=4\r\n" and
                           e["c"] == self.number else e)
        self.check_departed(self.replay(path), r'sent "AT\+CWMODE=4\\r\\n", recorded in line \d+: '
                            r'"AT\+CWMODE=5\\r\\n"')

    def test_the_case_is_over_before(self):
        more = {"e": "tx", "l": 0, "c": self.number, "bytes": "AT+GMR\r\n"}
        events = []
        for event in self.then.journal():
            if event["e"] == "release" and event["c"] == self.number:
                events.append({"n": 0, "t": event["t"], **more})
            events.append(event)
        path = os.path.join(self.home, "more.jsonl")
        with open(path, "w", encoding="utf-8") as f:
            for n, event in enumerate(events):
                f.write(json.dumps({**event, "n": n}, separators=(",", ":")) + "\n")
        self.check_departed(self.replay(path), r'over, recorded in line \d+: "AT\+GMR\\r\\n"')

    def test_bytes_that_were_only_counted(self):
        path = self.edited(self.then, lambda e: {"n": 0, "t": e["t"], "e": "rx", "l": e["l"],
                                                 "c": e["c"], "len": 9}
                           if e["e"] == "rx" and e["c"] == self.number else e)
        self.check_departed(self.replay(path), "only the number of the bytes")

    def test_a_case_that_is_not_there(self):
        now = self.replay(self.then, "cwmode/*", "at/execute*")
        self.assertEqual(now.code, 1)
        verdicts = now.verdicts()
        other = [c for c in verdicts if c not in self.then.verdicts()]
        self.assertTrue(other)
        for case in other:
            self.assertIn("does not have this case", verdicts[case]["message"])

    def test_a_journal_that_was_cut(self):
        with open(self.then.path("journal.jsonl"), "rb") as f:
            lines = f.read().split(b"\n")
        leases = [i for i, line in enumerate(lines) if b'"e":"lease"' in line]
        half = leases[len(leases) // 2] + 2  # in the middle of a case
        path = self.file("cut.jsonl", "")
        with open(path, "wb") as f:
            f.write(b"\n".join(lines[:half]) + b'\n{"n":' + str(half).encode())
        now = self.replay(path)
        self.assertEqual(now.code, 1)
        verdicts = [v["verdict"] for v in now.verdicts().values()]
        self.assertEqual(set(verdicts), {"pass", "inconclusive"})
        self.assertEqual(verdicts.count("pass"), len(leases) // 2)
        messages = {v["message"] for v in now.verdicts().values()}
        self.assertTrue([m for m in messages if "never ran" in m])
        self.assertTrue([m for m in messages if "cut off in this case" in m or
                         "where nothing more" in m], messages)


class BadInput(ReplayTest):
    def refused(self, address, *patterns, words=()):
        out = os.path.join(self.home, "out")
        result = self.call("run", "--out", out, "--iut", address, *words)
        self.check_said(result, 2, *patterns)
        self.assertFalse(os.path.exists(out))

    def test_what_is_no_run(self):
        self.refused("replay:", "needs a run's folder")
        self.refused("replay:/nowhere", "/nowhere: can't be replayed: No such file")
        self.refused(f"replay:{self.home}", "journal.jsonl: can't read")
        self.refused("replay:" + self.file("x.jsonl", "hello\n"), r"x\.jsonl:1:1: not a journal")
        self.refused("replay:" + self.file("y.jsonl", ""), r"y\.jsonl:1:1: empty")
        self.refused("replay:" + self.home + "?speed=fast", "speed=N, from 0")
        self.refused("replay:" + self.home + "?pace=1", "speed=N, from 0")

    def test_another_version(self):
        then = self.record("virtual:", "basic/at/execute*")
        for change, pattern in (({"program": "atconform 0.0.1"}, r":1:1: recorded by atconform 0.0.1"),
                                ({"spec": "0123456789abcdef"}, r":1:1: recorded with another model")):
            path = self.edited(then, lambda e, c=change: {**e, **c} if e["e"] == "run" else e)
            self.refused("replay:" + path, pattern)

    def test_mixed_with_a_module(self):
        then = self.record("virtual:", "basic/at/execute*")
        self.refused("virtual:", "can't be mixed", words=("--iut", "replay:" + then.dir))

    def test_hand_edited(self):
        then = self.record("virtual:", "basic/at/execute*")
        path = self.file("edited.jsonl", "")
        shutil.copy(then.path("journal.jsonl"), path)
        with open(path, "a", encoding="utf-8") as f:
            f.write("what\n")
        self.refused("replay:" + path, r"edited\.jsonl:\d+:1: not a JSON object")


if __name__ == "__main__":
    unittest.main()
