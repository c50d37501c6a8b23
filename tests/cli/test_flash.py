# SPDX-License-Identifier: MIT
"""What a run does to a board that is somebody's: cases that rewrite it have a tag and can be left
out, writes to flash are counted and capped, and the settings that it was found with are put back.
All of it is said in every report, and none of it changes a verdict."""
import json
import os
import re
import select
import signal
import subprocess
import termios
import time
import tty
import unittest
from collections import Counter

from harness import ATCONFORM, ATMODULE, SOURCE, CliTest, events_of, fake, read_journal

LONG = bool(os.environ.get("ATCONFORM_TEST_LONG"))
# From the document: what its notes call saved, and what rewrites the firmware.
SAVED = ("UART_DEF SYSMSG CWMODE CWJAP CWSAP CWDHCP CWDHCPS CWAUTOCONN CIPSTAMAC CIPAPMAC CIPSTA CIPAP "
         "CWJEAP CIPDNS CIPSSLCCONF SAVETRANSLINK").split()
REWRITE = ["RESTORE", "SYSROLLBACK", "CIUPDATE"]
DESTRUCTIVE = REWRITE + ["UART_DEF", "CIPSTAMAC", "CIPAPMAC"]


def sent(events):
    """Case -> the command lines that were sent during it, with the answers to them."""
    names, wire = {}, {}
    for e in events:
        if e["e"] == "plan":
            names[e["c"]] = e
        elif e["e"] in ("tx", "rx") and e.get("c", -1) >= 0 and isinstance(e.get("bytes"), str):
            wire.setdefault(e["c"], {"tx": [], "rx": []})[e["e"]].append(e["bytes"])
    return {e["case"]: (e, *("".join(wire.get(c, {"tx": [], "rx": []})[k]) for k in ("tx", "rx")))
            for c, e in names.items()}


def lines_of(text, commands):
    """Command lines of these commands that are no queries: a name alone only where that does something."""
    found = re.findall(r"(?im)^AT\+(\w+)(=?)(?!\?)([^\r\n]*)\r", text)
    return [name.upper() for name, equals, rest in found
            if name.upper() in commands and rest != "?" and (equals or name.upper() in REWRITE)]


class Tags(CliTest):
    def plan(self):
        done = subprocess.run([ATCONFORM, "list", "--json"], capture_output=True, check=True)
        return json.loads(done.stdout)

    def check_tags(self, result):
        """Both ways: who sends such a command has the tag, and who has the tag sends one."""
        wrong = []
        for case, (plan, tx, _) in sent(result.journal()).items():
            found = lines_of(tx, DESTRUCTIVE)
            if bool(found) != ("destructive" in plan["tags"]):
                wrong.append((case, plan["tags"], found[:3]))
            # A case that only joins to be online says so by its facilities.
            saved = [name for name in lines_of(tx, SAVED + REWRITE) if name not in ("CWJAP", "CWMODE")]
            if saved and "nvs" not in plan["tags"]:
                wrong.append((case, plan["tags"], saved[:3]))
        self.assertEqual(wrong, [])

    def test_cases_that_rewrite_the_module_say_so(self):
        result = self.run_iut("virtual:", "--jobs", "4", "basic/restore/*", "basic/sysrollback/*", "uart_def/*",
                              "cipstamac/*", "cipapmac/*", "cwautoconn/*is*", "general/*")
        self.assertEqual(result.code, 0, result.out[-600:])
        self.check_tags(result)
        destructive = [e for e in events_of(result.journal(), "plan") if "destructive" in e["tags"]]
        self.assertGreater(len(destructive), 100)

    @unittest.skipUnless(LONG, "a whole run")
    def test_all_cases_that_rewrite_the_module_say_so(self):
        result = self.run_iut("virtual:", "--jobs", "8", timeout=600)
        self.assertEqual(result.code, 0, result.out[-600:])
        self.check_tags(result)

    def test_queries_are_not_destructive(self):
        plan = {c["case"]: c["tags"] for c in self.plan()}
        for command in ("basic/uart_def", "wifi/cipstamac", "wifi/cipapmac"):
            self.assertNotIn("destructive", plan[f"{command}/query_answers_as_documented"])
            self.assertIn("destructive", plan[f"{command}/set_answers_as_documented"])
            self.assertIn("nvs", plan[f"{command}/set_answers_as_documented"])

    def test_radio_follows_from_the_facilities(self):
        air = {"access_point", "peers", "broker", "air", "softap_client", "phone", "wps_button", "update"}
        for case in self.plan():
            needs = {n for n in case["needs"] if n in air or n.endswith("_access_point")}
            if needs:
                self.assertIn("radio", case["tags"], case)
            elif not set(case["needs"]) - {"power", "control", "wakeup", "second_image"}:
                self.assertNotIn("radio", case["tags"], case)


class LeftOut(CliTest):
    def reasons(self, result):
        report, suites, html = self.check_reports(result)
        extra = report["results"]["extra"]["atconform"]["left_out"]
        self.assertEqual(Counter({(r["verdict"], r["why"]): r["cases"] for r in extra}),
                         Counter((e["verdict"], e["message"]) for e in events_of(result.journal(), "verdict")
                                 if e["verdict"] in ("skipped", "unequipped", "n/a")))
        said = " ".join(result.out.split())
        properties = {p.get("name"): p.get("value") for p in suites.iter("property")}
        for r in extra:
            text = f"{r['cases']} {r['why']}"
            self.assertIn(text, said)
            self.assertIn(text, properties["atconform.left_out"])
            self.assertIn(text, html)
        return {(r["verdict"], r["why"]): r["cases"] for r in extra}

    def test_by_tag_and_facility(self):
        result = self.run_iut("virtual:", "--without", "nvs", "--without", "needs:stopbits*", "uart_cur/*", "sysmsg/*")
        self.assertEqual(result.code, 0, result.out[-800:])
        reasons = self.reasons(result)
        self.assertEqual({v for v, _ in reasons}, {"skipped"})
        self.assertGreater(reasons["skipped", "left out with --without nvs"], 5)
        self.assertGreater(reasons["skipped", "left out with --without needs:stopbits*"], 2)
        plan = {e["c"]: e for e in events_of(result.journal(), "plan")}
        for e in events_of(result.journal(), "verdict"):
            left = "nvs" in plan[e["c"]]["tags"] or any(n.startswith("stopbits") for n in plan[e["c"]]["needs"])
            self.assertEqual(e["verdict"] == "skipped", left, plan[e["c"]])

    def test_an_unknown_tag_names_the_known_ones(self):
        for word in ("radoi", "needs:acces_point", "needs:", ""):
            with self.subTest(word):
                result = self.call("run", "--without", word, "--dry-run")
                self.check_said(result, 2, "--without", "destructive, nvs, radio, slow, uart", "access_point, air")

    def test_each_reason_is_counted(self):
        bench = self.quick_bench(facilities=["baudrate:*"], timeouts_ms={"answer": 1500, "silence": 60, "guard": 25})
        result = self.run_iut(f"exec:{ATMODULE} --stdio", "--without", "slow", "uart_def/*", "sysmsg/*", "cwlapopt/*",
                              bench=bench)
        reasons = self.reasons(result)
        self.assertGreater(reasons["skipped", "destructive; allowed with --allow destructive"], 3)
        self.assertGreater(reasons["skipped", "left out with --without slow"], 0)
        self.assertGreater(sum(n for (v, why), n in reasons.items() if v == "unequipped" and "stopbits" in why), 0)
        for event in events_of(result.journal(), "tx"):
            self.assertEqual(lines_of(str(event["bytes"]), ["UART_DEF"]), [])

    def test_what_the_operator_leaves_out_is_no_lack_of_the_bench(self):
        bench = self.quick_bench()
        words = ("cwlap/*", "gmr/*")
        result = self.run_iut(f"exec:{ATMODULE} --stdio", "--require-all", "--without", "radio", "--without",
                              "needs:air", *words, bench=bench)
        self.assertEqual(result.code, 0, result.out[-800:])

    def test_a_resumed_run_keeps_it(self):
        result = self.run_iut("virtual:", "--without", "nvs", "sysmsg/*", "sysram/*")
        again = self.call("run", "--resume", result.dir, "--without", "slow")
        self.check_said(again, 2, "--without", "had nvs")


class Writes(CliTest):
    def counted(self, result):
        """What the journal's events say, and what its bytes say, is one."""
        events = result.journal()
        told = Counter()
        for line in {e["l"] for e in events_of(events, "nvs")}:
            numbers = [e["writes"] for e in events_of(events, "nvs") if e["l"] == line]
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)), "none is missed")
        for e in events_of(events, "nvs"):
            told[e["command"].removeprefix("AT+")] += 1
        report, _, html = self.check_reports(result)
        counted = Counter()
        for entry in report["results"]["extra"]["atconform"]["nvs_writes"]:
            counted[entry["command"].removeprefix("AT+")] += entry["by_cases"] + entry["by_tester"]
        self.assertEqual(counted, told)
        if told:
            name, n = told.most_common(1)[0]
            if len({e["l"] for e in events_of(events, "nvs")}) == 1:
                self.assertIn(f"AT+{name} {n}", " ".join(result.out.split()))
                self.assertIn(f"AT+{name} {n}", html)
        return told

    def test_each_command_that_is_answered_with_ok(self):
        result = self.run_iut("virtual:", "sysmsg/*", "uart_def/set_data*", "cwmode/set*", "basic/restore/*",
                              "uart_cur/set_parity*")
        self.assertEqual(result.code, 0, result.out[-800:])
        told = self.counted(result)
        expected = Counter()
        for _, (_, _, rx) in sent(result.journal()).items():
            # The echo, and then the final result; nothing else of these has one.
            for name, equals, rest, final in re.findall(
                    r"(?m)^AT\+(\w+)(=?)(?!\?)([^\r\n]*)\r\n(?:[^\r\n]*\r\n){0,9}?(OK|ERROR)\r\n", rx):
                if final == "OK" and rest != "?" and (name in REWRITE or (name in SAVED and equals)):
                    expected[name] += 1
        # Behind a change of the rate the echo may be of no use; the rest is exact.
        for name in ("SYSMSG", "CWMODE"):
            self.assertEqual(told[name], expected[name], name)
            self.assertGreater(told[name], 5)
        self.assertGreaterEqual(told["RESTORE"], 7)
        self.assertGreater(told["UART_DEF"], 5)
        self.assertNotIn("UART_CUR", told)

    def test_the_cap_leaves_out_what_writes(self):
        result = self.run_iut("virtual:", "--max-nvs-writes", "0", "sysmsg/*", "sysram/*")
        self.assertEqual(result.code, 0, result.out[-800:])
        self.assertEqual(self.counted(result), Counter())
        for case, (plan, tx, _) in sent(result.journal()).items():
            self.assertEqual(lines_of(tx, SAVED + REWRITE), [], case)
            if "nvs" in plan["tags"]:
                self.assertEqual(result.verdicts()[case]["verdict"], "skipped", case)
                self.assertIn("the 0 writes allowed", result.verdicts()[case]["message"])
            else:
                self.assertEqual(result.verdicts()[case]["verdict"], "pass", case)

    def test_a_retry_beyond_the_cap_heals_nothing(self):
        iut = "virtual:?fault=accept-above:cwmode.mode"
        words = ("--max-nvs-writes", "1", "--retries", "1", "--flaky-budget", "9", "--shuffle", "2",
                 "cwmode/set_mode_refuses_4", "sysram/*")
        for more in ((), ("--fail-fast",)):
            with self.subTest(more):
                result = self.run_iut(iut, *more, *words)
                self.assertEqual(result.code, 1, result.out[-800:])
                self.assertEqual([(e["why"], e["verdict"]) for e in events_of(result.journal(), "verdict")
                                  if e.get("why")], [("retry", "skipped")])
                tests = self.check_reports(result)[0]["results"]["tests"]
                raw = {t["testId"].split("/")[2]: t["rawStatus"] for t in tests if "testId" in t}
                self.assertEqual(raw["set_mode_refuses_4"], "fail")
                failed, = (t for t in tests if t.get("testId", "").endswith("/set_mode_refuses_4"))
                self.assertNotIn("writes to flash", failed["message"])
                # The run goes on or not as behind any other fail.
                self.assertEqual(raw["query_answers_as_documented"], "missing" if more else "pass")

    def test_a_dry_run_shows_a_cap_of_none(self):
        with open(os.path.join(SOURCE, "fixtures/benches/virtual.json"), encoding="utf-8") as f:
            bench = self.file("none.json", json.dumps({**json.load(f), "max_nvs_writes": 0}))
        for words in (("--max-nvs-writes", "0"), ("--bench", bench), ("--bench", bench, "--max-nvs-writes", "1"), ()):
            result = self.call("run", "--dry-run", *words, "sysmsg/*", "sysram/*")
            self.assertEqual(result.code, 0, result.err)
            skipped = set(re.findall(r"(?m)^(\S+) +skipped: it writes to flash", result.out))
            run = set(re.findall(r"(?m)^(\S+) +run$", result.out))
            self.assertTrue(run)
            self.assertRegex(result.out, r"\d+ cases, 1 job, ")
            if words in ((), ("--bench", bench, "--max-nvs-writes", "1")):
                self.assertEqual(skipped, set())
            else:
                done = self.run_iut("virtual:", "--max-nvs-writes", "0", "sysmsg/*", "sysram/*").verdicts()
                self.assertEqual(skipped, {c for c, v in done.items() if v["verdict"] == "skipped"})

    def test_the_cap_is_of_each_line_and_a_bench_may_have_it(self):
        with open(os.path.join(SOURCE, "fixtures/benches/virtual.json"), encoding="utf-8") as f:
            bench = self.file("capped.json", json.dumps({**json.load(f), "max_nvs_writes": 10}))
        result = self.run_iut("virtual:", "--jobs", "2", "cwmode/*", "sysmsg/*", bench=bench)
        self.counted(result)
        writes = Counter(e["l"] for e in events_of(result.journal(), "nvs"))
        self.assertEqual(set(writes), {0, 1})
        for line in (0, 1):
            self.assertGreaterEqual(writes[line], 10)
            self.assertLess(writes[line], 30, "more than a case beyond the cap")
        skipped = [v for v in result.verdicts().values() if v["verdict"] == "skipped"]
        self.assertGreater(len(skipped), 5)
        for value in (-1, "5", 1.5):
            self.file("capped.json", json.dumps({"bench": "x", "max_nvs_writes": value}))
            self.check_said(self.call("run", "--bench", bench, "--dry-run"), 2, r"capped\.json:1:\d+: .*max_nvs_writes")

    def test_a_wrong_number(self):
        for word in ("-1", "x", "", "1e3"):
            self.check_said(self.call("run", "--max-nvs-writes", word), 2, "--max-nvs-writes")

    def test_a_resumed_run_goes_on_with_the_count(self):
        out = os.path.join(self.home, "killed")
        running = self.start("run", "--out", out, "--max-nvs-writes", "40", "sysmsg/*", "cwmode/*", "cwdhcp/*")
        running.wait_for(lambda e: e["e"] == "nvs" and e["writes"] == 12)
        running.signal(signal.SIGKILL)
        running.process.communicate()
        before = [e["writes"] for e in events_of(read_journal(os.path.join(out, "journal.jsonl")), "nvs")]
        result = self.call("run", "--resume", out)
        self.assertEqual(result.code, 0, result.err[-800:])
        result.dir = out
        self.counted(result)
        writes = [e["writes"] for e in events_of(result.journal(), "nvs")]
        self.assertEqual(writes[:len(before)], before)
        self.assertGreaterEqual(writes[-1], 40)
        self.assertLess(writes[-1], 60)
        merged = os.path.join(self.home, "merged")
        self.assertEqual(self.call("merge", out, "--out", merged).code, 0)
        with open(os.path.join(merged, "report.json"), encoding="utf-8") as f:
            again = json.load(f)["results"]["extra"]["atconform"]["nvs_writes"]
        self.assertEqual(sum(e["by_cases"] + e["by_tester"] for e in again), writes[-1])


class Module:
    """A virtual module on a PTY that outlives the runs, like a board on somebody's desk."""

    def __init__(self, test, *options):
        self.path = os.path.join(test.home, "board")
        self.process = subprocess.Popen(
            [ATMODULE, "--pty", self.path, "--air", os.path.join(SOURCE, "fixtures/air/default.json"),
             "--nvs", os.path.join(test.home, "nvs"), *options], stdout=subprocess.PIPE, text=True)
        test.fakes.append(self.process)
        self.process.stdout.readline()
        self.ask("AT")

    def ask(self, *commands, rate=termios.B115200):
        fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY)
        try:
            tty.setraw(fd, termios.TCSANOW)
            mode = termios.tcgetattr(fd)
            mode[4] = mode[5] = rate
            termios.tcsetattr(fd, termios.TCSANOW, mode)
            answers = []
            for command in commands:
                os.write(fd, command.encode() + b"\r\n")
                answers.append(self.answer(fd, command))
            return answers
        finally:
            os.close(fd)

    def answer(self, fd, command):
        got, end = b"", time.monotonic() + 30
        while time.monotonic() < end:
            if not select.select([fd], [], [], 0.5)[0]:
                if command == "AT": # it was starting
                    os.write(fd, b"AT\r\n")
                continue
            got += os.read(fd, 4096)
            if re.search(rb"(^|\n)(OK|ERROR|FAIL)\r\n", got):
                return got.decode()
        raise AssertionError(f"{command}: no answer, {got!r}")

    def state(self):
        """What a person would look at."""
        texts = self.ask("AT+UART_DEF?", "AT+UART_CUR?", "AT+SYSMSG?", "AT+CWMODE?", "AT+CIPSTAMAC?", "AT+CIPAPMAC?",
                         "AT+CWSAP?", "AT+CWJAP?")
        lines = [re.search(r"(?m)^(\+\w+:[^\r\n]*|No AP)\r", t) for t in texts]
        values = [m.group(1) if m else "" for m in lines]
        return [re.sub(r'^(\+CWJAP:"[^"]*").*', r"\1", v) for v in values]


OWN = ("AT+SYSMSG=1", "AT+CWMODE=3", 'AT+CIPSTAMAC="02:11:22:33:44:55"', 'AT+CWSAP="desk, \\"mine\\"","secret pass",5,3')


class PutBack(CliTest):
    def setUp(self):
        super().setUp()
        self.module = Module(self)

    def lab(self, **changes):
        with open(os.path.join(SOURCE, "fixtures/benches/virtual.json"), encoding="utf-8") as f:
            bench = json.load(f)
        bench.update(bench="lab", put_back=True, restore_after_failure=False, destructive=True)
        bench["facilities"] = [f for f in bench["facilities"] if f not in ("power", "control", "air")]
        bench.update(changes)
        return self.file("lab.json", json.dumps(bench))

    def run_lab(self, *words, bench=None, **options):
        return self.run_iut(f"pty:{self.module.path}", *words, bench=bench or self.lab(), **options)

    def own(self, *more):
        for command, answer in zip((*OWN, *more), self.module.ask(*OWN, *more)):
            self.assertIn("OK\r\n", answer, command)
        return self.module.state()

    def steps(self, result):
        report, suites, html = self.check_reports(result)
        steps = events_of(result.journal(), "put-back")
        self.assertEqual([{k: s[k] for k in ("setting", "ok", "text", "ms")} for s in steps],
                         [{k: s[k] for k in ("setting", "ok", "text", "ms")}
                          for s in report["results"]["extra"]["atconform"]["put_back"]])
        said = " ".join(result.out.split())
        for s in steps:
            self.assertIn(s["setting"], said)
            self.assertIn(s["setting"], html)
        return {s["setting"]: s for s in steps}

    def test_everything_after_a_restore(self):
        before = self.own('AT+CWJAP="atconform","correct horse"', "AT+UART_DEF=115200,8,3,0,0", "AT+UART_CUR=115200,8,1,0,0")
        self.assertIn('+CWJAP:"atconform"', before)
        self.assertIn("+UART_DEF:115200,8,3,0,0", before)
        result = self.run_lab("basic/restore/answers_again_by_itself", "basic/restore/answers_before_it_restarts")
        self.assertEqual(result.code, 0, result.out[-800:] + result.err[-400:])
        steps = self.steps(result)
        self.assertEqual(self.module.state(), before)
        self.assertEqual([s for s, e in steps.items() if not e["ok"]], [])
        self.assertLessEqual({"AT+UART_DEF", "AT+SYSMSG", "AT+CWMODE", "AT+CIPSTAMAC", "AT+CWSAP", "AT+CWJAP"}, set(steps))
        self.assertNotIn("secret pass", result.out + result.err)
        rig = Counter(e["command"] for e in events_of(result.journal(), "nvs") if e["c"] < 0)
        self.assertEqual(rig["AT+SYSMSG"], 1)
        self.assertEqual(rig["AT+CWJAP"], 1)
        self.assertIn("by the tester itself", " ".join(result.out.split()))

    def test_nothing_is_written_when_nothing_has_changed(self):
        before = self.own()
        result = self.run_lab("sysram/*", "uart_cur/set_baudrate_accepts_9600", "cwmode/set_mode_accepts_2")
        self.assertEqual(result.code, 0, result.out[-800:])
        self.assertEqual(self.module.state(), before)
        self.assertEqual(self.steps(result), {})
        self.assertEqual([e for e in events_of(result.journal(), "nvs") if e["c"] < 0], [])
        kinds = [e["what"] for e in events_of(result.journal(), "settings")]
        self.assertEqual(kinds, ["found", "left"])

    def test_after_a_signal(self):
        before = self.own()
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            out = os.path.join(self.home, f"out{code}")
            running = self.start("run", "--out", out, "--bench", self.lab(), "--iut", f"pty:{self.module.path}",
                                 "cwautoconn/off_does_not_join", "cwjap/stays_away_without_reconnection",
                                 "cwqap/does_not_come_back_by_itself")
            running.wait_for(lambda e: e["e"] == "tx" and e["c"] >= 0 and "AT+CWMODE=1\r" in str(e["bytes"]))
            running.signal(number)
            result = self.finish(running)
            self.assertEqual(result.code, code, result.err[-400:])
            self.assertIn("AT+CWMODE", self.steps(result))
            self.assertEqual(self.module.state(), before)

    def test_after_the_first_fail(self):
        """The module takes a mode that there is not, and keeps it."""
        before = self.own()
        self.module.process.kill()
        self.module.process.wait()
        self.module = Module(self, "--fault", "accept-above:cwmode.mode")
        result = self.run_lab("--fail-fast", "cwmode/set_mode_refuses_4", "sysram/*")
        self.assertEqual(result.code, 1, result.out[-800:])
        self.assertTrue(self.steps(result)["AT+CWMODE"]["ok"])
        self.assertEqual(self.module.state(), before)

    def test_a_command_that_takes_longer_is_ended(self):
        """The module hangs for good, and the relay takes its time: the run ends all the same."""
        out = os.path.join(self.home, "out")
        bench = self.lab(reset={"command": ["sleep", "120"]}, timeouts_ms={"answer": 300, "put_back": 700, "command": 120000})
        running = self.start("run", "--out", out, "--bench", bench, "--iut", f"pty:{self.module.path}",
                             "cwmode/set*", "sysmsg/*")
        running.wait_for(lambda e: e["e"] == "release")
        self.module.process.send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        running.signal(signal.SIGINT)
        result = self.finish(running)
        took = time.monotonic() - begun
        self.assertEqual(result.code, 130, result.err[-400:])
        self.assertLess(took, 60, "half of what the command takes")
        self.assertEqual([(s["setting"], s["ok"]) for s in events_of(result.journal(), "put-back")], [("", False)])

    def test_by_a_resumed_run(self):
        """What was found stands in the journal of the run that was killed."""
        before = self.own()
        out = os.path.join(self.home, "killed")
        running = self.start("run", "--out", out, "--bench", self.lab(), "--iut", f"pty:{self.module.path}",
                             "basic/restore/answers_again_by_itself", "sysram/*", "sysmsg/*")
        running.wait_for(lambda e: e["e"] == "tx" and e["c"] >= 0 and "AT+RESTORE" in str(e["bytes"]))
        running.signal(signal.SIGKILL)
        running.process.communicate()
        time.sleep(0.2)
        self.assertNotEqual(self.module.state(), before)
        result = self.call("run", "--resume", out)
        self.assertEqual(result.code, 0, result.err[-800:] + result.out[-400:])
        self.assertEqual(self.module.state(), before)
        kinds = [e["what"] for e in events_of(read_journal(os.path.join(out, "journal.jsonl")), "settings")]
        self.assertEqual(kinds, ["found", "left"])

    def test_what_can_not_be_put_back_is_named(self):
        self.own('AT+CWJAP="atconform","correct horse"')
        network = {"access_point": {"ssid": "another", "password": "whatever"}}
        words = ("basic/restore/answers_again_by_itself", "sysram/*")
        result = self.run_lab(*words, bench=self.lab(network=network))
        self.assertEqual(result.code, 0, "settings are no verdict")
        steps = self.steps(result)
        self.assertFalse(steps["AT+CWJAP"]["ok"])
        self.assertRegex(" ".join(result.out.split()), r"NOT put back AT\+CWJAP: .*password")

    def test_the_verdicts_are_the_same_without(self):
        words = ("sysmsg/*", "cwmode/set*") if LONG else ("sysmsg/set*",)
        found = {}
        for put_back in (True, False):
            result = self.run_lab(*words, bench=self.lab(put_back=put_back))
            found[put_back] = (result.code, {c: v["verdict"] for c, v in result.verdicts().items()})
            self.assertEqual(bool(events_of(result.journal(), "settings")), put_back)
        self.assertEqual(found[True], found[False])

    def test_a_module_that_tells_nothing(self):
        """One that knows none of these commands, and one that is silent about them."""
        bench = self.quick_bench(put_back=True)
        result = self.run_iut(fake("normal"), "sysram/*", bench=bench)
        self.assertEqual(events_of(result.journal(), "settings")[0]["values"], {})
        self.assertEqual(events_of(result.journal(), "put-back"), [])
        result = self.run_iut(fake("stall", "--at", "AT+UART_DEF?"), "sysram/*", bench=bench)
        self.assertEqual(events_of(result.journal(), "settings")[0]["values"], {})

    def test_wrong_values_in_the_bench(self):
        for change in ({"put_back": "yes"}, {"put_back": 1}, {"timeouts_ms": {"put_back": 0}}):
            bench = self.file("wrong.json", json.dumps({"bench": "x", **change}))
            self.check_said(self.call("run", "--bench", bench, "--dry-run"), 2, r"wrong\.json:1:\d+: .*put_back")


if __name__ == "__main__":
    unittest.main()
