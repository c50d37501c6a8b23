# SPDX-License-Identifier: MIT
"""Several boards on one bench: how its file names them, what is refused, and what becomes of the cases
of a board that dies."""
import json
import os
import re
import signal
import unittest

from harness import CliTest, events_of, fake

MAC = "02:00:5e:00:00:01"
LONG = "waits for boards that are dead: in the long form"
USB0 = {"address": "serial:/dev/ttyUSB0"}


class BenchFile(CliTest):
    def bench(self, iuts, **keys):
        return self.file("bench.json", json.dumps({"bench": "test", **keys, "iuts": iuts}, indent=1))

    def dry_run(self, iuts, *args, **keys):
        return self.call("run", "--dry-run", "--bench", self.bench(iuts, **keys), *args, "basic/at/*")

    def check_refused(self, iuts, *says):
        result = self.dry_run(iuts)
        self.check_said(result, 2, r"bench\.json:\d+:\d+: ", *says)
        return result

    def test_strings_and_objects(self):
        result = self.dry_run(["serial:/dev/ttyUSB1", {**USB0, "adapter": "1a86:7523", "mac": MAC}, "tcp:127.0.0.1:7"])
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("3 jobs", result.out)

    def test_own_switches(self):
        result = self.dry_run([{**USB0, "reset": {"command": ["button", "2"]}, "power": {"command": ["relay"]}}])
        self.assertEqual(result.code, 0, result.err)

    def test_position_is_that_of_the_board(self):
        result = self.check_refused(["virtual:", {"address": "serial:/dev/ttyUSB0", "mac": "none"}], '"mac"', "octets")
        self.assertIn("bench.json:7:4: ", result.err)

    def test_what_is_no_board(self):
        self.check_refused("virtual:", "list")
        self.check_refused([["virtual:"]], "iuts|string|object")
        self.check_refused([""], "string")
        self.check_refused(["virtual:\0"], "string")
        self.check_refused([{}], '"address"')
        self.check_refused([{"address": ""}], '"address"')
        self.check_refused([{"address": 5}], '"address"')
        self.check_refused(["usb:1"], "usb:1")
        self.check_refused([{"address": "usb:1"}], "usb:1")
        self.check_refused([{**USB0, "adress": ""}], '"adress"')
        self.check_refused([f"serial:/dev/ttyUSB{i}" for i in range(65)], "64")

    def test_what_is_no_adapter_or_address(self):
        for adapter in ("", "1a86", "1a86:752", "1a86:7523:", "1a86-7523", "xa86:7523", 5):
            with self.subTest(adapter):
                self.check_refused([{**USB0, "adapter": adapter}], '"adapter" must be VID:PID')
        for mac in ("", MAC[:-1], MAC + "0", MAC[:-1] + "g", MAC.replace(":", "-"), None):
            with self.subTest(mac):
                self.check_refused([{**USB0, "mac": mac}], '"mac" must be six octets')

    def test_switches_are_checked(self):
        for key in ("reset", "power"):
            for value in ({"command": []}, {}, {"command": "relay"}, {"command": [""]}, "relay", {"comand": ["relay"]}):
                with self.subTest(key=key, value=value):
                    self.check_refused([{**USB0, key: value}], key + "|comand")

    def test_one_board_is_one_line(self):
        self.check_refused([USB0, "serial:/dev/ttyUSB0?baud=9600"], "same line", r"iuts\[0\]")
        port = self.file("port", "")
        os.symlink(port, os.path.join(self.home, "by-id"))
        self.check_refused([f"serial:{port}", f"serial:{self.home}/by-id"], "same line")
        other = {"address": "serial:/dev/ttyUSB1", "mac": MAC}
        self.check_refused([{**USB0, "mac": MAC}, other], MAC, r"iuts\[0\]")
        result = self.call("run", "--dry-run", "--iut", f"serial:{port}", "--iut", f"pty:{self.home}/by-id")
        self.check_said(result, 2, "--iut", "same line")

    def test_programs_may_be_named_twice(self):
        result = self.dry_run(["virtual:", "virtual:"])
        self.assertEqual(result.code, 0, result.err)



class BoardsTest(CliTest):
    """Runs with several fake boards; what dies has a file that says so, for its later lives too."""
    CASES = ("basic/gmr/*", "basic/at/execute_answers_as_documented", "basic/sysram/query_answers_as_documented")

    def grave(self, name):
        return os.path.join(self.home, name)

    def dying(self, name, at, *options):
        return fake("perish", "--at", at, "--grave", self.grave(name), *options)

    def start_boards(self, iuts, *args, **options):
        words = sum((["--iut", iut] for iut in iuts), [])
        out = os.path.join(self.home, f"run{len(os.listdir(self.home))}")
        bench = self.quick_bench(timeouts_ms={"answer": 1000, "restart": 1000, "silence": 30, "case": 10000,
                                              "recover": 2000, "guard": 25})
        return self.start("run", "--out", out, "--bench", bench, *words, *args, **options)

    def run_boards(self, iuts, *args, **options):
        return self.finish(self.start_boards(iuts, *args, **options))

    def resume(self, result, *args):
        """A run that goes on, in its folder."""
        running = self.start("run", "--resume", result.dir, *args)
        running.dir = result.dir
        return self.finish(running)

    def check_conforms(self, result, *bad):
        """Every case has a pass but these; returns the journal."""
        verdicts = {n: v["verdict"] for n, v in result.verdicts().items()}
        self.assertTrue(verdicts)
        self.assertEqual({n: v for n, v in verdicts.items() if v != "pass" and n not in bad}, {}, result.err)
        return result.journal()

    def outs(self, events):
        return [(e["l"], e["text"]) for e in events_of(events, "line") if e["what"] == "out"]

    def boards_of(self, result):
        return self.check_reports(result)[0]["results"]["extra"]["atconform"]["boards"]


class AnotherBoard(BoardsTest):
    """A bench file that was written for other boards than those that are there."""

    def plug(self, port, vid, pid, serial):
        """A port of a USB adapter, as sysfs shows it; the folder is to be in ATCONFORM_SYSFS."""
        device = f"sys/devices/usb1/{port}-1/1:1.0/{port}"
        for name, text in (("idVendor", vid), ("idProduct", pid), ("serial", serial)):
            self.file(f"sys/devices/usb1/{port}-1/{name}", text + "\n")
        os.makedirs(os.path.join(self.home, device))
        os.makedirs(os.path.join(self.home, "sys/class/tty", port))
        os.symlink(os.path.join(self.home, device), os.path.join(self.home, "sys/class/tty", port, "device"))
        return {"ATCONFORM_SYSFS": os.path.join(self.home, "sys")}

    def run_bench(self, iuts, **options):
        out = os.path.join(self.home, "run")
        return self.call("run", "--out", out, "--bench", self.quick_bench(iuts=iuts), *self.CASES, **options)

    def test_another_adapter(self):
        address, process = self.fake_port("normal")
        env = self.plug("port0", "1a86", "7523", "A1")
        result = self.run_bench([{"address": address, "adapter": "10c4:ea60"}], env=env)
        self.check_said(result, 3, "1a86:7523", "10c4:ea60", "doctor")
        self.assertEqual(events_of(result.journal(), "tx"), [], "nothing was sent to it")
        self.assertIsNone(process.poll())

    def test_the_serial_number_counts_when_it_is_given(self):
        address, _ = self.fake_port("normal")
        env = self.plug("port0", "1a86", "7523", "A1")
        result = self.run_bench([{"address": address, "adapter": "1a86:7523:A2"}], env=env)
        self.check_said(result, 3, "1a86:7523:A1", "1a86:7523:A2")

    def test_the_right_adapter(self):
        iuts = []
        for i, adapter in enumerate(("1A86:7523", "1a86:7523:A1")):
            address, _ = self.fake_port("normal")
            env = self.plug(f"port{i}", "1a86", "7523", "A1")
            iuts.append({"address": address, "adapter": adapter})
        result = self.run_bench(iuts, env=env)
        self.assertEqual(result.code, 0, result.err)

    def test_another_module(self):
        out = os.path.join(self.home, "run")
        with open(os.path.join(os.environ["ATCONFORM_SOURCE"], "fixtures/benches/virtual.json"), encoding="utf-8") as f:
            bench = json.load(f)
        for mac, code in (("02:00:00:00:00:99", 3), (None, 0)):
            bench["iuts"] = [{"address": "virtual:", "mac": mac or self.found}]
            result = self.call("run", "--out", out + str(code), "--bench", self.file("v.json", json.dumps(bench)),
                               "basic/at/*")
            self.assertEqual(result.code, code, result.err)
            if mac:
                self.check_said(result, 3, mac, "virtual:", "doctor")
                self.found = re.search("address ((..:){5}..),", result.said[0])[1].upper()

    def test_a_module_that_does_not_tell_its_address(self):
        result = self.run_bench([{"address": fake("normal"), "mac": MAC}])
        self.assertEqual(result.code, 0, result.err)


class AtTheStart(BoardsTest):
    def test_a_board_that_can_not_be_used_ends_the_run(self):
        result = self.run_boards([fake("normal"), "exec:/nonexistent"], *self.CASES)
        self.check_said(result, 3, "/nonexistent", "--fewer-boards goes on without it")
        events = self.check_journal(result, "iut-unusable")
        self.assertEqual(events_of(events, "lease"), [])
        self.assertEqual([l for l, _ in self.outs(events)], [1])
        self.assertEqual({v["verdict"] for v in result.verdicts().values()}, {"missing"})

    def test_all_that_can_not_are_named(self):
        result = self.run_boards(["exec:/nowhere", fake("normal"), "exec:/nonexistent"], *self.CASES)
        self.check_said(result, 3, r"2 of 3 boards can't be used, the first: .*/nowhere.*without them")
        self.assertRegex(result.err, r"line 0 is out: .*/nowhere")
        self.assertRegex(result.err, r"line 2 is out: .*/nonexistent")

    def test_fewer_boards(self):
        result = self.run_boards(["exec:/nonexistent", fake("normal"), fake("silent")], "--fewer-boards", *self.CASES)
        self.assertEqual(result.code, 0, result.err)
        events = self.check_conforms(result)
        self.assertEqual({e["l"] for e in events_of(events, "lease")}, {1})
        self.assertTrue(events[0]["fewer_boards"])
        boards = {b["line"]: b for b in self.boards_of(result)}
        self.assertEqual(sorted(boards), [0, 1, 2])
        self.assertIn("/nonexistent", boards[0]["out"])
        self.assertNotIn("out", boards[1])
        self.assertIn("nobody answers", boards[2]["out"])
        self.assertRegex(result.out, r"board: line 0, exec:/nonexistent, 0 attempts; out: ")

    def test_none_left_with_fewer_boards(self):
        result = self.run_boards(["exec:/nonexistent", "exec:/nowhere"], "--fewer-boards", *self.CASES)
        self.check_said(result, 3, "2 of 2 boards can't be used")
        self.assertNotIn("goes on without", result.said[0])

    def test_one_board_alone_is_named_as_ever(self):
        result = self.run_boards(["exec:/nonexistent"], "--fewer-boards", *self.CASES)
        self.check_said(result, 3, "^atconform: can't run /nonexistent")
        self.assertEqual(self.outs(result.journal()), [])


class Firmware(BoardsTest):
    def board(self, version, *options):
        return fake("normal", "--version", version, *options)

    def test_boards_that_differ_are_refused(self):
        result = self.run_boards([self.board("2.2.0"), self.board("2.2.0"), self.board("2.2.1")], *self.CASES)
        self.check_said(result, 3, r'differ in firmware.*line 0 \(exec:.*"AT version:2\.2\.0", line 2 \(exec:.*'
                        r'"AT version:2\.2\.1"; .*--mixed-firmware')
        events = self.check_journal(result, "iut-unusable")
        self.assertEqual(events_of(events, "lease"), [])
        self.assertEqual([e["firmware"].split("\n")[0] for e in events_of(events, "board")].count("AT version:2.2.0"), 2)

    def test_a_board_that_does_not_tell_differs_from_one_that_does(self):
        result = self.run_boards([self.board("1.0"), self.board('""')], *self.CASES)
        self.check_said(result, 3, 'says "AT version:1.0", line 1 .* says nothing')
        silent = self.run_boards([self.board('""'), self.board('""')], "basic/at/execute_answers_as_documented")
        self.assertEqual(silent.code, 0, silent.err)

    def test_a_long_version_is_cut_and_escaped(self):
        result = self.run_boards([self.board("'" + "x" * 5000 + "'"), self.board("'<b>\033[31m'")], *self.CASES)
        self.check_said(result, 3, r'x\.\.\."', r'<b>\\x1[bB]\[31m"')

    def test_mixed_firmware_is_allowed_and_told(self):
        iuts = [self.board("1.0", "--delay", "20"), self.board("2.0", "--delay", "20")]
        result = self.run_boards(iuts, "--mixed-firmware", *self.CASES)
        self.assertEqual(result.code, 0, result.err)
        events = self.check_conforms(result)
        self.assertTrue(events[0]["mixed_firmware"])
        self.assertIn("the boards differ in firmware", result.err)
        self.assertEqual([b["firmware"].split("\n")[0] for b in self.boards_of(result)],
                         ["AT version:1.0", "AT version:2.0"])
        self.assertIn("boards may differ in firmware", result.out)
        self.assertRegex(result.out, r"board: line 1, ")
        self.assertNotRegex(result.out, r"board: line 0, ")
        _, suites, html = self.check_reports(result)
        self.assertIn("AT version:2.0", html)
        self.assertIn("atconform.board.1", [p.get("name") for p in suites.iter("property")])

    def test_the_profile_of_the_first_does_not_hide_that_they_differ(self):
        result = self.run_boards([self.board("1.0"), self.board("2.0")], "--profile", "auto", *self.CASES)
        self.check_said(result, 3, "differ in firmware")

    def test_one_board_is_not_asked(self):
        result = self.run_boards([self.board("1.0")], "basic/at/execute_answers_as_documented")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(events_of(result.journal(), "board"), [])


class Lost(BoardsTest):
    """The probes ask AT+GMR once."""

    def die_in_a_case(self, name="grave", after=1):
        return self.dying(name, "AT+GMR", "--after", str(after))

    def slow(self):
        return fake("normal", "--delay", "30")

    def test_the_cases_of_a_board_that_dies_go_to_the_others(self):
        result = self.run_boards([self.slow(), self.die_in_a_case(), self.slow()], *self.CASES)
        events = result.journal()
        self.assertEqual(events[-1]["reason"], "complete", result.err)
        (line, why), = self.outs(events)
        self.assertEqual(line, 1)
        self.assertIn("does not answer any more", why)
        names = {e["c"]: e["case"] for e in events_of(events, "plan")}
        victims = [names[e["c"]] for e in events_of(events, "lease") if e["l"] == 1]
        last, before = victims[-1], victims[:-1]
        self.check_conforms(result, last)
        self.assertEqual(result.verdicts()[last]["verdict"], "fail", "the case that did it has its verdict")
        self.assertEqual(result.code, 1)
        self.assertTrue(os.path.exists(self.grave("grave")))
        self.assertIn("line 1 is out: ", result.err)
        self.assertRegex(result.out, r"board: line 1, ")
        board = self.boards_of(result)[1]
        self.assertEqual((board["line"], board["attempts"], board["out"]), (1, len(before) + 1, why))

    def test_a_retry_runs_on_another_board(self):
        result = self.run_boards([self.slow(), self.die_in_a_case()], "--retries", "1", "--flaky-budget", "1",
                                 *self.CASES)
        self.assertEqual(result.code, 0, result.err + result.out)
        events = result.journal()
        retry, = [e for e in events_of(events, "lease") if e.get("why") == "retry"]
        self.assertEqual(retry["l"], 0)
        self.assertEqual(len(self.outs(events)), 1)

    def test_a_board_that_dies_in_recovery(self):
        """Its case fails, and the board breaks when it is restarted for the next one."""
        result = self.run_boards([self.slow(), self.dying("grave", "AT+RST")], *self.CASES, "basic/sysmsg/query*",
                                 "basic/sysmsg/set_an*", "basic/syslog/query*", "basic/syslog/set_an*")
        events = result.journal()
        self.assertEqual(events[-1]["reason"], "complete", result.err)
        self.assertEqual([l for l, _ in self.outs(events)], [1])
        self.assertNotIn("missing", {v["verdict"] for v in result.verdicts().values()})
        restarts = [e for e in events_of(events, "recover") if e["l"] == 1 and e["step"] == "restart"]
        self.assertFalse(restarts[0]["ok"])

    def test_when_both_die_the_rest_is_missing(self):
        result = self.run_boards([self.die_in_a_case("one"), self.die_in_a_case("two")], *self.CASES)
        self.check_said(result, 3, "no board is left, the last one: .*does not answer any more")
        events = self.check_journal(result, "iut-unusable")
        self.assertEqual(sorted(l for l, _ in self.outs(events)), [0, 1])
        verdicts = [v["verdict"] for v in result.verdicts().values()]
        self.assertEqual(verdicts.count("fail"), 2, verdicts)
        self.assertIn("missing", verdicts)
        leased = {e["c"] for e in events_of(events, "lease")}
        self.assertEqual({e["c"] for e in events_of(events, "verdict")}, leased, "who had a line has a verdict")

    @unittest.skipUnless(os.environ.get("ATCONFORM_TEST_LONG"), LONG)
    def test_retries_end_with_the_last_board(self):
        result = self.run_boards([self.die_in_a_case("one"), self.die_in_a_case("two")], "--retries", "2",
                                 "basic/gmr/tells_the_sdk_version", "basic/gmr/tells_the_at_version")
        self.check_said(result, 3, "no board is left")
        verdicts = {v["verdict"] for v in result.verdicts().values()}
        self.assertEqual(verdicts, {"fail"}, "the first attempts have theirs")

    def interrupted_after_a_loss(self):
        running = self.start_boards([fake("normal", "--delay", "100"), self.die_in_a_case()], "--repeat", "2",
                                    *self.CASES)
        running.wait_for(lambda e: e["e"] == "line" and e["what"] == "out")
        running.signal(signal.SIGTERM)
        result = self.finish(running)
        self.assertEqual(result.code, 143, result.err)
        self.assertLess(len(events_of(result.journal(), "verdict")), 7 * 2, "something is left to do")
        return result

    def test_resume_wants_the_lost_board(self):
        result = self.interrupted_after_a_loss()
        again = self.resume(result)
        self.check_said(again, 3, "nobody answers AT", "--fewer-boards")
        fewer = self.resume(result, "--fewer-boards")
        self.assertEqual(fewer.journal()[-1]["reason"], "complete", fewer.err)
        self.assertEqual(len(events_of(fewer.journal(), "verdict")), 7 * 2, "each attempt has one verdict")
        self.assertIn("nobody answers AT", self.boards_of(fewer)[1]["out"])

    @unittest.skipUnless(os.environ.get("ATCONFORM_TEST_LONG"), LONG)
    def test_resume_takes_a_mended_board(self):
        result = self.interrupted_after_a_loss()
        os.unlink(self.grave("grave"))
        again = self.resume(result)
        resumed = next(i for i, e in enumerate(again.journal()) if e["e"] == "resume")
        leases = [e for e in events_of(again.journal()[resumed:], "lease") if e["l"] == 1]
        self.assertTrue(leases, "it got cases again")
        self.assertIn("out", self.boards_of(again)[1])



class Sixteen(CliTest):
    """Sixteen virtual modules on whatever this machine has: the verdicts are those of one."""
    SAMPLE = ("basic/at/*", "basic/ate/*", "wifi/cwmode/*", "tcpip/cipstatus/*", "tcpip/cipsntptime/*",
              "mqtt/mqttclean/*")

    def verdicts_with(self, jobs, *args, timeout=90):
        result = self.run_iut("virtual:", "--jobs", str(jobs), *args, timeout=timeout)
        self.assertIn(result.code, (0, 1), result.err)
        lines = {e["l"] for e in events_of(result.journal(), "lease")}
        return {n: v["verdict"] for n, v in result.verdicts().items()}, lines

    def check_same(self, *args, least=16, **options):
        alone, _ = self.verdicts_with(1, *args, **options)
        together, lines = self.verdicts_with(16, *args, **options)
        self.assertEqual(together, alone)
        self.assertGreaterEqual(len(lines), least, "modules that had cases")

    def test_a_sample(self):
        # On a busy machine a late one finds nothing left to do.
        self.check_same(*self.SAMPLE, least=10, timeout=300)

    @unittest.skipUnless(os.environ.get("ATCONFORM_TEST_LONG"), "all cases, in two orders")
    def test_all(self):
        self.check_same(timeout=3000)
        in_any_order, _ = self.verdicts_with(16, "--shuffle", "0", timeout=3000)
        self.assertEqual(set(in_any_order.values()), {"pass"})


if __name__ == "__main__":
    unittest.main()
