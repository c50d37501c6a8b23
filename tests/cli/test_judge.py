# SPDX-License-Identifier: MIT
"""`atconform judge`: recorded sessions and journals of runs against the model, without a module."""
import json
import os
import random
import resource
import shutil
import subprocess
import unittest

import jsonschema
from harness import ATCONFORM, SOURCE, CliTest

RECORDED = os.path.join(SOURCE, "fixtures/transcripts/esp-at-2.0.0.jsonl")
PROFILE = "esp-at-2.0.0-esp32"


def session(*parts, step=0.01):
    """A log: '>' and what was sent, '<' and what came, '+' and seconds, or a whole line."""
    t, lines = 0.0, []
    for part in parts:
        if part[0] == "+":
            t += float(part[1:])
            continue
        t += step
        if part[0] in "<>":
            lines.append(json.dumps({"t": round(t, 6), "dir": part[0], "bytes": part[1:]}))
        else:
            lines.append(part)
    return "".join(line + "\n" for line in lines)


FINE = (">AT\r\n", "<AT\r\n\r\nOK\r\n", ">AT+CWMODE?\r\n", "<AT+CWMODE?\r\n+CWMODE:1\r\n\r\nOK\r\n")


class JudgeTest(CliTest):
    def judge(self, log, *options, name="log.jsonl"):
        """(result, what --json says)"""
        path = log if os.path.exists(log) else self.file(name, log)
        out = os.path.join(self.home, "judged.json")
        if os.path.exists(out):
            os.unlink(out)
        result = self.call("judge", path, "--json", out, *options)
        if result.code == 2:
            self.assertFalse(os.path.exists(out), "written in spite of bad input")
            return result, None
        for line in result.out.splitlines():
            self.assertLessEqual(len(line), 100, line)
        with open(out, encoding="utf-8") as f:
            judged = json.load(f)
        with open(os.path.join(SOURCE, "reports/judge.schema.json"), encoding="utf-8") as f:
            jsonschema.validate(judged, json.load(f))
        self.assertEqual(judged["exit"], result.code, result.err)
        return result, judged

    def breaks(self, judged):
        return [(f["requirement"], f["line"]) for f in judged["findings"] if f["kind"] == "breaks"]

    def check_breaks(self, parts, *expected):
        """What breaks, as (requirement, line of the log)."""
        result, judged = self.judge(session(*parts))
        self.assertEqual(self.breaks(judged), list(expected))
        self.assertEqual(result.code, 1 if expected else 0)
        return result, judged


class Sessions(JudgeTest):
    def test_the_recorded_session_fits_its_profile(self):
        result, judged = self.judge(RECORDED, "--profile", PROFILE)
        self.assertEqual((result.code, result.err), (0, ""))
        counts = judged["counts"]
        self.assertEqual((counts["deviates"], counts["breaks"], counts["breaches"]), (32, 0, 0))
        self.assertGreater(counts["conforms"], 190)
        gmr = next(f for f in judged["findings"] if f.get("deviation") == "GMR-D1")
        self.assertEqual((gmr["command"], gmr["line"]), ("AT+GMR", 10))
        self.assertIn("main/app_main.c", gmr["source"])
        self.assertIn("esp-at-2.0.0.jsonl:10", result.out)

    def test_without_the_profile_the_same_breaks_the_document(self):
        result, judged = self.judge(RECORDED)
        self.assertEqual(result.code, 1)
        broken = dict(reversed(self.breaks(judged)))
        self.assertEqual(broken["GMR-1"], 10)
        self.assertEqual(judged["counts"]["deviates"], 0)
        self.assertEqual(judged["profile_why"], "default")
        self.assertRegex(result.out, r"(?s)GMR-1 \(section [\d.]+, line \d+, stated\).*expected.*actual")

    def test_what_fits(self):
        self.check_breaks(FINE)

    def test_what_breaks_is_told_with_expected_and_actual(self):
        parts = (*FINE, ">AT+CWMODE?\r\n", "<AT+CWMODE?\r\n+CWMODE:1,2\r\n\r\nOK\r\n")
        result, judged = self.check_breaks(parts, ("CWMODE-1", 5))
        found = judged["findings"][-1]
        self.assertEqual(found["actual"], "+CWMODE:1,2 OK")
        self.assertEqual(found["expected"], "+CWMODE:<mode> OK")
        self.assertIn("actual    +CWMODE:1,2 OK", result.out)
        self.assertRegex(result.out, r"log\.jsonl:5\n")

    def test_a_bad_value_must_be_refused(self):
        self.check_breaks((*FINE, ">AT+CWMODE=7\r\n", "<AT+CWMODE=7\r\n\r\nERROR\r\n"))
        _, judged = self.check_breaks((*FINE, ">AT+CWMODE=7\r\n", "<AT+CWMODE=7\r\n\r\nOK\r\n"),
                                      ("CWMODE-4", 5))
        self.assertEqual(judged["counts"]["inferred"], 1)
        result, _ = self.judge(os.path.join(self.home, "log.jsonl"), "--gate", "stated")
        self.assertEqual(result.code, 0)
        self.assertIn("does not gate", result.out)

    def test_pieces_may_be_cut_anywhere(self):
        whole = (">AT+CWMODE?\r\n", "<AT+CWMODE?\r\n+CWMODE:9\r\n\r\nOK\r\n")
        bits = [part[0] + c for part in whole for c in part[1:]]
        _, judged = self.judge(session(*bits))
        self.assertEqual(self.breaks(judged), [("CWMODE-1", len(whole[0]) - 1)])

    def test_breaches_of_the_session(self):
        for parts, rule, line in (
                ((*FINE, "<\r\nOK\r\n"), "SESSION-1", 5),
                ((*FINE, "<who knows\r\n"), "SESSION-3", 5),
                ((*FINE, "<\r\nready\r\n"), "SESSION-4", 5),
                ((*FINE, "<0,CLOSED\r\n"), None, 0),
                ((*FINE, ">AT\r\n", "<AT\r\n\nOK\n"), "SESSION-8", 6)):
            _, judged = self.judge(session(*parts))
            wanted = [(rule, line)] if rule else []
            self.assertEqual(self.breaks(judged)[:1], wanted, parts[-1])

    def test_a_reset_that_somebody_made_is_none_of_the_modules(self):
        self.check_breaks((*FINE, '{"reset": "button"}', "<boot\r\nready\r\n", *FINE))

    def test_a_command_without_an_answer(self):
        parts = (*FINE, ">AT+GMR\r\n", "+8", *FINE)
        self.check_breaks(parts, ("SESSION-1", 5))
        # Not when the module says that it is busy, and comes to it later.
        parts = (*FINE, ">AT+CWQAP\r\n", "+8", ">AT\r\n", "<AT\r\nbusy p...\r\n", "<\r\nOK\r\n",
                 *FINE)
        self.check_breaks(parts)

    def test_a_recording_may_begin_anywhere(self):
        self.check_breaks(("<VERSION:1\r\n\r\nOK\r\n", "<half a li", *FINE))

    def test_what_is_not_documented_is_not_scored(self):
        result, judged = self.judge(session(*FINE, ">AT+FAKE\r\n", "<AT+FAKE\r\n\r\nERROR\r\n"))
        self.assertEqual(judged["findings"][-1]["why"], "no such command")
        self.assertIn("no such command", result.out)

    def test_nothing_could_be_judged(self):
        result, judged = self.judge('{"title": "nothing"}\n{"note": "happened"}\n')
        self.assertEqual((result.code, judged["outcome"]), (5, "Nothing could be judged"))
        result, _ = self.judge(session(">AT+FAKE\r\n", "<\r\nERROR\r\n"))
        self.assertEqual(result.code, 5)

    def test_hostile_text_stays_text(self):
        evil = "\x1b[2J\x00<script>\u0080\x9b31m\x7f" + "A" * 300
        result, judged = self.judge(session(
            *FINE, f"<{evil}\r\n", f">AT+CWMODE={evil}\r\n", f"<+CWMODE:{evil}\r\nOK\r\n",
            json.dumps({"title": "\u202e\x1b]0;x\x07"})))
        self.assertEqual(result.code, 1)
        self.assertNotRegex(result.out, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
        self.assertNotRegex(json.dumps(judged, ensure_ascii=False), "[\x00-\x09\x0b-\x1f\x7f-\x9f]")


class BadInput(JudgeTest):
    def check_refused(self, log, *patterns, name="log.jsonl"):
        result, _ = self.judge(log, name=name)
        self.check_said(result, 2, *patterns)
        self.assertEqual(result.out, "")

    def test_what_is_no_log(self):
        self.check_refused("", r"log\.jsonl:1:1: empty")
        self.check_refused("hello\n", r"log\.jsonl:1:\d+: no log of a module")
        self.check_refused("[1]\n", r"log\.jsonl:1:1: no log of a module")
        self.check_refused('{"t": 1, "di', r"log\.jsonl:1:\d+: no log of a module")
        self.check_refused('{"some": "thing"}\n', r"log\.jsonl:1:1: neither bytes")
        self.check_refused('{"e": "plan", "n": 0, "t": 0}\n', "header is missing")
        self.check_refused('{"e": "run", "format": 7}\n', "journal format 7")

    def test_binary(self):
        path = os.path.join(self.home, "binary")
        noise = random.Random(8)
        for begin in (b"", b"\n", b"\n \n\x1f\x8b", b"{\n\xff"):
            for size in (1, 100, 300000):
                with open(path, "wb") as f:
                    f.write(begin + noise.randbytes(size - 1) + b"\xff")
                self.check_refused(path, r"binary:[1-9]\d*:[1-9]\d*: ")

    def test_hand_edited(self):
        good = session(*FINE)
        self.check_refused(good + '{"dir": ">", "bytes": AT}\n', r":5:\d+: not a JSON object")
        self.check_refused(good + '{"dir": "x", "bytes": "AT"}\n', r':5:1: "dir" is')
        self.check_refused(good + '{"dir": ">", "byte": "AT"}\n', r':5:1: "bytes" is missing')
        self.check_refused(good + '{"dir": ">", "bytes": "\u20ac"}\n', r":5:1: .*no byte")
        self.check_refused(good + '{"dir": "<", "dir": ">", "bytes": ""}\n', r":5:\d+: .*duplicate")
        self.check_refused(good + '{"t": "now", "dir": ">", "bytes": ""}\n', r':5:1: "t" is no')
        self.check_refused(good + "[]\n", r":5:1: not a JSON object")

    def test_files_and_words(self):
        self.check_said(self.call("judge", "/nowhere.jsonl"), 2, "nowhere.jsonl: can't read")
        self.check_said(self.call("judge", self.home), 2, "journal.jsonl: can't read")
        self.check_said(self.call("judge", "/dev/null"), 2, "not a file")
        self.check_said(self.call("judge"), 2, "expects one log")
        self.check_said(self.call("judge", RECORDED, RECORDED), 2, "expects one log")
        self.check_said(self.call("judge", RECORDED, "--gate", "most"), 2, "inferred or stated")
        self.check_said(self.call("judge", RECORDED, "--profile", "nobody"), 2, "nobody")
        self.check_said(self.call("judge", RECORDED, "--json", "/proc/none/x"), 2, "can't be written")

    def test_nothing_is_overwritten_by_bad_input(self):
        old = self.file("old.json", "precious")
        bad = self.file("bad.jsonl", session(*FINE) + "what\n" + session(*FINE))
        self.check_said(self.call("judge", bad, "--json", old), 2, r"bad\.jsonl:5:\d+: ")
        with open(old, encoding="utf-8") as f:
            self.assertEqual(f.read(), "precious")
        self.assertEqual(sorted(os.listdir(self.home))[:2], ["bad.jsonl", "old.json"])

    def test_cut_at_any_byte(self):
        with open(RECORDED, "rb") as f:
            whole = f.read()
        first = whole.index(b"\n")
        path = os.path.join(self.home, "cut.jsonl")
        for size in [*range(1, 400, 7), *range(400, len(whole), 1931)]:
            with open(path, "wb") as f:
                f.write(whole[:size])
            result, judged = self.judge(path, "--profile", PROFILE)
            if size < first:
                self.check_said(result, 2, r"cut\.jsonl:1:")
                continue
            self.assertIn(result.code, (0, 5), f"cut at {size}: {result.out}{result.err}")
            self.assertEqual(judged["cut"], whole[size - 1:size + 1].count(b"\n") == 0 and
                             whole[size - 1:size] != b"}", f"cut at {size}")


class Journals(JudgeTest):
    def test_a_healthy_run_is_clean(self):
        run = self.run_iut("virtual:", "basic", "cwmode/*", "cwlap/*", "cipstart/*", "mqttconncfg/*",
                           "--jobs", "4", timeout=300)
        self.assertEqual(run.code, 0, run.out)
        result, judged = self.judge(run.dir)
        self.assertEqual((result.code, self.breaks(judged)), (0, []), result.out)
        self.assertGreater(judged["counts"]["conforms"], 1000)
        self.assertEqual(judged["profile_why"], "of the run")
        again, _ = self.judge(run.path("journal.jsonl"))
        self.assertEqual(again.out, result.out)
        self.check_cuts(run)

    def check_cuts(self, run):
        with open(run.path("journal.jsonl"), "rb") as f:
            whole = f.read()
        first = whole.index(b"\n")
        path = os.path.join(self.home, "journal.jsonl")
        for size in [first + 1, first + 200, *range(200000, len(whole), len(whole) // 25)]:
            with open(path, "wb") as f:
                f.write(whole[:size])
            result, judged = self.judge(path)
            self.assertEqual(self.breaks(judged), [], f"cut at {size}")
            self.assertIn(result.code, (0, 5), result.err)
        lines = whole.split(b"\n")
        with open(path, "wb") as f:
            f.write(b"\n".join(lines[:50] + lines[51:]))
        result, _ = self.judge(path)
        self.check_said(result, 2, r"journal\.jsonl:51:1: line number 51 where 50 was due")

    def check_fault(self, fault, pattern, *wanted):
        run = self.run_iut(f"virtual:?fault={fault}", pattern)
        _, judged = self.judge(run.dir)
        found = {requirement for requirement, _ in self.breaks(judged)}
        self.assertTrue(found & set(wanted), f"{fault}: {found}")

    def test_faults_break_by_name(self):
        first = "cwmode/query_answers_as_documented"
        self.check_fault("accept-above:cwmode.mode", "cwmode/set_mode_refuses_4", "CWMODE-4")
        self.check_fault("swap-fields:uart_cur.query", "uart_cur/query_*", "UART_CUR-1")
        self.check_fault("double-final:cwmode.query", first, "SESSION-1")
        self.check_fault("no-final:cwmode.query", first, "SESSION-1")
        self.check_fault("echo-corrupt", "ate/execute_answers_as_documented", "ATE-1")
        self.check_fault("lf-only", "cwmode/*", "SESSION-8")

    def test_the_field_dialect_by_profile(self):
        run = self.run_iut("virtual:?dialect=field", "--profile", "esp8266-at-field", "wifi/cw*",
                           "gmr/*", "--jobs", "4", timeout=200)
        result, judged = self.judge(run.dir)
        self.assertEqual(self.breaks(judged), [], result.out)
        self.assertIn("GMR-D1", {f.get("deviation") for f in judged["findings"]})
        result, judged = self.judge(run.dir, "--profile", "esp8266-at")
        self.assertIn("GMR-1", {requirement for requirement, _ in self.breaks(judged)})


class Size(JudgeTest):
    def test_100_mb_in_bounded_memory(self):
        path = os.path.join(self.home, "big.jsonl")
        with open(RECORDED, "rb") as f:
            title, body = f.read().split(b"\n", 1)
        with open(path, "wb") as f:
            f.write(title + b"\n")
            for _ in range(100 * 1000 * 1000 // len(body) + 1):
                f.write(body)
        command = [ATCONFORM, "judge", path]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20)))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 1)
        self.assertLess(used.ru_maxrss, 64 * 1024, "kB")


if __name__ == "__main__":
    unittest.main()
